"""Fixtures of the tests that write as customers do: a sandbox, a web server, a runner."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from app.bootstrap import Container
from app.core.database import Sessions
from app.core.encryption import Vault
from app.core.settings import Settings
from app.customers.identify import KnownCustomer, identify
from app.customers.identity import Identity
from app.fraud.customer_messages import CustomerMessage
from app.fraud.intake import receive
from app.outbound.runner import RunResult, run_outbound
from app.web import create_app
from devtools.stack.ports import free_port
from devtools.whatsapp_sandbox.network import SandboxConfig
from devtools.whatsapp_sandbox.server import RunningSandbox, serve
from devtools.whatsapp_sandbox.state import Author
from tests.conftest import SECRETS

CUSTOMER = "+34600111222"
OTHER_CUSTOMER = "+34600333444"
REPORT = "I think there's fraud on my account"

Read = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def web_port() -> int:
    return free_port()


@pytest.fixture
def sandbox(web_port: int) -> Iterator[RunningSandbox]:
    """Return a sandbox of the test's own, which posts to `web_port`, whoever listens there."""
    config = SandboxConfig(
        webhook_url=f"http://127.0.0.1:{web_port}/webhooks/whatsapp",
        access_token=SECRETS["WHATSAPP_ACCESS_TOKEN"],
        app_secret=SECRETS["WHATSAPP_APP_SECRET"],
        phone_number_id=SECRETS["WHATSAPP_PHONE_NUMBER_ID"],
    )
    with serve(config) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, sandbox: RunningSandbox) -> Settings:
    """Settings that send to the sandbox, and try again at once."""
    return settings.model_copy(
        update={
            "whatsapp_api_base_url": sandbox.api_base_url,
            "outbound_retry_base_seconds": 0.001,
            "outbound_per_second": 1000,
        }
    )


@pytest.fixture
def web(container: Container, web_port: int) -> Iterator[str]:
    """The product's web, served where the sandbox posts to."""
    server = make_server("127.0.0.1", web_port, create_app(container), threaded=True)
    server.daemon_threads = False  # type: ignore[attr-defined]  # closing waits for open requests
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    yield f"http://127.0.0.1:{web_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def read(sessions: Sessions) -> Read:
    """A function that runs a statement and returns its rows, if any, as dictionaries."""

    def run(statement: str, **values: Any) -> list[dict[str, Any]]:
        with sessions.begin() as session:
            result = session.execute(text(statement), values)
            rows = result.mappings() if result.returns_rows else ()  # type: ignore[attr-defined]
            return [dict(row) for row in rows]

    return run


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer who writes to the intake and reads the messages in the sandbox."""

    container: Container
    sandbox: RunningSandbox
    phone: str = CUSTOMER

    @property
    def identity(self) -> Identity:
        """The identity of the customer."""
        return Identity(number=self.phone)

    def write(self, words: str | None, *, message_id: str | None = None, kind: str = "text") -> str:
        """Process one message; return the name of the decision."""
        message = CustomerMessage(
            provider_message_id=message_id or f"wamid.{free_number()}",
            sender=self.identity,
            kind=kind,
            text=words,
        )
        with self.container.sessions.begin() as session:
            decision = receive(
                session,
                message,
                vault=self.container.vault,
                now=self.container.clock(),
                limits=self.container.inbound.limits,
            )
        return type(decision).__name__

    def run(self) -> RunResult:
        """Send what is due to the phone."""
        return run_outbound(self.container.outbound)

    def inbox(self) -> list[str]:
        """What the phone shows of the business, oldest first."""
        messages = self.sandbox.network.phones.open(self.phone.removeprefix("+")).messages
        return [each.text for each in messages if each.author is Author.BUSINESS]

    def last_message_id(self) -> str:
        """The provider's id of the newest message of the business."""
        messages = self.sandbox.network.phones.open(self.phone.removeprefix("+")).messages
        return next(each.id for each in reversed(messages) if each.author is Author.BUSINESS)

    def code(self) -> str:
        """Send what is due and return the code that arrived last."""
        self.run()
        return next(words for words in reversed(self.inbox()) if words[:6].isdigit())[:6]


def known(session: Session, container: Container, number: str = CUSTOMER) -> KnownCustomer:
    """The customer with a number, created if they don't exist."""
    return identify(session, Identity(number=number), vault=container.vault)


def numbered(number: int) -> str:
    """The telephone number of the customer with a running number."""
    return f"+34600{number:06}"


def print_of(message_id: str) -> str:
    """The stored fingerprint of a message id."""
    vault = Vault(
        encryption_keys=SECRETS["AUTOMATION_ENCRYPTION_KEYS"].split(","),
        secret_key=SECRETS["AUTOMATION_SECRET_KEY"],
    )
    return vault.fingerprint("message", message_id)


def free_number() -> int:
    """A number not given out before in this process."""
    global _last  # noqa: PLW0603 - a counter for made-up ids
    _last += 1
    return _last


_last = 0


def wrong(code: str) -> str:
    """A code that is not `code`."""
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.fixture
def customer(container: Container, sandbox: RunningSandbox) -> Customer:
    return Customer(container, sandbox)
