"""A real outbound worker on a real broker: it stops at once, and retries without beat."""

from collections import Counter
from collections.abc import Callable

import psutil
import pytest
from celery import Celery

from app.bootstrap import Container
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from devtools.whatsapp_sandbox.faults import Fault, FaultKind
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.whatsapp import Read, known, numbered, read, sandbox, settings, web_port
from tests.workers.conftest import CeleryProcess, StartCelery, eventually

__all__ = ["read", "sandbox", "settings", "web_port"]

TASK = "outbound.run"
MESSAGES = 150

StartOutbound = Callable[..., CeleryProcess]


@pytest.fixture
def start_outbound(start_celery: StartCelery, sandbox: RunningSandbox) -> StartOutbound:
    """Return a function that starts a worker on the outbound queue, which no listener wakes."""

    def start(**settings: str) -> CeleryProcess:
        worker = ["worker", "--queues", "outbound", "--concurrency", "2", "--loglevel", "info"]
        quiet = ["--without-gossip", "--without-mingle"]
        return start_celery(*worker, *quiet, WHATSAPP_API_BASE_URL=sandbox.api_base_url, **settings)

    return start


@pytest.fixture
def put(container: Container) -> Callable[[int], None]:
    """Return a function that creates jobs, each for another customer."""

    def run(count: int) -> None:
        with container.sessions.begin() as session:
            for number in range(count):
                to = known(session, container, numbered(number))
                enqueue(session, Text("hello"), to=to, vault=container.vault)

    return run


def arrived(sandbox: RunningSandbox) -> Counter[str]:
    """Return how many messages each customer got, by their number."""
    phones = [numbered(number) for number in range(MESSAGES)]
    open_phone = sandbox.network.phones.open
    return Counter(phone for phone in phones for _ in open_phone(phone[1:]).messages)


def test_a_worker_that_is_stopped_while_it_sends_claims_no_more_and_the_next_sends_the_rest(
    start_outbound: StartOutbound,
    celery_app: Celery,
    put: Callable[[int], None],
    sandbox: RunningSandbox,
    read: Read,
) -> None:
    slow = Fault(kind=FaultKind.HANG, seconds=0.3)
    for number in range(MESSAGES):
        sandbox.network.phones.plan(numbered(number)[1:], slow, times=1)
    put(MESSAGES)
    worker = start_outbound(AUTOMATION_OUTBOUND_PER_SECOND="40")
    for _ in range(2):
        celery_app.send_task(TASK)
    eventually(lambda: arrived(sandbox))

    worker.process.terminate()
    psutil.wait_procs([worker.process], timeout=15)

    assert not worker.process.is_running()
    sent = read("SELECT text_encrypted FROM cc_outbound_jobs WHERE status = 'sent'")
    assert 0 < len(sent) == arrived(sandbox).total() < MESSAGES
    assert set(arrived(sandbox).values()) == {1}
    left = "SELECT DISTINCT attempts, claimed_at, next_attempt_at <= now() AS due"
    assert read(f"{left} FROM cc_outbound_jobs WHERE status = 'queued'") == [
        {"attempts": 0, "claimed_at": None, "due": True}
    ]
    assert len(read("SELECT id FROM cc_outbound_attempts")) == len(sent)

    start_outbound(AUTOMATION_OUTBOUND_PER_SECOND="1000")
    eventually(lambda: arrived(sandbox).total() >= MESSAGES)
    eventually(lambda: not read("SELECT id FROM cc_outbound_jobs WHERE status = 'queued'"))
    assert set(arrived(sandbox).values()) == {1}


def test_a_message_gets_its_next_attempt_when_it_is_due_without_beat(
    start_outbound: StartOutbound,
    celery_app: Celery,
    put: Callable[[int], None],
    sandbox: RunningSandbox,
    read: Read,
) -> None:
    refused = Fault(kind=FaultKind.REFUSE, code=131026)
    sandbox.network.phones.plan(numbered(0)[1:], refused, times=3)
    put(1)
    start_outbound(AUTOMATION_OUTBOUND_RETRY_BASE_SECONDS="0.2")

    celery_app.send_task(TASK)

    eventually(lambda: read("SELECT id FROM cc_outbound_jobs WHERE status = 'sent'"))
    outcomes = [row["outcome"] for row in read("SELECT outcome FROM cc_outbound_attempts")]
    assert sorted(outcomes) == ["failed"] * 3 + ["sent"]
    assert arrived(sandbox) == {numbered(0): 1}
