"""The runner sends each job once and counts each attempt before the call."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.bootstrap import Container
from app.outbound.claim_jobs import Claimed, claim_jobs
from app.outbound.enqueue import enqueue, enqueue_otp
from app.outbound.messages import Text
from app.outbound.models import OutboundStatus
from app.outbound.outcomes import Sent
from app.outbound.record_outcomes import AttemptRef, Settled, record_outcomes
from app.outbound.retry_job import retry_job
from app.outbound.runner import SECONDS_AHEAD, OutboundRunner, due_in, run_outbound
from devtools.whatsapp_sandbox.faults import Fault, FaultKind
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.whatsapp import CUSTOMER, Read, known, numbered

UNREACHABLE = "+15550131026"

Enqueue = Callable[..., int]


@pytest.fixture
def put(container: Container) -> Enqueue:
    """A function that creates a job and returns its id."""

    def run(to: str = CUSTOMER, words: str = "hello") -> int:
        with container.sessions.begin() as session:
            customer = known(session, container, to)
            return enqueue(session, Text(words), to=customer, vault=container.vault).job_id

    return run


@pytest.fixture
def runner(container: Container) -> OutboundRunner:
    return container.outbound


def make_due(read: Read) -> None:
    read("UPDATE cc_outbound_jobs SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")


def test_a_job_is_sent_once_and_marked(put: Enqueue, runner: OutboundRunner, read: Read) -> None:
    put()
    result = run_outbound(runner)
    assert result.counts() == {"sent": 1, "retried": 0, "failed": 0, "cancelled": 0}
    assert result.due_in is None
    (job,) = read("SELECT * FROM cc_outbound_jobs")
    (attempt,) = read("SELECT * FROM cc_outbound_attempts")
    assert (job["status"], job["attempts"], job["last_error"]) == ("sent", 1, None)
    assert job["message_fingerprint"] == attempt["message_fingerprint"]
    assert attempt["outcome"] == "sent"
    assert run_outbound(runner).sent == 0


def test_a_job_fails_after_its_last_attempt_with_its_event(
    put: Enqueue, runner: OutboundRunner, read: Read
) -> None:
    job_id = put(UNREACHABLE)
    while (result := run_outbound(runner)).due_in is not None:
        time.sleep(result.due_in)
    (job,) = read("SELECT * FROM cc_outbound_jobs")
    (event,) = read("SELECT * FROM cc_automation_events")
    assert (job["status"], job["attempts"], job["last_error_code"]) == ("failed", 5, 131026)
    assert event["dedupe_key"] == f"outbound_failed_max_attempts:{job_id}"
    assert event["payload"]["attempts"] == 5
    assert event["payload"]["masked_phone"] == "••• 1026"
    assert "not on WhatsApp" in event["payload"]["reason"]
    outcomes = read("SELECT attempt, outcome FROM cc_outbound_attempts ORDER BY id")
    assert [tuple(row.values()) for row in outcomes] == [(n, "failed") for n in range(1, 6)]


def test_an_admins_retry_starts_a_new_budget_and_its_failure_is_a_new_event(
    put: Enqueue, runner: OutboundRunner, container: Container, read: Read
) -> None:
    job_id = put(UNREACHABLE)
    for _ in range(2):
        for _ in range(5):
            make_due(read)
            run_outbound(runner)
        with container.sessions.begin() as session:
            retry_job(session, job_id, actor="ana")
    keys = [row["dedupe_key"] for row in read("SELECT dedupe_key FROM cc_automation_events")]
    name = f"outbound_failed_max_attempts:{job_id}"
    assert sorted(keys) == [name, f"{name}:2"]
    assert len(read("SELECT id FROM cc_outbound_attempts")) == 10
    assert [row["actor"] for row in read("SELECT actor FROM cc_outbound_activity")] == ["ana"] * 2


def test_the_attempt_is_counted_and_committed_before_the_call(
    put: Enqueue, container: Container, read: Read
) -> None:
    put()
    runner = container.outbound
    with container.sessions.begin() as session:
        (claimed,) = claim_jobs(session, runner.rules, runner.composers).claimed
    assert CUSTOMER not in repr(claimed)
    (job,) = read("SELECT attempts, next_attempt_at > now() AS leased FROM cc_outbound_jobs")
    assert job == {"attempts": 1, "leased": True}
    assert run_outbound(runner).sent == 0


def test_a_job_whose_attempts_were_all_interrupted_fails(
    put: Enqueue, container: Container, sandbox: RunningSandbox, read: Read
) -> None:
    put()
    runner = container.outbound
    for number in range(5):
        with container.sessions.begin() as session:
            batch = claim_jobs(session, runner.rules, runner.composers, cut_off=bool(number))
            assert len(batch.claimed) == 1
        make_due(read)
    assert run_outbound(runner).failed == 1
    assert sandbox.network.phones.open(CUSTOMER[1:]).messages == ()
    (event,) = read("SELECT payload FROM cc_automation_events")
    assert "A crash interrupted" in event["payload"]["reason"]


def test_an_answer_that_comes_after_the_lease_still_counts(
    put: Enqueue, container: Container, read: Read
) -> None:
    put()
    runner = container.outbound
    claims: list[Claimed] = []
    for _ in range(2):
        with container.sessions.begin() as session:
            claims += claim_jobs(
                session, runner.rules, runner.composers, cut_off=bool(claims)
            ).claimed
        make_due(read)
    first, second = claims
    for claimed, name in ((first, "wamid.first"), (second, "wamid.second")):
        with container.sessions.begin() as session:
            ref = AttemptRef(claimed.job_id, claimed.attempt_id)
            record_outcomes(
                session, [Settled(ref, Sent(name))], runner.rules, runner.composers.vault
            )
    assert read("SELECT status, attempts FROM cc_outbound_jobs") == [
        {"status": "sent", "attempts": 2}
    ]


def test_parallel_workers_send_no_job_twice(
    put: Enqueue, runner: OutboundRunner, sandbox: RunningSandbox
) -> None:
    for number in range(40):
        put(words=str(number))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: run_outbound(runner), range(4)))
    texts = Counter(m.text for m in sandbox.network.phones.open(CUSTOMER[1:]).messages)
    assert sum(result.sent for result in results) == 40
    assert texts == Counter(str(number) for number in range(40))


def test_all_workers_together_keep_the_pace(put: Enqueue, runner: OutboundRunner) -> None:
    for number in range(12):
        put(numbered(number))
    slow = replace(runner, rules=replace(runner.rules, per_second=5))
    started = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: run_outbound(slow), range(3)))
    assert time.monotonic() - started >= 2


def test_a_rate_limit_stops_all_messages_and_costs_no_attempt(
    put: Enqueue, runner: OutboundRunner, sandbox: RunningSandbox, read: Read
) -> None:
    throttle = Fault(kind=FaultKind.REFUSE, code=130429, retry_after=60)
    sandbox.network.phones.plan(CUSTOMER[1:], throttle, times=1)
    put(words="first")
    put("+34600333444", words="second")
    result = run_outbound(replace(runner, rules=replace(runner.rules, per_second=4)))
    assert (result.sent, result.retried) == (0, 1)
    assert result.due_in is not None
    assert 55 < result.due_in <= 60
    assert [row["attempts"] for row in read("SELECT attempts FROM cc_outbound_jobs")] == [0, 0]
    assert read("SELECT outcome FROM cc_outbound_attempts") == [{"outcome": "throttled"}]
    read("UPDATE cc_outbound_channels SET probe_at = now()")
    make_due(read)
    assert run_outbound(runner).sent == 2


def test_a_limit_of_one_customer_leaves_the_others_alone(
    put: Enqueue, runner: OutboundRunner, sandbox: RunningSandbox
) -> None:
    limit = Fault(kind=FaultKind.REFUSE, code=131056, retry_after=60)
    sandbox.network.phones.plan(CUSTOMER[1:], limit, times=1)
    put()
    put("+34600333444")
    result = run_outbound(runner)
    assert (result.sent, result.retried) == (1, 1)


def test_a_job_that_cannot_be_composed_fails_alone(
    put: Enqueue, runner: OutboundRunner, read: Read
) -> None:
    bad = put()
    read("UPDATE cc_outbound_jobs SET text_encrypted = 'spoilt' WHERE id = :id", id=bad)
    put()
    result = run_outbound(runner, seconds=2)
    assert result.sent == 1
    (job,) = read(
        "SELECT status, attempts, last_error FROM cc_outbound_jobs WHERE id = :id", id=bad
    )
    assert (job["status"], job["attempts"]) == ("queued", 0)
    assert job["last_error"] == "The message could not be composed (UndecryptableValue)."


def test_a_code_without_its_verification_fails_alone(
    container: Container, runner: OutboundRunner, read: Read
) -> None:
    with container.sessions.begin() as session:
        to = known(session, container)
        enqueue_otp(session, to=to, subject_ref="verification:99")
    assert run_outbound(runner).cancelled == 1
    assert read("SELECT id FROM cc_outbound_attempts") == []


def test_a_run_ends_when_its_time_is_up(put: Enqueue, runner: OutboundRunner) -> None:
    put()
    result = run_outbound(runner, seconds=0)
    assert result.sent == 0
    assert result.due_in == 0


def test_nothing_waits_when_there_is_nothing(container: Container) -> None:
    assert run_outbound(container.outbound).due_in is None
    with container.sessions.begin() as session:
        assert due_in(session) is None


def test_a_claim_reserves_its_slots_in_the_pace(put: Enqueue, runner: OutboundRunner) -> None:
    for number in range(3):
        put(numbered(number))
    rules = replace(runner.rules, per_second=1)
    waits = []
    for _ in range(3):
        with runner.sessions.begin() as session:
            waits.append(claim_jobs(session, rules, runner.composers).wait)
    assert waits[0] == 0
    assert 0.5 < waits[1] <= 1
    assert 1.5 < waits[2] <= 2


def test_all_workers_together_reserve_at_most_half_a_second(
    put: Enqueue, runner: OutboundRunner, read: Read
) -> None:
    for number in range(60):
        put(numbered(number))
    rules = replace(runner.rules, per_second=40)
    per_claim = int(40 * SECONDS_AHEAD)
    batches = []
    for _ in range(6):
        with runner.sessions.begin() as session:
            batches.append(
                claim_jobs(session, rules, runner.composers, limit=per_claim, ahead=SECONDS_AHEAD)
            )
    (reserved,) = read("SELECT next_slot_at - now() AS lead FROM cc_outbound_channels")
    assert reserved["lead"].total_seconds() <= 2 * SECONDS_AHEAD
    for batch in batches:
        assert len(batch.claimed) == (0 if batch.is_ahead else per_claim)
        assert not batch.is_empty


def test_codes_are_claimed_before_texts(
    put: Enqueue, runner: OutboundRunner, container: Container, read: Read
) -> None:
    for _ in range(5):
        put()
    with container.sessions.begin() as session:
        to = known(session, container)
        enqueue_otp(session, to=to, subject_ref="verification:99")
    read("UPDATE cc_outbound_jobs SET next_attempt_at = now() - interval '1 h' WHERE kind = 'text'")
    with container.sessions.begin() as session:
        batch = claim_jobs(session, runner.rules, runner.composers, limit=2)
    assert batch.disposed == [OutboundStatus.CANCELLED]  # it has no verification
    assert len(batch.claimed) == 1


def test_a_run_that_is_told_to_stop_gives_back_what_it_has_not_called(
    put: Enqueue, runner: OutboundRunner, read: Read
) -> None:
    for number in range(8):
        put(numbered(number))
    calls = iter([False] * 3)
    stopping = replace(runner, is_stopping=lambda: next(calls, True))
    result = run_outbound(replace(stopping, rules=replace(runner.rules, per_second=20)))
    left = read("SELECT attempts, claimed_at FROM cc_outbound_jobs WHERE status = 'queued'")
    assert len(left) == 8 - result.sent > 0
    assert {tuple(job.values()) for job in left} == {(0, None)}
    assert len(read("SELECT id FROM cc_outbound_attempts")) == result.sent


def test_a_call_that_takes_too_long_in_all_is_given_up_within_its_lease(
    put: Enqueue, runner: OutboundRunner, sandbox: RunningSandbox, read: Read
) -> None:
    hang = Fault(kind=FaultKind.HANG, seconds=1.0)
    sandbox.network.phones.plan(CUSTOMER[1:], hang, times=1)
    put()
    result = run_outbound(replace(runner, call_seconds=0.2))
    assert result.retried == 1
    assert result.due_in is not None
    assert result.due_in > 50
    (attempt,) = read("SELECT outcome FROM cc_outbound_attempts")
    assert attempt["outcome"] == "unknown"


def test_a_job_interrupted_by_a_crash_is_claimed_alone(
    put: Enqueue, runner: OutboundRunner, read: Read
) -> None:
    for number in range(3):
        put(numbered(number))
    with runner.sessions.begin() as session:
        assert len(claim_jobs(session, runner.rules, runner.composers, limit=2).claimed) == 2
    make_due(read)
    with runner.sessions.begin() as session:
        assert len(claim_jobs(session, runner.rules, runner.composers, limit=9).claimed) == 1
    with runner.sessions.begin() as session:
        assert (
            len(claim_jobs(session, runner.rules, runner.composers, limit=9, cut_off=True).claimed)
            == 1
        )
