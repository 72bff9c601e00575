"""Real receivers on this machine: a web server and a mail server that do what a test asks."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr
from sqlalchemy import text

from app.bootstrap import Container
from app.core.database import Sessions
from app.core.settings import Settings
from app.dispatch.dispatch import dispatch_due
from app.inbox.drafts import Severity
from app.notifications.manage_channels import ChannelDraft, create_channel
from app.notifications.manage_rules import RuleDraft, create_rule
from app.notifications.models import ChannelKind
from app.outbox.events import Event as OutboxEvent
from app.outbox.events import FraudCaseCreated, OtpVerificationStuck
from app.outbox.record import record_event
from devtools.stack.ports import free_port

Read = Callable[[str], list[dict[str, Any]]]


@dataclass(slots=True)
class Hook:
    """A webhook that answers with `status`; `hangs` until the test ends if it is set."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    released: Event = field(default_factory=Event)
    bodies: list[bytes] = field(default_factory=list)
    received: list[dict[str, str]] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [json.loads(body)["text"] for body in self.bodies]


@dataclass(slots=True)
class Mailbox:
    """A mail server that answers `reply` to the content of an e-mail."""

    port: int = 0
    reply: str = "250 OK"
    refused: str | None = None
    received: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self.refused:
            return self.refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.received.append(envelope)
        return self.reply


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            hook.received.append({name.lower(): value for name, value in self.headers.items()})
            if hook.hangs:
                hook.released.wait()
            self.send_response(hook.status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    hook.url = f"http://127.0.0.1:{server.server_port}/services/T0/secret"
    yield hook
    hook.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox(port=free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    """The settings, with this machine as an allowed receiver."""
    return settings.model_copy(
        update={
            "notification_networks": (ip_network("127.0.0.0/8"),),
            "public_url": "https://automation.example.com",
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{mailbox.port}"),
            "mail_from": "automation@example.com",
        }
    )


@pytest.fixture
def read(sessions: Sessions) -> Read:
    """A function that runs a query and returns its rows."""

    def run(query: str) -> list[dict[str, Any]]:
        with sessions.begin() as session:
            return [dict(row) for row in session.execute(text(query)).mappings()]

    return run


@dataclass(frozen=True, slots=True)
class Setup:
    """Creates channels and rules, and brings events into the inbox."""

    container: Container

    def channel(
        self, kind: ChannelKind, target: str, *, name: str = "team", with_text: bool = False
    ) -> tuple[int, str | None]:
        """Return the id and the secret of a new channel."""
        draft = ChannelDraft(name=name, kind=kind, target=target, with_text=with_text)
        with self.container.sessions.begin() as session:
            made = create_channel(session, draft, actor="maria", guard=self.container.channel_guard)
        return made.channel.id, made.secret

    def rule(self, channel_id: int, **more: Any) -> int:
        """Return the id of a new rule, for every severity unless `more` says otherwise."""
        values: dict[str, Any] = {"name": "rule", "severities": list(Severity), **more}
        draft = RuleDraft(channel_id=channel_id, **values)
        with self.container.sessions.begin() as session:
            return create_rule(session, draft, actor="maria").id

    def bring(self, *events: OutboxEvent) -> None:
        """Record events and dispatch them in one batch."""
        with self.container.sessions.begin() as session:
            for event in events:
                record_event(session, event)
        dispatch_due(self.container.dispatcher)


@pytest.fixture
def setup(container: Container) -> Setup:
    return Setup(container)


def fraud(case_id: int = 1) -> FraudCaseCreated:
    return FraudCaseCreated(
        case_id=case_id, masked_phone="••• 0147", language="en", report="My <card> is gone & lost"
    )


def stuck(job_id: int = 1) -> OtpVerificationStuck:
    return OtpVerificationStuck(
        job_id=job_id, masked_phone="••• 0148", waiting_minutes=31, last_message_id=None
    )


def statuses(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["status"] for row in rows]
