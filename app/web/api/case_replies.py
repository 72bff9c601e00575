"""The conversation with the customer of a case, and replies to them."""

from http import HTTPStatus
from typing import Self

from flask import Blueprint
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from app.core.views import view_of
from app.fraud.approved_texts import (
    Approved,
    FreeText,
    TemplateKey,
    TextKey,
    WantedReply,
    approved_templates,
    approved_texts,
)
from app.fraud.correspondence import read_correspondence
from app.fraud.phrases import Language
from app.fraud.queries import show_case
from app.fraud.reply_to_case import reply_to_case
from app.fraud.reply_window import read_window
from app.outbound.messages import MAX_TEXT
from app.outbound.queries import OutboundJobView, show_job
from app.web.api.answers import CaseConversation, ReplyOptions
from app.web.api.operation import Example, operation
from app.web.context import actor, container
from app.web.queries import CursorQuery
from app.web.requests import Body, FilledText, Query, exactly_one

blueprint = Blueprint("api_case_replies", __name__, url_prefix="/api/fraud/cases")


class LanguageQuery(Query):
    """The language of the texts; without it that of the case."""

    language: Language | None = None


class ReplyBody(Body):
    """A free text, or the key of an approved text or template and its language."""

    model_config = exactly_one("text", "approved")

    text: FilledText | None = Field(None, max_length=MAX_TEXT)
    approved: TextKey | TemplateKey | None = None
    language: Language | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.text is None) == (self.approved is None):
            raise ValueError("must hold either a text or the key of an approved text")
        return self

    def wanted(self, language: Language) -> WantedReply:
        """Return the reply; `language` is that of the case."""
        if self.approved is None:
            return FreeText(self.text or "")
        return Approved(self.approved, self.language or language)


@blueprint.get("/<id:case_id>/conversation")
@operation(example=Example(path={"case_id": 1}, answer={"next_cursor": None}))
def conversation(session: Session, query: CursorQuery, case_id: int) -> CaseConversation:
    """Answer with the messages between the customer of a case and us, newest first.

    Texts are redacted, and a code is never shown.
    """
    customer_id = show_case(session, case_id).case.customer_id
    page = read_correspondence(session, customer_id, vault=container().vault, cursor=query.cursor)
    return view_of(CaseConversation, page, window=read_window(session, customer_id))


@blueprint.get("/<id:case_id>/reply-options")
@operation(example=Example(path={"case_id": 1}, query={"language": "es"}))
def reply_options(session: Session, query: LanguageQuery, case_id: int) -> ReplyOptions:
    """Answer with the approved texts and templates for a case, and with its reply window."""
    case = show_case(session, case_id).case
    language = query.language or Language(case.language)
    return ReplyOptions(
        window=read_window(session, case.customer_id),
        texts=approved_texts(case_id, language),
        templates=approved_templates(case_id, language),
    )


@blueprint.post("/<id:case_id>/replies")
@operation(
    example=Example(
        path={"case_id": 1},
        body={"approved": "case_news", "language": "en"},
        answer={"status": "queued", "kind": "template", "subject_ref": "case:1"},
    ),
    status=HTTPStatus.CREATED,
    refusals=[HTTPStatus.CONFLICT],
)
def reply(session: Session, body: ReplyBody, case_id: int) -> OutboundJobView:
    """Send a reply to the customer of a case; 409 for free text outside the window."""
    language = Language(show_case(session, case_id).case.language)
    sent = reply_to_case(
        session,
        case_id,
        body.wanted(language),
        actor=actor(),
        vault=container().vault,
    )
    return show_job(session, sent.job_id).job
