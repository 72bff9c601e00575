"""The entries of inbox items in a timeline."""

from collections.abc import Iterator, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.timeline import Entry, Place, Rank, Window
from app.inbox.actions import past_of
from app.inbox.models import AUTOMATION, RECUR, InboxHistory, InboxItem

_NAMES = {RECUR: "reopened", AUTOMATION: "The automation"}


def items_of_events(
    session: Session, event_ids: Sequence[int], folded_into: Sequence[int]
) -> list[int]:
    """Return the ids of the items that events have of their own or were folded into."""
    is_theirs = or_(InboxItem.event_id.in_(event_ids), InboxItem.id.in_(folded_into))
    return list(session.scalars(select(InboxItem.id).where(is_theirs)))


def item_of_key(session: Session, key: str) -> int | None:
    """Return the id of the item with a dedupe key, or of the open one that continues it."""
    is_open = InboxItem.status.in_(["open", "acknowledged"])
    own = select(InboxItem.id, is_open).where(InboxItem.dedupe_key == key)
    later = select(InboxItem.id, is_open).where(InboxItem.group_key == key, is_open)
    found = [*session.execute(own), *session.execute(later)]
    return next((row[0] for row in sorted(found, key=lambda row: not row[1])), None)


def item_entries(session: Session, item_ids: Sequence[int], window: Window) -> Iterator[Entry]:
    """Yield the entries of items: that they were opened, and what people did."""
    if not item_ids:
        return
    item, act = InboxItem, InboxHistory
    opened = select(item.id, item.created_at, item.title).where(item.id.in_(item_ids))
    for row in session.execute(window.of(opened, item.created_at, item.id, Rank.ITEM_OPENED)):
        place = Place(row.created_at, Rank.ITEM_OPENED, row.id)
        yield Entry.of(place, f"item:{row.id}", f"Item {row.id} was opened", detail=row.title)
    acts = select(act).where(act.item_id.in_(item_ids))
    done = session.scalars(window.of(acts, act.at, act.id, Rank.ITEM_ACT))
    yield from map(_act_of, done)


def _act_of(row: InboxHistory) -> Entry:
    who = _NAMES.get(row.actor, row.actor)
    to = f" to {row.to_assignee}" if row.action == "assign" and row.to_assignee else ""
    did = _NAMES.get(row.action) or past_of(row.action)
    text = f"{who} {did} item {row.item_id}{to}"
    place = Place(row.at, Rank.ITEM_ACT, row.id)
    return Entry.of(place, f"item:{row.item_id}", text, detail=row.note, actor=row.actor)
