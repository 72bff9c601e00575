"""When a task comes back, and when a run is careful."""

from celery.app.task import Context

from workers.alarm import Alarm
from workers.redelivery import Caution


def test_a_later_wake_up_is_covered_by_the_one_that_waits_and_an_earlier_one_is_not() -> None:
    now = 100.0
    alarm = Alarm(now=lambda: now)

    assert alarm.set(30) == 30
    assert alarm.set(31) is None
    assert alarm.set(10) == 10
    now = 111
    assert alarm.set(31) == 31


def test_a_long_wait_is_split_and_nothing_waiting_sets_no_alarm() -> None:
    alarm = Alarm(now=lambda: 100.0)

    assert alarm.set(None) is None
    assert alarm.set(3600) == 600


def test_the_first_run_of_a_process_is_careful_and_then_only_a_redelivered_one() -> None:
    caution = Caution()

    assert caution.is_due(Context(delivery_info={"redelivered": False}))
    assert not caution.is_due(Context(delivery_info={"redelivered": False}))
    assert not caution.is_due(Context())
    assert caution.is_due(Context(delivery_info={"redelivered": True}))
