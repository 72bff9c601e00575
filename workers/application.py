"""Create the Celery application from the settings."""

import logging

from celery import Celery, current_app
from celery.signals import setup_logging

from app.core.logs import configure_logging
from app.core.settings import Settings
from app.dispatch.draft_coverage import check_draft_coverage
from beat_schedule import beat_schedule
from workers.delayed_events import DelayedTaskEvents
from workers.listener import Listener
from workers.missed_run_monitor import MissedRunMonitor
from workers.queues import QUEUES, ROUTES
from workers.redis_transport import use_own_transport

SOCKET_TIMEOUT_SECONDS = 5
PUBLISH_RETRY = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2}
"""Publishing gives up soon, because a later message from beat replaces a lost one."""

VISIBILITY_TIMEOUT_SECONDS = 3600
"""After this time Redis redelivers a message that no worker has acknowledged."""


def create_celery(settings: Settings) -> Celery:
    """Return the configured application. It opens no connection.

    Raises MissingDraft if an event type has no draft.
    """
    check_draft_coverage()
    use_own_transport()
    app = Celery("automation", include=["workers.tasks", "workers.starting"], set_as_current=True)
    app.conf.update(
        broker_url=settings.celery_broker_url,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport_options(settings.celery_broker_url),
        task_publish_retry_policy=PUBLISH_RETRY,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_timeout=False,
        task_ignore_result=True,
        task_soft_time_limit=60,
        task_time_limit=90,
        task_queues=QUEUES,
        task_default_queue=QUEUES[0].name,
        task_routes=ROUTES,
        worker_concurrency=settings.dispatch_concurrency,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        log_format=settings.log_format,
        timezone=settings.timezone,
        beat_schedule=beat_schedule(settings),
        beat_scheduler="workers.beat:BoundedScheduler",
    )
    app.steps["worker"].update({Listener, MissedRunMonitor})
    app.steps["consumer"].add(DelayedTaskEvents)
    return app


def _transport_options(broker_url: str) -> dict[str, object]:
    """Return options that limit every wait for the broker. kombu waits without limit by default."""
    if not broker_url.startswith(("redis", "valkey")):
        return {**PUBLISH_RETRY}
    return {
        **PUBLISH_RETRY,
        "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }


@setup_logging.connect
def _configure_logging(**_signal: object) -> None:
    configure_logging(process="worker", form=current_app.conf.get("log_format", "auto"))
    logging.getLogger("celery.app.trace").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Drop log lines of successful tasks, of which there are several per second."""
    return "succeeded" not in str(record.msg)
