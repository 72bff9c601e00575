"""The filter of a list of items, with the items of a customer in it."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.inbox.item_conditions import ItemFilter
from app.timeline.customer_items import items_of_customer
from app.web.queries import InboxQuery


def wanted_items(session: Session, query: InboxQuery) -> ItemFilter:
    """Return the filter that `query` means."""
    if query.customer_id is None:
        return query.filter
    return replace(query.filter, ids=items_of_customer(session, query.customer_id))
