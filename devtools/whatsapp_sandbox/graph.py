"""The messages endpoint of the Graph API, with the parts that the product uses."""

import hmac
import json
import re
import socket
import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from app.customers.identity import USER_ID
from app.outbound.messages import MAX_TEXT
from devtools.whatsapp_sandbox.faults import Fault, FaultKind
from devtools.whatsapp_sandbox.network import Network
from devtools.whatsapp_sandbox.payloads import error_body
from devtools.whatsapp_sandbox.state import Author, Message, new_message_id

blueprint = Blueprint("graph", __name__)

_UNAUTHORIZED = 190
_BAD_PARAMETER = 100
_MISSING_PARAMETER = 131008


@blueprint.post("/<version>/<phone_number_id>/messages")
def send_message(version: str, phone_number_id: str) -> Response:
    """Accept a message for a customer and return its id, or return the Graph API's error."""
    network: Network = current_app.extensions["sandbox"]
    wanted = f"Bearer {network.config.access_token}".encode()
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted):
        return _error(_UNAUTHORIZED, 401)
    if not re.fullmatch(r"v\d+\.\d+", version) or phone_number_id != network.config.phone_number_id:
        return _error(_BAD_PARAMETER, 400)
    body = request.get_json(silent=True)
    body = body if isinstance(body, dict) else {}
    text = _text_of(body)
    if text is None or body.get("messaging_product") != "whatsapp":
        return _error(_MISSING_PARAMETER, 400)
    if USER_ID.fullmatch(str(body.get("to", ""))):
        return _answer(str(body["to"]), new_message_id())  # Meta accepts it but does not deliver it
    phone = _recipient(network, body)
    if phone is None:
        return _error(_MISSING_PARAMETER, 400)
    message = Message(
        id=new_message_id(network.phones.number_of(phone) or ""),
        author=Author.BUSINESS,
        text=text,
        status="sent",
        tracker=body.get("biz_opaque_callback_data"),
    )
    return _apply_fault(network, phone, message)


def _recipient(network: Network, body: dict[str, Any]) -> str | None:
    """Return the phone for the number in `to` or for the user id in `recipient`."""
    if "to" in body:
        digits = _digits(body)
        return network.phones.phone_with_number(digits) if digits else None
    user_id = str(body.get("recipient", ""))
    is_whole = body.get("recipient_type") == "individual" and USER_ID.fullmatch(user_id)
    return user_id if is_whole else None


def _digits(body: dict[str, Any]) -> str | None:
    digits = re.sub(r"[ +().-]", "", str(body.get("to", "")))
    return digits if re.fullmatch(r"[1-9]\d{6,14}", digits) else None


def _text_of(body: dict[str, Any]) -> str | None:
    match body:
        case {"type": "text", "text": {"body": str(text)}} if 0 < len(text) <= MAX_TEXT:
            return text
        case {"type": "template", "template": {"name": str(name), "components": list(parts)}}:
            parameters = [each["text"] for part in parts for each in part["parameters"]]
            return " · ".join([f"[{name}]", *parameters])
        case _:
            return None


def _apply_fault(network: Network, phone: str, message: Message) -> Response:
    fault = network.phones.next_fault(phone)
    match fault:
        case Fault(kind=FaultKind.REFUSE):
            return _refuse(fault)
        case Fault(kind=FaultKind.FAIL_LATER, code=code):
            network.fail(phone, message, code)
        case Fault(kind=FaultKind.HANG, seconds=seconds):
            time.sleep(seconds)
            network.deliver(phone, message)
        case Fault(kind=FaultKind.LOSE_ANSWER):
            network.deliver(phone, message)
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        case _:
            network.deliver(phone, message)
    return _answer(phone, message.id)


def _answer(phone: str, message_id: str) -> Response:
    contact = {"input": f"+{phone}", "wa_id": phone}
    if not phone.isdigit():
        contact = {"input": phone, "user_id": phone}
    return jsonify(messaging_product="whatsapp", contacts=[contact], messages=[{"id": message_id}])


def _refuse(fault: Fault) -> Response:
    if fault.code == fault.http_status:
        return Response("Internal Server Error", fault.http_status, mimetype="text/plain")
    response = _error(fault.code, fault.http_status)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    return response


def _error(code: int, status: int) -> Response:
    return Response(json.dumps({"error": error_body(code)}), status, mimetype="application/json")
