"""What the rows say after a fault: nothing lost, nothing doubled, nothing left."""

from dataclasses import dataclass

from sqlalchemy import Engine, text

_COUNT = """
SELECT
    (SELECT count(*) FROM cc_automation_events) AS events,
    (SELECT count(*) FROM cc_automation_events WHERE next_attempt_at IS NOT NULL) AS waiting,
    (SELECT count(*) FROM cc_automation_events WHERE dead_at IS NOT NULL) AS dead,
    (SELECT count(*) FROM cc_automation_events AS event
     WHERE status = 'sent' AND NOT EXISTS (
         SELECT FROM cc_admin_inbox_items WHERE dedupe_key = event.dedupe_key)) AS lost,
    (SELECT count(*) FROM (
         SELECT FROM cc_admin_inbox_items WHERE type <> 'automation_dead_letter'
         GROUP BY event_id HAVING count(*) > 1) AS several) AS doubled,
    (SELECT count(*) FROM cc_admin_inbox_items AS item
     WHERE type <> 'automation_dead_letter' AND NOT EXISTS (
         SELECT FROM cc_automation_events WHERE id = item.event_id AND status = 'sent')
    ) AS premature,
    (SELECT count(*) FROM cc_automation_events AS event
     FULL JOIN cc_inbound_messages AS business
         ON business.message_fingerprint = event.subject_ref
     WHERE event.id IS NULL OR business.id IS NULL) AS torn,
    (SELECT coalesce(sum(occurrences), 0) FROM cc_admin_inbox_items
     WHERE type = 'automation_dead_letter') AS announced
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of events and items; `torn` are events or business rows without the other."""

    events: int
    waiting: int
    dead: int
    lost: int
    doubled: int
    premature: int
    torn: int
    announced: int

    @classmethod
    def of(cls, engine: Engine) -> "Verdict":
        """Count the rows now."""
        with engine.connect() as connection:
            return cls(**connection.execute(text(_COUNT)).mappings().one())

    @property
    def keeps_the_promises(self) -> bool:
        """Whether every event is exactly one item, or a dead letter that is announced."""
        broken = self.waiting, self.lost, self.doubled, self.premature, self.torn
        return not any(broken) and self.announced == self.dead
