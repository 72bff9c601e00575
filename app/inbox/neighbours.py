"""Find the items before and after an item in a list, each by one short scan of the indexes."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.inbox.drafts import Severity
from app.inbox.find_items import resolve
from app.inbox.item_conditions import ItemFilter
from app.inbox.models import InboxItem
from app.inbox.position import Position
from app.inbox.select_items import select_before, select_page
from app.inbox.tabs import Order, default_order


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The ids of the items before and after an item in a list; None at its ends."""

    previous: int | None
    next: int | None


def neighbours_of(
    session: Session, item_id: int, wanted: ItemFilter, *, order: Order | None = None
) -> Neighbours:
    """Return the neighbours of an item in a list, in the order of the tab unless given.

    An item that has left the list has the place that it would have there.
    """
    wanted = resolve(session, wanted)
    order = order or default_order(wanted.status)
    item = session.get_one(InboxItem, item_id)
    here = _position_of(session, item, order)
    after = select_page(wanted, order, as_of=here.as_of, after=here, limit=1)
    before = select_before(wanted, order, position=here)
    return Neighbours(_first_id(session, before), _first_id(session, after))


def _position_of(session: Session, item: InboxItem, order: Order) -> Position:
    as_of = session.execute(select(func.now())).scalar_one()
    if order is Order.NEWEST:
        return Position(order, as_of, 0, 0, item.last_seen_at, item.id)
    rank = list(reversed(Severity)).index(Severity(item.severity))
    group = 0 if item.is_overdue else 1
    return Position(order, as_of, rank, group, item.waits_from, item.id)


def _first_id(session: Session, statement: Select[*tuple[Any, ...]]) -> int | None:
    row = session.execute(statement).first()
    return row.id if row else None
