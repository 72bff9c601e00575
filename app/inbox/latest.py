"""Whether the inbox has changed, and its newest items, for pages that stay open."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.views import view_of
from app.inbox.models import InboxChanges, InboxItem

LATEST_LIMIT = 50
"""The number of newest items that an open page compares with the ones it knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestItem:
    """One of the newest items."""

    id: int
    severity: str
    title: str


def count_changes(session: Session) -> int:
    """Return a number that grows when a change of any item becomes visible.

    It reads a table of a few rows, whatever the size of the inbox.
    """
    return int(session.scalars(select(func.coalesce(func.sum(InboxChanges.changes), 0))).one())


def latest_items(session: Session) -> Sequence[LatestItem]:
    """Return the newest items, newest first, in every status."""
    columns = (InboxItem.id, InboxItem.severity, InboxItem.title)
    rows = session.execute(select(*columns).order_by(InboxItem.id.desc()).limit(LATEST_LIMIT))
    return [view_of(LatestItem, row) for row in rows]
