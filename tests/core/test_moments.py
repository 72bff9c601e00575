"""Ids of a time are found by the primary key alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.moments import SKEW, ids_between
from app.core.paging import MAX_ID
from app.periodic.models import JobRun

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROWS = """
INSERT INTO cc_job_runs (id, job, slot, started_at) OVERRIDING SYSTEM VALUE
SELECT n, 'j', n::text, CAST(:noon AS timestamptz) + n * interval '1 minute'
FROM generate_series(-600, 600) AS n WHERE n % 7 <> 0 AND n NOT BETWEEN 100 AND 300
"""


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    """Rows whose id is their minute after noon, with gaps."""
    with sessions.begin() as session:
        session.execute(text(ROWS), {"noon": NOON})
        yield session


@pytest.mark.parametrize("first, last", [(-600, 600), (0, 60), (7, 8), (90, 310), (150, 200)])
def test_the_bounds_hold_every_row_of_the_range_and_few_others(
    session: Session, first: int, last: int
) -> None:
    since, until = NOON + timedelta(minutes=first), NOON + timedelta(minutes=last)
    low, high = ids_between(session, JobRun.started_at, since, until)
    skew = SKEW // timedelta(minutes=1)
    ids = set(session.scalars(text("SELECT id FROM cc_job_runs")))
    inside = {n for n in ids if first <= n < last}
    found = {n for n in ids if low <= n < high}
    assert inside <= found <= {n for n in ids if first - skew <= n < last + skew}


@pytest.mark.parametrize("days", [-2, 2])
def test_a_range_without_rows_has_no_ids(session: Session, days: int) -> None:
    since = NOON + timedelta(days=days)
    low, high = ids_between(session, JobRun.started_at, since, since + timedelta(hours=1))
    count = text("SELECT count(*) FROM cc_job_runs WHERE id >= :low AND id < :high")
    assert session.scalar(count, {"low": low, "high": high}) == 0


def test_an_empty_table_has_no_ids(sessions: Sessions) -> None:
    with sessions.begin() as session:
        assert ids_between(session, JobRun.started_at, NOON, NOON) == (MAX_ID, MAX_ID)
