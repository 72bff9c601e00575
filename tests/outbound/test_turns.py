"""Messages of one customer are sent in the order of their creation."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.bootstrap import Container
from app.outbound.claim_jobs import Batch, claim_jobs
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from app.outbound.outcomes import NoAnswer, NotCalled, Outcome, Refused, Sent
from app.outbound.record_outcomes import AttemptRef, Settled, record_outcomes
from app.outbound.runner import run_outbound
from app.outbound.statuses import StatusReport, apply_status
from devtools.whatsapp_sandbox.faults import Fault, FaultKind
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.whatsapp import CUSTOMER, OTHER_CUSTOMER, REPORT, Customer, Read, known, numbered

REFUSED = Refused("no", 131026)

Put = Callable[..., int]


@pytest.fixture
def put(container: Container) -> Put:
    """A function that creates a text and returns the id of its job."""

    def run(words: str = "hello", to: str = CUSTOMER) -> int:
        with container.sessions.begin() as session:
            customer = known(session, container, to)
            return enqueue(session, Text(words), to=customer, vault=container.vault).job_id

    return run


@pytest.fixture
def take(container: Container) -> Callable[[], Batch]:
    """A function that claims up to ten messages."""

    def run() -> Batch:
        runner = container.outbound
        with container.sessions.begin() as session:
            return claim_jobs(session, runner.rules, runner.composers, limit=10)

    return run


@pytest.fixture
def end(container: Container) -> Callable[[Batch, Outcome], None]:
    """A function that writes one outcome for all messages of a claim."""

    def run(batch: Batch, outcome: Outcome) -> None:
        runner = container.outbound
        settled = [
            Settled(AttemptRef(each.job_id, each.attempt_id), outcome) for each in batch.claimed
        ]
        with container.sessions.begin() as session:
            record_outcomes(session, settled, runner.rules, container.vault)

    return run


Take = Callable[[], Batch]
End = Callable[[Batch, Outcome], None]


def taken(batch: Batch) -> list[int]:
    return [each.job_id for each in batch.claimed]


def arrived(sandbox: RunningSandbox) -> list[str]:
    return [each.text for each in sandbox.network.phones.open(CUSTOMER[1:]).messages]


def test_later_messages_wait_for_a_slow_one(
    put: Put, container: Container, sandbox: RunningSandbox
) -> None:
    slow = Fault(kind=FaultKind.HANG, seconds=0.2)
    sandbox.network.phones.plan(CUSTOMER[1:], slow, times=1)
    for number in range(5):
        put(str(number))
    assert run_outbound(container.outbound).sent == 5
    assert arrived(sandbox) == list("01234")


def test_parallel_processes_keep_the_order(
    put: Put, container: Container, sandbox: RunningSandbox, read: Read
) -> None:
    words = [f"{number:02}" for number in range(20)]
    for each in words:
        put(each)
    with ThreadPoolExecutor(4) as pool:
        while read("SELECT id FROM cc_outbound_jobs WHERE status = 'queued'"):
            list(pool.map(lambda _: run_outbound(container.outbound), range(4)))
    assert arrived(sandbox) == words


def test_other_customers_are_served_at_the_same_time(
    put: Put, container: Container, sandbox: RunningSandbox
) -> None:
    phones = [numbered(number) for number in range(16)]
    slow = Fault(kind=FaultKind.HANG, seconds=0.5)
    for phone in phones:
        sandbox.network.phones.plan(phone[1:], slow, times=1)
        put(to=phone)
    started = time.monotonic()
    assert run_outbound(container.outbound).sent == 16
    assert time.monotonic() - started < 16 * 0.5 / 2


def test_a_message_waits_while_an_earlier_one_is_being_sent(put: Put, take: Take, end: End) -> None:
    first, second = put(), put()
    batch = take()
    other = put(to=OTHER_CUSTOMER)
    assert (taken(batch), taken(take())) == ([first], [other])
    end(batch, Sent("wamid.1"))
    assert taken(take()) == [second]


def test_a_message_waits_while_an_earlier_one_waits_for_its_next_attempt(
    put: Put, container: Container, take: Take, end: End, read: Read
) -> None:
    runner = container.outbound
    patient = replace(runner.rules, policy=replace(runner.rules.policy, base_seconds=1000.0))
    first, second = put(), put()
    (claimed,) = take().claimed
    with container.sessions.begin() as session:
        ref = AttemptRef(claimed.job_id, claimed.attempt_id)
        record_outcomes(session, [Settled(ref, REFUSED)], patient, container.vault)
    read("UPDATE cc_outbound_jobs SET next_attempt_at = now() WHERE id = :id", id=second)
    assert taken(take()) == []
    read("UPDATE cc_outbound_jobs SET next_attempt_at = now() WHERE status = 'queued'")
    batch = take()
    assert taken(batch) == [first]
    end(batch, Sent("wamid.1"))
    assert taken(take()) == [second]


def test_a_message_is_sent_after_the_earlier_one_has_failed(
    put: Put, container: Container, take: Take, end: End, read: Read
) -> None:
    first, second = put(), put()
    for _ in range(container.settings.outbound_max_attempts):
        read("UPDATE cc_outbound_jobs SET next_attempt_at = now() WHERE id = :id", id=first)
        batch = take()
        assert taken(batch) == [first]
        end(batch, REFUSED)
    assert taken(take()) == [second]


def test_a_message_whose_attempt_was_given_back_keeps_its_place(
    put: Put, take: Take, end: End
) -> None:
    first, _second = put(), put()
    end(take(), NotCalled())
    assert taken(take()) == [first]


def test_a_delivery_status_of_the_earlier_message_makes_the_next_one_due(
    put: Put, container: Container, take: Take, end: End
) -> None:
    _first, second = put(), put()
    batch = take()
    end(batch, NoAnswer("late"))
    assert taken(take()) == []
    report = StatusReport(
        provider_message_id="wamid.1", status="delivered", tracker=batch.claimed[0].tracker
    )
    with container.sessions.begin() as session:
        assert apply_status(session, report, container.outbound.rules, vault=container.vault)
    assert taken(take()) == [second]


def test_no_message_waits_for_one_that_cannot_be_composed(put: Put, take: Take, read: Read) -> None:
    spoilt, second = put(), put()
    read("UPDATE cc_outbound_jobs SET text_encrypted = 'spoilt' WHERE id = :id", id=spoilt)
    assert taken(take()) == []
    assert taken(take()) == [second]


def test_a_code_is_sent_before_waiting_texts_and_later_texts_wait_for_it(
    put: Put, customer: Customer, take: Take, end: End, read: Read
) -> None:
    first = put()
    texts = take()
    customer.write(REPORT)
    (code,) = read("SELECT id FROM cc_outbound_jobs WHERE kind = 'otp'")
    later = put()
    codes = take()
    assert taken(codes) == [code["id"]]
    end(texts, Sent("wamid.1"))
    assert (taken(texts), taken(take())) == ([first], [])
    end(codes, Sent("wamid.2"))
    assert taken(take()) == [later]


def test_claims_skip_waiting_messages(put: Put, take: Take, read: Read) -> None:
    for _ in range(30):
        put()
    for _ in range(4):
        take()
    due = "SELECT id FROM cc_outbound_jobs WHERE next_attempt_at <= now() + interval '30 s'"
    assert read(due) == []
