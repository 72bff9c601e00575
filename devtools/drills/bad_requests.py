"""Requests of attackers and faulty clients, with the status that the product must answer.

`docs/threats.md` shows the same table; a test compares the two. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

KIB = 1024
JSON = {"Content-Type": "application/json"}
ADMIN = {"x-user-role": "admin"}

WEBHOOK = "/webhooks/whatsapp"
DISPATCH = "/api/automation/dispatch"
OTP_STUCK = "/api/automation/checkers/otp-stuck"
DAILY_SUMMARY = "/api/automation/checkers/daily-summary"
EVENTS = "/api/automation/events"
INBOX = "/api/automation/inbox"
JOBS = "/api/outbound/jobs"

_MESSAGES = (
    '{"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages",'
    ' "value": {"messages": [%s]}}]}]}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRequest:
    """One request that must change no row. With `is_signed`, its body is signed as Meta does."""

    method: str
    path: str
    description: str
    """The request in words, as in `docs/threats.md`."""
    status: int
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    is_signed: bool = False

    @property
    def endpoint(self) -> str:
        """Method and path, as the documentation names them."""
        return f"{self.method} {self.path}"


def _webhook(
    description: str, status: int, body: str, *, signature: str | None = None
) -> BadRequest:
    """Return a request to the webhook: correctly signed, or with `signature` ("": none)."""
    headers = {"X-Hub-Signature-256": signature} if signature else {}
    return BadRequest(
        method="POST",
        path=WEBHOOK,
        description=description,
        status=status,
        body=body,
        headers=JSON | headers,
        is_signed=signature is None,
    )


def _read(path: str, description: str, status: int, query: str = "") -> BadRequest:
    return BadRequest(
        method="GET", path=path, description=description, status=status, query=query, headers=ADMIN
    )


def _write(
    path: str, description: str, status: int, body: str | None = None, kind: str = ""
) -> BadRequest:
    headers = ADMIN | ({"Content-Type": kind} if kind else JSON)
    return BadRequest(
        method="POST", path=path, description=description, status=status, body=body, headers=headers
    )


def _as(description: str, status: int, headers: Mapping[str, str], path: str = INBOX) -> BadRequest:
    return BadRequest(
        method="GET", path=path, description=description, status=status, headers=headers
    )


BAD_REQUESTS = (
    BadRequest(
        method="GET",
        path=WEBHOOK,
        description="a challenge with a wrong verify token",
        status=403,
        query="hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1",
    ),
    _webhook("no signature", 401, "{}", signature=""),
    _webhook("a signature with another secret", 401, "{}", signature="sha256=" + "0" * 64),
    _webhook("signed: not JSON", 400, "{"),
    _webhook("signed: an unknown object type", 422, '{"object": "page", "entry": []}'),
    _webhook("signed: more than 4 MiB", 413, " " * (4 * KIB * KIB + 1)),
    BadRequest(method="DELETE", path=WEBHOOK, description="the method DELETE", status=401),
    _as("no identity", 401, {}),
    _as("no identity", 303, {}, "/automation"),
    _as("no identity, a path that does not exist", 401, {}, "/api/no-such-thing"),
    _as("an unknown bearer token", 401, {"Authorization": "Bearer ac_guess"}),
    _as("another role than admin", 403, {"x-user-role": "agent"}),
    _as("another role than admin", 403, {"x-user-role": "agent"}, "/automation"),
    _as("the role header through a proxy", 401, ADMIN | {"X-Forwarded-For": "127.0.0.1"}),
    _as("the role header to a foreign host name", 401, ADMIN | {"Host": "evil.example"}),
    _as("a forged session cookie", 401, {"Cookie": "automation_session=eyJ1c2VyIjoxfQ.a.b"}),
    BadRequest(
        method="POST",
        path="/login",
        description="a login without the CSRF token",
        status=400,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body="username=admin&password=guess",
    ),
    _as("a path outside the static files", 404, {}, "/static/%2e%2e/%2e%2e/app/cli.py"),
    _write(DISPATCH, "a form in place of JSON", 415, "a=1", "application/x-www-form-urlencoded"),
    _write(DISPATCH, "broken JSON", 400, "{"),
    _write(DISPATCH, "30,000 nested lists", 400, "[" * 30_000),
    _write(DISPATCH, "a list in place of an object", 422, "[]"),
    _write(DISPATCH, "an unknown field", 422, '{"force": true}'),
    _write(DISPATCH, "more than 64 KiB", 413, " " * (64 * KIB + 1)),
    _read(DISPATCH, "GET in place of POST", 405),
    _write(OTP_STUCK, "a threshold of 0", 422, '{"stuckMinutesThreshold": 0}'),
    _write(OTP_STUCK, "a threshold over a week", 422, '{"stuckMinutesThreshold": 10081}'),
    _write(OTP_STUCK, "a threshold as text", 422, '{"stuckMinutesThreshold": "30"}'),
    _write(DAILY_SUMMARY, "a date that is not over yet", 422, '{"date": "2999-01-01"}'),
    _write(DAILY_SUMMARY, "a date that does not exist", 422, '{"date": "2026-02-30"}'),
    _read(EVENTS, "an unknown status", 422, "status=lost"),
    _read(EVENTS, "an unknown parameter", 422, "order=id;drop"),
    _read(EVENTS, "a repeated parameter", 422, "status=sent&status=failed"),
    _read(EVENTS, "an invalid cursor", 422, "cursor=eyJpZCI6MX0"),
    _read(EVENTS, "a limit of a million", 422, "limit=1000000"),
    _read(EVENTS, "a NUL character", 422, "q=%00"),
    _read(EVENTS, "SQL as the search text", 200, "q=%27%20OR%201%3D1%3B--"),
    _read(f"{EVENTS}/99999999999999999999", "an id greater than a bigint", 404),
    _read(f"{EVENTS}/1%27%20OR%201%3D1", "SQL as the id", 404),
    _write(f"{EVENTS}/999999999/retry", "an event that does not exist", 404),
    _read(INBOX, "an unknown severity", 422, "severity=loud"),
    _write(f"{INBOX}/999999999/acknowledge", "an item that does not exist", 404),
    _write(f"{INBOX}/1/explode", "an action that does not exist", 404),
    _write(f"{INBOX}/1/resolve", "a version that is not a number", 422, '{"version": "new"}'),
    _write(JOBS, "no recipient", 422, '{"text": "Hi"}'),
    _write(
        JOBS, "a number without a country code", 422, '{"recipient": "600111222", "text": "Hi"}'
    ),
    _write(JOBS, "a number of two digits", 422, '{"recipient": "+34", "text": "Hi"}'),
    _write(JOBS, "no text", 422, '{"recipient": "+34600111222"}'),
    _write(JOBS, "an empty text", 422, '{"recipient": "+34600111222", "text": ""}'),
    _write(
        JOBS,
        "a text of 5,000 characters",
        422,
        '{"recipient": "+34600111222", "text": "%s"}' % ("x" * 5000),
    ),
    _read(f"{JOBS}/999999999", "a job that does not exist", 404),
)
