"""The webhook of WhatsApp. The provider's signature is the only credential here."""

import hashlib
import hmac

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized

from app.core.security_log import record_security
from app.inbound.envelope import MalformedJson
from app.inbound.take_in import take_in
from app.web.context import container

blueprint = Blueprint("webhooks", __name__)

HUB_CHALLENGE = "hub.challenge"
HUB_SIGNATURE = "X-Hub-Signature-256"
HUB_VERIFY_TOKEN = "hub.verify_token"  # noqa: S105 - the name of a parameter
_SCHEME = "sha256="


@blueprint.get("/webhooks/whatsapp")
def answer_challenge() -> Response:
    """Return the challenge if the verify token is right. Meta checks the address this way."""
    token = container().settings.whatsapp_verify_token.get_secret_value().encode()
    given = request.args.get(HUB_VERIFY_TOKEN, "").encode(errors="replace")
    is_meta = hmac.compare_digest(given, token)
    if request.args.get("hub.mode") != "subscribe" or not is_meta:
        record_security("webhook_challenge_refused", source_address=request.remote_addr)
        raise Forbidden("The verify token is not the one that this webhook expects.")
    return Response(request.args.get(HUB_CHALLENGE, ""), mimetype="text/plain")


@blueprint.post("/webhooks/whatsapp")
def take_in_body() -> Response:
    """Process a signed body. `received` counts its parts, `kept` the quarantined ones.

    It refuses a bad signature, bad JSON, and an object that is not a WhatsApp account.
    """
    body = request.get_data()
    _require_signature(body)
    try:
        taken = take_in(container().inbound, body)
    except MalformedJson:
        raise BadRequest("The body is not valid JSON.") from None
    return jsonify(received=taken.used + taken.kept, kept=taken.kept)


def _require_signature(body: bytes) -> None:
    signature = request.headers.get(HUB_SIGNATURE, "")
    secret = container().settings.whatsapp_app_secret.get_secret_value()
    expected = _SCHEME + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
        record_security("webhook_signature_refused", source_address=request.remote_addr)
        raise Unauthorized(
            f"The header {HUB_SIGNATURE} does not sign this body with our app secret."
        )
