"""What becomes of a job, whatever the provider says and in whatever order."""

from itertools import permutations
from random import Random

import pytest

from app.outbound.decisions import (
    THROTTLES_GIVEN_BACK,
    Again,
    Climb,
    FailTry,
    GiveUp,
    Ignore,
    Rules,
    on_status,
)
from app.outbound.models import AttemptOutcome, OutboundStatus
from app.outbound.outcomes import NoAnswer, Refused, Throttled
from app.outbox.retry import RetryPolicy

QUEUED, SENT, DELIVERED, READ, FAILED, CANCELLED = OutboundStatus
REFUSED = Refused("no", 131026)


@pytest.fixture
def rules() -> Rules:
    return Rules(RetryPolicy(5, base_seconds=10, cap_seconds=3600), Random(1), per_second=40)


@pytest.mark.parametrize("tries, wait", [(1, 10), (2, 20), (3, 40), (4, 80)])
@pytest.mark.parametrize("failure", [REFUSED, NoAnswer("late")])
def test_a_failed_try_is_followed_by_a_longer_and_longer_wait(
    rules: Rules, failure: Refused | NoAnswer, tries: int, wait: float
) -> None:
    again = rules.after_failure(failure, tries=tries, throttles=0)
    assert isinstance(again, Again)
    assert wait * 0.9 <= again.wait <= wait * 1.1
    assert (again.given_back, again.hold) == (False, None)


def test_the_last_try_ends_the_job(rules: Rules) -> None:
    assert rules.after_failure(REFUSED, tries=5, throttles=0) == GiveUp()


def test_a_throttled_try_is_given_back_and_waits_at_least_as_long_as_asked(rules: Rules) -> None:
    again = rules.after_failure(Throttled("slow", 130429, retry_after=7), tries=5, throttles=0)
    assert isinstance(again, Again)
    assert 7 <= again.wait <= 7 * 1.1
    assert (again.given_back, again.hold) == (True, 7)


def test_a_limit_of_one_recipient_holds_nobody_else(rules: Rules) -> None:
    pair = Throttled("slow", 131056, retry_after=7, everyone=False)
    again = rules.after_failure(pair, tries=1, throttles=0)
    assert isinstance(again, Again)
    assert again.hold is None


@pytest.mark.parametrize("throttles, hold", [(0, 10), (1, 20), (5, 320), (9, 3600)])
def test_throttles_that_name_no_wait_hold_for_longer_each_time(
    rules: Rules, throttles: int, hold: float
) -> None:
    again = rules.after_failure(Throttled("slow", 130429), tries=1, throttles=throttles)
    assert isinstance(again, Again)
    assert again.hold == hold


def test_throttles_do_not_last_for_ever(rules: Rules) -> None:
    throttled = Throttled("slow", 130429)
    again = rules.after_failure(throttled, tries=1, throttles=THROTTLES_GIVEN_BACK)
    assert isinstance(again, Again)
    assert not again.given_back
    assert rules.after_failure(throttled, tries=5, throttles=THROTTLES_GIVEN_BACK) == GiveUp()


@pytest.mark.parametrize(
    "reported, job, attempt, change",
    [
        (SENT, QUEUED, None, Climb(SENT)),
        (SENT, QUEUED, AttemptOutcome.UNKNOWN, Climb(SENT)),
        (SENT, FAILED, None, Climb(SENT)),
        (SENT, FAILED, AttemptOutcome.FAILED, Ignore()),
        (SENT, QUEUED, AttemptOutcome.FAILED, Ignore()),
        (SENT, SENT, AttemptOutcome.SENT, Ignore()),
        (SENT, READ, AttemptOutcome.SENT, Ignore()),
        (DELIVERED, SENT, AttemptOutcome.SENT, Climb(DELIVERED)),
        (DELIVERED, QUEUED, None, Climb(DELIVERED)),
        (DELIVERED, FAILED, AttemptOutcome.UNKNOWN, Climb(DELIVERED)),
        (DELIVERED, READ, AttemptOutcome.SENT, Ignore()),
        (READ, DELIVERED, AttemptOutcome.SENT, Climb(READ)),
        (READ, READ, AttemptOutcome.SENT, Ignore()),
        (FAILED, SENT, AttemptOutcome.SENT, FailTry()),
        (FAILED, QUEUED, None, FailTry()),
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
    change: Climb | FailTry | Ignore,
) -> None:
    assert on_status(reported, job=job, attempt=attempt) == change


@pytest.mark.parametrize("order", [*permutations([SENT, DELIVERED, READ])])
def test_reports_in_any_order_end_at_the_top(order: tuple[OutboundStatus, ...]) -> None:
    job: OutboundStatus = QUEUED
    attempt: AttemptOutcome | None = None
    for reported in (*order, *order):
        change = on_status(reported, job=job, attempt=attempt)
        if isinstance(change, Climb):
            job, attempt = change.to, AttemptOutcome.SENT
    assert job is READ
