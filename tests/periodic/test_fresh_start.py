"""A new installation has no missing runs."""

from datetime import timedelta

from app.bootstrap import Container
from app.periodic.jobs import periodic_jobs
from app.periodic.missed import report_missed
from app.periodic.runs import run_due
from tests.periodic.conftest import NOON
from tests.whatsapp import Read


def test_a_day_on_a_new_installation_reports_no_missing_run(
    container: Container, read: Read
) -> None:
    began = NOON + timedelta(minutes=3)
    for minutes in range(0, 24 * 60, 4):
        now = began + timedelta(minutes=minutes)
        for job in periodic_jobs(container.settings):
            assert report_missed(container.sessions, job, now=now, since=began) is None
            run_due(container.sessions, job, now=now)

    runs = read("SELECT job, min(slot) AS first, count(*) FROM cc_job_runs GROUP BY job ORDER BY 1")
    assert [(run["job"], run["first"], run["count"]) for run in runs] == [
        ("daily-summary", "2026-11-22", 1),
        ("otp-stuck", "2026-11-22T12:15Z", 95),
        ("trend-hours", "2026-11-22T13:00Z", 23),
    ]
