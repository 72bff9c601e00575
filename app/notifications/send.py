"""Send due notifications in parallel, one call per channel at a time.

A channel that hangs holds one thread until its time limit, and no other channel waits for it.
Each turn has three steps: a transaction that counts the attempt, the call, and a transaction
that writes the outcome.
"""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from hashlib import blake2b

import structlog

from app.core.database import Sessions
from app.core.encryption import UndecryptableValue, Vault
from app.notifications.claim_turns import NotificationRules, Turn, claim_turn, due_in
from app.notifications.compose import News
from app.notifications.deliver import Deliverer, Destination
from app.notifications.models import ChannelKind, NotificationStatus
from app.notifications.settle_turns import Settling, settle_turn
from app.outbound.outcomes import Away, NoAnswer, Outcome
from app.outbound.runner import never

log = structlog.get_logger(__name__)

CONCURRENCY = 8
CALL_SECONDS = 15.0
"""The longest duration of a call. It is shorter than the lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """What sending needs: database, rules, keys, and the way out."""

    sessions: Sessions
    rules: NotificationRules
    settling: Settling
    vault: Vault
    deliverer: Deliverer
    call_seconds: float = CALL_SECONDS
    is_stopping: Callable[[], bool] = never


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """Counts of messages by result. `due_in` is the number of seconds until the next is due."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0
    due_in: float | None = None

    def counts(self) -> dict[str, int]:
        """Return the three counts by name."""
        return {"sent": self.sent, "waiting": self.waiting, "failed": self.failed}


@dataclass(slots=True)
class _Run:
    notifier: Notifier
    pool: ThreadPoolExecutor
    deadline: float
    calls: dict[Future[Outcome], tuple[Turn, float]] = field(default_factory=dict)
    statuses: Counter[NotificationStatus] = field(default_factory=Counter)

    @property
    def may_claim(self) -> bool:
        """Whether a thread is free, time is left, and the worker is not stopping."""
        has_time = time.monotonic() < self.deadline and not self.notifier.is_stopping()
        return has_time and len(self.calls) < CONCURRENCY


def send_due(notifier: Notifier, *, seconds: float = 20.0) -> SendResult:
    """Send due notifications until none is left or `seconds` have passed."""
    pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="notifications")
    run = _Run(notifier, pool, time.monotonic() + seconds)
    try:
        while _start_calls(run) or run.calls:
            _settle_finished(run)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    with notifier.sessions.begin() as session:
        return _result(run.statuses, due_in(session))


def call(notifier: Notifier, turn: Turn) -> Outcome:
    """Deliver the message of `turn`; return the outcome."""
    try:
        destination = Destination(
            kind=ChannelKind(turn.kind),
            target=notifier.vault.decrypt(turn.target_encrypted),
            secret=turn.secret_encrypted and notifier.vault.decrypt(turn.secret_encrypted),
        )
    except UndecryptableValue as error:
        return Away(str(error), is_certain=True)
    return notifier.deliverer.deliver(destination, _news(notifier, turn))


def _news(notifier: Notifier, turn: Turn) -> News:
    """Return the message. Its id is the same when the same notifications are sent again."""
    ids = ",".join(str(id_) for id_ in sorted(turn.notification_ids))
    return News(
        id=f"msg_{blake2b(ids.encode(), digest_size=12).hexdigest()}",
        rule=turn.rule,
        items=turn.items,
        at=turn.at,
        base_url=notifier.rules.base_url,
    )


def _start_calls(run: _Run) -> bool:
    """Start a call for each channel that has something to send; False if none was started."""
    has_started = False
    while run.may_claim:
        with run.notifier.sessions.begin() as session:
            turn = claim_turn(session, run.notifier.rules)
        if turn is None:
            break
        started = run.pool.submit(call, run.notifier, turn)
        run.calls[started] = (turn, time.monotonic())
        has_started = True
    return has_started


def _settle_finished(run: _Run) -> None:
    """Wait for outcomes and write them. A call that takes too long counts as NoAnswer."""
    wait(run.calls, timeout=0.1, return_when=FIRST_COMPLETED)
    overdue = time.monotonic() - run.notifier.call_seconds
    for made, (turn, started) in list(run.calls.items()):
        if made.done() or started < overdue:
            outcome = made.result() if made.done() else NoAnswer("The host did not answer in time.")
            del run.calls[made]
            _settle(run, turn, outcome)


def _settle(run: _Run, turn: Turn, outcome: Outcome) -> None:
    with run.notifier.sessions.begin() as session:
        status = settle_turn(session, turn, outcome, run.notifier.settling)
    run.statuses[status] += 1
    log.info(
        "notification_call_ended",
        channel_id=turn.channel_id,
        outcome=type(outcome).__name__,
        items=len(turn.items),
        status=status,
    )


def _result(statuses: Counter[NotificationStatus], due: float | None) -> SendResult:
    return SendResult(
        sent=statuses[NotificationStatus.SENT],
        waiting=statuses[NotificationStatus.QUEUED],
        failed=statuses[NotificationStatus.FAILED],
        due_in=due,
    )
