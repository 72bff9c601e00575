"""The inbox: a list of items."""

from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput, NotFound
from app.core.paging import Page
from app.customers.parse import looks_like_identity, parse_typed
from app.customers.queries import find_customer
from app.inbox.drafts import Severity, drafted_types
from app.inbox.find_items import FOUND_CAP, resolve
from app.inbox.item_conditions import ItemFilter
from app.inbox.queries import COUNT_CAP, Item, count_by_tab, count_items, list_items
from app.inbox.saved_views import list_views
from app.inbox.tabs import Tab, default_order
from app.inbox.visits import record_visit
from app.web.context import actor, container
from app.web.pages.item_forms import form_values
from app.web.queries import InboxPageQuery, saved_filters
from app.web.requests import Form, ShortText, Text, mask_numbers, read_form, read_query
from app.web.stats import read_stats
from app.web.wanted_items import wanted_items

KEPT = ("severity", "type", "assignee", "unassigned", "since")


class SearchForm(Form):
    """The text of the search, and the query string of the list."""

    q: ShortText = ""
    query: Text = ""


blueprint = Blueprint("inbox", __name__, url_prefix="/automation")

TYPES = sorted(drafted_types() | {"automation_dead_letter"})


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of items, with the counts of the tabs."""
    query = read_query(InboxPageQuery)
    with container().sessions.begin() as session:
        wanted = resolve(session, wanted_items(session, query))
        page = list_items(session, wanted, **query.paging)
        counts = count_by_tab(session, wanted)
        stats = read_stats(session)
        values = form_values(session)
        views = list_views(session, actor())
        visit = record_visit(session, actor())
        news = count_items(session, ItemFilter(since=visit)) if visit else 0
    return render_template(
        "inbox.html",
        page=page,
        query=query,
        order=query.order or default_order(query.status),
        counts=counts,
        counts_cap=COUNT_CAP,
        found_cap=FOUND_CAP if wanted.is_cut else None,
        stats=stats,
        severities=list(reversed(Severity)),
        types=TYPES,
        values=values,
        views=views,
        filters=saved_filters(query),
        visit=visit,
        news=news,
    )


@blueprint.post("/search")
def search() -> ResponseReturnValue:
    """Redirect to the items that were found.

    The form is a POST, so that no address contains a number that somebody searched for. A number
    or a user id leads to the items of its customer.
    """
    form = read_form(SearchForm)
    kept = _kept(form.query)
    if not looks_like_identity(form.q):
        return redirect(_list_of(kept | {"q": mask_numbers(form.q.strip())}), HTTPStatus.SEE_OTHER)
    try:
        identity = parse_typed(form.q, field="q")
        with container().sessions.begin() as session:
            customer = find_customer(session, identity, vault=container().vault)
    except (InvalidInput, NotFound) as error:
        flash(str(error), "warning")
        return redirect(_list_of(kept), HTTPStatus.SEE_OTHER)
    return redirect(_list_of(kept | {"customer_id": str(customer.id)}), HTTPStatus.SEE_OTHER)


def _kept(query: str) -> dict[str, str]:
    """Return the filters of the list that stay. A search is over all statuses."""
    given = dict(parse_qsl(query))
    return {name: given[name] for name in KEPT if name in given} | {"status": Tab.ALL}


def _list_of(query: dict[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{url_for('inbox.index')}?{urlencode(given)}"


def list_rows(session: Session, query: InboxPageQuery) -> Page[Item]:
    """Return the items that the inbox page shows for `query`."""
    return list_items(session, wanted_items(session, query), **query.paging)
