"""Send due jobs in parallel, until none is left, the time is over or the worker stops.

Each batch has three steps: a transaction that counts the attempts, the calls, and a transaction
that writes the outcomes. After a crash before the call, nothing was sent and the lease expires.
After a crash after the call, the delivery status completes the job by its tracker. The customer
gets the message twice only if that status arrives after the lease.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from math import inf
from threading import Event

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.outbound.channel import read_gate
from app.outbound.claim_jobs import Batch, Claimed, Composers, claim_jobs
from app.outbound.decisions import OutboundRules
from app.outbound.models import OutboundJob, OutboundStatus
from app.outbound.outcomes import NoAnswer, NotCalled, Outcome
from app.outbound.providers import WhatsAppProvider
from app.outbound.reasons import TIMED_OUT
from app.outbound.record_outcomes import AttemptRef, Settled, record_outcomes

log = structlog.get_logger(__name__)

CALL_SECONDS = 20.0
"""The longest duration of a call. It is shorter than the lease."""
CONCURRENCY = 32
"""How many calls one process makes at the same time."""
SECONDS_AHEAD = 0.25
"""Seconds of send slots. A worker claims while all workers have reserved less than this, and
then reserves as much. So a code waits at most twice as long for texts that are claimed already.
"""
GATHER_SECONDS = 0.01
"""Outcomes within this time are written together."""


def never() -> bool:
    """Return False. It is the default of `is_stopping`."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRunner:
    """What the runner needs: database, rules, composers and provider.

    It calls `is_stopping` before each claim and each call.
    """

    sessions: Sessions
    rules: OutboundRules
    composers: Composers
    provider: WhatsAppProvider
    concurrency: int = CONCURRENCY
    call_seconds: float = CALL_SECONDS
    is_stopping: Callable[[], bool] = never


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """Counts of jobs by result. `due_in` is the number of seconds until the next is due.

    `retried` jobs failed and get another attempt; `failed` ones have used their last.
    """

    sent: int = 0
    retried: int = 0
    failed: int = 0
    cancelled: int = 0
    due_in: float | None = None

    def counts(self) -> dict[str, int]:
        """Return the four counts by name."""
        return {name: count for name, count in asdict(self).items() if name != "due_in"}


@dataclass(slots=True)
class _Run:
    """The state of one run. `calls` has the calls in progress, each with its start time."""

    runner: OutboundRunner
    pool: ThreadPoolExecutor
    deadline: float
    halted: Event = field(default_factory=Event)
    calls: dict[Future[Outcome], tuple[Claimed, float]] = field(default_factory=dict)
    statuses: Counter[OutboundStatus] = field(default_factory=Counter)
    last_start: float = 0.0

    @property
    def may_claim(self) -> bool:
        """Whether time is left and the worker is not stopping."""
        if self.runner.is_stopping():
            self.halted.set()
        return not self.halted.is_set() and time.monotonic() < self.deadline


def run_outbound(runner: OutboundRunner, *, seconds: float = 20.0) -> RunResult:
    """Send due jobs until none is left, the provider is away, or `seconds` have passed."""
    with _open_run(runner, seconds) as run:
        _send_cut_off(run)
        _send_due(run)
        _settle_the_rest(run)
    with runner.sessions.begin() as session:
        due, held = due_in(session), read_gate(session).wait
    return _result(run.statuses, None if due is None else max(due, held))


def due_in(session: Session) -> float | None:
    """Return the seconds until the next job is due, 0 if one is; None if none waits."""
    seconds = session.scalar(select(func.min(OutboundJob.next_attempt_at) - func.now()))
    return None if seconds is None else max(seconds.total_seconds(), 0.0)


@contextmanager
def _open_run(runner: OutboundRunner, seconds: float) -> Iterator[_Run]:
    pool = ThreadPoolExecutor(runner.concurrency, thread_name_prefix="outbound")
    run = _Run(runner, pool, time.monotonic() + seconds)
    try:
        yield run
    finally:
        run.halted.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _send_cut_off(run: _Run) -> None:
    """Send jobs that a crash interrupted, one at a time, before any other job."""
    while run.may_claim:
        batch = _claim(run, limit=1, cut_off=True)
        if batch.is_empty:
            return
        _settle_the_rest(run)


