"""The hours of the trends are counted by indexes, however long the tables are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from app.bootstrap import Container
from app.reports.hour_figures import count_hours
from tests.reports.test_summary_plans import EVENTS, ITEMS, Plans, owner
from tests.whatsapp import Read, read

__all__ = ["owner", "read"]

HOUR = datetime(2026, 11, 21, 1, tzinfo=UTC)
ACTS = """
INSERT INTO cc_admin_inbox_activity (item_id, actor, action, from_status, to_status, at)
SELECT id, 'ana', 'resolve', 'open', 'resolved', created_at + interval '1 minute'
FROM cc_admin_inbox_items ORDER BY id
"""
ATTEMPTS = """
INSERT INTO cc_automation_event_attempts
    (event_id, budget, attempt, error, error_fingerprint, worker, at)
SELECT id, 1, 1, 'KeyError', 'KeyError', 'w', created_at FROM cc_automation_events ORDER BY id
"""
TABLES = (
    *("cc_automation_events", "cc_automation_event_attempts", "cc_admin_inbox_items"),
    "cc_admin_inbox_activity",
)


@pytest.fixture
def plans(container: Container, read: Read, owner: Connection) -> Plans:
    """Return the plans of counting one hour of 5,000 events, attempts, items and acts."""
    for statement in (EVENTS, ITEMS, ACTS, ATTEMPTS):
        read(statement)
    owner.execute(text(f"VACUUM ANALYZE {', '.join(TABLES)}"))
    sent: list[tuple[str, Any]] = []
    event.listen(
        container.engine, "before_cursor_execute", lambda *call: sent.append((call[2], call[3]))
    )
    with container.sessions.begin() as session:
        figures = count_hours(session, HOUR, HOUR + timedelta(hours=1))
    assert sum(hour.opened.total() for hour in figures.values()) == 360
    return Plans(container, sent)


@pytest.mark.parametrize(
    "words, table",
    [
        ("count(sent_at)", "cc_automation_events"),
        ("payload->>'reason'", "cc_automation_events"),
        ("FILTER (WHERE attempt", "cc_automation_event_attempts"),
        ("severity, count(*) AS items\nFROM", "cc_admin_inbox_items"),
        ("is_first", "cc_admin_inbox_activity"),
    ],
)
def test_an_hour_is_read_by_an_index(plans: Plans, words: str, table: str) -> None:
    scans = [node for node in plans.of(words) if node.get("Relation Name") == table]
    assert scans
    assert all("Index" in node["Node Type"] for node in scans)
