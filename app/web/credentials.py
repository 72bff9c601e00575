"""Identify the caller by bearer token, role header (loopback only) or session."""

import ipaddress
from urllib.parse import urlsplit

from flask import Flask, current_app, request, session

from app.identity.roles import Credential, Identity
from app.identity.tokens import verify_token
from app.identity.users import Account, find_account
from app.web.context import container
from app.web.security import SESSION_HOURS
from app.web.shared_reads import SharedReads

ROLE_HEADER = "x-user-role"

POLLED_ENDPOINT = "changes.show"
POLLED_SECONDS = 5.0
"""How long an open page may still ask for changes after its account was disabled."""

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_USER, _STAMP, _SINCE = "user", "stamp", "since"


def install(app: Flask) -> None:
    """Keep the accounts of polling pages for a moment."""
    app.extensions["accounts"] = SharedReads(seconds=POLLED_SECONDS)


def identify() -> Identity | None:
    """Return the caller, or None. If there is a bearer token, nothing else is checked."""
    if request.authorization is not None and request.authorization.type == "bearer":
        return _by_token(request.authorization.token or "")
    if ROLE_HEADER in request.headers and _may_use_role_header():
        role = request.headers[ROLE_HEADER].strip().lower()[:20]
        return Identity(name=f"local {role}", role=role, credential=Credential.ROLE_HEADER)
    return _by_session()


def start_session(account: Account) -> None:
    """Sign `account` in. All data of the former session is removed."""
    session.clear()
    session.permanent = True
    since = int(container().clock().timestamp())
    session.update({_USER: account.id, _STAMP: account.stamp, _SINCE: since})


def end_session() -> None:
    """Sign out in this browser."""
    session.clear()


def _by_token(text: str) -> Identity | None:
    with container().sessions.begin() as database:
        bearer = verify_token(database, text, now=container().clock())
    if bearer is None:
        return None
    return Identity(name=bearer.username, role=bearer.role, credential=Credential.BEARER)


def _by_session() -> Identity | None:
    if not _is_recent():
        return None
    account = _account_of_poll() if request.endpoint == POLLED_ENDPOINT else _account()
    if account is None or account.stamp != session[_STAMP]:
        return None
    return Identity(name=account.username, role=account.role, credential=Credential.SESSION)


def _account() -> Account | None:
    with container().sessions.begin() as database:
        return find_account(database, session[_USER])


def _account_of_poll() -> Account | None:
    """Return the account as of at most POLLED_SECONDS ago: each open page asks every second."""
    shared: SharedReads = current_app.extensions["accounts"]
    return shared.get(session[_USER], lambda _: _account())


def _is_recent() -> bool:
    if _SINCE not in session:
        return False
    age = container().clock().timestamp() - session[_SINCE]
    return bool(age < SESSION_HOURS * 3600)


def _may_use_role_header() -> bool:
    """Tell whether the request comes from this machine, without a proxy.

    The host must be a loopback address too. Otherwise a website could let its own name resolve
    to 127.0.0.1 and send the header from a visitor's browser (DNS rebinding).
    """
    return (
        container().settings.trust_role_header
        and _is_loopback(request.remote_addr)
        and _is_loopback(urlsplit(f"//{request.host}").hostname)
        and not any(name in request.headers for name in _FORWARDED)
    )


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
