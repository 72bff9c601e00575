"""Channels and rules of notifications: lists, forms, tests, and what could not be sent."""

from datetime import time
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.core.errors import AutomationError, Conflict
from app.inbox.drafts import Severity
from app.notifications.manage_channels import (
    NAME_LIMIT,
    ChannelDraft,
    change_channel,
    create_channel,
    renew_secret,
    send_test,
    set_channel_active,
)
from app.notifications.manage_rules import RuleDraft, change_rule, create_rule, set_rule_active
from app.notifications.models import ChannelKind
from app.notifications.queries import (
    list_channels,
    list_failed,
    list_history,
    list_rules,
    show_channel,
    show_rule,
)
from app.notifications.retry_notification import retry_notification
from app.web.context import actor, container
from app.web.pages.inbox import TYPES
from app.web.requests import Form, ShortText, Text, read_form

blueprint = Blueprint("notifications", __name__, url_prefix="/automation/notifications")

KIND_NAMES = {
    ChannelKind.SLACK: "Slack webhook",
    ChannelKind.WEBHOOK: "Signed webhook",
    ChannelKind.EMAIL: "E-mail",
}


class ChannelForm(Form):
    """The form of a channel. A missing field keeps its default."""

    name: Text = Field("", max_length=NAME_LIMIT)
    kind: ChannelKind = ChannelKind.SLACK
    target: Text = Field("", max_length=2_000)
    with_text: bool = False
    version: int | None = Field(None, ge=1)


