"""The Conflict errors of actions on items: what changed, when, and what is possible now."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Stale
from app.inbox.actions import CLOSED, Action, allowed_actions, past_of
from app.inbox.history import last_change
from app.inbox.models import RECUR, InboxItem
from app.inbox.queries import closes_itself


def conflict_of(session: Session, item: InboxItem, verb: str, *, seen: int) -> Conflict:
    """Return the Conflict for a caller who saw version `seen` and wanted to `verb` the item."""
    last = last_change(session, item)
    if last is not None and last.action == RECUR:
        last = None
    now_allowed = " or ".join(allowed_actions(item.status, closes_itself=closes_itself(item)))
    if seen != item.version and (last is None or last.at < item.updated_at):
        return Stale(
            f"Item {item.id} has changed since you loaded it: it has come up {item.occurrences}"
            f" times now; reload it before you {verb} it."
        )
    if closes_itself(item) and verb == Action.RESOLVE and item.status not in CLOSED:
        return Conflict(
            f"Item {item.id} announces {item.occurrences} dead events. It closes automatically"
            " when all of them are retried or discarded; or dismiss the item to leave them dead."
        )
    if last is None:
        return Conflict(
            f"Item {item.id} is {item.status}, so you can't {verb} it; {now_allowed} it."
        )
    kind = Conflict if seen == item.version else Stale
    return kind(
        f"Item {item.id} was {past_of(last.action)} by {last.actor}"
        f" at {last.at:%Y-%m-%d %H:%M:%S} UTC; reload it before you {now_allowed} it."
    )


def superseded(session: Session, item: InboxItem) -> Conflict:
    """Return the Conflict for reopening an item while a newer one of its group is open."""
    newer = session.scalar(
        select(InboxItem.id).where(
            InboxItem.group_key == item.group_key, InboxItem.status.not_in(CLOSED)
        )
    )
    return Conflict(
        f"Item {item.id} can't be reopened: it has come up again as item {newer}; work on that one."
    )
