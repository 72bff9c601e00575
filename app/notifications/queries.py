"""Read channels, rules, notifications that failed, and who changed what. No secret is decrypted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.views import HistoryEntry, view_of
from app.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationHistory,
    NotificationRule,
    NotificationStatus,
)

FAILED_LIMIT = 50
HISTORY_LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """A channel for pages and the API. `target` is masked."""

    id: int
    name: str
    kind: str
    target: str
    with_text: bool
    is_active: bool
    version: int
    away_since: datetime | None
    away_reason: str | None
    last_sent_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule for pages and the API. An empty `types` means every type."""

    id: int
    name: str
    channel_id: int
    severities: Sequence[str]
    types: Sequence[str]
    digest_minutes: int | None
    repeat_minutes: int
    quiet_from: time | None
    quiet_until: time | None
    critical_passes: bool
    is_active: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationView:
    """A notification for pages and the API; `events` is how many it tells of."""

    id: int
    channel_id: int
    rule_id: int | None
    severity: str
    status: str
    attempts: int
    events: int
    last_error: str | None
    sent_at: datetime | None
    failed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEntry(HistoryEntry):
    """One change, and what was changed, e.g. `channel:1` or `rule:2`."""

    subject_ref: str


def list_channels(session: Session) -> list[ChannelView]:
    """Return all channels by name. There are few."""
    rows = session.scalars(select(NotificationChannel).order_by(NotificationChannel.name))
    return [channel_of(row) for row in rows]


def list_rules(session: Session) -> list[RuleView]:
    """Return all rules by name. There are few."""
    rows = session.scalars(select(NotificationRule).order_by(NotificationRule.name))
    return [view_of(RuleView, row) for row in rows]


def show_channel(session: Session, channel_id: int) -> ChannelView:
    """Return a channel. Raises NotFound."""
    return channel_of(get_channel(session, channel_id))


def show_rule(session: Session, rule_id: int) -> RuleView:
    """Return a rule. Raises NotFound."""
    return view_of(RuleView, get_rule(session, rule_id))


def list_failed(session: Session) -> list[NotificationView]:
    """Return the newest notifications that failed, up to FAILED_LIMIT."""
    rows = session.scalars(
        select(Notification)
        .where(Notification.status == NotificationStatus.FAILED)
        .order_by(Notification.id.desc())
        .limit(FAILED_LIMIT)
    )
    return [notification_of(row) for row in rows]


def list_history(session: Session, subject_ref: str | None = None) -> list[ChangeEntry]:
    """Return the newest changes, up to HISTORY_LIMIT, of one channel or rule or of all."""
    newest = select(NotificationHistory).order_by(NotificationHistory.id.desc())
    if subject_ref is not None:
        newest = newest.where(NotificationHistory.subject_ref == subject_ref)
    return [view_of(ChangeEntry, row) for row in session.scalars(newest.limit(HISTORY_LIMIT))]


def get_channel(
    session: Session, channel_id: int, *, for_update: bool = False
) -> NotificationChannel:
    """Return the row of a channel. Raises NotFound."""
    channel = session.get(NotificationChannel, channel_id, with_for_update=for_update)
    if channel is None:
        raise NotFound(f"There is no notification channel {channel_id}.")
    return channel


def get_rule(session: Session, rule_id: int, *, for_update: bool = False) -> NotificationRule:
    """Return the row of a rule. Raises NotFound."""
    rule = session.get(NotificationRule, rule_id, with_for_update=for_update)
    if rule is None:
        raise NotFound(f"There is no notification rule {rule_id}.")
    return rule


def channel_of(row: NotificationChannel) -> ChannelView:
    """Return the view of a row."""
    return view_of(ChannelView, row, target=row.target_masked)


def notification_of(row: Notification) -> NotificationView:
    """Return the view of a row."""
    return view_of(NotificationView, row, events=len(row.event_ids))
