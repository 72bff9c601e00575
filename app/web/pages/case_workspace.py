"""What the page of a case shows: the case, its item, the conversation, and what can be sent."""

import secrets
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.fraud.approved_texts import approved_templates, approved_texts
from app.fraud.correspondence import read_correspondence
from app.fraud.phrases import Language
from app.fraud.queries import CaseView, list_cases, list_verifications, show_case
from app.fraud.reply_window import read_window
from app.inbox.queries import show_item
from app.inbox.timeline import item_of_key
from app.outbound.messages import MAX_TEXT
from app.timeline.read import Of
from app.web.context import actor, container
from app.web.pages.item_forms import form_values
from app.web.pages.timelines import timeline_of

EARLIER = "before"
"""The parameter of the page that holds the cursor of its conversation."""

OTHERS_SHOWN = 5
"""How many other reports of the customer are shown; a list has all of them."""


def read_workspace(session: Session, case_id: int) -> dict[str, Any]:
    """Return the template variables of the page of a case. Raises NotFound."""
    found = show_case(session, case_id)
    return {
        "case": found.case,
        "verification": found.verification,
        "timeline_page": timeline_of(session, Of.CASE, case_id),
        **_item(session, case_id),
        **_conversation(session, found.case),
        **_other_reports(session, found.case),
    }


def _item(session: Session, case_id: int) -> dict[str, Any]:
    """Return the item of the case, with what its forms need; no item before its dispatch."""
    item_id = item_of_key(session, f"fraud_case_created:{case_id}")
    if item_id is None:
        return {"item": None, "acts": ()}
    item = show_item(session, item_id, actor=actor()).item
    return {"item": item, "acts": item.allowed_actions, "values": form_values(session), "kept": {}}


def _conversation(session: Session, case: CaseView) -> dict[str, Any]:
    language = Language(case.language)
    cursor = request.args.get(EARLIER)
    return {
        "conversation": read_correspondence(
            session, case.customer_id, vault=container().vault, cursor=cursor
        ),
        "window": read_window(session, case.customer_id),
        "texts": approved_texts(case.id, language),
        "templates": approved_templates(case.id, language),
        "form_key": secrets.token_urlsafe(12),
        "text_limit": MAX_TEXT,
    }


def _other_reports(session: Session, case: CaseView) -> dict[str, Any]:
    """Return the customer's other cases, and their verifications that have no case."""
    customer, limit = case.customer_id, OTHERS_SHOWN + 1
    cases = list_cases(session, customer_id=customer, limit=limit).items
    verifications = list_verifications(session, customer_id=customer, limit=limit).items
    unproven = [each for each in verifications if each.status != "verified"]
    return {
        "other_cases": [each for each in cases if each.id != case.id][:OTHERS_SHOWN],
        "unproven": unproven[:OTHERS_SHOWN],
    }
