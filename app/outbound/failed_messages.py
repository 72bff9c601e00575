"""Group the failed messages by error, with a loose scan of the partial index of the failed ones."""

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
class FailedMessages:
    """Failed messages with one error. The count is at most COUNT_CAP.

    `first_at` and `last_at` are when the oldest and the newest of all of them were created.
    """

    last_error: str
    last_error_code: int | None
    count: int
    first_at: datetime
    last_at: datetime


_FAILED = "FROM cc_outbound_jobs WHERE status = 'failed' AND discarded_at IS NULL"
_ERROR = "coalesce(last_error, '')"
_OF_GROUP = f"{_FAILED} AND {_ERROR} = found.error"

_GROUPS = text(
    f"""
    WITH RECURSIVE found AS (
        (SELECT {_ERROR} AS error {_FAILED} ORDER BY {_ERROR} LIMIT 1)
        UNION ALL
        SELECT next.* FROM found CROSS JOIN LATERAL (
            SELECT {_ERROR} AS error {_FAILED} AND {_ERROR} > found.error ORDER BY {_ERROR} LIMIT 1
        ) AS next
    )
    SELECT found.error AS last_error, newest.last_error_code, counted.*,
        oldest.created_at AS first_at, newest.created_at AS last_at
    FROM (SELECT * FROM found LIMIT :groups) AS found
    CROSS JOIN LATERAL (SELECT count(*) FROM (SELECT {_OF_GROUP} LIMIT :cap) AS capped) AS counted
    CROSS JOIN LATERAL (SELECT created_at {_OF_GROUP} ORDER BY id LIMIT 1) AS oldest
    CROSS JOIN LATERAL (
        SELECT created_at, last_error_code {_OF_GROUP} ORDER BY id DESC LIMIT 1
    ) AS newest
    ORDER BY counted.count DESC, newest.created_at DESC
    """  # noqa: S608 - built from constants of this code
)


def failed_messages(session: Session) -> Sequence[FailedMessages]:
    """Return up to GROUPS_SHOWN groups of failed messages, the largest first."""
    rows = session.execute(_GROUPS, {"groups": GROUPS_SHOWN, "cap": COUNT_CAP})
    return [FailedMessages(**row) for row in rows.mappings()]
