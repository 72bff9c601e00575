"""Verifications of customers."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.fraud.models import VerificationStatus
from app.fraud.queries import case_of_verification, list_verifications, show_verification
from app.timeline.read import Of
from app.web.context import container
from app.web.pages.timelines import timeline_of
from app.web.queries import VerificationsQuery
from app.web.requests import read_query

blueprint = Blueprint("verifications", __name__, url_prefix="/automation/verifications")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of verifications."""
    query = read_query(VerificationsQuery)
    with container().sessions.begin() as session:
        page = list_verifications(session, **query.model_dump())
    return render_template(
        "verifications.html", page=page, query=query, statuses=list(VerificationStatus)
    )


@blueprint.get("/<id:verification_id>")
def show(verification_id: int) -> ResponseReturnValue:
    """Show a verification, and the case that it has become."""
    with container().sessions.begin() as session:
        found = show_verification(session, verification_id)
        case_id = case_of_verification(session, verification_id)
        timeline = timeline_of(session, Of.VERIFICATION, verification_id)
    return render_template(
        "verification.html", verification=found, case_id=case_id, timeline_page=timeline
    )
