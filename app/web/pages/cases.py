"""Fraud cases: the list, the page of one case, and replies to its customer."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.core.errors import AutomationError, Conflict, InvalidInput
from app.fraud.approved_texts import Approved, FreeText, TemplateKey, TextKey, WantedReply
from app.fraud.phrases import Language
from app.fraud.queries import list_cases, show_case
from app.fraud.reply_to_case import reply_to_case
from app.outbound.messages import MAX_TEXT
from app.web.context import actor, container
from app.web.pages.case_workspace import read_workspace
from app.web.queries import CasesQuery
from app.web.requests import Form, ShortText, Text, read_form, read_query

blueprint = Blueprint("cases", __name__, url_prefix="/automation/cases")


class ReplyForm(Form):
    """A free text, or an approved one. `key` is that of the form: two clicks send one message.

    A browser sends two characters for a line break, so a text may be longer here.
    """

    key: ShortText = Field(min_length=1)
    text: Text | None = Field(None, max_length=2 * MAX_TEXT)
    approved: TextKey | TemplateKey | None = None

    def wanted(self, language: Language) -> WantedReply:
        """Return the reply, in the language of the case."""
        if self.approved is not None:
            return Approved(self.approved, language)
        return FreeText((self.text or "").replace("\r\n", "\n").strip())


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show a page of cases."""
    query = read_query(CasesQuery)
    with container().sessions.begin() as session:
        page = list_cases(session, **query.model_dump())
    return render_template("cases.html", page=page, query=query)


@blueprint.get("/<id:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    """Show a case with its item, its conversation and its timeline."""
    return _page(case_id)


@blueprint.post("/<id:case_id>/replies")
def reply(case_id: int) -> ResponseReturnValue:
    """Send a reply to the customer; if it is refused, say why and keep what was typed."""
    try:
        is_new = _send(case_id, read_form(ReplyForm))
    except (Conflict, InvalidInput) as refusal:
        return _refused(case_id, refusal)
    told = "The reply is on its way." if is_new else "The reply was sent already."
    flash(told, "success" if is_new else "info")
    return redirect(url_for(".show", case_id=case_id, _anchor="conversation"), HTTPStatus.SEE_OTHER)


def _send(case_id: int, form: ReplyForm) -> bool:
    """Send the reply of a form; tell whether it is new."""
    with container().sessions.begin() as session:
        language = Language(show_case(session, case_id).case.language)
        sent = reply_to_case(
            session,
            case_id,
            form.wanted(language),
            actor=actor(),
            vault=container().vault,
            key=form.key,
        )
    return sent.is_new


def _refused(case_id: int, refusal: AutomationError) -> ResponseReturnValue:
    flash(str(refusal), "warning")
    is_conflict = isinstance(refusal, Conflict)
    status = HTTPStatus.CONFLICT if is_conflict else HTTPStatus.UNPROCESSABLE_ENTITY
    return _page(case_id, typed=request.form.get("text", "")), status


def _page(case_id: int, *, typed: str = "") -> str:
    with container().sessions.begin() as session:
        workspace = read_workspace(session, case_id)
    here = url_for(".show", case_id=case_id)
    return render_template("case.html", here=here, typed=typed, **workspace)
