"""Send what is due, one job at a time, until nothing is left or the time is up.

Each job is three steps: a transaction that counts the try, the call, a transaction that
writes the outcome. What a crash can do: before the call, nothing goes out and the lease
runs out; after the call, the message's delivery status heals the job by its tracker.
Only if that status comes later than the lease does the customer get the message twice.
"""

import time
from collections import Counter
from dataclasses import asdict, dataclass

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.outbound.claim import Claim, Claimed, Desk, Disposed, Idle, Wait, claim
from app.outbound.decisions import Rules
from app.outbound.models import OutboundJob, OutboundStatus
from app.outbound.providers import WhatsAppProvider
from app.outbound.settle import settle

log = structlog.get_logger(__name__)

LONGEST_NAP = 1.0
"""Seconds; a longer wait ends the run, and `due_in` says when to come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRunner:
    """What the runner works with: database, rules, composers, provider."""

    sessions: Sessions
    rules: Rules
    desk: Desk
    provider: WhatsAppProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """Counts of jobs by what became of them; `due_in` is when the next is due, in seconds.

    `retried` failed and will be tried again; `failed` have used their last try.
    """

    sent: int = 0
    retried: int = 0
    failed: int = 0
    cancelled: int = 0
    due_in: float | None = None

    def counts(self) -> dict[str, int]:
        """Return the four counts by name."""
        return {name: count for name, count in asdict(self).items() if name != "due_in"}


def run_outbound(runner: OutboundRunner, *, seconds: float = 20.0) -> RunResult:
    """Send due jobs until none is left, the provider asks for silence, or `seconds` have passed."""
    deadline = time.monotonic() + seconds
    statuses: Counter[OutboundStatus] = Counter()
    held = 0.0
    while time.monotonic() < deadline:
        step = run_once(runner)
        match step:
            case OutboundStatus():
                statuses[step] += 1
            case Wait(seconds=pause) if pause <= LONGEST_NAP:
                time.sleep(pause)
            case Wait(seconds=held):
                break
            case Idle():
                break
    with runner.sessions.begin() as session:
        wait = due_in(session)
    return _result(statuses, None if wait is None else max(wait, held))


def run_once(runner: OutboundRunner) -> OutboundStatus | Wait | Idle:
    """Take one due job as far as it goes; return its status then, or why there was none."""
    with runner.sessions.begin() as session:
        claimed: Claim = claim(session, runner.rules, runner.desk)
    match claimed:
        case Claimed():
            return _send(runner, claimed)
        case Disposed(status=status):
            return status
        case _:
            return claimed


def due_in(session: Session) -> float | None:
    """Return the seconds until the next job is due, 0 if one is; None if none waits."""
    wait = session.scalar(select(func.min(OutboundJob.next_attempt_at) - func.clock_timestamp()))
    return None if wait is None else max(wait.total_seconds(), 0.0)


def _send(runner: OutboundRunner, claimed: Claimed) -> OutboundStatus:
    outcome = runner.provider.send(claimed.message, to=claimed.recipient, tracker=claimed.tracker)
    with runner.sessions.begin() as session:
        status = settle(
            session,
            job_id=claimed.job_id,
            attempt_id=claimed.attempt_id,
            outcome=outcome,
            rules=runner.rules,
        )
    log.info("outbound_tried", job_id=claimed.job_id, outcome=type(outcome).__name__, status=status)
    return status


def _result(statuses: Counter[OutboundStatus], wait: float | None) -> RunResult:
    others = (OutboundStatus.QUEUED, OutboundStatus.FAILED, OutboundStatus.CANCELLED)
    return RunResult(
        sent=statuses.total() - sum(statuses[status] for status in others),
        retried=statuses[OutboundStatus.QUEUED],
        failed=statuses[OutboundStatus.FAILED],
        cancelled=statuses[OutboundStatus.CANCELLED],
        due_in=wait,
    )
