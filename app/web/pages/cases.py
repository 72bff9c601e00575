"""A fraud case."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.fraud.queries import MESSAGES_SHOWN, show_case
from app.web.context import container

blueprint = Blueprint("cases", __name__, url_prefix="/automation/cases")


@blueprint.get("/<id:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    """Show a case, the verification that it rests on, and what the customer added to it."""
    with container().sessions.begin() as session:
        found = show_case(session, case_id)
    return render_template(
        "case.html",
        case=found.case,
        verification=found.verification,
        messages=found.messages,
        is_cut=len(found.messages) == MESSAGES_SHOWN,
    )
