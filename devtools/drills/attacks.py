"""What an attacker or a bad client can send to each endpoint, and what it gets, as data.

`docs/threats.md` shows the same table; a test holds the two together. Pure.
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
class Attack:
    """One request that must come to nothing. `is_signed` signs the body as Meta would."""

    method: str
    path: str
    sends: str
    """What is wrong with it, in words."""
    gets: int
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    is_signed: bool = False

    @property
    def endpoint(self) -> str:
        """Method and path, as the documentation names them."""
        return f"{self.method} {self.path}"


def _webhook(sends: str, gets: int, body: str, *, signature: str | None = None) -> Attack:
    """Describe a body for the webhook: signed as Meta would, or with `signature` ("": none)."""
    headers = {"X-Hub-Signature-256": signature} if signature else {}
    return Attack(
        method="POST",
        path=WEBHOOK,
        sends=sends,
        gets=gets,
        body=body,
        headers=JSON | headers,
        is_signed=signature is None,
    )


def _read(path: str, sends: str, gets: int, query: str = "") -> Attack:
    return Attack(method="GET", path=path, sends=sends, gets=gets, query=query, headers=ADMIN)


def _write(path: str, sends: str, gets: int, body: str | None = None, kind: str = "") -> Attack:
    headers = ADMIN | ({"Content-Type": kind} if kind else JSON)
    return Attack(method="POST", path=path, sends=sends, gets=gets, body=body, headers=headers)


def _as(sends: str, gets: int, headers: Mapping[str, str], path: str = INBOX) -> Attack:
    return Attack(method="GET", path=path, sends=sends, gets=gets, headers=headers)


ATTACKS = (
    Attack(
        method="GET",
        path=WEBHOOK,
        sends="a challenge with a wrong verify token",
        gets=403,
        query="hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1",
    ),
    _webhook("no signature", 401, "{}", signature=""),
    _webhook("a signature by another secret", 401, "{}", signature="sha256=" + "0" * 64),
    _webhook("signed: not JSON", 400, "{"),
    _webhook("signed: another object", 422, '{"object": "page", "entry": []}'),
    _webhook("signed: more than 1 MiB", 413, " " * (KIB * KIB + 1)),
    Attack(method="DELETE", path=WEBHOOK, sends="another method", gets=401),
    _as("no identity", 401, {}),
    _as("no identity", 303, {}, "/automation"),
    _as("no identity, a path that does not exist", 401, {}, "/api/no-such-thing"),
    _as("a made-up bearer token", 401, {"Authorization": "Bearer ac_guess"}),
    _as("another role than admin", 403, {"x-user-role": "agent"}),
    _as("another role than admin", 403, {"x-user-role": "agent"}, "/automation"),
    _as("the role header through a proxy", 401, ADMIN | {"X-Forwarded-For": "127.0.0.1"}),
    _as("the role header to a foreign host name", 401, ADMIN | {"Host": "evil.example"}),
    _as("a forged session cookie", 401, {"Cookie": "automation_session=eyJ1c2VyIjoxfQ.a.b"}),
    Attack(
        method="POST",
        path="/login",
        sends="a password without the form's CSRF token",
        gets=400,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body="username=admin&password=guess",
    ),
    _as("a path out of the static files", 404, {}, "/static/%2e%2e/%2e%2e/app/cli.py"),
    _write(DISPATCH, "a form in place of JSON", 415, "a=1", "application/x-www-form-urlencoded"),
    _write(DISPATCH, "broken JSON", 400, "{"),
    _write(DISPATCH, "30,000 nested lists", 400, "[" * 30_000),
    _write(DISPATCH, "a list in place of an object", 422, "[]"),
    _write(DISPATCH, "an unknown field", 422, '{"force": true}'),
    _write(DISPATCH, "more than 64 KiB", 413, " " * (64 * KIB + 1)),
    _read(DISPATCH, "a method that only reads", 405),
    _write(OTP_STUCK, "a threshold of 0", 422, '{"stuckMinutesThreshold": 0}'),
    _write(OTP_STUCK, "a threshold over a week", 422, '{"stuckMinutesThreshold": 10081}'),
    _write(OTP_STUCK, "a threshold in words", 422, '{"stuckMinutesThreshold": "30"}'),
    _write(DAILY_SUMMARY, "a date that is not over", 422, '{"date": "2999-01-01"}'),
    _write(DAILY_SUMMARY, "a date that does not exist", 422, '{"date": "2026-02-30"}'),
    _read(EVENTS, "an unknown status", 422, "status=lost"),
    _read(EVENTS, "an unknown parameter", 422, "order=id;drop"),
    _read(EVENTS, "a parameter twice", 422, "status=sent&status=failed"),
    _read(EVENTS, "a made-up cursor", 422, "cursor=eyJpZCI6MX0"),
    _read(EVENTS, "a limit of a million", 422, "limit=1000000"),
    _read(EVENTS, "a NUL character", 422, "q=%00"),
    _read(EVENTS, "SQL to search for", 200, "q=%27%20OR%201%3D1%3B--"),
    _read(f"{EVENTS}/99999999999999999999", "an id that no row can have", 404),
    _read(f"{EVENTS}/1%27%20OR%201%3D1", "SQL for an id", 404),
    _write(f"{EVENTS}/999999999/retry", "an event that does not exist", 404),
    _read(INBOX, "an unknown severity", 422, "severity=loud"),
    _write(f"{INBOX}/999999999/acknowledge", "an item that does not exist", 404),
    _write(f"{INBOX}/1/explode", "an action that does not exist", 404),
    _write(f"{INBOX}/1/resolve", "a version that is no number", 422, '{"version": "new"}'),
    _write(JOBS, "no recipient", 422, '{"text": "Hi"}'),
    _write(JOBS, "a number without a country", 422, '{"recipient": "600111222", "text": "Hi"}'),
    _write(JOBS, "a number of two digits", 422, '{"recipient": "+34", "text": "Hi"}'),
    _write(JOBS, "nothing to say", 422, '{"recipient": "+34600111222"}'),
    _write(JOBS, "an empty text", 422, '{"recipient": "+34600111222", "text": ""}'),
    _write(
        JOBS,
        "5,000 characters",
        422,
        '{"recipient": "+34600111222", "text": "%s"}' % ("x" * 5000),
    ),
    _read(f"{JOBS}/999999999", "a job that does not exist", 404),
)
