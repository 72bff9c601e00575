"""A fraud case."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.fraud.queries import show_case
from app.web.context import container

blueprint = Blueprint("cases", __name__, url_prefix="/automation/cases")


@blueprint.get("/<id:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    """Show a case and the verification that it rests on."""
    with container().sessions.begin() as session:
        found = show_case(session, case_id)
    return render_template("case.html", case=found.case, verification=found.verification)
