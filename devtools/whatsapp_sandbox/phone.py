"""The customer's phone: a web page for people, and a JSON API for drills and tests."""

import re
from typing import Annotated, Any, TypeVar

import phonenumbers
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from werkzeug.wrappers import Response as AnyResponse

from app.core.errors import InvalidInput
from app.customers.identity import USER_ID
from app.customers.parse import parse_number
from devtools.whatsapp_sandbox.faults import SLOW_SECONDS, Fault, FaultKind
from devtools.whatsapp_sandbox.network import Network
from devtools.whatsapp_sandbox.state import Author, Conversation

blueprint = Blueprint("phone", __name__)

FIRST_NUMBER = "34600111222"
SUGGESTIONS = (
    "I think there's fraud on my account",
    "Creo que hay un fraude en mi cuenta",
    "RESEND",
    "CANCEL",
    "HELP",
)

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


@blueprint.app_template_filter()
def international(phone: str) -> str:
    """Return digits in international format, e.g. `+34 600 11 12 22`.

    Digits without a valid country code are returned with a plus, a user id as it is.
    """
    if not phone.isdigit():
        return phone
    try:
        number = phonenumbers.parse(f"+{phone}", None)
    except phonenumbers.NumberParseException:
        return f"+{phone}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _phone(typed: str) -> str:
    """Return a user id unchanged and a number as digits. Raises ValueError."""
    return typed.strip() if USER_ID.fullmatch(typed.strip()) else _digits(typed)


def _user_id(typed: str) -> str:
    if not USER_ID.fullmatch(typed):
        raise ValueError("This is not a user id; write it like ES.13491208655302741918.")
    return typed


def _digits(number: str) -> str:
    try:
        return parse_number(f"+{number.strip().lstrip('+')}", field="number").removeprefix("+")
    except InvalidInput as error:
        raise ValueError(str(error)) from None


AnyModel = TypeVar("AnyModel", bound=BaseModel)
Phone = Annotated[str, AfterValidator(_phone)]


class TypedMessage(BaseModel):
    """A message from a customer. Send the same `id` twice to simulate a repeated webhook."""

    phone: Phone
    text: str = Field("", max_length=4096)
    kind: str = Field("text", pattern=r"^[a-z]{1,20}$")
    id: str | None = Field(None, min_length=1, max_length=200)


class RevealedNumber(BaseModel):
    """The user id of a customer, and the number that webhooks contain from now on."""

    user_id: Annotated[str, AfterValidator(_user_id)]
    number: Annotated[str, AfterValidator(_digits)]


class PlannedFailure(BaseModel):
    """The fault of the next messages to a number, for `times` messages; 0 removes the plan."""

    phone: Phone
    kind: FaultKind = FaultKind.REFUSE
    code: int = Field(131026, ge=0, le=999_999)
    retry_after: int | None = Field(None, ge=0, le=3600)
    seconds: float = Field(SLOW_SECONDS, gt=0, le=120)
    times: int = Field(1, ge=0, le=1000)


class PassedTime(BaseModel):
    """How much older the conversation of a phone becomes, to close its 24-hour window."""

    phone: Phone
    hours: float = Field(gt=0, le=24 * 365)


@blueprint.get("/")
def home() -> AnyResponse:
    """Redirect to the most recently used conversation; create one if there is none."""
    conversations = _network().phones.all()
    first = conversations[0] if conversations else _network().phones.open(FIRST_NUMBER)
    return redirect(url_for(".show", conversation_id=first.id))


@blueprint.get("/c/<int:conversation_id>")
def show(conversation_id: int) -> str:
    """Show the phone with one conversation open."""
    return _render("phone.html", _find(conversation_id))


@blueprint.get("/c/<int:conversation_id>/messages")
def show_messages(conversation_id: int) -> str:
    """Return only the messages, as a fragment or as a page for a frame."""
    is_frame = "frame" in request.args
    return _render("frame.html" if is_frame else "messages.html", _find(conversation_id))


