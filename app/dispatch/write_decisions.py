"""Write decisions: insert items, mark events, add attempts, announce dead letters.

Rows are inserted by `INSERT … SELECT FROM unnest(…)` with one array per column, so a batch needs
few statements. In pipeline mode none of them waits. The arrays are sent in binary (`%b`), which
takes a fifth of the time of quoting each text.
"""

import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from psycopg import Connection

from app.dispatch.decisions import Delivery, DispatchDecision, Failure
from app.dispatch.fold import Folding, fold
from app.inbox.drafts import draft_dead_letter
from app.notifications.announce import Told, queue_notifications

_INSERT_ITEMS = """
INSERT INTO cc_admin_inbox_items
    (type, severity, title, body, link_ref, dedupe_key, event_id)
SELECT * FROM unnest
    (%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[])
ON CONFLICT (dedupe_key) DO NOTHING
"""

# Most batches have one type. This statement saves 2 of 41 µs per event.
_INSERT_ITEMS_OF_ONE_TYPE = """
INSERT INTO cc_admin_inbox_items
    (type, severity, title, body, link_ref, dedupe_key, event_id)
SELECT %b::text, %b::text, item.*
FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[]) AS item
ON CONFLICT (dedupe_key) DO NOTHING
"""

_MARK_SENT = """
UPDATE cc_automation_events
SET status = 'sent', sent_at = now(), next_attempt_at = NULL, updated_at = now()
WHERE id = ANY(%b::bigint[])
"""

_MARK_FAILED = """
UPDATE cc_automation_events AS event
SET status = 'failed',
    attempts = failure.attempt,
    last_error = failure.error,
    error_fingerprint = failure.fingerprint,
    next_attempt_at = now() + failure.wait * interval '1 second',
    dead_at = CASE WHEN failure.wait IS NULL THEN now() END
FROM unnest(%b::bigint[], %b::int[], %b::text[], %b::text[], %b::float8[])
    AS failure (id, attempt, error, fingerprint, wait)
WHERE event.id = failure.id
"""

_INSERT_ATTEMPTS = """
INSERT INTO cc_automation_event_attempts
    (event_id, budget, attempt, error, error_fingerprint, worker)
SELECT attempt.*, %s FROM unnest(%b::bigint[], %b::int[], %b::int[], %b::text[], %b::text[])
    AS attempt
"""

_DELETE_ATTEMPT = """
DELETE FROM cc_automation_event_attempts
WHERE event_id = %s AND budget = %s AND attempt = %s
"""

_RESTORE = """
UPDATE cc_automation_events AS event
SET attempts = event.attempts - 1,
    last_error = earlier.error,
    error_fingerprint = earlier.error_fingerprint
FROM (VALUES (%s::bigint)) AS counted (id)
LEFT JOIN LATERAL (
    SELECT error, error_fingerprint FROM cc_automation_event_attempts
    WHERE event_id = counted.id ORDER BY id DESC LIMIT 1
) AS earlier ON true
WHERE event.id = counted.id
"""


def write_decisions(connection: Connection[Any], decisions: Sequence[DispatchDecision]) -> None:
    """Write `decisions`. The caller's transaction has locked their events."""
    deliveries = [decision for decision in decisions if isinstance(decision, Delivery)]
    failures = [decision for decision in decisions if isinstance(decision, Failure)]
    _insert_items(connection, [each for each in deliveries if not each.draft.is_folded])
    fold(connection, [_folding(each) for each in deliveries if each.draft.is_folded])
    queue_notifications(connection, _told(deliveries, failures))
    if deliveries:
        connection.execute(_MARK_SENT, [[delivery.event.id for delivery in deliveries]])
    if failures:
        _record_failures(connection, failures)


def take_back_attempt(connection: Connection[Any], counted: Failure) -> None:
    """Take back the attempt that was counted before the work, and delete its row."""
    event = counted.event
    connection.execute(_DELETE_ATTEMPT, [event.id, event.budget, counted.attempt])
    connection.execute(_RESTORE, [event.id])


def _told(deliveries: Sequence[Delivery], failures: Sequence[Failure]) -> Iterator[Told]:
    """Yield what rules of notifications may tell: new items, recurrences and dead letters."""
    for delivery in deliveries:
        yield Told(delivery.event.id, delivery.draft.type, delivery.draft.severity.value)
    for failure in failures:
        if failure.is_dead:
            draft = _announcement(failure).draft
            yield Told(failure.event.id, draft.type, draft.severity.value)


def _insert_items(connection: Connection[Any], deliveries: Sequence[Delivery]) -> None:
    """Insert one item per delivery, in the same order."""
    if not deliveries:
        return
    words = _columns(_words(each) for each in deliveries)
    kinds = {(each.draft.type, each.draft.severity) for each in deliveries}
    if len(kinds) == 1:
        [(type_, severity)] = kinds
        connection.execute(_INSERT_ITEMS_OF_ONE_TYPE, [type_, severity.value, *words])
    else:
        types = _columns((each.draft.type, each.draft.severity.value) for each in deliveries)
        connection.execute(_INSERT_ITEMS, [*types, *words])


def _words(delivery: Delivery) -> tuple[str, str, str | None, str, int]:
    words, event = delivery.draft.wording, delivery.event
    return words.title, words.body, words.link_ref, event.dedupe_key, event.id


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _folding(delivery: Delivery) -> Folding:
    return Folding(delivery.draft, delivery.event.dedupe_key, delivery.event.id)


def _record_failures(connection: Connection[Any], failures: Sequence[Failure]) -> None:
    rows = [(f.event.id, f.attempt, f.error, f.fingerprint, f.wait) for f in failures]
    connection.execute(_MARK_FAILED, _columns(rows))
    attempts = [
        (f.event.id, f.event.budget, f.attempt, f.error, f.fingerprint)
        for f in failures
        if f.is_new
    ]
    if attempts:
        connection.execute(_INSERT_ATTEMPTS, [_worker_name(), *_columns(attempts)])
    fold(connection, [_announcement(failure) for failure in failures if failure.is_dead])


def _announcement(failure: Failure) -> Folding:
    event = failure.event
    draft = draft_dead_letter(
        event.event_type, error=failure.error, fingerprint=failure.fingerprint
    )
    return Folding(draft, f"automation_dead_letter:{event.id}:{event.budget}", event.id)


def _worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
