"""Fold events with the same group key into one item, and link each event to it.

A recurrence increases the count and the version of the open item of its group, and opens it
again if it was acknowledged. If there is no open item, a new one is inserted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg import Connection

from app.inbox.drafts import Draft, Severity
from app.inbox.models import AUTOMATION, RECUR

_RECUR = f"""
    occurrences = item.occurrences + {{occurrences}},
    last_seen_at = now(),
    version = item.version + 1,
    status = 'open',
    severity = (ARRAY[{", ".join(f"'{severity}'" for severity in Severity)}])[greatest(
        {{severity}}, array_position(
            ARRAY[{", ".join(f"'{severity}'" for severity in Severity)}], item.severity))]
"""

# All parts of the statement see the rows from before the statement. So `acknowledged` reads
# the status from before the recurrence.
_FOLD = f"""
WITH acknowledged AS (
    SELECT id FROM cc_admin_inbox_items
    WHERE status = 'acknowledged'
      AND (group_key = %(group_key)s::text OR dedupe_key = %(continues)s::text)
), continued AS (
    UPDATE cc_admin_inbox_items AS item
    SET {_RECUR.format(occurrences="%(occurrences)s::int", severity="%(rank)s::int")}
    WHERE dedupe_key = %(continues)s::text AND status IN ('open', 'acknowledged')
    RETURNING id
), grouped AS (
    INSERT INTO cc_admin_inbox_items AS item
        (type, severity, title, body, link_ref, dedupe_key, event_id, group_key, occurrences)
    SELECT %(type)s::text, %(severity)s::text, %(title)s::text, %(body)s::text,
        %(link_ref)s::text, %(dedupe_key)s::text, %(event_id)s::bigint, %(group_key)s::text,
        %(occurrences)s::int
    WHERE NOT EXISTS (SELECT FROM continued)
    ON CONFLICT (group_key) WHERE status IN ('open', 'acknowledged') AND group_key IS NOT NULL
    DO UPDATE SET {_RECUR.format(occurrences="EXCLUDED.occurrences", severity="%(rank)s::int")}
    RETURNING id
), target AS (
    SELECT id FROM continued UNION ALL SELECT id FROM grouped
), reopened AS (
    INSERT INTO cc_admin_inbox_activity (item_id, actor, action, from_status, to_status)
    SELECT id, '{AUTOMATION}', '{RECUR}', 'acknowledged', 'open'
    FROM target JOIN acknowledged USING (id)
)
UPDATE cc_automation_events AS event SET item_id = target.id
FROM target WHERE event.id = ANY(%(event_ids)s::bigint[])
"""  # noqa: S608 - built from constants of this code

_RANK = {severity: rank for rank, severity in enumerate(Severity, start=1)}


@dataclass(frozen=True, slots=True)
class Folding:
    """A draft with a group key, and its event."""

    draft: Draft
    dedupe_key: str
    event_id: int

    @property
    def group(self) -> str:
        """The key of its group."""
        return self.draft.wording.group_key or self.dedupe_key


def fold(connection: Connection[Any], foldings: Iterable[Folding]) -> None:
    """Write `foldings`, with one statement per group, always in the same order of groups."""
    for _group, members in groupby(sorted(foldings, key=_group_of), key=_group_of):
        connection.execute(_FOLD, _values(list(members)))


def _group_of(folding: Folding) -> str:
    return folding.group


def _values(members: Sequence[Folding]) -> dict[str, Any]:
    first = members[0]
    words = first.draft.wording
    worst = max((member.draft.severity for member in members), key=_RANK.__getitem__)
    return {
        "type": first.draft.type,
        "severity": worst.value,
        "rank": _RANK[worst],
        "title": words.title,
        "body": words.body,
        "link_ref": words.link_ref,
        "dedupe_key": first.dedupe_key,
        "event_id": first.event_id,
        "group_key": first.group,
        "continues": words.continues,
        "occurrences": len(members),
        "event_ids": [member.event_id for member in members],
    }
