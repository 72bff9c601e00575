"""Write the words of new items for the search, some time after the items.

An index of words in the transaction of the dispatch would slow it down. The search reads the
items that have no words yet itself (`app/inbox/find_items.py`).
"""

from datetime import timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.inbox.models import InboxItem, InboxSearchProgress

BATCH = 2_000
"""Items of one transaction."""

BATCHES = 10
"""Transactions of one run; the next run goes on."""

LONGEST_TRANSACTION = timedelta(minutes=5)
"""An item may become visible this long after its time of creation, so its neighbours are looked
at again for that long."""

_INDEX = text(
    """
    WITH missing AS (
        SELECT item FROM cc_admin_inbox_items AS item
        WHERE id > :below AND NOT EXISTS (SELECT FROM cc_inbox_search WHERE item_id = item.id)
        ORDER BY id LIMIT :batch
    ), written AS (
        INSERT INTO cc_inbox_search (item_id, words)
        SELECT (item).id, cc_words_of_item(item) FROM missing
        ON CONFLICT (item_id) DO NOTHING
        RETURNING item_id
    )
    SELECT count(*), max(item_id) FROM written
    """
)


def index_items(sessions: Sessions) -> int:
    """Write the words of items that have none, oldest first; return the number of items.

    One run at a time does so. Others return 0.
    """
    done = 0
    for _ in range(BATCHES):
        with sessions.begin() as session:
            count = _index_batch(session)
        done += count
        if count < BATCH:
            break
    return done


def _index_batch(session: Session) -> int:
    progress = session.scalar(select(InboxSearchProgress).with_for_update(skip_locked=True))
    if progress is None:
        return 0
    below = progress.indexed_below
    count, last = session.execute(_INDEX, {"below": below, "batch": BATCH}).one()
    settled = _settled(session, below, last if count == BATCH else None)
    if settled > below:
        session.execute(update(InboxSearchProgress).values(indexed_below=settled))
    return int(count)


def _settled(session: Session, below: int, last: int | None) -> int:
    """Return the last id below which no item can become visible any more, at most `last`."""
    newest = select(func.max(InboxItem.id)).where(
        InboxItem.id > below, InboxItem.created_at < func.now() - LONGEST_TRANSACTION
    )
    if last is not None:
        newest = newest.where(InboxItem.id <= last)
    return session.scalar(newest) or below
