"""The countdown of retries, and the careful runs."""

from celery.app.task import Context

from workers.redelivery import RedeliveryPolicy
from workers.retry_debounce import RetryDebounce


def test_a_pending_retry_replaces_a_later_one_but_not_an_earlier_one() -> None:
    now = 100.0
    debounce = RetryDebounce(now=lambda: now)

    assert debounce.countdown(30) == 30
    assert debounce.countdown(31) is None
    assert debounce.countdown(10) == 10
    now = 111
    assert debounce.countdown(31) == 31


def test_a_long_wait_is_split_and_without_due_work_there_is_no_retry() -> None:
    debounce = RetryDebounce(now=lambda: 100.0)

    assert debounce.countdown(None) is None
    assert debounce.countdown(3600) == 600


def test_the_first_run_of_a_process_is_careful_and_then_only_a_redelivered_one() -> None:
    policy = RedeliveryPolicy()

    assert policy.is_due(Context(delivery_info={"redelivered": False}))
    assert not policy.is_due(Context(delivery_info={"redelivered": False}))
    assert not policy.is_due(Context())
    assert policy.is_due(Context(delivery_info={"redelivered": True}))
