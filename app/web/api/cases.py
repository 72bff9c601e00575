"""Fraud cases, read only."""

from flask import Blueprint
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.core.views import view_of
from app.fraud.queries import CaseView, list_cases, show_case
from app.web.api.answers import CaseWithVerification
from app.web.api.operation import Example, operation
from app.web.queries import CasesQuery

blueprint = Blueprint("api_cases", __name__, url_prefix="/api/fraud/cases")


@blueprint.get("")
@operation(example=Example(query={"status": "open", "limit": 10}, answer={"next_cursor": None}))
def index(session: Session, query: CasesQuery) -> Page[CaseView]:
    """Answer with a page of cases, newest first."""
    return list_cases(session, **query.model_dump())


@blueprint.get("/<id:case_id>")
@operation(example=Example(path={"case_id": 1}, answer={"id": 1, "status": "open"}))
def show(session: Session, case_id: int) -> CaseWithVerification:
    """Answer with a case, the verification that it rests on, and what was added to it."""
    found = show_case(session, case_id)
    return view_of(
        CaseWithVerification,
        found.case,
        verification=found.verification,
        messages=found.messages,
    )
