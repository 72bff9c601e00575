"""Verifications of customers, read only."""

from flask import Blueprint
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.core.views import view_of
from app.fraud.queries import (
    VerificationView,
    case_of_verification,
    list_verifications,
    show_verification,
)
from app.web.api.answers import VerificationWithCase
from app.web.api.operation import Example, operation
from app.web.queries import VerificationsQuery

blueprint = Blueprint("api_verifications", __name__, url_prefix="/api/fraud/verifications")


@blueprint.get("")
@operation(example=Example(query={"status": "verified"}, answer={"next_cursor": None}))
def index(session: Session, query: VerificationsQuery) -> Page[VerificationView]:
    """Answer with a page of verifications, newest first."""
    return list_verifications(session, **query.model_dump())


@blueprint.get("/<id:verification_id>")
@operation(example=Example(path={"verification_id": 1}, answer={"id": 1, "case_id": 1}))
def show(session: Session, verification_id: int) -> VerificationWithCase:
    """Answer with a verification, and the case that it has become, if any."""
    found = show_verification(session, verification_id)
    case_id = case_of_verification(session, verification_id)
    return view_of(VerificationWithCase, found, case_id=case_id)
