"""The state of every part of the system, for the overview and the API."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.notify import has_listener
from app.periodic.heartbeat import heartbeat_ages
from app.periodic.queries import RunView, last_runs
from app.web.stats import Stats, read_stats


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemState:
    """The state now.

    `heartbeats` has the seconds since the last heartbeat of beat and of the workers of each
    queue. A heartbeat goes from beat through the broker and a worker to the database. `runs` has
    the last run of each periodic job. `has_listener` is None if NOTIFY is turned off.
    """

    stats: Stats
    heartbeats: Mapping[str, float]
    runs: Mapping[str, RunView]
    has_listener: bool | None


def read_system_state(session: Session, *, notify: bool) -> SystemState:
    """Return the state now, with a few index scans. `notify` is the setting of that name."""
    return SystemState(
        stats=read_stats(session),
        heartbeats=heartbeat_ages(session),
        runs=last_runs(session),
        has_listener=has_listener(session) if notify else None,
    )
