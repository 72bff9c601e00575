"""Each count of the overview leads to the rows that it counts, and counts each event once."""

import re

import pytest
from sqlalchemy import text

from app.core.database import Sessions
from tests.web.conftest import Browser, Program

INSERT = """
INSERT INTO cc_automation_events
    (event_type, dedupe_key, subject_ref, payload, status, attempts, last_error, next_attempt_at,
     sent_at, dead_at)
SELECT 't', gen_random_uuid()::text, 'x:1', '{}', status, attempts, error, now() + wait,
       CASE WHEN status = 'sent' THEN now() END, CASE WHEN attempts = 10 THEN now() END
FROM (VALUES
    ('pending', 0, NULL, interval '0'), ('pending', 0, NULL, interval '-1 min'),
    ('failed', 1, 'x', interval '-1 min'),
    ('failed', 1, 'x', interval '1 hour'), ('failed', 2, 'x', interval '1 hour'),
    ('failed', 10, 'x', NULL), ('sent', 0, NULL, NULL)
) AS made (status, attempts, error, wait)
"""


@pytest.fixture(autouse=True)
def events(sessions: Sessions) -> None:
    """Three due events, two that wait, a dead one and a sent one."""
    with sessions.begin() as session:
        session.execute(text(INSERT))


def test_the_counts_are_disjoint(program: Program) -> None:
    outbox = program.get("/api/automation/stats").get_json()["outbox"]
    assert (outbox["due"], outbox["retrying"], outbox["dead"]) == (3, 2, 1)


@pytest.mark.parametrize("query, rows", [("due=true", 3), ("due=false", 2), ("dead=true", 1)])
def test_the_list_behind_a_count_holds_as_many_rows(
    program: Program, admin: Browser, query: str, rows: int
) -> None:
    found = program.get(f"/api/automation/events?{query}").get_json()["items"]
    assert len(found) == rows
    page = admin.get(f"/automation/events?{query}").text
    assert len(re.findall(r'href="/automation/events/\d+"', page)) == rows
    assert len(re.findall(r'aria-current="true"', page)) == 1


def test_the_overview_links_to_these_lists(admin: Browser) -> None:
    page = admin.get("/automation/overview").text
    for query in ("due=true", "due=false", "dead=true"):
        assert f'href="/automation/events?{query}"' in page
