"""Every scheduled task exists, and a worker consumes its queue."""

from typing import Any

import pytest

from app.core.settings import Settings
from app.processes import PROCESSES, command_of
from beat_schedule import beat_schedule


@pytest.fixture
def celery(settings: Settings) -> Any:
    from workers.application import create_celery  # noqa: PLC0415 - reads the environment

    app = create_celery(settings)
    app.loader.import_default_modules()
    return app


def test_every_scheduled_task_is_registered(celery: Any, settings: Settings) -> None:
    scheduled = {entry["task"] for entry in beat_schedule(settings).values()}
    assert scheduled <= set(celery.tasks)


def test_every_task_of_ours_has_a_queue_of_its_own_choice(celery: Any) -> None:
    ours = [name for name in celery.tasks if not name.startswith("celery.")]
    assert ours
    assert {name: _queue(celery, name) for name in ours if not _queue(celery, name)} == {}


def test_every_queue_has_a_worker(celery: Any) -> None:
    used = {_queue(celery, name) for name in celery.tasks if not name.startswith("celery.")}
    served = {queue for name in PROCESSES for queue in _served(command_of(name, {}))}
    assert used <= served


def _queue(celery: Any, task: str) -> str | None:
    route = celery.amqp.router.route({}, task)
    return getattr(route.get("queue"), "name", None)


def _served(command: list[str]) -> list[str]:
    return command[command.index("--queues") + 1].split(",") if "--queues" in command else []
