"""Fraud cases."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.fraud.queries import MESSAGES_SHOWN, list_cases, show_case
from app.timeline.read import Of
from app.web.context import container
from app.web.pages.timelines import timeline_of
from app.web.queries import CasesQuery
from app.web.requests import read_query

blueprint = Blueprint("cases", __name__, url_prefix="/automation/cases")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of cases."""
    query = read_query(CasesQuery)
    with container().sessions.begin() as session:
        page = list_cases(session, **query.model_dump())
    return render_template("cases.html", page=page, query=query)


@blueprint.get("/<id:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    """Show a case, the verification that it rests on, and what the customer added to it."""
    with container().sessions.begin() as session:
        found = show_case(session, case_id)
        timeline = timeline_of(session, Of.CASE, case_id)
    return render_template(
        "case.html",
        case=found.case,
        verification=found.verification,
        messages=found.messages,
        timeline_page=timeline,
        is_cut=len(found.messages) == MESSAGES_SHOWN,
    )
