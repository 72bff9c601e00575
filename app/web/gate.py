"""The access check: every route needs a caller who may use it, unless it is listed as open."""

from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from app.identity.roles import Credential, Scope, require_scope
from app.web import credentials
from app.web.api.operation import Operation
from app.web.links import inside
from app.web.problems import is_for_programs

OPEN_ENDPOINTS = frozenset(
    {
        "bootstrap.static",
        "health.live",
        "health.ready",
        "login.show",
        "login.sign_in",
        "login.sign_out",
        "static",
    }
)
OPEN_BLUEPRINTS = frozenset({"webhooks"})
"""The webhooks check the provider's signature themselves."""

READING_FORMS = frozenset({"customers.search", "inbox.search", "sessions.end_others"})
"""Forms that change nothing but the caller's own sessions. A search is a POST, so that a number
stands in no address."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

MAX_BODY_BYTES = 64 * 1024
"""The largest body of a request, except for webhooks, which have a larger limit."""

csrf = CSRFProtect()


def install(app: Flask) -> None:
    """Check every request, also those without a route."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    csrf.init_app(app)
    credentials.install(app)
    app.before_request(_guard)


def _guard() -> ResponseReturnValue | None:
    if request.blueprint in OPEN_BLUEPRINTS:
        return None
    request.max_content_length = MAX_BODY_BYTES
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    identity = credentials.identify()
    if identity is None:
        return _ask_for_identity()
    g.identity = identity
    require_scope(identity, _scope_of_request())
    if identity.credential is Credential.SESSION:
        csrf.protect()
    return None


def _scope_of_request() -> Scope:
    """Return the scope that the request needs. A GET changes nothing, nor do some POSTs."""
    if request.endpoint == "metrics.show":
        return Scope.METRICS
    view = current_app.view_functions.get(request.endpoint or "")
    is_reading = isinstance(view, Operation) and not view.changes
    is_reading |= request.method in _SAFE or request.endpoint in READING_FORMS
    return Scope.READ if is_reading else Scope.ACT


def _ask_for_identity() -> ResponseReturnValue:
    if is_for_programs():
        raise Unauthorized(
            "Authentication is required: sign in, or send an API token as"
            " Authorization: Bearer ac_….",
            www_authenticate=WWWAuthenticate("bearer"),
        )
    wanted = request.full_path.rstrip("?") if request.method == "GET" else _page_of_form()
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return redirect(url_for("login.show") + query, 303)


def _page_of_form() -> str | None:
    """Return the page of the submitted form, so that signing in redirects to it."""
    referrer = urlsplit(request.referrer or "")
    return inside(referrer.path) if referrer.netloc == request.host else None
