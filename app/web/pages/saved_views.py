"""Save and delete views of the inbox."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.core.errors import Conflict, InvalidInput
from app.inbox.saved_views import delete_view, save_view
from app.web.context import actor, container
from app.web.queries import InboxPageQuery, saved_filters
from app.web.requests import Form, ShortText, Text, read_form, read_query_string

blueprint = Blueprint("views", __name__, url_prefix="/automation/views")


class ViewForm(Form):
    """The name of a view, the query string of the inbox page, and whether all may see it."""

    name: ShortText = ""
    query: Text = ""
    shared: bool = False


@blueprint.post("")
def save() -> ResponseReturnValue:
    """Save the filters of the inbox page under a name, or say why that is not possible."""
    form = read_form(ViewForm)
    filters = saved_filters(read_query_string(InboxPageQuery, form.query))
    try:
        with container().sessions.begin() as session:
            view = save_view(
                session, actor(), name=form.name, filters=filters, is_shared=form.shared
            )
        flash(f"The view {view.name} is saved.", "success")
    except (Conflict, InvalidInput) as refusal:
        flash(str(refusal), "warning")
    return _show(filters)


@blueprint.post("/<id:view_id>/delete")
def delete(view_id: int) -> ResponseReturnValue:
    """Delete a view, and go on to show what it showed."""
    with container().sessions.begin() as session:
        view = delete_view(session, view_id, actor())
    flash(f"The view {view.name} is deleted.", "success")
    return _show(view.filters)


def _show(filters: Mapping[str, str]) -> Response:
    return redirect(f"{url_for('inbox.index')}?{urlencode(filters)}", HTTPStatus.SEE_OTHER)
