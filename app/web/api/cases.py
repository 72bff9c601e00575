"""Fraud cases, read only."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.core.views import members_of
from app.fraud.queries import list_cases, show_case
from app.web.context import container
from app.web.queries import CasesQuery
from app.web.requests import Query, read_query

blueprint = Blueprint("api_cases", __name__, url_prefix="/api/fraud/cases")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Answer with a page of cases, newest first."""
    query = read_query(CasesQuery)
    with container().sessions.begin() as session:
        return jsonify(list_cases(session, **query.model_dump()))


@blueprint.get("/<id:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    """Answer with a case, the verification that it rests on, and what was added to it."""
    read_query(Query)
    with container().sessions.begin() as session:
        found = show_case(session, case_id)
    more = {"verification": found.verification, "messages": found.messages}
    return jsonify(members_of(found.case) | more)
