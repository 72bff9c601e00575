"""Claim what is due for one channel, with the attempt counted before the call.

One worker at a time sends to a channel, by a lease. Its due notifications of one rule become one
message, so a burst of items costs few calls. After a crash the lease expires, and the counted
attempt stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.core.retry import RetryPolicy
from app.inbox.drafts import Severity
from app.notifications.compose import ToldItem
from app.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationRule,
    NotificationStatus,
)
from app.notifications.send_time import SendTimes
from app.notifications.told_items import find_items

LEASE_SECONDS = 60.0
ROWS_LIMIT = 100
EVENTS_LIMIT = 2_000
"""The most events that one message tells of. The rest is due for the next message."""
GIVE_UP_AFTER = timedelta(hours=24)
"""A notification that has waited for so long tells nothing new."""
TOO_OLD = "It waited for a day, because its channel took no notifications."

# The channel whose lease ended longest ago comes first, so that no channel waits for another.
_CLAIM_CHANNEL = text(
    """
    UPDATE cc_notification_channels
    SET claimed_until = statement_timestamp() + :lease * interval '1 second'
    WHERE id = (
        SELECT channel.id FROM cc_notification_channels AS channel
        WHERE channel.is_active AND channel.id <> ALL(CAST(:seen AS bigint[]))
          AND (channel.claimed_until IS NULL OR channel.claimed_until <= statement_timestamp())
          AND (channel.probe_at IS NULL OR channel.probe_at <= statement_timestamp())
          AND EXISTS (
            SELECT FROM cc_notifications AS due
            WHERE due.channel_id = channel.id AND due.next_attempt_at <= statement_timestamp())
        ORDER BY channel.claimed_until NULLS FIRST, channel.id
        LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
    """
)
_DUE_IN = text(
    """
    SELECT extract(epoch FROM min(greatest(
        due.at, channel.probe_at, channel.claimed_until)) - statement_timestamp())::float8
    FROM cc_notification_channels AS channel
    CROSS JOIN LATERAL (
        SELECT next_attempt_at AS at FROM cc_notifications
        WHERE channel_id = channel.id AND next_attempt_at IS NOT NULL
        ORDER BY next_attempt_at, id LIMIT 1) AS due
    WHERE channel.is_active
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRules:
    """The input of sending besides the rows: attempts, business timezone, and the links' start."""

    policy: RetryPolicy
    zone: ZoneInfo
    base_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message to one channel, with the notifications that it stands for.

    `rule` is None for a test. `is_probe` says that the circuit of the channel is open.
    """

    channel_id: int
    kind: str
    target_encrypted: str
    secret_encrypted: str | None
    is_probe: bool
    rule_id: int | None
    rule: str | None
    notification_ids: Sequence[int]
    items: Sequence[ToldItem]
    at: datetime


def claim_turn(session: Session, rules: NotificationRules) -> Turn | None:
    """Claim a channel and its next message; None if nothing is due.

    The caller commits, calls the channel, and settles the turn (`app.notifications.settle_turns`).
    """
    seen: list[int] = []
    while (channel := _claim_channel(session, seen)) is not None:
        turn = _next_message(session, channel, rules)
        if turn is not None:
            return turn
        channel.claimed_until = func.clock_timestamp()
        session.flush()
        seen.append(channel.id)
    return None


def due_in(session: Session) -> float | None:
    """Return the seconds until the next notification can be sent; None if none waits."""
    seconds = session.scalar(_DUE_IN)
    return None if seconds is None else max(float(seconds), 0.0)


def _claim_channel(session: Session, seen: Sequence[int]) -> NotificationChannel | None:
    values = {"lease": LEASE_SECONDS, "seen": list(seen)}
    channel_id = session.scalar(_CLAIM_CHANNEL, values)
    if channel_id is None:
        return None
    return session.get_one(NotificationChannel, channel_id, populate_existing=True)


def _next_message(
    session: Session, channel: NotificationChannel, rules: NotificationRules
) -> Turn | None:
    """Return the message of the first rule that has something to tell now."""
    now = session.scalars(select(func.statement_timestamp())).one()
    due = _due_rows(session, channel.id)
    ready = [row for row in due if _is_ready(session, row, rules, now)]
    for rule_id in dict.fromkeys(row.rule_id for row in ready):
        rows = _within_limit([row for row in ready if row.rule_id == rule_id])
        rule = session.get(NotificationRule, rule_id) if rule_id else None
        items = find_items(session, channel, rule, [id_ for row in rows for id_ in row.event_ids])
        if rule is None or items:
            _count_attempts(session, rows)
            return _turn(channel, rule, rows, items, now)
        for row in rows:
            row.status, row.next_attempt_at = NotificationStatus.SKIPPED, None
    session.flush()
    return None


def _due_rows(session: Session, channel_id: int) -> Sequence[Notification]:
    return session.scalars(
        select(Notification)
        .where(Notification.channel_id == channel_id)
        .where(Notification.next_attempt_at <= func.statement_timestamp())
        .order_by(Notification.next_attempt_at, Notification.id)
        .limit(ROWS_LIMIT)
        .with_for_update(skip_locked=True)
    ).all()


def _is_ready(session: Session, row: Notification, rules: NotificationRules, now: datetime) -> bool:
    """Tell whether `row` is sent now; if not, set when, or give it up."""
    send_at = _send_at(session, row, rules.zone)
    if send_at > now:
        row.next_attempt_at = send_at
        return False
    if row.attempts >= rules.policy.max_attempts or now - send_at > GIVE_UP_AFTER:
        row.status, row.next_attempt_at = NotificationStatus.FAILED, None
        row.failed_at, row.last_error = now, row.last_error or TOO_OLD
        return False
    return True


def _send_at(session: Session, row: Notification, zone: ZoneInfo) -> datetime:
    rule = session.get(NotificationRule, row.rule_id) if row.rule_id else None
    if rule is None or row.budget > 1:  # a test, and what a person sends again, wait for nothing
        return row.created_at
    times = SendTimes(
        zone=zone,
        digest_minutes=rule.digest_minutes,
        quiet_from=rule.quiet_from,
        quiet_until=rule.quiet_until,
        critical_passes=rule.critical_passes,
    )
    return times.send_at(row.created_at, is_critical=row.severity == Severity.CRITICAL)


def _within_limit(rows: Sequence[Notification]) -> Sequence[Notification]:
    """Return the first rows, as many as have EVENTS_LIMIT events together, and at least one."""
    total = 0
    for place, row in enumerate(rows):
        total += len(row.event_ids)
        if total > EVENTS_LIMIT:
            return rows[: max(place, 1)]
    return rows


def _count_attempts(session: Session, rows: Sequence[Notification]) -> None:
    ids = [row.id for row in rows]
    session.execute(
        update(Notification)
        .where(Notification.id.in_(ids))
        .values(attempts=Notification.attempts + 1)
        .execution_options(synchronize_session=False)
    )


def _turn(
    channel: NotificationChannel,
    rule: NotificationRule | None,
    rows: Sequence[Notification],
    items: Sequence[ToldItem],
    now: datetime,
) -> Turn:
    may_tell = channel.with_text
    return Turn(
        channel_id=channel.id,
        kind=channel.kind,
        target_encrypted=channel.target_encrypted,
        secret_encrypted=channel.secret_encrypted,
        is_probe=channel.away_since is not None,
        rule_id=rule.id if rule else None,
        rule=rule.name if rule else None,
        notification_ids=[row.id for row in rows],
        items=[item if may_tell else replace(item, text=None) for item in items],
        at=now,
    )