class RuleForm(Form):
    """The form of a rule. A missing field keeps its default."""

    name: Text = Field("", max_length=NAME_LIMIT)
    channel_id: int = Field(0, ge=0, le=2**63 - 1)
    severities: list[Severity] = Field(default_factory=list)
    types: list[ShortText] = Field(default_factory=list, max_length=50)
    digest_minutes: int | None = Field(None, ge=1, le=1_440)
    repeat_minutes: int = Field(60, ge=1, le=10_080)
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_passes: bool = False
    version: int | None = Field(None, ge=1)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show channels, rules, what could not be sent, and who changed what."""
    with container().sessions.begin() as session:
        channels = list_channels(session)
        return render_template(
            "notifications.html",
            channels=channels,
            names={channel.id: channel.name for channel in channels},
            rules=list_rules(session),
            failed=list_failed(session),
            history=list_history(session),
            kind_names=KIND_NAMES,
            severities=list(reversed(Severity)),
        )


@blueprint.get("/channels/new")
def new_channel() -> ResponseReturnValue:
    """Show the form of a new channel."""
    return _channel_page(None, ChannelForm())


@blueprint.post("/channels")
def add_channel() -> ResponseReturnValue:
    """Create a channel and show it, a webhook once with its secret."""
    form = read_form(ChannelForm)
    try:
        with container().sessions.begin() as session:
            made = create_channel(
                session, _draft(form), actor=actor(), guard=container().channel_guard
            )
    except AutomationError as error:
        return _channel_page(None, form, error), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(f"The channel “{made.channel.name}” is created. Send a test to see it arrive.", "success")
    if made.secret is None:
        return _see_channel(made.channel.id)
    return _channel_page(made.channel.id, None, secret=made.secret)


@blueprint.get("/channels/<id:channel_id>")
def channel(channel_id: int) -> ResponseReturnValue:
    """Show a channel, its form and its history."""
    return _channel_page(channel_id, None)


@blueprint.post("/channels/<id:channel_id>")
def edit_channel(channel_id: int) -> ResponseReturnValue:
    """Change a channel; on a conflict, say who was first and keep what was typed."""
    form = read_form(ChannelForm)
    try:
        with container().sessions.begin() as session:
            guard = container().channel_guard
            change_channel(session, channel_id, _draft(form), actor=actor(), guard=guard)
    except AutomationError as error:
        return _channel_page(channel_id, form, error), _status_of(error)
    flash("The channel is changed.", "success")
    return _see_channel(channel_id)


@blueprint.post("/channels/<id:channel_id>/secret")
def new_secret(channel_id: int) -> ResponseReturnValue:
    """Give a webhook a new secret, and show it once."""
    with container().sessions.begin() as session:
        guard = container().channel_guard
        made = renew_secret(session, channel_id, actor=actor(), guard=guard)
    return _channel_page(channel_id, None, secret=made.secret)


@blueprint.post("/channels/<id:channel_id>/<any(test, enable, disable):act>")
def act_on_channel(channel_id: int, act: str) -> ResponseReturnValue:
    """Test, enable or disable a channel."""
    try:
        with container().sessions.begin() as session:
            if act == "test":
                send_test(session, channel_id, actor=actor())
            else:
                is_active = act == "enable"
                set_channel_active(session, channel_id, is_active=is_active, actor=actor())
        flash(_SAID[act], "success")
    except Conflict as conflict:
        flash(str(conflict), "warning")
    return _see_channel(channel_id)


@blueprint.get("/rules/new")
def new_rule() -> ResponseReturnValue:
    """Show the form of a new rule."""
    urgent = [Severity.CRITICAL, Severity.ERROR]
    return _rule_page(None, RuleForm(severities=urgent, critical_passes=True))


@blueprint.post("/rules")
def add_rule() -> ResponseReturnValue:
    """Create a rule."""
    form = _read_rule()
    try:
        with container().sessions.begin() as session:
            create_rule(session, RuleDraft(**form.model_dump()), actor=actor())
    except AutomationError as error:
        return _rule_page(None, form, error), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(f"The rule “{form.name}” is created.", "success")
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@blueprint.get("/rules/<id:rule_id>")
def rule(rule_id: int) -> ResponseReturnValue:
    """Show a rule, its form and its history."""
    return _rule_page(rule_id, None)


@blueprint.post("/rules/<id:rule_id>")
def edit_rule(rule_id: int) -> ResponseReturnValue:
    """Change a rule; on a conflict, say who was first and keep what was typed."""
    form = _read_rule()
    try:
        with container().sessions.begin() as session:
            change_rule(session, rule_id, RuleDraft(**form.model_dump()), actor=actor())
    except AutomationError as error:
        return _rule_page(rule_id, form, error), _status_of(error)
    flash("The rule is changed.", "success")
    return redirect(url_for(".rule", rule_id=rule_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/rules/<id:rule_id>/<any(enable, disable):act>")
def act_on_rule(rule_id: int, act: str) -> ResponseReturnValue:
    """Enable or disable a rule."""
    with container().sessions.begin() as session:
        set_rule_active(session, rule_id, is_active=act == "enable", actor=actor())
    flash(f"The rule is {act}d.", "success")
    return redirect(url_for(".rule", rule_id=rule_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/failed/<id:notification_id>/retry")
def retry(notification_id: int) -> ResponseReturnValue:
    """Send a failed notification again."""
    try:
        with container().sessions.begin() as session:
            retry_notification(session, notification_id, actor=actor())
        flash(f"Notification {notification_id} is sent again now.", "success")
    except Conflict as conflict:
        flash(str(conflict), "warning")
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


_SAID = {
    "test": "A test is on its way. This page shows its result.",
    "enable": "The channel is enabled.",
    "disable": "The channel is disabled. What waited for it is not sent.",
}


def _channel_page(
    channel_id: int | None,
    form: ChannelForm | None,
    error: AutomationError | None = None,
    *,
    secret: str | None = None,
) -> str:
    """Show the form of a channel, with the values of `form` or else with the stored ones."""
    with container().sessions.begin() as session:
        stored = show_channel(session, channel_id) if channel_id else None
        history = list_history(session, f"channel:{channel_id}") if channel_id else []
    return render_template(
        "notification_channel.html",
        channel=stored,
        form=form or stored,
        error=error,
        secret=secret,
        history=history,
        kinds=KIND_NAMES,
    )


def _rule_page(
    rule_id: int | None, form: RuleForm | None, error: AutomationError | None = None
) -> str:
    """Show the form of a rule, with the values of `form` or else with the stored ones."""
    with container().sessions.begin() as session:
        stored = show_rule(session, rule_id) if rule_id else None
        history = list_history(session, f"rule:{rule_id}") if rule_id else []
        channels = list_channels(session)
    return render_template(
        "notification_rule.html",
        rule=stored,
        form=form or stored,
        error=error,
        history=history,
        channels=channels,
        severities=list(reversed(Severity)),
        types=TYPES,
        timezone=container().settings.timezone,
    )


def _read_rule() -> RuleForm:
    return read_form(RuleForm, lists=("severities", "types"))


def _draft(form: ChannelForm) -> ChannelDraft:
    return ChannelDraft(**form.model_dump())


def _see_channel(channel_id: int) -> ResponseReturnValue:
    return redirect(url_for(".channel", channel_id=channel_id), HTTPStatus.SEE_OTHER)


def _status_of(error: AutomationError) -> HTTPStatus:
    if isinstance(error, Conflict):
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY
