"""Each event becomes one item; a failed one becomes a dead letter after its last attempt."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.bootstrap import Container
from app.core.database import Sessions
from app.dispatch.decisions import describe
from app.dispatch.dispatch import Dispatcher, dispatch_due
from app.inbox.drafts import Wording
from app.outbox.events import OtpVerificationStuck
from app.outbox.record import record_event
from tests.dispatch.conftest import Read, Record, a_fraud_case

Write = Callable[..., None]
Poison = Callable[..., None]

MAKE_DUE = "UPDATE cc_automation_events SET next_attempt_at = now() WHERE next_attempt_at > now()"


@pytest.fixture
def dispatcher(container: Container) -> Dispatcher:
    """Return the dispatcher with a small batch, so that several are needed."""
    return replace(container.dispatcher, batch_size=10)


def _raise(error: Exception) -> None:
    raise error


def test_every_due_event_becomes_one_item_and_is_marked_sent(
    dispatcher: Dispatcher, record: Record, read: Read
) -> None:
    record(25)

    result = dispatch_due(dispatcher)

    assert result.counts() == {"claimed": 25, "sent": 25, "failed": 0, "dead_lettered": 0}
    items = read("SELECT * FROM cc_admin_inbox_items ORDER BY event_id")
    assert len({item["event_id"] for item in items}) == 25
    assert items[0]["severity"] == "critical"
    assert items[0]["link_ref"] == "/automation/cases/1"
    assert {row["status"] for row in read("SELECT status FROM cc_automation_events")} == {"sent"}
    assert read("SELECT * FROM cc_automation_event_attempts") == []


def test_a_second_run_finds_nothing_to_do(dispatcher: Dispatcher, record: Record) -> None:
    record(3)
    dispatch_due(dispatcher)

    assert dispatch_due(dispatcher).claimed == 0


def test_a_run_returns_when_the_next_event_of_all_is_due(
    dispatcher: Dispatcher, record: Record, write: Callable[..., None]
) -> None:
    assert dispatch_due(dispatcher).due_in is None
    record(2)
    write("UPDATE cc_automation_events SET next_attempt_at = now() + id * interval '50 s'")

    result = dispatch_due(dispatcher)

    assert result.claimed == 0
    assert result.due_in is not None
    assert 45 < result.due_in <= 50


def test_an_event_whose_item_already_exists_is_sent_without_a_second_item(
    dispatcher: Dispatcher, record: Record, read: Read, write: Write
) -> None:
    record(1)
    dispatch_due(dispatcher)
    write(
        "UPDATE cc_automation_events"
        " SET status = 'pending', sent_at = NULL, next_attempt_at = now()"
    )

    assert dispatch_due(dispatcher).sent == 1
    assert len(read("SELECT * FROM cc_admin_inbox_items")) == 1


def test_a_draft_that_raises_fails_its_event_alone(
    dispatcher: Dispatcher, record: Record, read: Read, poison: Poison
) -> None:
    record(10)
    poison({4}, lambda: _raise(ValueError("no wording for +34 600 111 222")))

    result = dispatch_due(dispatcher)

    assert (result.sent, result.failed) == (9, 1)
    [failed] = read(
        "SELECT *, extract(epoch FROM next_attempt_at - updated_at)::float AS wait"
        " FROM cc_automation_events WHERE status = 'failed'"
    )
    assert failed["attempts"] == 1
    assert failed["last_error"] == "ValueError: no wording for ••• 1222"
    assert 27 <= failed["wait"] <= 33
    [attempt] = read("SELECT * FROM cc_automation_event_attempts")
    assert (attempt["event_id"], attempt["budget"], attempt["attempt"]) == (failed["id"], 1, 1)


def test_after_its_last_attempt_an_event_is_a_dead_letter_and_the_inbox_says_so(
    dispatcher: Dispatcher, record: Record, read: Read, write: Write, poison: Poison
) -> None:
    record(2)
    poison({1, 2}, lambda: _raise(ValueError("never")))

    for _ in range(9):
        dispatch_due(dispatcher)
        write(MAKE_DUE)

    assert dispatch_due(dispatcher).dead_lettered == 2
    assert dispatch_due(dispatcher).claimed == 0
    for event in read("SELECT * FROM cc_automation_events"):
        assert (event["status"], event["attempts"]) == ("failed", 10)
        assert event["next_attempt_at"] is None
        assert event["dead_at"] is not None
    [item] = read("SELECT * FROM cc_admin_inbox_items")
    assert (item["type"], item["severity"]) == ("automation_dead_letter", "critical")
    assert item["occurrences"] == 2
    assert len(read("SELECT * FROM cc_automation_event_attempts")) == 20


def test_a_later_dead_letter_with_the_same_error_increases_the_count(
    dispatcher: Dispatcher, record: Record, read: Read, write: Write, poison: Poison
) -> None:
    poison({1, 2, 3}, lambda: _raise(ValueError("never")))
    for number in (1, 2, 3):
        record(1)
        write(
            "UPDATE cc_automation_events SET attempts = 9 WHERE dedupe_key = :key",
            key=f"fraud_case_created:{number}",
        )
        dispatch_due(dispatcher)
        if number == 2:
            write("UPDATE cc_admin_inbox_items SET status = 'resolved', closed_at = now()")

    items = read("SELECT status, occurrences FROM cc_admin_inbox_items ORDER BY id")
    assert items == [
        {"status": "resolved", "occurrences": 2},
        {"status": "open", "occurrences": 1},
    ]


def test_an_unknown_event_type_is_retried_and_not_lost(
    dispatcher: Dispatcher, record: Record, read: Read, write: Write
) -> None:
    record(1)
    write("UPDATE cc_automation_events SET event_type = 'from_the_future'")

    assert dispatch_due(dispatcher).failed == 1
    [event] = read("SELECT * FROM cc_automation_events")
    assert event["last_error"].startswith("UnknownEventType: ")
    assert event["next_attempt_at"] is not None


@pytest.mark.parametrize(
    "wording",
    [
        Wording(title="a NUL \x00 byte", body="b"),
        Wording(title="half a pair \ud800", body="b"),
        Wording(title="t" * 201, body="b"),
        Wording(title="t", body="b" * 8001),
    ],
)
def test_a_draft_that_can_not_be_stored_fails_alone(
    dispatcher: Dispatcher, record: Record, read: Read, poison: Poison, wording: Wording
) -> None:
    record(5)
    poison({2}, lambda: wording)

    result = dispatch_due(dispatcher)

    assert (result.sent, result.failed) == (4, 1)
    [event] = read("SELECT * FROM cc_automation_events WHERE status = 'failed'")
    assert event["last_error"].startswith("UnstorableText: ")


def test_an_event_that_the_database_refuses_fails_alone(
    dispatcher: Dispatcher, record: Record, read: Read, owner_executes: Callable[[str], None]
) -> None:
    owner_executes(
        "ALTER TABLE cc_admin_inbox_items ADD CONSTRAINT no_seven"
        " CHECK (link_ref <> '/automation/cases/7')"
    )
    record(10)

    result = dispatch_due(dispatcher)

    assert (result.sent, result.failed) == (9, 1)
    [event] = read("SELECT * FROM cc_automation_events WHERE status = 'failed'")
    assert event["dedupe_key"] == "fraud_case_created:7"
    assert event["last_error"].startswith("CheckViolation: ")


def test_a_limit_of_the_database_is_a_refusal_and_fails_its_event_alone(
    dispatcher: Dispatcher, record: Record, read: Read, owner_executes: Callable[[str], None]
) -> None:
    owner_executes(
        "CREATE FUNCTION too_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.link_ref = '/automation/cases/7' THEN"
        " RAISE EXCEPTION 'index row size exceeds maximum' USING ERRCODE = '54000';"
        " END IF; RETURN NEW; END $$"
    )
    owner_executes(
        "CREATE TRIGGER too_long BEFORE INSERT ON cc_admin_inbox_items"
        " FOR EACH ROW EXECUTE FUNCTION too_long()"
    )
    record(10)

    result = dispatch_due(dispatcher)

    assert (result.sent, result.failed) == (9, 1)
    [event] = read("SELECT * FROM cc_automation_events WHERE status = 'failed'")
    assert event["last_error"].startswith("ProgramLimitExceeded: ")


def test_a_message_that_names_the_module_of_its_error_is_kept_whole() -> None:
    class Refused(Exception):
        __module__ = "charge"

    assert describe(Refused("charge.failed: declined")) == (
        f"{Refused.__qualname__}: charge.failed: declined"
    )


def test_an_error_that_can_not_be_printed_still_becomes_a_failure(
    dispatcher: Dispatcher, record: Record, read: Read, poison: Poison
) -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    record(1)
    poison({1}, lambda: _raise(Unprintable()))

    dispatch_due(dispatcher)

    [event] = read("SELECT last_error FROM cc_automation_events")
    assert event["last_error"].endswith("Unprintable: <exception str() failed>")


def test_force_fail_fails_every_event_and_keeps_the_retry_policy(
    dispatcher: Dispatcher, record: Record, read: Read
) -> None:
    record(3)
    rehearsal = replace(dispatcher, rules=replace(dispatcher.rules, force_fail=True))

    assert dispatch_due(rehearsal).failed == 3

    errors = {row["last_error"] for row in read("SELECT last_error FROM cc_automation_events")}
    assert errors == {
        "ForcedFailure: AUTOMATION_DISPATCHER_FORCE_FAIL is set; unset it and restart."
    }


def test_drafts_with_one_group_become_one_item_that_counts(
    dispatcher: Dispatcher, record: Record, read: Read, poison: Poison
) -> None:
    record(4)
    poison({1, 2, 3}, lambda: Wording(title="Storm", body="b", group_key="storm"))

    assert dispatch_due(dispatcher).sent == 4
    items = read("SELECT title, occurrences FROM cc_admin_inbox_items ORDER BY occurrences")
    assert [item["occurrences"] for item in items] == [1, 3]


def test_events_locked_by_one_dispatcher_are_skipped_by_another(
    dispatcher: Dispatcher, record: Record
) -> None:
    ids = record(5)

    with dispatcher.engine.begin() as other:
        other.exec_driver_sql(
            "SELECT FROM cc_automation_events WHERE id = ANY(%s) FOR UPDATE", (ids[:2],)
        )
        assert dispatch_due(dispatcher).sent == 3

    assert dispatch_due(dispatcher).sent == 2


def test_events_of_several_types_in_one_batch_keep_their_type_severity_and_order(
    dispatcher: Dispatcher, sessions: Sessions, read: Read
) -> None:
    def stuck(number: int) -> OtpVerificationStuck:
        return OtpVerificationStuck(
            job_id=number, masked_phone="••• 4567", waiting_minutes=31, last_message_id=None
        )

    with sessions.begin() as session:
        for event in (a_fraud_case(1), stuck(2), a_fraud_case(3)):
            record_event(session, event)

    assert dispatch_due(dispatcher).sent == 3

    items = read("SELECT type, severity, link_ref FROM cc_admin_inbox_items ORDER BY id")
    assert [tuple(item.values()) for item in items] == [
        ("fraud_case_created", "critical", "/automation/cases/1"),
        ("otp_verification_stuck", "warning", None),
        ("fraud_case_created", "critical", "/automation/cases/3"),
    ]
