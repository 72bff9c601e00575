"""Group the failed events by type and error.

The query jumps from group to group in the partial index of the failed events (a loose index
scan). So its cost depends on the number of groups, not on the number of events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

GROUPS_SHOWN = 100
"""The most groups of one answer."""

COUNT_CAP = 1_000
"""The largest count of a group. It means this number or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Failed events of one type with one error. Counts are at most COUNT_CAP.

    `dead` of the `count` events are dead letters; the others wait for a retry. `first_at` and
    `last_at` are when the oldest and the newest of all its events were recorded, and `last_error`
    is the error of the newest.
    """

    event_type: str
    error_fingerprint: str
    count: int
    dead: int
    first_at: datetime
    last_at: datetime
    last_error: str | None


_FAILED = "FROM cc_automation_events WHERE status = 'failed' AND discarded_at IS NULL"
_FINGERPRINT = "coalesce(error_fingerprint, '')"
_OF_GROUP = f"{_FAILED} AND event_type = found.event_type AND {_FINGERPRINT} = found.fingerprint"
_NEXT = f"""
SELECT event_type, {_FINGERPRINT} AS fingerprint {_FAILED} {{after}}
ORDER BY event_type, {_FINGERPRINT} LIMIT 1
"""
_AFTER = f"AND (event_type, {_FINGERPRINT}) > (found.event_type, found.fingerprint)"

_GROUPS = text(
    f"""
    WITH RECURSIVE found AS (
        ({_NEXT.format(after="")})
        UNION ALL
        SELECT next.* FROM found CROSS JOIN LATERAL ({_NEXT.format(after=_AFTER)}) AS next
    )
    SELECT found.event_type, found.fingerprint AS error_fingerprint, counted.*,
        oldest.created_at AS first_at, newest.created_at AS last_at, newest.last_error
    FROM (SELECT * FROM found LIMIT :groups) AS found
    CROSS JOIN LATERAL (
        SELECT count(*), count(dead_at) AS dead
        FROM (SELECT dead_at {_OF_GROUP} LIMIT :cap) AS capped
    ) AS counted
    CROSS JOIN LATERAL (SELECT created_at {_OF_GROUP} ORDER BY id LIMIT 1) AS oldest
    CROSS JOIN LATERAL (
        SELECT created_at, last_error {_OF_GROUP} ORDER BY id DESC LIMIT 1
    ) AS newest
    ORDER BY counted.count DESC, newest.created_at DESC
    """  # noqa: S608 - built from constants of this code
)


def failure_groups(session: Session) -> Sequence[FailureGroup]:
    """Return up to GROUPS_SHOWN groups of failed events, the largest first."""
    rows = session.execute(_GROUPS, {"groups": GROUPS_SHOWN, "cap": COUNT_CAP})
    return [FailureGroup(**row) for row in rows.mappings()]
