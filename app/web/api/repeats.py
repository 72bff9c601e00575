"""Answer a repeated request with the stored answer of the first one."""

from collections.abc import Callable

from flask import Response, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.idempotency.stored_answers import Answer, Call, call_of, find_answer, store_answer
from app.web.context import actor, container

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"


def has_key() -> bool:
    """Tell whether the current request has an idempotency key."""
    return KEY_HEADER in request.headers


def answer_once(session: Session, body: BaseModel, answer: Callable[[], Response]) -> Response:
    """Return `answer()`, or the stored answer if this request was answered before.

    The answer is stored in `session`. An error is not stored: nothing has changed, so the
    request can be repeated.
    """
    call, now = _call(body), container().clock()
    stored = find_answer(session, call, now=now)
    if stored is not None:
        return _replay(stored)
    response = answer()
    sealed = container().vault.encrypt(response.get_data(as_text=True))
    store_answer(session, call, Answer(status=response.status_code, body=sealed), now=now)
    return response


def _call(body: BaseModel) -> Call:
    parts = (
        request.method,
        request.full_path,
        request.headers.get("If-Match", ""),
        body.model_dump_json(),
    )
    return call_of(
        container().vault,
        actor=actor(),
        key=_unquoted(request.headers[KEY_HEADER]),
        request="\n".join(parts),
    )


def _unquoted(key: str) -> str:
    """Return the key without the quotes that the draft demands and few clients send."""
    is_quoted = len(key) > 1 and key.startswith('"') and key.endswith('"')
    return key[1:-1] if is_quoted else key


def _replay(stored: Answer) -> Response:
    return Response(
        container().vault.decrypt(stored.body),
        stored.status,
        headers={REPLAYED_HEADER: "true"},
        mimetype="application/json",
    )
