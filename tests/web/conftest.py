"""The fixtures of the web tests: callers of every kind, an item and an event."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from app.bootstrap import Container
from app.core.database import Sessions
from app.dispatch.dispatch import dispatch_due
from app.identity.roles import Role
from app.identity.tokens import issue_token
from app.identity.users import create_user
from app.inbox.models import InboxItem
from app.outbox.events import FraudCaseCreated
from app.outbox.record import record_event
from app.web import create_app, credentials
from app.web.pages import changes

PASSWORD = "a passphrase of some length"
IN_A_YEAR = datetime(2027, 11, 22, tzinfo=UTC)
"""By the clock of the tests."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A person at a browser: fills in forms, with the token that the page holds."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def submit(self, path: str, *, page: str, **fields: Any) -> TestResponse:
        """Submit a form that stands on `page`."""
        token = csrf_token(self.client.get(page).text)
        return self.client.post(path, data={"csrf_token": token, **fields})

    def sign_in(self, username: str, password: str = PASSWORD, **fields: Any) -> TestResponse:
        return self.submit("/login", page="/login", username=username, password=password, **fields)


@dataclass(frozen=True, slots=True)
class Program:
    """A script with an API token."""

    client: FlaskClient
    token: str

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, headers=self.headers, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.client.post(path, headers=self.headers | options.pop("more", {}), **options)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def csrf_token(page: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match is not None
    return match[1]


_apps: list[Flask] = []
"""The application that the tests of this process share, once it is made."""


@pytest.fixture
def web(container: Container) -> Flask:
    """The application, on the database of the test.

    To make one and to compile its templates takes longer than most tests, so all tests of a
    process use the same. What a web process keeps between requests is new for each test.
    """
    if not _apps:
        _apps.append(create_app(container))
    (app,) = _apps
    app.extensions["container"] = container
    credentials.install(app)
    changes.install(app)
    return app


@pytest.fixture
def trusting_web(container: Container) -> Flask:
    """The application as the local stack runs it, with the role header trusted."""
    settings = container.settings.model_copy(update={"trust_role_header": True})
    return create_app(replace(container, settings=settings))


@pytest.fixture
def anonymous(web: Flask) -> Browser:
    return Browser(web.test_client())


@pytest.fixture
def users(sessions: Sessions) -> None:
    """An admin."""
    with sessions.begin() as session:
        create_user(session, username="maria", password=PASSWORD, role=Role.ADMIN)


@pytest.fixture
def admin(web: Flask, users: None) -> Browser:  # noqa: ARG001 - a fixture's order
    browser = Browser(web.test_client())
    assert browser.sign_in("maria").status_code == 303
    return browser


@pytest.fixture
def agent(web: Flask, sessions: Sessions) -> Browser:
    return _signed_in(web, sessions, Role.AGENT)


@pytest.fixture
def auditor(web: Flask, sessions: Sessions) -> Browser:
    return _signed_in(web, sessions, Role.AUDITOR)


def _signed_in(web: Flask, sessions: Sessions, role: Role) -> Browser:
    """Return the browser of a new person, whose name is that of the role."""
    with sessions.begin() as session:
        create_user(session, username=role.value, password=PASSWORD, role=role)
    browser = Browser(web.test_client())
    assert browser.sign_in(role.value).status_code == 303
    return browser


@pytest.fixture
def program(web: Flask, users: None, sessions: Sessions) -> Program:  # noqa: ARG001 - a fixture's order
    with sessions.begin() as session:
        token = issue_token(session, username="maria", name="script", expires_at=IN_A_YEAR)
    return Program(web.test_client(), token.text)


@pytest.fixture
def item_id(container: Container) -> int:
    """An open item, with the event that it came from behind it."""
    event = FraudCaseCreated(
        case_id=42, masked_phone="••• 0147", language="en", report="<script>alert(1)</script>"
    )
    with container.sessions.begin() as session:
        record_event(session, event)
    assert dispatch_due(container.dispatcher).sent == 1
    with container.sessions.begin() as session:
        return session.scalars(select(InboxItem.id)).one()


@pytest.fixture
def event_id(sessions: Sessions) -> int:
    """A dead letter."""
    event = FraudCaseCreated(case_id=7, masked_phone="••• 0148", language="en", report="help")
    with sessions.begin() as session:
        recorded = record_event(session, event)
        session.execute(
            text(
                "UPDATE cc_automation_events SET status = 'failed', attempts = 10,"
                " dead_at = now(), next_attempt_at = NULL, last_error = 'KeyError'"
            )
        )
    assert recorded is not None
    return recorded
