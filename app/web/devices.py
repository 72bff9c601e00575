"""A signed cookie by which a browser shows from which accounts it has signed in before.

It proves nothing about the person. It only gives the browser a count of failed sign-ins of its
own, see `app/identity/sign_in_limits.py`.
"""

import secrets

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

COOKIE = "automation_device"
_KEPT_SECONDS = 365 * 24 * 3600
_REMEMBERED = 5
"""The most accounts that one browser remembers, the latest first."""


def device_of(username: str) -> str | None:
    """Return the id of this browser if `username` has signed in from it before."""
    return _devices().get(username)


def remember_device(response: Response, username: str) -> Response:
    """Let the browser keep a new id for `username`; return the response."""
    devices = {username: secrets.token_urlsafe(16)}
    others = [(name, device) for name, device in _devices().items() if name != username]
    devices |= dict(others[: _REMEMBERED - 1])
    response.set_cookie(
        COOKIE,
        _serializer().dumps(devices),
        max_age=_KEPT_SECONDS,
        path="/login",
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response


def _devices() -> dict[str, str]:
    try:
        devices: dict[str, str] = _serializer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return {}
    return devices


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt=COOKIE)
