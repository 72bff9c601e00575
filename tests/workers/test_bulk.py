"""Bulk jobs with a real worker and a real broker: a killed worker's job goes on."""

from sqlalchemy import text

from app.bulk.bulk_actions import ItemAction
from app.bulk.control_job import start_job
from app.bulk.models import JobStatus
from app.bulk.plan_job import plan_items
from app.bulk.queries import BulkJobView, show_bulk_job
from app.core.database import Sessions
from app.inbox.item_conditions import ItemFilter
from tests.workers.conftest import StartCelery, eventually

ITEMS = 600
ADD_ITEMS = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, dedupe_key)
SELECT 'fraud_case_created', 'critical', 'Case ' || n, 'A report.', 'test:' || n
FROM generate_series(1, :count) AS n
"""
ENTRIES = "SELECT count(*), count(DISTINCT item_id) FROM cc_admin_inbox_activity"


def test_a_started_job_wakes_a_worker_and_survives_its_death(
    start_dispatcher: StartCelery, sessions: Sessions
) -> None:
    worker = start_dispatcher("--queues", "dispatch,periodic")
    eventually(lambda: "listener_acting" in worker.log)
    job_id = _start(sessions)
    eventually(lambda: _show(sessions, job_id).done > 0)

    killed = worker.pool()
    for child in killed:
        child.kill()
    at_death = _show(sessions, job_id)

    assert at_death.status == JobStatus.RUNNING
    eventually(lambda: _show(sessions, job_id).status == JobStatus.DONE)
    assert _show(sessions, job_id).done == ITEMS
    with sessions.begin() as session:
        assert tuple(session.execute(text(ENTRIES)).one()) == (ITEMS, ITEMS)


def _start(sessions: Sessions) -> int:
    with sessions.begin() as session:
        session.execute(text(ADD_ITEMS), {"count": ITEMS})
    with sessions.begin() as session:
        job = plan_items(session, ItemAction.RESOLVE, author="maria", wanted=ItemFilter())
        return start_job(session, job.id, actor="maria").id


def _show(sessions: Sessions, job_id: int) -> BulkJobView:
    with sessions.begin() as session:
        return show_bulk_job(session, job_id)