@blueprint.post("/c")
def begin() -> AnyResponse:
    """Open the conversation of the submitted number."""
    try:
        phone = _phone(request.form.get("phone", ""))
    except ValueError as error:
        conversation = _find(request.form.get("current", 0, type=int))
        return Response(_render("phone.html", conversation, fault=str(error)), 422)
    return redirect(url_for(".show", conversation_id=_network().phones.open(phone).id), 303)


@blueprint.post("/c/<int:conversation_id>")
def write(conversation_id: int) -> AnyResponse:
    """Send the typed text, the chosen suggestion or a photo."""
    conversation = _find(conversation_id)
    text = (request.form.get("chip") or request.form.get("text", "")).strip()[:4096]
    if "photo" in request.form:
        _network().write_as_customer(conversation.phone, "📷 Photo", kind="image")
    elif text:
        _network().write_as_customer(conversation.phone, text)
    return redirect(url_for(".show", conversation_id=conversation_id), 303)


@blueprint.get("/api/conversations/<phone>")
def read_conversation(phone: str) -> Response:
    """Return a conversation as JSON without marking its messages as read."""
    conversation = _network().phones.open(_body_of(TypedMessage, {"phone": phone}).phone)
    phone = conversation.phone if not conversation.phone.isdigit() else f"+{conversation.phone}"
    return jsonify(phone=phone, messages=conversation.messages)


@blueprint.post("/api/messages")
def write_message() -> Response:
    """Send a message as a customer; return its id and status."""
    typed = _body_of(TypedMessage, request.get_json())
    sent = _network().write_as_customer(
        typed.phone, typed.text, kind=typed.kind, message_id=typed.id
    )
    messages = _network().phones.open(typed.phone).messages
    status = next((each.status for each in messages if each.id == sent.id), "forgotten")
    return jsonify(id=sent.id, status=status)


@blueprint.post("/api/numbers")
def reveal_number() -> Response:
    """Reveal a customer's number: from now on webhooks contain it."""
    revealed = _body_of(RevealedNumber, request.get_json())
    _network().phones.reveal(revealed.user_id, revealed.number)
    return jsonify(user_id=revealed.user_id, number=f"+{revealed.number}")


@blueprint.post("/api/time")
def pass_time() -> Response:
    """Let time pass for one phone: its conversation moves into the past."""
    passed = _body_of(PassedTime, request.get_json())
    _network().phones.age(passed.phone, hours=passed.hours)
    return jsonify(hours=passed.hours)


@blueprint.post("/api/failures")
def plan_failure() -> Response:
    """Plan a fault for the next messages to a number."""
    planned = _body_of(PlannedFailure, request.get_json())
    fault = Fault(**planned.model_dump(exclude={"phone", "times"}))
    _network().phones.plan(planned.phone, fault, times=planned.times)
    return jsonify(planned=planned.times)


def _network() -> Network:
    network: Network = current_app.extensions["sandbox"]
    return network


def _find(conversation_id: int) -> Conversation:
    conversation = _network().phones.find(conversation_id)
    if conversation is None:
        abort(404, "This conversation no longer exists; start again from the first page.")
    return conversation


def _render(template: str, conversation: Conversation, **more: Any) -> str:
    _network().mark_read(conversation.phone)
    return render_template(
        template,
        conversation=_network().phones.open(conversation.phone),
        conversations=_network().phones.all(),
        code=_last_code(conversation),
        suggestions=SUGGESTIONS,
        **more,
    )


def _last_code(conversation: Conversation) -> str | None:
    """Return the code in the newest message, for the button that sends it."""
    newest = conversation.messages[-1] if conversation.messages else None
    if newest is None or newest.author is not Author.BUSINESS:
        return None
    found = _CODE.search(newest.text)
    return found[0] if found else None


def _body_of(model: type[AnyModel], body: object) -> AnyModel:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in fault["loc"]) or "body"
        abort(422, f"{name}: {fault['msg'].removeprefix('Value error, ')}")
