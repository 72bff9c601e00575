"""Channels and rules of notifications, and what could not be sent."""

from dataclasses import dataclass
from datetime import time
from http import HTTPStatus
from typing import Annotated

from flask import Blueprint
from pydantic import Field
from sqlalchemy.orm import Session

from app.core.views import members_of
from app.inbox.drafts import Severity
from app.notifications.manage_channels import (
    NAME_LIMIT,
    ChannelDraft,
    NewChannel,
    change_channel,
    create_channel,
    renew_secret,
    send_test,
    set_channel_active,
)
from app.notifications.manage_rules import RuleDraft, change_rule, create_rule, set_rule_active
from app.notifications.models import ChannelKind
from app.notifications.queries import (
    ChannelView,
    NotificationView,
    RuleView,
    list_channels,
    list_failed,
    list_rules,
    show_channel,
    show_rule,
)
from app.notifications.retry_notification import retry_notification
from app.web.api.operation import Example, operation
from app.web.context import actor, container
from app.web.requests import Body, ShortText, Text

blueprint = Blueprint("api_notifications", __name__, url_prefix="/api/automation/notifications")

Name = Annotated[Text, Field(min_length=1, max_length=NAME_LIMIT)]


class ChannelBody(Body):
    """A channel. For a change, an empty target keeps the present one."""

    name: Name
    kind: ChannelKind
    target: Annotated[Text, Field(max_length=2_000)] = ""
    with_text: bool = False
    version: int | None = Field(None, ge=1)

    @property
    def draft(self) -> ChannelDraft:
        """The draft for the use cases."""
        return ChannelDraft(**self.model_dump())


