"""The order of one customer's messages: each waits until the earlier ones have ended.

A message waits while an earlier one of its customer is queued: due, being sent, or waiting for
its next attempt. A code waits only for earlier codes. No message waits for one that could not
be composed, because that may never change. A waiting message is postponed and stores the id of
the earlier job, so that claims skip it until that job has ended.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.outbound.decisions import LEASE_SECONDS

LOOK_AGAIN_SECONDS = 0.05
"""Seconds that a message waits for one that another worker is claiming or writing."""

_BLOCKERS = text(
    """
    SELECT job.id, blocker.id AS blocker
    FROM cc_outbound_jobs AS job CROSS JOIN LATERAL (
        SELECT earlier.id FROM cc_outbound_jobs AS earlier
        WHERE earlier.customer_id = job.customer_id AND earlier.id < job.id
          AND earlier.next_attempt_at IS NOT NULL
          AND (earlier.kind = 'otp' OR job.kind <> 'otp')
          AND (earlier.claimed_at IS NOT NULL OR earlier.waits_for IS NOT NULL
               OR earlier.last_error IS NULL
               OR (SELECT true FROM cc_outbound_attempts WHERE job_id = earlier.id LIMIT 1))
        ORDER BY earlier.id DESC LIMIT 1
    ) AS blocker
    WHERE job.id = ANY(:ids)
    """
)
"""The attempts are read by a scalar subquery, because PostgreSQL may turn EXISTS into a hash of
the whole table."""

_HOLD_BACK = text(
    """
    WITH held AS (
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:blockers AS bigint[]))
            AS held (id, blocker)
    ), locked AS (
        SELECT id FROM cc_outbound_jobs
        WHERE id IN (SELECT blocker FROM held)
          AND next_attempt_at IS NOT NULL AND waits_for IS NULL
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE cc_outbound_jobs AS job
    SET waits_for = held.blocker, updated_at = now(),
        next_attempt_at = CASE
            WHEN blocker.id = ANY(:claimed) OR blocker.waits_for IS NOT NULL
                OR locked.id IS NOT NULL
            THEN greatest(blocker.next_attempt_at, now() + :lease * interval '1 second')
            ELSE now() + :again * interval '1 second' END
    FROM held JOIN cc_outbound_jobs AS blocker ON blocker.id = held.blocker
        LEFT JOIN locked ON locked.id = held.blocker
    WHERE job.id = held.id
    """
)
"""The lock ensures that a blocker does not end before the waiting jobs are committed. The
statement never waits for a lock, so two workers can't deadlock."""

_RELEASE = text(
    """
    UPDATE cc_outbound_jobs SET waits_for = NULL, next_attempt_at = now(), updated_at = now()
    WHERE id IN (
        SELECT id FROM cc_outbound_jobs
        WHERE waits_for = ANY(:ids) AND next_attempt_at IS NOT NULL
        FOR NO KEY UPDATE SKIP LOCKED
    )
    """
)


def in_turn(session: Session, jobs: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Return those of the locked `jobs` that may be sent now; postpone the others."""
    ids = [job.id for job in jobs]
    blockers = {row.id: row.blocker for row in session.execute(_BLOCKERS, {"ids": ids})}
    if blockers:
        values = {
            "ids": list(blockers),
            "blockers": list(blockers.values()),
            "claimed": ids,
            "again": LOOK_AGAIN_SECONDS,
            "lease": LEASE_SECONDS,
        }
        session.execute(_HOLD_BACK, values)
    return [job for job in jobs if job.id not in blockers]


def release(session: Session, ended: Sequence[int]) -> None:
    """Make the jobs due that wait for one of the jobs `ended`."""
    if ended:
        session.execute(_RELEASE, {"ids": list(ended)})
