"""Create, change, test, disable and enable channels. Each change has an author."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.errors import Conflict, InvalidInput
from app.inbox.drafts import Severity
from app.notifications.addresses import AddressRules, check_email
from app.notifications.change_history import Change, note_change, require_version, switched
from app.notifications.models import (
    ChannelKind,
    Notification,
    NotificationChannel,
    NotificationStatus,
)
from app.notifications.queries import ChannelView, channel_of, get_channel
from app.notifications.signature import new_secret

NAME_LIMIT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDraft:
    """What a person enters for a channel. An empty `target` keeps the one that is stored."""

    name: str
    kind: ChannelKind
    target: str = field(default="", repr=False)
    with_text: bool = False
    version: int | None = None


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A created channel; `secret` signs a webhook and can't be shown again."""

    channel: ChannelView
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Guard:
    """What a change of a channel needs besides the rows: keys, and the rules of addresses."""

    vault: Vault
    addresses: AddressRules


def create_channel(
    session: Session, draft: ChannelDraft, *, actor: str, guard: Guard
) -> NewChannel:
    """Create a channel. Raises InvalidInput, and Conflict if the name is taken."""
    target = _checked_target(draft, guard)
    _require_free_name(session, draft.name)
    secret = new_secret() if draft.kind is ChannelKind.WEBHOOK else None
    channel = NotificationChannel(
        name=draft.name,
        kind=draft.kind,
        target_encrypted=guard.vault.encrypt(target),
        target_masked=_masked(draft.kind, target),
        secret_encrypted=secret and guard.vault.encrypt(secret),
        with_text=draft.with_text,
    )
    session.add(channel)
    session.flush()
    session.refresh(channel)
    created = Change(actor=actor, action="create", to="active", note=draft.name)
    note_change(session, f"channel:{channel.id}", created)
    return NewChannel(channel_of(channel), secret)


def change_channel(
    session: Session, channel_id: int, draft: ChannelDraft, *, actor: str, guard: Guard
) -> ChannelView:
    """Change a channel, and try it again at once if it was away.

    `draft.version` is the version that the person has seen, if it is known. Raises NotFound,
    InvalidInput, and Conflict if the name is taken, the kind differs, or somebody changed it
    meanwhile.
    """
    channel = get_channel(session, channel_id, for_update=True)
    require_version(session, f"channel:{channel_id}", channel.version, draft.version)
    if draft.kind != channel.kind:
        raise Conflict(f"Channel {channel_id} is of the kind {channel.kind}; create another one.")
    if draft.name != channel.name:
        _require_free_name(session, draft.name)
    changed = _changed_fields(channel, draft)
    if draft.target:
        target = _checked_target(draft, guard)
        channel.target_encrypted = guard.vault.encrypt(target)
        channel.target_masked = _masked(draft.kind, target)
    channel.name, channel.with_text = draft.name, draft.with_text
    _close_circuit(channel)
    channel.version += 1
    change = Change(actor=actor, action="change", note=changed)
    note_change(session, f"channel:{channel_id}", change)
    return _refreshed(session, channel)


def renew_secret(session: Session, channel_id: int, *, actor: str, guard: Guard) -> NewChannel:
    """Give a webhook a new signing secret. Raises NotFound, and Conflict for another kind."""
    channel = get_channel(session, channel_id, for_update=True)
    if channel.kind != ChannelKind.WEBHOOK:
        raise Conflict(f"Channel {channel_id} is no signed webhook; it has no secret.")
    secret = new_secret()
    channel.secret_encrypted = guard.vault.encrypt(secret)
    channel.version += 1
    note_change(session, f"channel:{channel_id}", Change(actor=actor, action="renew secret"))
    return NewChannel(_refreshed(session, channel), secret)


def set_channel_active(
    session: Session, channel_id: int, *, is_active: bool, actor: str
) -> ChannelView:
    """Enable or disable a channel. What waits for a disabled one is skipped. Raises NotFound."""
    channel = get_channel(session, channel_id, for_update=True)
    if channel.is_active != is_active:
        channel.is_active = is_active
        channel.version += 1
        _close_circuit(channel)
        note_change(session, f"channel:{channel_id}", switched(actor, is_active=is_active))
    if not is_active:
        _skip_waiting(session, channel_id)
    return _refreshed(session, channel)


def send_test(session: Session, channel_id: int, *, actor: str) -> ChannelView:
    """Queue a test notification. Raises NotFound, and Conflict if the channel is disabled."""
    channel = get_channel(session, channel_id, for_update=True)
    if not channel.is_active:
        raise Conflict(f"Channel {channel_id} is disabled; enable it first.")
    session.add(Notification(channel_id=channel_id, event_ids=[], severity=Severity.INFO))
    if channel.away_since is not None:
        channel.probe_at = func.now()
    note_change(session, f"channel:{channel_id}", Change(actor=actor, action="test"))
    return _refreshed(session, channel)


def _checked_target(draft: ChannelDraft, guard: Guard) -> str:
    if not draft.target:
        raise InvalidInput("The target is missing.", field="target")
    if draft.kind is ChannelKind.EMAIL:
        return check_email(draft.target)
    guard.addresses.check_url(draft.target)
    return draft.target


def _masked(kind: ChannelKind, target: str) -> str:
    """Return what people may see: the host of a URL, whose path is a secret, or the address."""
    if kind is ChannelKind.EMAIL:
        return target
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.netloc}/…"


def _require_free_name(session: Session, name: str) -> None:
    taken = select(NotificationChannel.id).where(NotificationChannel.name == name)
    if session.scalar(taken) is not None:
        raise Conflict(f"There is already a channel with the name {name}.")


def _changed_fields(channel: NotificationChannel, draft: ChannelDraft) -> str:
    changes = {
        "name": draft.name != channel.name,
        "target": bool(draft.target),
        "text of items": draft.with_text != channel.with_text,
    }
    return ", ".join(name for name, is_changed in changes.items() if is_changed)


def _close_circuit(channel: NotificationChannel) -> None:
    channel.faults = channel.probes = 0
    channel.away_since = channel.away_reason = channel.probe_at = None


def _skip_waiting(session: Session, channel_id: int) -> None:
    session.execute(
        update(Notification)
        .where(Notification.channel_id == channel_id, Notification.next_attempt_at.is_not(None))
        .values(status=NotificationStatus.SKIPPED, next_attempt_at=None)
    )


def _refreshed(session: Session, channel: NotificationChannel) -> ChannelView:
    session.flush()
    session.refresh(channel)
    return channel_of(channel)
