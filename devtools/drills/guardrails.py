"""Guardrails: who has used up every try is a dead letter, and nobody else looks like one."""

from collections.abc import Sequence

from devtools.drills.book import Book
from devtools.drills.scenes import dispatch_patience, record_doomed_event

SPENT = """
    SELECT id, event_type, status, attempts, dead_at IS NOT NULL AS dead, sent_at
    FROM cc_automation_events
    WHERE attempts >= :tries AND next_attempt_at IS NULL ORDER BY id
"""
DEAD = "SELECT id FROM cc_automation_events WHERE dead_at IS NOT NULL ORDER BY id"
SENT = """
    SELECT count(*) AS sent, max(attempts) AS most_failed_tries_before,
           count(*) FILTER (WHERE attempts >= :tries) AS that_look_dead
    FROM cc_automation_events WHERE status = 'sent'
"""
NEVER_TRIED_AGAIN = """
    SELECT count(*) AS due_although_final FROM cc_automation_events
    WHERE next_attempt_at IS NOT NULL AND (sent_at IS NOT NULL OR dead_at IS NOT NULL)
"""


def play(book: Book) -> None:
    """Compare what has used up its tries with what is dead, by query and by API."""
    if book.stage.is_own and not book.read(DEAD):
        _let_one_die(book)
    tries = book.stage.settings.max_attempts
    rows = book.rows(
        "What has used up its tries and waits for nothing is failed and dead, never sent",
        SPENT,
        lambda rows: (
            all(row[2:] == ("failed", tries, True, None) for row in rows)
            and (bool(rows) or not book.stage.is_own)
        ),
        tries=tries,
    )
    ids = [row[0] for row in rows]
    book.rows("These are exactly the dead letters", DEAD, [(each,) for each in ids])
    book.answer(
        "The API lists exactly the same",
        "GET",
        "/api/automation/events?dead=true&limit=100",
        holds=lambda page: _ids(page["items"]) == ids[-100:],
        show=lambda page: _ids(page["items"]),
    )
    book.rows(
        "No sent event has used up its tries", SENT, lambda rows: rows[0][2] == 0, tries=tries
    )
    book.rows("Nothing final is ever due again", NEVER_TRIED_AGAIN, [(0,)])


def _let_one_die(book: Book) -> None:
    book.rows(
        "An event that nothing can draft has died",
        "SELECT id, status, attempts FROM cc_automation_events"
        " WHERE id = :event AND dead_at IS NOT NULL",
        lambda rows: len(rows) == 1,
        within=dispatch_patience(book.stage.settings),
        must=True,
        event=record_doomed_event(book),
    )


def _ids(items: Sequence[dict[str, int]]) -> list[int]:
    return sorted(item["id"] for item in items)
