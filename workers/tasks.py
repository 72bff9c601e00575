"""The Celery tasks. Each calls a use case of `app`."""

from dataclasses import replace
from typing import Any

from celery import Task, shared_task

from app.bulk.run_jobs import run_bulk_jobs
from app.core.database import only_run
from app.core.database_errors import as_unavailable
from app.core.errors import DatabaseUnavailable
from app.dispatch.dispatch import dispatch_due
from app.dispatch.relay import messages_needed
from app.idempotency.stored_answers import discard_expired_answers
from app.inbound.quarantine import discard_expired
from app.inbox.index_items import index_items
from app.notifications.send import send_due
from app.outbound.runner import run_outbound
from app.periodic.heartbeat import record_heartbeat
from app.periodic.jobs import (
    PeriodicJob,
    daily_summary_job,
    otp_stuck_job,
    periodic_jobs,
    trend_hours_job,
)
from app.periodic.runs import run_due
from workers.container import container, sender
from workers.redelivery import RedeliveryPolicy
from workers.retry_debounce import RetryDebounce
from workers.stopping import is_stopping

INFRASTRUCTURE: dict[str, Any] = {
    "autoretry_for": (DatabaseUnavailable,),
    "retry_backoff": True,
    "retry_backoff_max": 60,
    "retry_jitter": True,
    "max_retries": 8,
}
"""Options for Celery's retry with exponential backoff while the database is away or busy. No event
loses an attempt. A task with these options also needs the decorator `as_unavailable()`."""

COMES_BACK = INFRASTRUCTURE | {"max_retries": None}
"""Like INFRASTRUCTURE, without a limit. The limit must be removed here, because
`retry(max_retries=None)` means the limit of the task. At most one such message per process is
pending (`RetryDebounce`)."""

_dispatch_retry = RetryDebounce()
_outbound_retry = RetryDebounce()
_bulk_retry = RetryDebounce()
_notifications_retry = RetryDebounce()
_redelivery = RedeliveryPolicy()

NOTIFICATIONS_LOCK = 4_711_030
"""Key of the advisory lock of the run that sends notifications. One at a time leaves the other
processes of the pool to messages to customers, whatever the channels do."""


class EventsWait(Exception):
    """Some events are due later. Flower shows this as the reason of a retry."""


class JobsWait(Exception):
    """Some outbound jobs are due later. Flower shows this as the reason of a retry."""


class BatchesWait(Exception):
    """Some batches of bulk jobs are due later. Flower shows this as the reason of a retry."""


class NotificationsWait(Exception):
    """Some notifications are due later. Flower shows this as the reason of a retry."""


@shared_task(name="dispatch.relay")
def relay() -> int:
    """Send as many dispatch tasks as would find work; return their number."""
    settings = container().settings
    needed = messages_needed(container().dispatcher, workers=settings.dispatch_concurrency)
    sender().send("dispatch.dispatch_due_events", times=needed)
    return needed


@shared_task(name="dispatch.dispatch_due_events", bind=True, **COMES_BACK)
@as_unavailable()
def dispatch_due_events(self: Task[..., Any]) -> dict[str, int]:
    """Dispatch due events, then retry when the next event is due."""
    careful = _redelivery.is_due(self.request)
    result = dispatch_due(container().dispatcher, careful=careful)
    if wait := _dispatch_retry.countdown(result.due_in):
        raise self.retry(countdown=wait, exc=EventsWait(result.counts()))
    return result.counts()


@shared_task(name="dispatch.heartbeat")
def heartbeat() -> None:
    """Store a heartbeat. It shows that beat, broker, worker and database work together."""
    record_heartbeat(container().sessions, name="beat")


@shared_task(name="outbound.heartbeat")
def outbound_heartbeat() -> None:
    """Store a heartbeat of the workers that send messages to customers."""
    record_heartbeat(container().sessions, name="outbound")


@shared_task(name="periodic.heartbeat")
def periodic_heartbeat() -> None:
    """Store a heartbeat of the workers of periodic jobs and of acts on many."""
    record_heartbeat(container().sessions, name="periodic")


@shared_task(name="notifications.heartbeat")
def notifications_heartbeat() -> None:
    """Store a heartbeat of the workers that send notifications."""
    record_heartbeat(container().sessions, name="notifications")


@shared_task(name="outbound.run", bind=True, **COMES_BACK)
@as_unavailable()
def run_outbound_jobs(self: Task[..., Any]) -> dict[str, int]:
    """Send due outbound jobs, then retry when the next job is due."""
    result = run_outbound(replace(container().outbound, is_stopping=is_stopping))
    wait = _outbound_retry.countdown(result.due_in)
    if wait is not None and not is_stopping():
        raise self.retry(countdown=wait, exc=JobsWait(result.counts()))
    return result.counts()


@shared_task(name="notifications.send", bind=True, **COMES_BACK)
@as_unavailable()
def send_notifications(self: Task[..., Any]) -> dict[str, int]:
    """Send due notifications, then retry when the next one is due."""
    with only_run(container().engine, NOTIFICATIONS_LOCK) as is_ours:
        if not is_ours:
            return {}
        result = send_due(replace(container().notifier, is_stopping=is_stopping))
    wait = _notifications_retry.countdown(result.due_in)
    if wait is not None and not is_stopping():
        raise self.retry(countdown=wait, exc=NotificationsWait(result.counts()))
    return result.counts()


@shared_task(name="periodic.otp_stuck", **INFRASTRUCTURE)
@as_unavailable()
def otp_stuck() -> list[str]:
    """Record stuck verifications once per slot; return the slots that this call has run."""
    return _run(otp_stuck_job(container().settings))


@shared_task(name="periodic.daily_summary", **INFRASTRUCTURE)
@as_unavailable()
def daily_summary() -> list[str]:
    """Summarise the previous date once per slot; return the slots that this call has run."""
    return _run(daily_summary_job(container().settings))


@shared_task(name="periodic.trend_hours", **INFRASTRUCTURE)
@as_unavailable()
def trend_hours() -> list[str]:
    """Count past hours for the trends once per slot; return the slots that this call has run."""
    return _run(trend_hours_job())


@shared_task(name="periodic.catch_up", **INFRASTRUCTURE)
@as_unavailable()
def catch_up() -> list[str]:
    """Run the owed slots of all periodic jobs; return the slots that this call has run."""
    return [slot for job in periodic_jobs(container().settings) for slot in _run(job)]


@shared_task(name="periodic.discard_expired", **INFRASTRUCTURE)
@as_unavailable()
def discard_expired_rows() -> int:
    """Delete expired webhook parts and stored answers of the API; return their number."""
    now = container().clock()
    with container().sessions.begin() as session:
        return discard_expired(session, now=now) + discard_expired_answers(session, now=now)


@shared_task(name="periodic.index_items", **INFRASTRUCTURE)
@as_unavailable()
def index_new_items() -> int:
    """Write the words of new items for the search; return the number of items."""
    return index_items(container().sessions)


@shared_task(name="periodic.run_bulk_jobs", bind=True, **COMES_BACK)
@as_unavailable()
def run_bulk(self: Task[..., Any]) -> dict[str, int]:
    """Take the due batches of bulk jobs, then retry when the next batch is due."""
    result = run_bulk_jobs(container().sessions, is_stopping=is_stopping)
    wait = _bulk_retry.countdown(result.due_in)
    if wait is not None and not is_stopping():
        raise self.retry(countdown=wait, exc=BatchesWait(result.counts()))
    return result.counts()


def _run(job: PeriodicJob) -> list[str]:
    return run_due(container().sessions, job, now=container().clock())
