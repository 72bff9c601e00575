"""Security: admins only, and no secret anywhere."""

import re
import secrets

import httpx

from app.identity.models import Role
from app.identity.users import create_user
from devtools.drills import leaks
from devtools.drills.book import Book
from devtools.drills.evidence import Row
from devtools.drills.stage import TIMEOUT_SECONDS

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
    ("GET", "/automation/cases/1"),
    ("GET", "/automation/outbound/1"),
)
UNTOUCHED = (
    "SELECT count(*) AS acts_of_others FROM cc_admin_inbox_activity WHERE actor = 'local agent'"
)


def play(book: Book) -> None:
    """Knock at every door as nobody and as an agent, then scan for secrets."""
    _knock(book)
    if book.stage.is_own:
        _sign_in_as_agent(book)
    book.answer(
        "A webhook that nobody signed is refused",
        "POST",
        "/webhooks/whatsapp",
        status=401,
        role=None,
        body={"object": "whatsapp_business_account", "entry": []},
    )
    book.answer("Liveness is open, and says nothing", "GET", "/healthz", role=None)
    leaks.play(book)


def _knock(book: Book) -> None:
    for claim, doors, nobody in (
        ("The API answers nobody with 401 and an agent with 403", API, 401),
        ("The pages lead nobody to the login (303) and answer an agent with 403", PAGES, 303),
    ):
        rows = [(*door, *_answers(book, *door)) for door in doors]
        book.write(
            claim,
            passed=all(row[2:] == (nobody, 403) for row in rows),
            asked="each without an identity, then with x-user-role: agent",
            columns=("method", "path", "nobody", "agent"),
            rows=rows,
        )
    book.rows("None of it left a trace in the inbox", UNTOUCHED, [(0,)])


def _answers(book: Book, method: str, path: str) -> Row:
    return tuple(book.call(method, path, role=role).status_code for role in (None, "agent"))


def _sign_in_as_agent(book: Book) -> None:
    name, password = f"drill-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    with book.stage.container.sessions.begin() as session:
        create_user(session, username=name, password=password, role=Role.AGENT)
    with httpx.Client(base_url=book.stage.stack.web, timeout=TIMEOUT_SECONDS) as browser:
        form = {"username": name, "password": password, "csrf_token": _csrf(browser)}
        signed_in = browser.post("/login", data=form).status_code
        rows = [("POST", "/login", signed_in)]
        rows += [("GET", path, browser.get(path).status_code) for path in _AGENTS_DOORS]
    book.write(
        "An agent who has signed in sees no page and no answer either",
        passed=[row[2] for row in rows] == [303, *(403 for _ in _AGENTS_DOORS)],
        asked="in one session, as a user with the role agent",
        columns=("method", "path", "status"),
        rows=rows,
    )


_AGENTS_DOORS = ("/automation", "/automation/overview", "/api/automation/inbox")


def _csrf(browser: httpx.Client) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login").text)
    return found[1] if found else ""
