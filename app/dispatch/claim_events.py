"""Claim due events with a row lock that the transaction of the work holds.

If a worker dies, PostgreSQL frees its rows. Other workers skip locked rows.
"""

from typing import Any

from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.rows import args_row
from pydantic_core import from_json

from app.dispatch.decisions import WORKER_LOST, ClaimedEvent

# The columns have the order of the fields of ClaimedEvent.
_CLAIM = """
SELECT id, event_type, dedupe_key, payload, attempts, budget
FROM cc_automation_events
WHERE next_attempt_at <= now() AND {condition}
ORDER BY next_attempt_at, id
LIMIT %s
FOR UPDATE SKIP LOCKED
"""
UNSUSPECTED = _CLAIM.format(condition=f"error_fingerprint IS DISTINCT FROM '{WORKER_LOST}'")
SUSPECTED = _CLAIM.format(condition=f"error_fingerprint = '{WORKER_LOST}'")

COUNT_DUE = """
SELECT count(*) FROM (
    SELECT FROM cc_automation_events WHERE next_attempt_at <= now() LIMIT %s
) AS due
"""

LOOK_AGAIN_SECONDS = 1.0
"""How soon to check again for an event that is due, but new or claimed by another worker."""

_WAIT = """
SELECT extract(epoch FROM min(next_attempt_at) - now())::float8 FROM cc_automation_events
WHERE next_attempt_at IS NOT NULL
"""

_RELOCK = """
SELECT FROM cc_automation_events
WHERE id = %s AND budget = %s AND attempts = %s AND status = 'failed'
FOR UPDATE
"""


class _PayloadLoader(Loader):
    """Parses payloads with pydantic_core, six times as fast as the standard library."""

    def load(self, data: Buffer) -> Any:
        return from_json(bytes(data))


def claim_events(
    connection: Connection[Any], *, limit: int, query: str = UNSUSPECTED
) -> list[ClaimedEvent]:
    """Lock and return up to `limit` due events, the longest due first.

    `query` selects the events that may have killed a worker (SUSPECTED), or all others.
    """
    with connection.cursor(row_factory=args_row(ClaimedEvent)) as cursor:
        cursor.adapters.register_loader("jsonb", _PayloadLoader)
        return cursor.execute(query, [limit]).fetchall()


def count_due(connection: Connection[Any], *, limit: int) -> int:
    """Return how many events are due, or `limit` if there are at least as many."""
    row = connection.execute(COUNT_DUE, [limit]).fetchone()
    return int(row[0]) if row else 0


def due_in(connection: Connection[Any]) -> float | None:
    """Return the seconds until the next check for due events; None if no event waits."""
    row = connection.execute(_WAIT).fetchone()
    wait = row[0] if row else None
    return LOOK_AGAIN_SECONDS if wait is not None and wait <= 0 else wait


def relock(connection: Connection[Any], event: ClaimedEvent, *, attempts: int) -> bool:
    """Lock `event` again; False if it has changed since the count of `attempts` was written."""
    found = connection.execute(_RELOCK, [event.id, event.budget, attempts]).fetchone()
    return found is not None
