"""The messages endpoint of the Graph API, with the parts that the product uses."""

import hmac
import json
import re
import socket
import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from app.customers.identity import USER_ID
from devtools.whatsapp_sandbox.contents import (
    MISSING_PARAMETER,
    UNAUTHORIZED,
    GraphError,
    text_of,
)
from devtools.whatsapp_sandbox.faults import Fault, FaultKind
from devtools.whatsapp_sandbox.network import Network
from devtools.whatsapp_sandbox.payloads import error_body
from devtools.whatsapp_sandbox.state import Author, Message, new_message_id

blueprint = Blueprint("graph", __name__)

_BAD_PARAMETER = 100
_REENGAGEMENT = 131047
"""The error of a text outside the customer service window. Meta accepts the text first."""


@blueprint.post("/<version>/<phone_number_id>/messages")
def send_message(version: str, phone_number_id: str) -> Response:
    """Accept a message for a customer and return its id, or return the Graph API's error."""
    network: Network = current_app.extensions["sandbox"]
    try:
        _check_caller(network, version, phone_number_id)
        body = _body()
        text = text_of(body)
        if USER_ID.fullmatch(str(body.get("to", ""))):  # Meta accepts it but does not deliver it
            return _answer(str(body["to"]), new_message_id())
        phone = _recipient(network, body)
    except GraphError as error:
        return _error(error.code, error.http_status)
    message = Message(
        id=new_message_id(network.phones.number_of(phone) or ""),
        author=Author.BUSINESS,
        text=text,
        status="sent",
        tracker=body.get("biz_opaque_callback_data"),
    )
    if body["type"] == "text" and network.is_window_closed(phone):
        network.fail(phone, message, _REENGAGEMENT)
        return _answer(phone, message.id)
    return _apply_fault(network, phone, message)


def _check_caller(network: Network, version: str, phone_number_id: str) -> None:
    wanted = f"Bearer {network.config.access_token}".encode()
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted):
        raise GraphError(UNAUTHORIZED)
    if not re.fullmatch(r"v\d+\.\d+", version) or phone_number_id != network.config.phone_number_id:
        raise GraphError(_BAD_PARAMETER)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        raise GraphError(MISSING_PARAMETER)
    return body


def _recipient(network: Network, body: dict[str, Any]) -> str:
    """Return the phone for the number in `to` or for the user id in `recipient`."""
    if "to" in body and (digits := _digits(body)):
        return network.phones.phone_with_number(digits)
    user_id = str(body.get("recipient", ""))
    is_whole = body.get("recipient_type") == "individual" and USER_ID.fullmatch(user_id)
    if "to" in body or not is_whole:
        raise GraphError(MISSING_PARAMETER)
    return user_id


def _digits(body: dict[str, Any]) -> str | None:
    digits = re.sub(r"[ +().-]", "", str(body.get("to", "")))
    return digits if re.fullmatch(r"[1-9]\d{6,14}", digits) else None


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
