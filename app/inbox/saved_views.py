"""Saved views of the inbox: filters with a name, of one person or shared with all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.views import view_of
from app.inbox.models import InboxView

NAME_LIMIT = 60
"""Characters of a name."""

CAP = 50
"""Views of one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A view. `filters` has the parameters of the inbox page by name, as text."""

    id: int
    owner: str
    name: str
    filters: Mapping[str, str]
    is_shared: bool
    created_at: datetime


def list_views(session: Session, person: str) -> Sequence[SavedView]:
    """Return the views of a person, then those that others share, each by name."""
    is_foreign = InboxView.owner != person
    rows = session.scalars(
        select(InboxView)
        .where(or_(InboxView.owner == person, InboxView.is_shared))
        .order_by(is_foreign, func.lower(InboxView.name), InboxView.id)
    )
    return [view_of(SavedView, row) for row in rows]


def save_view(
    session: Session, person: str, *, name: str, filters: Mapping[str, str], is_shared: bool
) -> SavedView:
    """Save filters as a view of a person.

    Raises InvalidInput without a name or with more than CAP views, and Conflict if the person
    has a view of that name.
    """
    name = name.strip()
    if not name or len(name) > NAME_LIMIT:
        raise InvalidInput(f"The name must have 1 to {NAME_LIMIT} characters.", field="name")
    own = select(func.count()).where(InboxView.owner == person)
    if session.scalars(own).one() >= CAP:
        raise InvalidInput(f"You have {CAP} views, the most that there can be; delete one first.")
    statement = (
        insert(InboxView)
        .values(owner=person, name=name, filters=dict(filters), is_shared=is_shared)
        .on_conflict_do_nothing()
        .returning(InboxView)
    )
    row = session.scalar(statement)
    if row is None:
        raise Conflict(f"You have a view with the name {name}; delete it or choose another name.")
    return view_of(SavedView, row)


def delete_view(session: Session, view_id: int, person: str) -> SavedView:
    """Delete a view of the person, or a shared one. Raises NotFound for any other."""
    row = session.get(InboxView, view_id)
    if row is None or not (row.is_shared or row.owner == person):
        raise NotFound(f"There is no view {view_id} that you can see.")
    deleted = view_of(SavedView, row)
    session.delete(row)
    return deleted
