"""Security headers, cookie settings, and trusted proxies."""

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from app.identity.web_sessions import ABSOLUTE_LIMIT
from app.web.context import container

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_ONE_YEAR = 365 * 24 * 3600


def trust_proxies(app: Flask, *, hops: int) -> None:
    """Use the scheme, host and client address that the last `hops` proxies have added.

    Each trusted proxy appends one value to X-Forwarded-For, -Proto and -Host. Earlier values
    come from the client and are ignored.
    """
    if hops:
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = proxied  # type: ignore[method-assign]


class _CookieOfItsScheme(SecureCookieSessionInterface):
    """A session cookie that is Secure, and bound to this host, if the request used https."""

    def get_cookie_name(self, app: Flask) -> str:
        name = super().get_cookie_name(app)
        return f"__Host-{name}" if request.is_secure else name

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - flask's signature
        return request.is_secure


def install(app: Flask) -> None:
    """Configure the session cookie, and add the security headers to each response."""
    trust_proxies(app, hops=app.extensions["container"].settings.trusted_proxies)
    app.session_interface = _CookieOfItsScheme()
    with app.app_context():
        app.secret_key = container().settings.secret_key.get_secret_value()
    app.config.update(
        SESSION_COOKIE_NAME="automation_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=ABSOLUTE_LIMIT,
    )
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={_ONE_YEAR}")
    if "static" not in (request.endpoint or ""):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
