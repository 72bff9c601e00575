"""Create, change, disable and enable rules. Each change has an author."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, InvalidInput
from app.core.views import members_of, view_of
from app.inbox.drafts import Severity
from app.notifications.change_history import Change, note_change, require_version, switched
from app.notifications.models import NotificationRule
from app.notifications.queries import RuleView, get_channel, get_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """What a person enters for a rule, as in NotificationRule."""

    name: str
    channel_id: int
    severities: Sequence[Severity]
    types: Sequence[str] = ()
    digest_minutes: int | None = None
    repeat_minutes: int = 60
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_passes: bool = True
    version: int | None = None


def create_rule(session: Session, draft: RuleDraft, *, actor: str) -> RuleView:
    """Create a rule. Raises InvalidInput, NotFound for its channel, Conflict for a taken name."""
    _check(session, draft, earlier_name=None)
    rule = NotificationRule(**_columns(draft))
    session.add(rule)
    session.flush()
    created = Change(actor=actor, action="create", to="active", note=draft.name)
    note_change(session, f"rule:{rule.id}", created)
    return _refreshed(session, rule)


def change_rule(session: Session, rule_id: int, draft: RuleDraft, *, actor: str) -> RuleView:
    """Change a rule. Raises as `create_rule`, and Conflict if somebody changed it meanwhile.

    `draft.version` is the version that the person has seen, if it is known.
    """
    rule = get_rule(session, rule_id, for_update=True)
    require_version(session, f"rule:{rule_id}", rule.version, draft.version)
    _check(session, draft, earlier_name=rule.name)
    columns = _columns(draft)
    changed = [name for name, value in columns.items() if getattr(rule, name) != value]
    for name in changed:
        setattr(rule, name, columns[name])
    rule.version += 1
    words = ", ".join(name.replace("_", " ") for name in changed)
    note_change(session, f"rule:{rule_id}", Change(actor=actor, action="change", note=words))
    return _refreshed(session, rule)


def set_rule_active(session: Session, rule_id: int, *, is_active: bool, actor: str) -> RuleView:
    """Enable or disable a rule. What it has queued is still sent. Raises NotFound."""
    rule = get_rule(session, rule_id, for_update=True)
    if rule.is_active != is_active:
        rule.is_active = is_active
        rule.version += 1
        note_change(session, f"rule:{rule_id}", switched(actor, is_active=is_active))
    return _refreshed(session, rule)


def _check(session: Session, draft: RuleDraft, *, earlier_name: str | None) -> None:
    get_channel(session, draft.channel_id)
    if not draft.severities:
        raise InvalidInput("Choose at least one severity.", field="severities")
    if (draft.quiet_from is None) != (draft.quiet_until is None):
        raise InvalidInput("Quiet hours need a start and an end.", field="quiet_until")
    if draft.quiet_from is not None and draft.quiet_from == draft.quiet_until:
        raise InvalidInput(
            "Quiet hours must end at another time than they start.", field="quiet_until"
        )
    taken = select(NotificationRule.id).where(NotificationRule.name == draft.name)
    if draft.name != earlier_name and session.scalar(taken) is not None:
        raise Conflict(f"There is already a rule with the name {draft.name}.")


def _columns(draft: RuleDraft) -> dict[str, object]:
    lists = {"severities": list(map(str, draft.severities)), "types": list(draft.types)}
    columns = {**members_of(draft), **lists}
    del columns["version"]
    return columns


def _refreshed(session: Session, rule: NotificationRule) -> RuleView:
    session.flush()
    session.refresh(rule)
    return view_of(RuleView, rule)
