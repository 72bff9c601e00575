"""The inbox: a list of items."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.inbox.drafts import Severity, drafted_types
from app.inbox.queries import COUNT_CAP, Item, count_by_tab, list_items
from app.inbox.tabs import default_order
from app.web.context import container
from app.web.pages.item_forms import form_values
from app.web.queries import InboxPageQuery
from app.web.requests import read_query
from app.web.stats import read_stats

blueprint = Blueprint("inbox", __name__, url_prefix="/automation")

TYPES = sorted(drafted_types() | {"automation_dead_letter"})


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of items, with the counts of the tabs."""
    query = read_query(InboxPageQuery)
    with container().sessions.begin() as session:
        page = list_rows(session, query)
        counts = count_by_tab(session, query.filter)
        stats = read_stats(session)
        values = form_values(session)
    return render_template(
        "inbox.html",
        page=page,
        query=query,
        order=query.order or default_order(query.status),
        counts=counts,
        counts_cap=COUNT_CAP,
        stats=stats,
        severities=list(reversed(Severity)),
        types=TYPES,
        values=values,
    )


def list_rows(session: Session, query: InboxPageQuery) -> Page[Item]:
    """Return the items that the inbox page shows for `query`."""
    return list_items(session, query.filter, **query.paging)
