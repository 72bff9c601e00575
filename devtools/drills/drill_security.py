"""Drill 8B, security: only admins have access, and no secret leaks."""

import re
import secrets

import httpx

from app.identity.roles import Role
from app.identity.users import create_user
from devtools.drills import leak_scan
from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.evidence import Row
from devtools.drills.target import TIMEOUT_SECONDS

API = (
    ("POST", "/api/automation/dispatch"),
    ("POST", "/api/automation/checkers/otp-stuck"),
    ("POST", "/api/automation/checkers/daily-summary"),
    ("GET", "/api/automation/events"),
    ("GET", "/api/automation/events/1"),
    ("POST", "/api/automation/events/1/retry"),
    ("POST", "/api/automation/events/bulk-retry"),
    ("GET", "/api/automation/inbox"),
    ("GET", "/api/automation/inbox/1"),
    ("POST", "/api/automation/inbox/1/acknowledge"),
    ("POST", "/api/automation/inbox/bulk"),
    ("GET", "/api/automation/stats"),
    ("GET", "/api/fraud/cases"),
    ("POST", "/api/customers/search"),
    ("GET", "/api/fraud/cases/1"),
    ("GET", "/api/outbound/jobs"),
    ("POST", "/api/outbound/jobs"),
    ("POST", "/api/outbound/jobs/1/retry"),
    ("GET", "/api/nothing-here"),
    ("GET", "/metrics"),
)
PAGES = (
    ("GET", "/automation"),
    ("GET", "/automation/items/1"),
    ("POST", "/automation/items/1/resolve"),
    ("GET", "/automation/events"),
    ("GET", "/automation/events/1"),
    ("POST", "/automation/events/1/retry"),
    ("GET", "/automation/overview"),
    ("GET", "/automation/cases"),
    ("GET", "/automation/cases/1"),
    ("GET", "/automation/outbound"),
    ("GET", "/automation/outbound/1"),
)
CHANGES = (
    "SELECT count(*) AS changes_by_agent FROM cc_admin_inbox_activity WHERE actor = 'local agent'"
)


def run(recorder: CheckRecorder) -> None:
    """Call every endpoint without an identity and as an agent, then scan for secrets."""
    _check_access(recorder)
    if recorder.target.is_own:
        _sign_in_as_agent(recorder)
    recorder.check_answer(
        "A webhook without a signature is refused",
        "POST",
        "/webhooks/whatsapp",
        status=401,
        role=None,
        body={"object": "whatsapp_business_account", "entry": []},
    )
    recorder.check_answer("The liveness check needs no identity", "GET", "/healthz", role=None)
    leak_scan.run(recorder)


def _check_access(recorder: CheckRecorder) -> None:
    for statement, endpoints, status in (
        ("The API answers 401 without an identity and 403 to an agent", API, 401),
        ("The pages answer 303 (to the login) without an identity and 403 to an agent", PAGES, 303),
    ):
        rows = [(*endpoint, *_answers(recorder, *endpoint)) for endpoint in endpoints]
        recorder.record(
            statement,
            passed=all(row[2:] == (status, 403) for row in rows),
            source="each without an identity, then with x-user-role: agent",
            columns=("method", "path", "no identity", "agent"),
            rows=rows,
        )
    recorder.check_rows("None of these requests has changed an item", CHANGES, [(0,)])


def _answers(recorder: CheckRecorder, method: str, path: str) -> Row:
    return tuple(recorder.request(method, path, role=role).status_code for role in (None, "agent"))


def _sign_in_as_agent(recorder: CheckRecorder) -> None:
    name, password = f"drill-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    with recorder.target.container.sessions.begin() as session:
        create_user(session, username=name, password=password, role=Role.AGENT)
    with httpx.Client(base_url=recorder.target.stack.web, timeout=TIMEOUT_SECONDS) as browser:
        form = {"username": name, "password": password, "csrf_token": _csrf(browser)}
        signed_in = browser.post("/login", data=form).status_code
        rows = [("POST", "/login", signed_in)]
        rows += [("GET", path, browser.get(path).status_code) for path in _PATHS_OF_AGENT]
    recorder.record(
        "A signed-in agent is refused as well",
        passed=[row[2] for row in rows] == [303, *(403 for _ in _PATHS_OF_AGENT)],
        source="in one session, as a user with the role agent",
        columns=("method", "path", "status"),
        rows=rows,
    )


_PATHS_OF_AGENT = ("/automation", "/automation/overview", "/api/automation/inbox")


def _csrf(browser: httpx.Client) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login").text)
    return found[1] if found else ""
