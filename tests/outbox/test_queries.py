import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.core.errors import NotFound
from app.outbox import queries
from app.outbox.models import EventStatus
from app.outbox.queries import EventFilter, count_outbox, list_events, show_event

PENDING, FAILED, DEAD, SENT = range(1, 5)


@pytest.fixture(autouse=True)
def events(sessions: Sessions) -> None:
    """One event of each kind; their ids are their positions."""
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref,"
                " status, attempts, next_attempt_at, last_error, dead_at, sent_at) VALUES"
                " ('fraud_case_created', 'fraud_case_created:1', '{}', 'case:1',"
                "  'pending', 0, now() - interval '90 s', NULL, NULL, NULL),"
                " ('otp_verification_stuck', 'otp_verification_stuck:2', '{}', 'verification:2',"
                "  'failed', 1, now() + interval '1 h', 'KeyError: masked_phone', NULL, NULL),"
                " ('otp_verification_stuck', 'otp_verification_stuck:3', '{}', 'verification:3',"
                "  'failed', 10, NULL, 'ValueError: too long', now(), NULL),"
                " ('fraud_case_created', 'fraud_case_created:4', '{}', 'case:4',"
                "  'sent', 0, NULL, NULL, NULL, now())"
            )
        )


def ids(sessions: Sessions, wanted: EventFilter) -> list[int]:
    with sessions.begin() as session:
        return [event.id for event in list_events(session, wanted).items]


@pytest.mark.parametrize(
    "wanted, found",
    [
        (EventFilter(), [SENT, DEAD, FAILED, PENDING]),
        (EventFilter(status=EventStatus.PENDING), [PENDING]),
        (EventFilter(status=EventStatus.FAILED), [DEAD, FAILED]),
        (EventFilter(status=EventStatus.SENT), [SENT]),
        (EventFilter(dead=True), [DEAD]),
        (EventFilter(status=EventStatus.FAILED, dead=False), [FAILED]),
        (EventFilter(event_type="fraud_case_created"), [SENT, PENDING]),
        (EventFilter(event_type="otp_verification_stuck", dead=True), [DEAD]),
        (EventFilter(q="case:4"), [SENT]),
        (EventFilter(q="fraud_case_created:1"), [PENDING]),
        (EventFilter(q="case:99"), []),
        (EventFilter(q="keyerror"), [FAILED]),
        (EventFilter(q="stuck"), [DEAD, FAILED]),
    ],
    ids=str,
)
def test_a_filter_returns_exactly_the_matching_events(
    sessions: Sessions, wanted: EventFilter, found: list[int]
) -> None:
    assert ids(sessions, wanted) == found


def test_pages_contain_every_event_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        first = list_events(session, EventFilter(), limit=3)
        second = list_events(session, EventFilter(), cursor=first.next_cursor, limit=3)
    assert [event.id for event in (*first.items, *second.items)] == [4, 3, 2, 1]
    assert second.next_cursor is None


def test_only_failed_events_can_be_retried(sessions: Sessions) -> None:
    with sessions.begin() as session:
        events = list_events(session, EventFilter()).items
    assert {event.id for event in events if event.can_retry} == {FAILED, DEAD}


def test_the_outbox_is_counted(sessions: Sessions) -> None:
    with sessions.begin() as session:
        counts = count_outbox(session)
    assert (counts.due, counts.retrying, counts.dead) == (1, 1, 1)
    assert counts.oldest_due_seconds == pytest.approx(90, abs=30)


def test_counts_stop_at_the_cap(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO cc_automation_events (event_type, dedupe_key, payload, subject_ref)"
                " SELECT 'fraud_case_created', n::text, '{}', 'case:9' FROM generate_series(1, 9) n"
            )
        )
    monkeypatch.setattr(queries, "COUNT_CAP", 5)
    with sessions.begin() as session:
        assert count_outbox(session).due == 5


def test_without_due_events_there_is_no_oldest_age(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(text("DELETE FROM cc_automation_events"))
        assert count_outbox(session).oldest_due_seconds is None


def test_no_event_is_not_found(sessions: Sessions) -> None:
    with sessions.begin() as session, pytest.raises(NotFound, match="99"):
        show_event(session, 99)
