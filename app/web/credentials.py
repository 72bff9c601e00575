"""Identify the caller by bearer token, role header (this account only) or session."""

from urllib.parse import urlsplit

from flask import Flask, current_app, request, session

from app.core.loopback import is_loopback
from app.core.security_log import record_security
from app.identity.roles import Credential, Identity
from app.identity.tokens import verify_token
from app.identity.users import Account
from app.identity.web_sessions import (
    Client,
    SignedIn,
    end_web_session,
    find_signed_in,
    start_web_session,
)
from app.web.context import container
from app.web.peers import is_of_this_account
from app.web.shared_reads import SharedReads

ROLE_HEADER = "x-user-role"

POLLED_ENDPOINT = "changes.show"
POLLED_SECONDS = 5.0
"""How long an open page may still ask for changes after its session has ended."""

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_KEY = "signed_in"


def install(app: Flask) -> None:
    """Keep who is signed in on polling pages for a moment."""
    app.extensions["signed_in"] = SharedReads(seconds=POLLED_SECONDS)


def identify() -> Identity | None:
    """Return the caller, or None. If there is a bearer token, nothing else is checked."""
    if request.authorization is not None and request.authorization.type == "bearer":
        return _by_token(request.authorization.token or "")
    if ROLE_HEADER in request.headers and _may_use_role_header():
        role = request.headers[ROLE_HEADER].strip().lower()[:20]
        return Identity(name=f"local {role}", role=role, credential=Credential.ROLE_HEADER)
    return _by_session()


def start_session(account: Account) -> None:
    """Sign `account` in with a new session. All data of the former session is removed."""
    end_session()
    client = Client(request.remote_addr or "", request.user_agent.string)
    with container().sessions.begin() as database:
        text = start_web_session(database, account.id, client=client, now=container().clock())
    session.permanent = True
    session[_KEY] = text


def end_session() -> None:
    """Sign out in this browser. The session's cookie is worth nothing afterwards."""
    signed_in = _signed_in(is_activity=False)
    if signed_in is not None:
        with container().sessions.begin() as database:
            end_web_session(database, signed_in.session_id, now=container().clock())
        record_security("signed_out", source_address=request.remote_addr, actor=signed_in.username)
    session.clear()


def _by_token(text: str) -> Identity | None:
    with container().sessions.begin() as database:
        bearer = verify_token(database, text, now=container().clock())
    if bearer is None:
        record_security("token_refused", source_address=request.remote_addr)
        return None
    return Identity(
        name=bearer.username,
        role=bearer.role,
        credential=Credential.BEARER,
        scopes=bearer.scopes,
    )


def _by_session() -> Identity | None:
    is_poll = request.endpoint == POLLED_ENDPOINT
    found = _signed_in_of_poll() if is_poll else _signed_in(is_activity=True)
    if found is None:
        return None
    return Identity(
        name=found.username,
        role=found.role,
        credential=Credential.SESSION,
        session_id=found.session_id,
    )


def _signed_in(*, is_activity: bool) -> SignedIn | None:
    if _KEY not in session:
        return None
    with container().sessions.begin() as database:
        return find_signed_in(
            database, session[_KEY], now=container().clock(), is_activity=is_activity
        )


def _signed_in_of_poll() -> SignedIn | None:
    """Return who was signed in at most POLLED_SECONDS ago: each open page asks every second."""
    shared: SharedReads = current_app.extensions["signed_in"]
    return shared.get(session.get(_KEY), lambda _: _signed_in(is_activity=False))


def _may_use_role_header() -> bool:
    """Tell whether the request comes from this account of this machine, without a proxy.

    The host must be a loopback address too. Otherwise a website could let its own name resolve
    to 127.0.0.1 and send the header from a visitor's browser (DNS rebinding).
    """
    return (
        container().settings.trust_role_header
        and is_loopback(request.remote_addr or "")
        and is_loopback(urlsplit(f"//{request.host}").hostname or "")
        and not any(name in request.headers for name in _FORWARDED)
        and _is_of_this_account()
    )


def _is_of_this_account() -> bool:
    """Tell whether the caller's connection is this account's. A call without one is in-process."""
    port = request.environ.get("REMOTE_PORT")
    return port is None or is_of_this_account(
        port=int(port), server_port=int(request.environ["SERVER_PORT"])
    )
