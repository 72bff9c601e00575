"""Sessions of signed-in people: list them and end them."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint
from sqlalchemy.orm import Session

from app.identity.web_sessions import (
    ListedSession,
    end_sessions_of,
    end_web_session,
    list_web_sessions,
)
from app.web.api.operation import Example, operation
from app.web.context import container, identity
from app.web.requests import Body, ShortText

blueprint = Blueprint("api_sessions", __name__, url_prefix="/api/sessions")


@dataclass(frozen=True, slots=True)
class ActiveSessions:
    """All active sessions, the latest seen first. `current_id` is the caller's own, if any."""

    items: Sequence[ListedSession]
    current_id: int | None


@dataclass(frozen=True, slots=True)
class EndedSessions:
    """How many sessions were ended."""

    ended: int


class EndAllBody(Body):
    """The person whose sessions end. The caller's own session goes on."""

    username: ShortText


@blueprint.get("")
@operation(example=Example(answer={"current_id": None}))
def index(session: Session) -> ActiveSessions:
    """Answer with the active sessions of all people."""
    return ActiveSessions(
        list_web_sessions(session, now=container().clock()), identity().session_id
    )


@blueprint.post("/<id:session_id>/end")
@operation(
    example=Example(path={"session_id": 1}, answer={"ended": 0}),
    refusals=[HTTPStatus.NOT_FOUND],
)
def end(session: Session, session_id: int) -> EndedSessions:
    """End a session at once. `ended` is 0 if it had ended before."""
    return EndedSessions(end_web_session(session, session_id, now=container().clock()))


@blueprint.post("/end-all")
@operation(
    example=Example(body={"username": "maria"}, answer={"ended": 2}),
    refusals=[HTTPStatus.NOT_FOUND],
)
def end_all(session: Session, body: EndAllBody) -> EndedSessions:
    """End all sessions of a person, except for the caller's own."""
    ended = end_sessions_of(
        session, body.username, now=container().clock(), except_for=identity().session_id
    )
    return EndedSessions(ended)
