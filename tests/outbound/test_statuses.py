"""Delivery statuses: in any order, repeated, early, late and unknown."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from app.bootstrap import Container
from app.outbound.claim_jobs import Claimed, claim_jobs
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from app.outbound.outcomes import NoAnswer, Outcome, Refused, Sent
from app.outbound.record_outcomes import AttemptRef, Settled, record_outcomes
from app.outbound.statuses import StatusReport, apply_status
from tests.whatsapp import Read, known, print_of


class Sending:
    """One job, with a function for each step."""

    def __init__(self, container: Container) -> None:
        self.container = container
        with container.sessions.begin() as session:
            to = known(session, container)
            enqueue(session, Text("hello"), to=to, vault=container.vault)
        self.claimed = self.claim()

    def claim(self) -> Claimed:
        runner = self.container.outbound
        with runner.sessions.begin() as session:
            session.execute(
                text("UPDATE cc_outbound_jobs SET next_attempt_at = now() WHERE status = 'queued'")
            )
            (claimed,) = claim_jobs(session, runner.rules, runner.composers).claimed
        return claimed

    def answer(self, outcome: Outcome) -> str:
        runner = self.container.outbound
        with runner.sessions.begin() as session:
            ref = AttemptRef(self.claimed.job_id, self.claimed.attempt_id)
            (status,) = record_outcomes(
                session, [Settled(ref, outcome)], runner.rules, runner.composers.vault
            )
        return status

    def report(self, status: str, **more: int | str | None) -> bool:
        report = StatusReport(
            provider_message_id="wamid.1", status=status, tracker=self.claimed.tracker
        )
        with self.container.sessions.begin() as session:
            return apply_status(
                session,
                replace(report, **more),  # type: ignore[arg-type]
                self.container.outbound.rules,
                vault=self.container.vault,
            )


@pytest.fixture
def sending(container: Container) -> Sending:
    return Sending(container)


def job_of(read: Read) -> tuple[str, int, str | None]:
    (job,) = read("SELECT status, attempts, message_fingerprint FROM cc_outbound_jobs")
    return job["status"], job["attempts"], job["message_fingerprint"]


def test_the_status_of_a_message_rises(sending: Sending, read: Read) -> None:
    sending.answer(Sent("wamid.1"))
    seen = []
    for status in ("sent", "delivered", "read"):
        sending.report(status)
        seen.append(job_of(read)[0])
    assert seen == ["sent", "delivered", "read"]


def test_delivery_leaves_the_moment_of_the_answer_alone(sending: Sending, read: Read) -> None:
    sending.answer(Sent("wamid.1"))
    moments = (
        "SELECT finished_at, sent_at FROM cc_outbound_attempts a JOIN cc_outbound_jobs j ON true"
    )
    before = read(moments)
    sending.report("delivered")
    assert read(moments) == before


def test_late_and_repeated_reports_change_nothing(sending: Sending, read: Read) -> None:
    sending.answer(Sent("wamid.1"))
    assert sending.report("read")
    assert [sending.report(each) for each in ("sent", "delivered", "read", "failed")] == [False] * 4
    assert job_of(read)[0] == "read"


def test_a_report_before_the_answer_is_not_overwritten(sending: Sending, read: Read) -> None:
    sending.report("delivered")
    assert sending.answer(Sent("wamid.1")) == "delivered"
    assert job_of(read) == ("delivered", 1, print_of("wamid.1"))


@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
def test_a_report_completes_a_job_after_a_crash(sending: Sending, read: Read, status: str) -> None:
    assert sending.report(status)
    assert job_of(read) == (status, 1, print_of("wamid.1"))
    assert read("SELECT outcome FROM cc_outbound_attempts") == [{"outcome": "sent"}]
    assert read("SELECT id FROM cc_outbound_jobs WHERE next_attempt_at IS NOT NULL") == []


def test_a_report_completes_an_attempt_without_an_answer(sending: Sending, read: Read) -> None:
    sending.answer(NoAnswer("late"))
    assert job_of(read)[0] == "queued"
    assert sending.report("sent")
    assert job_of(read) == ("sent", 1, print_of("wamid.1"))


def test_a_delivery_report_counts_after_the_job_has_failed(sending: Sending, read: Read) -> None:
    read("UPDATE cc_outbound_jobs SET attempts = 5")
    assert sending.answer(Refused("no", 131026)) == "failed"
    assert sending.report("delivered")
    assert job_of(read)[0] == "delivered"


def test_a_failure_reported_later_counts_as_a_failed_attempt(sending: Sending, read: Read) -> None:
    sending.answer(Sent("wamid.1"))
    assert sending.report("failed", error_code=131026)
    assert not sending.report("failed", error_code=131026)
    (job,) = read("SELECT * FROM cc_outbound_jobs")
    assert (job["status"], job["attempts"], job["last_error_code"]) == ("queued", 1, 131026)
    assert job["next_attempt_at"] is not None
    assert not sending.report("sent")
    assert sending.claim().attempt_id > sending.claimed.attempt_id


def test_the_last_failure_reported_later_fails_the_job_with_its_event(
    sending: Sending, read: Read
) -> None:
    sending.answer(Sent("wamid.1"))
    read("UPDATE cc_outbound_jobs SET attempts = 5")
    sending.report("failed", error_code=131026)
    assert job_of(read)[0] == "failed"
    (event,) = read("SELECT event_type, payload FROM cc_automation_events")
    assert event["event_type"] == "outbound_failed_max_attempts"
    assert event["payload"]["provider_code"] == 131026


def test_a_failure_without_a_code_still_has_a_reason(sending: Sending, read: Read) -> None:
    sending.answer(Sent("wamid.1"))
    sending.report("failed")
    (job,) = read("SELECT last_error FROM cc_outbound_jobs")
    assert job["last_error"] == "WhatsApp could not deliver the message and gave no reason."


def test_a_failure_of_an_earlier_attempt_does_not_change_the_current_one(
    sending: Sending, read: Read
) -> None:
    sending.answer(NoAnswer("late"))
    first = sending.claimed
    sending.claimed = sending.claim()
    sending.answer(Sent("wamid.2"))
    sending.claimed = first
    assert not sending.report("failed", error_code=131026)
    assert job_of(read) == ("sent", 1, print_of("wamid.2"))


def test_a_tracker_with_only_the_job_is_enough(sending: Sending, read: Read) -> None:
    assert sending.report("sent", tracker=str(sending.claimed.job_id))
    assert job_of(read)[0] == "sent"


@pytest.mark.parametrize(
    "tracker", [None, "", "99:99", "1:99", "one", "-1", "9" * 30, "1:2:3", "' OR 1=1"]
)
def test_a_report_of_something_unknown_is_ignored(
    sending: Sending, read: Read, tracker: str | None
) -> None:
    assert not sending.report("delivered", tracker=tracker)
    assert job_of(read)[0] == "queued"


@pytest.mark.parametrize("status", ["deleted", "warning", "", "queued"])
def test_a_status_that_we_do_not_know_is_ignored(sending: Sending, status: str) -> None:
    assert not sending.report(status)


def test_a_report_of_another_message_with_our_tracker_is_ignored(
    sending: Sending, read: Read
) -> None:
    sending.answer(Sent("wamid.2"))
    assert not sending.report("delivered")
    assert job_of(read) == ("sent", 1, print_of("wamid.2"))


def test_the_answer_to_a_second_attempt_does_not_undo_the_delivery_of_the_first(
    sending: Sending, read: Read
) -> None:
    sending.answer(NoAnswer("late"))
    first = sending.claimed
    second = sending.claim()
    sending.report("delivered")
    sending.claimed = second
    assert sending.answer(Sent("wamid.2")) == "delivered"
    sending.report("failed", provider_message_id="wamid.2", error_code=131026)
    assert job_of(read) == ("delivered", 2, print_of("wamid.1"))
    assert read("SELECT id FROM cc_outbound_jobs WHERE next_attempt_at IS NOT NULL") == []
    assert first.attempt_id != second.attempt_id
