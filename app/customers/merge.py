"""Merge customers who are the same person."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

MAX_REPORT = 1000

_LOCK_JOBS = text(
    "SELECT FROM cc_outbound_jobs WHERE customer_id = ANY(:gone) ORDER BY id FOR UPDATE"
)
"""The outbound queue locks jobs in the same order, so the two can't deadlock."""

_KEEP_ONE_OPEN = text(
    """
    WITH waiting AS (
        SELECT id, report, failed_tries FROM cc_verification_jobs
        WHERE customer_id = ANY(:everyone) AND status = 'awaiting_verification'
        ORDER BY id FOR UPDATE
    ), closed AS (
        UPDATE cc_verification_jobs AS job SET status = 'cancelled', closed_at = now()
        FROM waiting WHERE job.id = waiting.id
            AND job.id < (SELECT max(id) FROM waiting)
        RETURNING job.id
    )
    UPDATE cc_verification_jobs AS job
    SET report = left((SELECT string_agg(report, E'\\n' ORDER BY id) FROM waiting), :longest),
        failed_tries = (SELECT max(failed_tries) FROM waiting)
    WHERE job.id = (SELECT max(id) FROM waiting) AND EXISTS (SELECT FROM closed)
    """
)
"""Keeps the newest verification open, because its code was sent last, and adds the reports."""

_MOVE = tuple(
    text(f"UPDATE {table} SET customer_id = :kept WHERE customer_id = ANY(:gone)")  # noqa: S608 - names from below
    for table in (
        "cc_verification_jobs",
        "cc_fraud_cases",
        "cc_inbound_messages",
        "cc_outbound_jobs",
    )
)
_FORGET = text("DELETE FROM cc_customers WHERE id = ANY(:gone)")


def merge(session: Session, *, kept: int, gone: Sequence[int]) -> None:
    """Move the rows of the customers `gone` to `kept`, and delete those customers.

    The caller has locked all these customers. The names of tables of higher packages appear
    here, because every caller must move the rows of all of them.
    """
    if not gone:
        return
    values = {"kept": kept, "gone": list(gone), "everyone": [kept, *gone]}
    session.flush()
    session.execute(_LOCK_JOBS, values)
    session.execute(_KEEP_ONE_OPEN, {**values, "longest": MAX_REPORT})
    for statement in _MOVE:
        session.execute(statement, values)
    session.execute(_FORGET, values)
