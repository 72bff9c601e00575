"""Write the outcome of a turn: the notifications, the circuit of the channel, and the lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.retry import RetryPolicy
from app.notifications.claim_turns import Turn
from app.notifications.models import Notification, NotificationChannel, NotificationStatus
from app.notifications.told_items import note_told
from app.outbound.circuit import Circuit, CircuitRules
from app.outbound.outcomes import NotCalled, Outcome, Refused, Sent
from app.outbox.events import NotificationChannelFailing
from app.outbox.record import record_event

CIRCUIT = CircuitRules(faults=3, base_seconds=15.0, cap_seconds=900.0)


@dataclass(frozen=True, slots=True)
class Settling:
    """The input of `settle_turn` besides the outcome."""

    policy: RetryPolicy
    random: Random


def settle_turn(
    session: Session, turn: Turn, outcome: Outcome, rules: Settling
) -> NotificationStatus:
    """Write `outcome`; return the status of the notifications afterwards.

    Only a refusal costs an attempt. While the channel is away, its notifications wait without.
    """
    channel = session.get_one(NotificationChannel, turn.channel_id, with_for_update=True)
    now = session.scalars(select(func.statement_timestamp())).one()
    channel.claimed_until = now
    rows = _queued_rows(session, turn.notification_ids)
    match outcome:
        case Sent():
            _mark_sent(session, turn, channel, rows, now)
        case Refused(reason=reason):
            _note_error(channel, reason, now)
            if _count_refusal(rows, rules, reason, now):
                _announce(session, channel, now, reason)
        case NotCalled():
            _give_back(rows, now)
        case _:
            _note_error(channel, outcome.reason, now)
            _give_back(rows, now + _wait(channel, rules))
    _update_circuit(session, channel, outcome, now, is_probe=turn.is_probe)
    session.flush()
    return NotificationStatus(rows[0].status) if rows else NotificationStatus.SKIPPED


def _queued_rows(session: Session, ids: Sequence[int]) -> Sequence[Notification]:
    """Return the rows, without those that a person has cancelled during the call."""
    return session.scalars(
        select(Notification)
        .where(Notification.id.in_(ids), Notification.status == NotificationStatus.QUEUED)
        .order_by(Notification.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _mark_sent(
    session: Session,
    turn: Turn,
    channel: NotificationChannel,
    rows: Sequence[Notification],
    now: datetime,
) -> None:
    for row in rows:
        row.status, row.sent_at = NotificationStatus.SENT, now
        row.next_attempt_at = row.last_error = None
    channel.last_sent_at = now
    if turn.rule_id is not None:
        note_told(session, turn.rule_id, [item.id for item in turn.items])


def _count_refusal(
    rows: Sequence[Notification], rules: Settling, reason: str, now: datetime
) -> bool:
    """Make the rows due again, or failed after their last attempt. Return whether one failed."""
    for row in rows:
        row.last_error = reason
        wait = rules.policy.wait_after(row.attempts, rules.random)
        if wait is None:
            row.status, row.next_attempt_at, row.failed_at = NotificationStatus.FAILED, None, now
        else:
            row.next_attempt_at = now + timedelta(seconds=wait)
    return any(row.status == NotificationStatus.FAILED for row in rows)


def _give_back(rows: Sequence[Notification], due_at: datetime) -> None:
    """Make the rows due again, and take back the attempt that was counted before the call."""
    for row in rows:
        row.attempts -= 1
        row.next_attempt_at = due_at


def _wait(channel: NotificationChannel, rules: Settling) -> timedelta:
    """Return the wait after a fault. While the circuit is open, its next probe decides instead."""
    faults = min(channel.faults + 1, rules.policy.max_attempts - 1)
    seconds = 0.0 if channel.away_since else rules.policy.wait_after(faults, rules.random) or 0.0
    return timedelta(seconds=seconds)


def _note_error(channel: NotificationChannel, reason: str, now: datetime) -> None:
    channel.last_error, channel.last_error_at = reason, now


def _update_circuit(
    session: Session,
    channel: NotificationChannel,
    outcome: Outcome,
    now: datetime,
    *,
    is_probe: bool,
) -> None:
    before = Circuit(
        is_open=channel.away_since is not None,
        faults=channel.faults,
        probes=channel.probes,
        reason=channel.away_reason,
    )
    after = CIRCUIT.after(before, [(outcome, is_probe)])
    channel.faults, channel.probes, channel.away_reason = after.faults, after.probes, after.reason
    if not after.is_open:
        channel.away_since = channel.probe_at = None
        return
    channel.away_since = channel.away_since or now
    if after.probe_in is not None:
        channel.probe_at = now + timedelta(seconds=after.probe_in)
    if not before.is_open:
        _announce(session, channel, now, after.reason or "")


def _announce(session: Session, channel: NotificationChannel, now: datetime, reason: str) -> None:
    since = now.astimezone(UTC).isoformat(timespec="milliseconds")
    record_event(
        session,
        NotificationChannelFailing(
            channel_id=channel.id, name=channel.name, since=since, reason=reason
        ),
    )