def _send_due(run: _Run) -> None:
    while run.may_claim:
        limit = _room(run)
        is_empty = limit > 0 and _claim(run, limit=limit).is_empty
        if run.calls:
            _settle_finished(run)
        elif is_empty:
            return
        else:
            run.halted.wait(GATHER_SECONDS)


def _room(run: _Run) -> int:
    """Return how many jobs to claim, limited by the threads and by the reserved send slots."""
    if run.last_start - time.monotonic() > SECONDS_AHEAD:
        return 0
    ahead = max(1, int(run.runner.rules.per_second * SECONDS_AHEAD))
    return min(run.runner.concurrency * 4 - len(run.calls), ahead)


def _claim(run: _Run, *, limit: int, cut_off: bool = False) -> Batch:
    runner = run.runner
    ahead = inf if cut_off else SECONDS_AHEAD
    with runner.sessions.begin() as session:
        batch = claim_jobs(
            session, runner.rules, runner.composers, limit=limit, ahead=ahead, cut_off=cut_off
        )
    first = time.monotonic() + batch.wait
    if batch.is_ahead:
        run.last_start = first
    for number, claimed in enumerate(batch.claimed):
        start = first + number * batch.interval
        call = run.pool.submit(_call, runner, run.halted, claimed, start)
        run.calls[call] = (claimed, start)
        run.last_start = start
    run.statuses.update(batch.disposed)
    return batch


def _call(runner: OutboundRunner, halted: Event, claimed: Claimed, start: float) -> Outcome:
    """Call the provider at the time `start`, unless the run is halted before."""
    if halted.wait(max(start - time.monotonic(), 0.0)) or runner.is_stopping():
        return NotCalled()
    return runner.provider.send(claimed.message, to=claimed.recipient, tracker=claimed.tracker)


def _settle_the_rest(run: _Run) -> None:
    while run.calls:
        _settle_finished(run)


def _settle_finished(run: _Run) -> None:
    """Wait for outcomes and write them. A call that takes too long counts as NoAnswer."""
    if not run.calls:
        return
    finished, _ = wait(run.calls, timeout=0.1, return_when=FIRST_COMPLETED)
    if finished:
        time.sleep(GATHER_SECONDS)
    if run.runner.is_stopping():
        run.halted.set()
    overdue = time.monotonic() - run.runner.call_seconds
    ended = [
        (call, claimed)
        for call, (claimed, start) in run.calls.items()
        if call.done() or start < overdue
    ]
    if ended:
        _write(run, [_settled(call, claimed) for call, claimed in ended])
    for call, _claimed in ended:
        del run.calls[call]


def _settled(call: Future[Outcome], claimed: Claimed) -> Settled:
    ref = AttemptRef(claimed.job_id, claimed.attempt_id)
    if call.cancel():
        return Settled(ref, NotCalled(), claimed.is_probe)
    return Settled(ref, call.result() if call.done() else NoAnswer(TIMED_OUT), claimed.is_probe)


def _write(run: _Run, settled: Sequence[Settled]) -> None:
    with run.runner.sessions.begin() as session:
        statuses = record_outcomes(session, settled, run.runner.rules, run.runner.composers.vault)
        is_away = read_gate(session).is_open_circuit
    if is_away:
        run.halted.set()
    for one, status in zip(settled, statuses, strict=True):
        outcome = type(one.outcome).__name__
        log.info(
            "outbound_attempt_ended", job_id=one.attempt.job_id, outcome=outcome, status=status
        )
    called = [
        status
        for one, status in zip(settled, statuses, strict=True)
        if not isinstance(one.outcome, NotCalled)
    ]
    run.statuses.update(called)


def _result(statuses: Counter[OutboundStatus], due: float | None) -> RunResult:
    others = (OutboundStatus.QUEUED, OutboundStatus.FAILED, OutboundStatus.CANCELLED)
    return RunResult(
        sent=statuses.total() - sum(statuses[status] for status in others),
        retried=statuses[OutboundStatus.QUEUED],
        failed=statuses[OutboundStatus.FAILED],
        cancelled=statuses[OutboundStatus.CANCELLED],
        due_in=due,
    )
