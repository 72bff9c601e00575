"""Count what happened in each hour of a range, for the trends.

An event counts in the hour in which it was recorded, an act in the hour in which it was taken.
An act that was undone does not count. Times are measured from the record of the event, or from
the creation of an item without an event.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.moments import ids_between
from app.core.redaction import redact_text
from app.inbox.actions import CLOSED
from app.inbox.models import InboxHistory, InboxItem, ItemStatus
from app.outbox.models import AutomationEvent, AutomationEventAttempt
from app.reports.durations import STEP_OF_SECONDS, Steps

CAUSES_LIMIT = 20
"""The most causes of a kind that an hour keeps: those with the highest counts."""

ERROR_LIMIT = 200
HOUR = timedelta(hours=1)

_EVENTS = """
SELECT date_trunc('hour', created_at) AS hour, count(sent_at) AS sent, count(dead_at) AS dead,
       count(*) - count(sent_at) - count(dead_at) AS waiting
FROM cc_automation_events
WHERE id >= :low AND id < :high AND created_at >= :since AND created_at < :until
GROUP BY hour
"""
_FAILED_EVENTS = """
SELECT date_trunc('hour', attempt.at) AS hour, event_type, min(error) AS error,
       count(*) FILTER (WHERE attempt.attempt = 1) AS events, count(*) AS attempts
FROM cc_automation_event_attempts AS attempt
    JOIN cc_automation_events AS event ON event.id = attempt.event_id
WHERE attempt.id >= :low AND attempt.id < :high AND at >= :since AND at < :until
GROUP BY hour, event_type, attempt.error_fingerprint ORDER BY attempts DESC, event_type, error
"""
_FAILED_MESSAGES = """
SELECT date_trunc('hour', created_at) AS hour, payload->>'reason' AS reason,
       (payload->>'provider_code')::int AS code, count(*) AS messages
FROM cc_automation_events
WHERE id >= :low AND id < :high AND created_at >= :since AND created_at < :until
    AND event_type = 'outbound_failed_max_attempts'
GROUP BY hour, reason, code ORDER BY messages DESC, reason, code
"""
_OPENED = """
SELECT date_trunc('hour', created_at) AS hour, severity, count(*) AS items
FROM cc_admin_inbox_items
WHERE id >= :low AND id < :high AND created_at >= :since AND created_at < :until
GROUP BY hour, severity
"""
_ACTS = """
SELECT date_trunc('hour', at) AS hour, type, severity, from_status, to_status,
       CASE WHEN to_status = 'dismissed' THEN reason END AS reason,
       from_status = 'open' AND actor <> 'automation' AND NOT EXISTS (
            SELECT FROM cc_admin_inbox_activity AS earlier
            WHERE earlier.item_id = act.item_id AND earlier.id < act.id
                AND earlier.from_status = 'open' AND earlier.to_status <> 'open'
                AND earlier.actor <> 'automation') AS is_first,
       {step} AS step, count(*) AS items
FROM cc_admin_inbox_activity AS act
    JOIN cc_admin_inbox_items AS item ON item.id = act.item_id
    LEFT JOIN cc_automation_events AS event ON event.id = item.event_id
WHERE act.id >= :low AND act.id < :high AND at >= :since AND at < :until
    AND from_status <> to_status AND action <> 'undo'
    AND (SELECT later.action FROM cc_admin_inbox_activity AS later
         WHERE later.item_id = act.item_id AND later.id > act.id ORDER BY later.id LIMIT 1)
        IS DISTINCT FROM 'undo'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
""".format(  # noqa: S608 - a constant
    step=STEP_OF_SECONDS.format(
        seconds="extract(epoch FROM at - coalesce(event.created_at, item.created_at))"
    )
)


@dataclass(frozen=True, slots=True)
class EventCause:
    """An error of a type of event: how many events met it first, and how many attempts failed."""

    event_type: str
    error: str
    events: int
    attempts: int


@dataclass(frozen=True, slots=True)
class MessageCause:
    """The reason why messages failed for good, and the provider's code, if there was one."""

    reason: str | None
    code: int | None
    messages: int


