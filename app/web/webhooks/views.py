"""The webhook of WhatsApp. The provider's signature is the only credential here."""

import hashlib
import hmac
from collections.abc import Callable
from functools import partial

import structlog
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden, InternalServerError, Unauthorized

from app.fraud.intake import CustomerMessage, receive
from app.outbound.statuses import StatusReport, apply_status
from app.web.context import container
from app.web.webhooks.envelope import read_batch

blueprint = Blueprint("webhooks", __name__)
log = structlog.get_logger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)
HUB_CH = "hub.challenge"
HUB_SIG = "X-Hub-Signature-256"
HUB_VT = "hub.verify_token"
_SCHEME = "sha256="


@blueprint.get("/webhooks/whatsapp")
def answer_challenge() -> Response:
    """Repeat the challenge to whoever knows the verify token: so Meta checks the address."""
    token = container().settings.whatsapp_verify_token.get_secret_value().encode()
    is_meta = hmac.compare_digest(request.args.get(HUB_VT, "").encode(errors="replace"), token)
    if request.args.get("hub.mode") != "subscribe" or not is_meta:
        raise Forbidden("The verify token is not the one that this webhook expects.")
    return Response(request.args.get(HUB_CH, ""), mimetype="text/plain")


@blueprint.post("/webhooks/whatsapp")
def take_in_batch() -> Response:
    """Take in each message and status of a signed body, each in a transaction of its own.

    Whatever fails makes the whole answer a failure, so that Meta sends the body again;
    what was taken in before is recognised and left alone.
    """
    body = request.get_data()
    _require_signature(body)
    batch = read_batch(body)
    for fault in batch.faults:
        log.warning("whatsapp_item_left_out", fault=fault)
    taken = [_take_in(partial(_receive, message=each)) for each in batch.messages]
    taken += [_take_in(partial(_apply, report=each)) for each in batch.statuses]
    if not all(taken):
        raise InternalServerError
    return jsonify(received=len(taken))


def _require_signature(body: bytes) -> None:
    signature = request.headers.get(HUB_SIG, "")
    secret = container().settings.whatsapp_app_secret.get_secret_value()
    expected = _SCHEME + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
        raise Unauthorized(f"The header {HUB_SIG} does not sign this body with our app secret.")


def _take_in(act: Callable[[Session], str]) -> bool:
    """Act in a transaction of its own; a fault in one item leaves the others alone."""
    try:
        with container().sessions.begin() as session:
            result = act(session)
    except DATABASE_AWAY:
        raise
    except Exception:
        log.exception("whatsapp_item_failed")
        return False
    log.info("whatsapp_item_taken_in", result=result)
    return True


def _receive(session: Session, message: CustomerMessage) -> str:
    home = container()
    decision = receive(session, message, vault=home.vault, now=home.clock())
    return "Duplicate" if decision is None else type(decision).__name__


def _apply(session: Session, report: StatusReport) -> str:
    has_changed = apply_status(session, report, container().outbound.rules)
    return "Changed" if has_changed else "Ignored"