class RuleBody(Body):
    """A rule. No types means every type; no digest means at once."""

    name: Name
    channel_id: int = Field(ge=1, le=2**63 - 1)
    severities: tuple[Severity, ...] = Field(min_length=1)
    types: tuple[ShortText, ...] = Field((), max_length=50)
    digest_minutes: int | None = Field(None, ge=1, le=1_440)
    repeat_minutes: int = Field(60, ge=1, le=10_080)
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_passes: bool = True
    version: int | None = Field(None, ge=1)

    @property
    def draft(self) -> RuleDraft:
        """The draft for the use cases."""
        return RuleDraft(**self.model_dump())


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedChannel(ChannelView):
    """A channel with the secret that signs its webhooks, which is not shown again."""

    secret: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """All channels, by name."""

    items: list[ChannelView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules, by name."""

    items: list[RuleView]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedNotifications:
    """The newest notifications that could not be sent."""

    items: list[NotificationView]


_CHANNEL = {"name": "On call", "kind": "email", "target": "on-call@example.com"}
_RULE = {"name": "Urgent", "channelId": 1, "severities": ["critical"], "digestMinutes": None}


@blueprint.get("/channels")
@operation(example=Example())
def channels(session: Session) -> Channels:
    """Answer with all channels; targets are masked."""
    return Channels(items=list_channels(session))


@blueprint.post("/channels")
@operation(
    example=Example(body=_CHANNEL, answer={"name": "On call", "is_active": True, "secret": None}),
    status=HTTPStatus.CREATED,
    refusals=[HTTPStatus.CONFLICT],
)
def add_channel(session: Session, body: ChannelBody) -> CreatedChannel:
    """Create a channel; the answer alone has the secret that signs its webhooks."""
    return _with_secret(
        create_channel(session, body.draft, actor=actor(), guard=container().channel_guard)
    )


@blueprint.get("/channels/<id:channel_id>")
@operation(example=Example(path={"channel_id": 1}, answer={"id": 1}))
def channel(session: Session, channel_id: int) -> ChannelView:
    """Answer with a channel, its last notification and its last error."""
    return show_channel(session, channel_id)


@blueprint.post("/channels/<id:channel_id>")
@operation(
    example=Example(
        path={"channel_id": 1},
        body={"name": "Team", "kind": "webhook", "withText": True},
        answer={"with_text": True},
    ),
    refusals=[HTTPStatus.CONFLICT, HTTPStatus.METHOD_NOT_ALLOWED],
)
def edit_channel(session: Session, body: ChannelBody, channel_id: int) -> ChannelView:
    """Change a channel, and try it again at once if it was away."""
    guard = container().channel_guard
    return change_channel(session, channel_id, body.draft, actor=actor(), guard=guard)


@blueprint.post("/channels/<id:channel_id>/secret")
@operation(
    example=Example(path={"channel_id": 1}, answer={"id": 1}), refusals=[HTTPStatus.CONFLICT]
)
def new_channel_secret(session: Session, channel_id: int) -> CreatedChannel:
    """Give a webhook a new signing secret; the present one is no longer used."""
    guard = container().channel_guard
    return _with_secret(renew_secret(session, channel_id, actor=actor(), guard=guard))


@blueprint.post("/channels/<id:channel_id>/test")
@operation(
    example=Example(path={"channel_id": 1}, answer={"id": 1}),
    status=HTTPStatus.ACCEPTED,
    refusals=[HTTPStatus.CONFLICT],
)
def try_channel(session: Session, channel_id: int) -> ChannelView:
    """Send a test notification; the channel shows its result a moment later."""
    return send_test(session, channel_id, actor=actor())


@blueprint.post("/channels/<id:channel_id>/disable")
@operation(example=Example(path={"channel_id": 1}, answer={"is_active": False}))
def disable_channel(session: Session, channel_id: int) -> ChannelView:
    """Disable a channel; what waits for it is not sent."""
    return set_channel_active(session, channel_id, is_active=False, actor=actor())


@blueprint.post("/channels/<id:channel_id>/enable")
@operation(example=Example(path={"channel_id": 1}, answer={"is_active": True}))
def enable_channel(session: Session, channel_id: int) -> ChannelView:
    """Enable a channel."""
    return set_channel_active(session, channel_id, is_active=True, actor=actor())


@blueprint.get("/rules")
@operation(example=Example())
def rules(session: Session) -> Rules:
    """Answer with all rules."""
    return Rules(items=list_rules(session))


@blueprint.post("/rules")
@operation(
    example=Example(body=_RULE, answer={"name": "Urgent", "severities": ["critical"]}),
    status=HTTPStatus.CREATED,
    refusals=[HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND],
)
def add_rule(session: Session, body: RuleBody) -> RuleView:
    """Create a rule."""
    return create_rule(session, body.draft, actor=actor())


@blueprint.get("/rules/<id:rule_id>")
@operation(example=Example(path={"rule_id": 1}, answer={"id": 1}))
def rule(session: Session, rule_id: int) -> RuleView:
    """Answer with a rule."""
    return show_rule(session, rule_id)


@blueprint.post("/rules/<id:rule_id>")
@operation(
    example=Example(
        path={"rule_id": 1},
        body={
            "name": "Everything",
            "channelId": 1,
            "severities": ["critical", "error"],
            "digestMinutes": 15,
            "quietFrom": "22:00",
            "quietUntil": "07:00",
        },
        answer={"digest_minutes": 15, "quiet_from": "22:00:00"},
    ),
    refusals=[HTTPStatus.CONFLICT, HTTPStatus.METHOD_NOT_ALLOWED],
)
def edit_rule(session: Session, body: RuleBody, rule_id: int) -> RuleView:
    """Change a rule."""
    return change_rule(session, rule_id, body.draft, actor=actor())


@blueprint.post("/rules/<id:rule_id>/disable")
@operation(example=Example(path={"rule_id": 1}, answer={"is_active": False}))
def disable_rule(session: Session, rule_id: int) -> RuleView:
    """Disable a rule; what it has queued is still sent."""
    return set_rule_active(session, rule_id, is_active=False, actor=actor())


@blueprint.post("/rules/<id:rule_id>/enable")
@operation(example=Example(path={"rule_id": 1}, answer={"is_active": True}))
def enable_rule(session: Session, rule_id: int) -> RuleView:
    """Enable a rule."""
    return set_rule_active(session, rule_id, is_active=True, actor=actor())


@blueprint.get("/failed")
@operation(example=Example())
def failed(session: Session) -> FailedNotifications:
    """Answer with the newest notifications that could not be sent."""
    return FailedNotifications(items=list_failed(session))


@blueprint.post("/failed/<id:notification_id>/retry")
@operation(
    example=Example(path={"notification_id": 1}, answer={"id": 1, "status": "queued"}),
    status=HTTPStatus.ACCEPTED,
    refusals=[HTTPStatus.CONFLICT],
)
def retry(session: Session, notification_id: int) -> NotificationView:
    """Send a failed notification again, at once."""
    return retry_notification(session, notification_id, actor=actor())


def _with_secret(made: NewChannel) -> CreatedChannel:
    return CreatedChannel(**members_of(made.channel), secret=made.secret)
