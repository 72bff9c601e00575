"""Find the items that a search means, before a list selects a page of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.inbox.item_conditions import ItemFilter
from app.inbox.models import InboxSearch
from app.inbox.search_terms import CaseId, ItemId, Words, parse_terms
from app.inbox.select_items import select_since

FOUND_CAP = 2_000
"""A search finds at most this many items: of those with its words the newest."""

FRESH_CAP = 2_000
"""The newest items among which the search looks for items without words."""

_BLOCKS = (10_000, 100_000, 1_000_000)
"""The sizes of the blocks of ids that the index has words for (revision 041)."""

_FOUND = text(
    """
    SELECT item_id FROM cc_inbox_search
    WHERE words @@ (to_tsquery('simple', :tsquery) && CAST(:block AS tsquery))
    ORDER BY item_id DESC LIMIT :cap
    """
)
_FRESH = text(
    """
    SELECT fresh.id FROM (
        SELECT item.id, item FROM cc_admin_inbox_items AS item
        WHERE id > (SELECT indexed_below FROM cc_inbox_search_progress)
        ORDER BY id DESC LIMIT :fresh
    ) AS fresh
    WHERE NOT EXISTS (SELECT FROM cc_inbox_search WHERE item_id = fresh.id)
      AND cc_words_of_item(fresh.item) @@ to_tsquery('simple', :tsquery)
    """
)


def resolve(session: Session, wanted: ItemFilter) -> ItemFilter:
    """Return the filter with the ids that match its `q` and its `since`, in place of them."""
    if wanted.q:
        wanted = _narrowed(replace(wanted, q=None), _find(session, wanted.q))
    if wanted.since:
        wanted = _narrowed(replace(wanted, since=None), _seen_since(session, wanted.since))
    return wanted


def resolve_all(session: Session, wanted: ItemFilter) -> ItemFilter:
    """Like `resolve`, for those who need every match. Raises InvalidInput if there are too many."""
    found = resolve(session, wanted)
    if found.is_cut:
        field, advice = ("q", "add a word to it") if wanted.q else ("since", "choose a later time")
        raise InvalidInput(
            f"The search matches {FOUND_CAP:,} items or more; {advice}.", field=field
        )
    return found


def _narrowed(wanted: ItemFilter, found: tuple[int, ...]) -> ItemFilter:
    kept = found if wanted.ids is None else tuple(set(found).intersection(wanted.ids))
    return replace(wanted, ids=kept, is_cut=wanted.is_cut or len(found) >= FOUND_CAP)


def _seen_since(session: Session, since: datetime) -> tuple[int, ...]:
    """Return the items that are new or have come up again after `since`, at most FOUND_CAP."""
    seen = select_since(since, limit=FOUND_CAP).subquery()
    return tuple(session.scalars(select(seen.c.id)))


def _find(session: Session, q: str) -> tuple[int, ...]:
    match parse_terms(q):
        case ItemId(item_id):
            return (item_id,)
        case Words(()):
            return ()
        case CaseId() | Words() as terms:
            return _find_words(session, terms.tsquery)


def _find_words(session: Session, tsquery: str) -> tuple[int, ...]:
    """Return the newest items with the words, at most FOUND_CAP.

    A word of very many items is found among the newest of them, and one of few items among all.
    So neither reads many more rows than it returns.
    """
    fresh = session.scalars(_FRESH, {"tsquery": tsquery, "fresh": FRESH_CAP}).all()
    found: list[int] = []
    for block in _blocks(session.scalar(select(func.max(InboxSearch.item_id))) or 0):
        values = {"tsquery": tsquery, "block": block, "cap": FOUND_CAP}
        found = list(session.scalars(_FOUND, values))
        if len(found) >= FOUND_CAP:
            break
    return tuple([*fresh, *found][:FOUND_CAP])


def _blocks(newest: int) -> Iterator[str]:
    """Yield the queries for the newest two blocks of each size, and one for all items."""
    for size in _BLOCKS:
        last = newest // size
        if last > 0:
            yield f"'#{size}:{last}' | '#{size}:{last - 1}'"
    yield ""
