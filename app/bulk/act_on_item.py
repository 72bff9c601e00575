"""Take the action of a bulk job on one item, by the use case that a single item has."""

from typing import Any

from sqlalchemy.orm import Session

from app.bulk.bulk_actions import UNDO, Arguments, ItemAction
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.assign import assign_item
from app.inbox.models import DismissReason
from app.inbox.snooze import snooze_item
from app.inbox.undo import undo_change


def act_on_item(  # noqa: PLR0913 - the same arguments for each subject
    session: Session,
    item_id: int,
    action: str,
    arguments: Arguments,
    *,
    actor: str,
    version: int | None,
) -> int:
    """Change the item, with an entry in its history, and return its new version.

    Raises the errors of the use case: a Conflict names who has changed the item since `version`.
    """
    common: dict[str, Any] = {"actor": actor, "expected_version": version}
    if action == UNDO:
        return undo_change(session, item_id, **common).version
    common["note"] = arguments.note
    match action:
        case ItemAction.ASSIGN:
            item = assign_item(session, item_id, to=arguments.assignee, **common)
        case ItemAction.SNOOZE:
            item = snooze_item(session, item_id, until=arguments.until, **common)
        case _:
            reason = DismissReason(arguments.reason) if arguments.reason else None
            changes: dict[str, Any] = {"until": arguments.until, "reason": reason}
            item = apply_action(session, item_id, Action(action), **changes, **common)
    return item.version
