"""Whether all is well, in words, for the overview and the API. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.outbound.queries import OutboundState
from app.outbox.queries import OutboxCounts
from app.periodic.queries import RunView
from app.web.stats import BEAT_LIMIT_SECONDS, Stats
from app.web.system_state import SystemState

WORKERS = {
    "outbound": "messages to customers",
    "periodic": "periodic jobs and acts on many",
    "notifications": "notifications",
}
"""The work of the workers with a heartbeat of their own, by queue. That of beat goes through the
queue `dispatch`."""

WAITING_SECONDS = 60.0
"""An event or message that is due for longer waits for something that does not happen."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is not well, as a sentence, and for how many seconds it has been so, if known."""

    text: str
    seconds: float | None = None


def faults_of(state: SystemState, *, now: datetime) -> tuple[Fault, ...]:
    """Return what is not well, the causes before their consequences."""
    return (
        *_of_beat(state.stats, state.heartbeats),
        *_of_listener(state),
        *_of_outbound(state.stats.outbound, now),
        *_of_events(state.stats.outbox),
        *_of_runs(state.runs, now),
    )


def _of_beat(stats: Stats, heartbeats: Mapping[str, float]) -> Iterator[Fault]:
    """Yield the silence of beat, or else that of workers: without beat all are silent."""
    if stats.beat_age_seconds is None:
        yield Fault("The scheduler, or the dispatcher, has never run.")
    elif not stats.beat_is_alive:
        yield Fault(
            "The scheduler, the broker or the dispatcher is silent.", stats.beat_age_seconds
        )
    else:
        yield from _of_workers(heartbeats)


def _of_workers(heartbeats: Mapping[str, float]) -> Iterator[Fault]:
    for queue, work in WORKERS.items():
        age = heartbeats.get(queue)
        if age is None:
            yield Fault(f"No worker for {work} has been seen.")
        elif age >= BEAT_LIMIT_SECONDS:
            yield Fault(f"No worker for {work} answers.", age)


def _of_listener(state: SystemState) -> Iterator[Fault]:
    if state.has_listener is False and state.stats.beat_is_alive:
        yield Fault("No worker listens for new work; it is found about a second later.")


def _of_outbound(outbound: OutboundState, now: datetime) -> Iterator[Fault]:
    if outbound.away_since:
        away = (now - outbound.away_since).total_seconds()
        yield Fault("WhatsApp accepts no messages; they wait.", away)
    elif _waits(outbound.oldest_due_seconds):
        yield Fault("Messages to customers wait.", outbound.oldest_due_seconds)


def _of_events(outbox: OutboxCounts) -> Iterator[Fault]:
    if _waits(outbox.oldest_due_seconds):
        yield Fault("Events wait for the dispatch.", outbox.oldest_due_seconds)
    if outbox.dead:
        yield Fault("Dead letters wait for a retry or a discard.")


def _of_runs(runs: Mapping[str, RunView], now: datetime) -> Iterator[Fault]:
    for run in runs.values():
        if run.outcome == "failed":
            ended = run.finished_at or run.started_at
            text = f"The last run of the periodic job {run.job} failed."
            yield Fault(text, (now - ended).total_seconds())


def _waits(seconds: float | None) -> bool:
    return seconds is not None and seconds >= WAITING_SECONDS