@dataclass(frozen=True, slots=True)
class Closing:
    """How many items of a type were resolved, or dismissed for a reason."""

    type: str
    status: str
    reason: str | None
    items: int


@dataclass(slots=True)
class HourFigures:
    """The figures of one hour: events by outcome, causes, and acts on items by severity.

    Times are counted by step, see `app/reports/durations.py`.
    """

    events: dict[str, int] = field(default_factory=dict)
    failed_events: list[EventCause] = field(default_factory=list)
    failed_messages: list[MessageCause] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)
    closings: list[Closing] = field(default_factory=list)
    acknowledged: dict[str, Steps] = field(default_factory=dict)
    resolved: dict[str, Steps] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether no event of the hour waits for an attempt."""
        return not self.events.get("waiting")


def count_hours(session: Session, since: datetime, until: datetime) -> dict[datetime, HourFigures]:
    """Return the figures of each hour from `since` to `until`, also of hours without any."""
    figures = {hour: HourFigures() for hour in hours_between(since, until)}
    for statement, moment, add in _PARTS:
        low, high = ids_between(session, moment, since, until)
        bounds = {"low": low, "high": high, "since": since, "until": until}
        for row in session.execute(text(statement), bounds):
            add(figures[row.hour], row)
    for hour in figures.values():
        hour.closings = _merged(hour.closings)
    return figures


def hours_between(since: datetime, until: datetime) -> list[datetime]:
    """Return the beginnings of the hours from `since`, which is one, until before `until`."""
    return [since + n * HOUR for n in range(-((since - until) // HOUR))]


def _merged(closings: list[Closing]) -> list[Closing]:
    """Add up closings that differ in their time only, because the rows have one per step."""
    sums = Counter[tuple[str, str, str | None]]()
    for closing in closings:
        sums[closing.type, closing.status, closing.reason] += closing.items
    return [Closing(*key, items) for key, items in sums.items()]


def _add_events(hour: HourFigures, row: Row[Any]) -> None:
    hour.events = {"sent": row.sent, "dead": row.dead, "waiting": row.waiting}


def _add_failed_events(hour: HourFigures, row: Row[Any]) -> None:
    if len(hour.failed_events) < CAUSES_LIMIT:
        error = redact_text(row.error)[:ERROR_LIMIT]
        hour.failed_events.append(EventCause(row.event_type, error, row.events, row.attempts))


def _add_failed_messages(hour: HourFigures, row: Row[Any]) -> None:
    if len(hour.failed_messages) < CAUSES_LIMIT:
        hour.failed_messages.append(MessageCause(row.reason, row.code, row.messages))


def _add_opened(hour: HourFigures, row: Row[Any]) -> None:
    hour.opened[row.severity] += row.items


def _add_act(hour: HourFigures, row: Row[Any]) -> None:
    if row.is_first:
        hour.acknowledged.setdefault(row.severity, Counter())[row.step] += row.items
    if row.to_status == ItemStatus.RESOLVED:
        hour.resolved.setdefault(row.severity, Counter())[row.step] += row.items
    match row.from_status in CLOSED, row.to_status in CLOSED:
        case False, True:
            hour.closings.append(Closing(row.type, row.to_status, row.reason, row.items))
        case True, False:
            hour.opened[row.severity] += row.items


_PARTS: tuple[
    tuple[str, InstrumentedAttribute[datetime], Callable[[HourFigures, Row[Any]], None]], ...
] = (
    (_EVENTS, AutomationEvent.created_at, _add_events),
    (_FAILED_EVENTS, AutomationEventAttempt.at, _add_failed_events),
    (_FAILED_MESSAGES, AutomationEvent.created_at, _add_failed_messages),
    (_OPENED, InboxItem.created_at, _add_opened),
    (_ACTS, InboxHistory.at, _add_act),
)
