"""The decisions after attempts and delivery statuses."""

from itertools import permutations
from random import Random

import pytest

from app.core.retry import RetryPolicy
from app.outbound.decisions import (
    LEASE_SECONDS,
    THROTTLES_GIVEN_BACK,
    Advance,
    Again,
    Earlier,
    FailAttempt,
    GiveUp,
    Ignore,
    OutboundRules,
    on_status,
)
from app.outbound.models import AttemptOutcome, OutboundStatus
from app.outbound.outcomes import Away, NoAnswer, Refused, Throttled

QUEUED, SENT, DELIVERED, READ, FAILED, CANCELLED = OutboundStatus
REFUSED = Refused("no", 131026)


@pytest.fixture
def rules() -> OutboundRules:
    return OutboundRules(
        RetryPolicy(5, base_seconds=10, cap_seconds=3600), Random(1), per_second=40
    )


@pytest.mark.parametrize("attempts, wait", [(1, 10), (2, 20), (3, 40), (4, 80)])
def test_the_waits_of_a_refused_message_double(
    rules: OutboundRules, attempts: int, wait: float
) -> None:
    again = rules.after_failure(REFUSED, attempts=attempts, earlier=Earlier())
    assert isinstance(again, Again)
    assert wait * 0.9 <= again.wait <= wait * 1.1
    assert not again.given_back


def test_the_last_refusal_ends_the_job(rules: OutboundRules) -> None:
    assert rules.after_failure(REFUSED, attempts=5, earlier=Earlier()) == GiveUp()


@pytest.mark.parametrize("fault", [Away("down"), NoAnswer("late"), Throttled("slow", 130429)])
def test_a_fault_of_the_provider_costs_no_attempt_not_even_the_last(
    rules: OutboundRules, fault: Away | NoAnswer | Throttled
) -> None:
    again = rules.after_failure(fault, attempts=5, earlier=Earlier())
    assert isinstance(again, Again)
    assert again.given_back


def test_a_message_without_an_answer_waits_for_its_delivery_status(
    rules: OutboundRules,
) -> None:
    again = rules.after_failure(NoAnswer("late"), attempts=1, earlier=Earlier())
    assert isinstance(again, Again)
    assert again.wait >= LEASE_SECONDS


def test_a_message_that_always_causes_a_fault_uses_up_its_attempts(
    rules: OutboundRules,
) -> None:
    met = [rules.after_failure(Away("x"), attempts=1, earlier=Earlier(faults=n)) for n in range(6)]
    assert [isinstance(each, GiveUp) for each in met] == [False] * 5 + [True]


def test_a_limit_of_one_recipient_is_given_back_and_waits_as_long_as_asked(
    rules: OutboundRules,
) -> None:
    pair = Throttled("slow", 131056, retry_after=7, everyone=False)
    again = rules.after_failure(pair, attempts=5, earlier=Earlier())
    assert isinstance(again, Again)
    assert 7 <= again.wait <= 7 * 1.1
    assert again.given_back


def test_only_the_first_ten_throttles_of_a_recipient_cost_no_attempt(rules: OutboundRules) -> None:
    pair = Throttled("slow", 131056, everyone=False)
    earlier = Earlier(throttles=THROTTLES_GIVEN_BACK)
    again = rules.after_failure(pair, attempts=1, earlier=earlier)
    assert isinstance(again, Again)
    assert not again.given_back
    assert rules.after_failure(pair, attempts=5, earlier=earlier) == GiveUp()


@pytest.mark.parametrize(
    "reported, job, attempt, change",
    [
        (SENT, QUEUED, None, Advance(SENT)),
        (SENT, QUEUED, AttemptOutcome.UNKNOWN, Advance(SENT)),
        (SENT, FAILED, None, Advance(SENT)),
        (SENT, FAILED, AttemptOutcome.FAILED, Ignore()),
        (SENT, QUEUED, AttemptOutcome.FAILED, Ignore()),
        (SENT, SENT, AttemptOutcome.SENT, Ignore()),
        (SENT, READ, AttemptOutcome.SENT, Ignore()),
        (DELIVERED, SENT, AttemptOutcome.SENT, Advance(DELIVERED)),
        (DELIVERED, QUEUED, None, Advance(DELIVERED)),
        (DELIVERED, FAILED, AttemptOutcome.UNKNOWN, Advance(DELIVERED)),
        (DELIVERED, READ, AttemptOutcome.SENT, Ignore()),
        (READ, DELIVERED, AttemptOutcome.SENT, Advance(READ)),
        (READ, READ, AttemptOutcome.SENT, Ignore()),
        (FAILED, SENT, AttemptOutcome.SENT, FailAttempt()),
        (FAILED, QUEUED, None, FailAttempt()),
        (FAILED, QUEUED, AttemptOutcome.UNKNOWN, Ignore()),
        (FAILED, QUEUED, AttemptOutcome.FAILED, Ignore()),
        (FAILED, DELIVERED, AttemptOutcome.SENT, Ignore()),
        (FAILED, FAILED, AttemptOutcome.FAILED, Ignore()),
        (QUEUED, SENT, AttemptOutcome.SENT, Ignore()),
    ],
)
def test_what_a_status_means(
    reported: OutboundStatus,
    job: OutboundStatus,
    attempt: AttemptOutcome | None,
    change: Advance | FailAttempt | Ignore,
) -> None:
    assert on_status(reported, job=job, attempt=attempt) == change


@pytest.mark.parametrize("order", [*permutations([SENT, DELIVERED, READ])])
def test_reports_in_any_order_lead_to_the_highest_status(order: tuple[OutboundStatus, ...]) -> None:
    job: OutboundStatus = QUEUED
    attempt: AttemptOutcome | None = None
    for reported in (*order, *order):
        change = on_status(reported, job=job, attempt=attempt)
        if isinstance(change, Advance):
            job, attempt = change.to, AttemptOutcome.SENT
    assert job is READ
