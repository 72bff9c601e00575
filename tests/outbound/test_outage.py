"""An outage of the provider, from its first fault to the end of the backlog."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.outbound.circuit import CircuitRules
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from app.outbound.providers import WhatsAppProvider
from app.outbound.runner import OutboundRunner, run_outbound
from devtools.stack.ports import free_port
from devtools.whatsapp_sandbox.faults import Fault, FaultKind
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.conftest import SECRETS
from tests.whatsapp import CUSTOMER, Read, known, numbered

BACKLOG = 20
PER_SECOND = 100
PROBES = 25

SHORT = CircuitRules(faults=3, base_seconds=0.01, cap_seconds=0.02)


@pytest.fixture
def runner(container: Container) -> OutboundRunner:
    """A runner with a send rate and a circuit with short waits."""
    runner = container.outbound
    return replace(runner, rules=replace(runner.rules, per_second=PER_SECOND, circuit=SHORT))


@pytest.fixture
def refusing(runner: OutboundRunner) -> Iterator[OutboundRunner]:
    """A runner whose provider accepts no connections."""
    provider = WhatsAppProvider(
        base_url=f"http://127.0.0.1:{free_port()}/v26.0",
        access_token=SECRETS["WHATSAPP_ACCESS_TOKEN"],
        phone_number_id=SECRETS["WHATSAPP_PHONE_NUMBER_ID"],
    )
    yield replace(runner, provider=provider)
    provider.close()


def put(container: Container, count: int, to: str = CUSTOMER) -> None:
    with container.sessions.begin() as session:
        customer = known(session, container, to)
        for number in range(count):
            enqueue(session, Text(str(number)), to=customer, vault=container.vault)


def make_probe_due(read: Read) -> None:
    """Make the probe and every waiting message due."""
    read("UPDATE cc_outbound_channels SET probe_at = now() WHERE probe_at IS NOT NULL")
    read("UPDATE cc_outbound_jobs SET next_attempt_at = now() WHERE status = 'queued'")


def arrived(sandbox: RunningSandbox, to: str = CUSTOMER) -> Counter[str]:
    messages = sandbox.network.phones.open(to[1:]).messages
    return Counter(message.text for message in messages)


def total(sandbox: RunningSandbox, customers: Sequence[str]) -> int:
    return sum(arrived(sandbox, each).total() for each in customers)


def play_an_outage(container: Container, away: OutboundRunner, read: Read) -> None:
    """Run an outage with many probes, and check that it costs no attempt and opens one item."""
    put(container, BACKLOG)
    for _ in range(PROBES):
        run_outbound(away)
        make_probe_due(read)
    dispatch_due(container.dispatcher)
    assert read("SELECT DISTINCT status, attempts FROM cc_outbound_jobs") == [
        {"status": "queued", "attempts": 0}
    ]
    assert read("SELECT DISTINCT outcome FROM cc_outbound_attempts") == [{"outcome": "away"}]
    assert [item["type"] for item in read("SELECT type FROM cc_admin_inbox_items")] == [
        "outbound_provider_away"
    ]


def play_the_recovery(runner: OutboundRunner, sandbox: RunningSandbox, read: Read) -> None:
    """Send the backlog, and check that all of it is sent within the send rate."""
    (start,) = read("SELECT now() AS moment")
    assert run_outbound(runner).sent == BACKLOG
    assert arrived(sandbox) == Counter(str(number) for number in range(BACKLOG))
    (channel,) = read("SELECT * FROM cc_outbound_channels")
    used = (channel["next_slot_at"] - start["moment"]).total_seconds()
    assert used >= BACKLOG / PER_SECOND
    assert (channel["away_since"], channel["faults"]) == (None, 0)


def test_an_outage_without_a_connection_loses_nothing(
    container: Container,
    runner: OutboundRunner,
    refusing: OutboundRunner,
    sandbox: RunningSandbox,
    read: Read,
) -> None:
    play_an_outage(container, refusing, read)
    play_the_recovery(runner, sandbox, read)


def test_an_outage_of_server_errors_loses_nothing(
    container: Container, runner: OutboundRunner, sandbox: RunningSandbox, read: Read
) -> None:
    error = Fault(kind=FaultKind.REFUSE, code=500)
    sandbox.network.phones.plan(CUSTOMER[1:], error, times=1000)
    play_an_outage(container, runner, read)
    sandbox.network.phones.plan(CUSTOMER[1:], error, times=0)
    play_the_recovery(runner, sandbox, read)


def test_the_backlog_after_an_outage_reserves_a_slot_for_each_message(
    container: Container, runner: OutboundRunner, read: Read
) -> None:
    put(container, BACKLOG)
    read("UPDATE cc_outbound_channels SET next_slot_at = now() - interval '1 hour'")
    (start,) = read("SELECT now() AS moment")
    run_outbound(replace(runner, rules=replace(runner.rules, per_second=40)))
    (channel,) = read("SELECT next_slot_at FROM cc_outbound_channels")
    assert (channel["next_slot_at"] - start["moment"]).total_seconds() >= BACKLOG / 40


def test_a_provider_that_hangs_is_called_once_per_message_until_the_leases_are_over(
    container: Container, runner: OutboundRunner, sandbox: RunningSandbox, read: Read
) -> None:
    hang = Fault(kind=FaultKind.HANG, seconds=0.2)
    customers = [numbered(number) for number in range(12)]
    for each in customers:
        sandbox.network.phones.plan(each[1:], hang, times=1000)
        put(container, 1, to=each)
    impatient = replace(runner, call_seconds=0.05)
    for _ in range(40):
        run_outbound(impatient)
        read("UPDATE cc_outbound_channels SET probe_at = now() WHERE probe_at IS NOT NULL")

    called = read("SELECT count(*) FROM cc_outbound_attempts GROUP BY job_id")
    assert [row["count"] for row in called] == [1] * 12
    waits = "SELECT min(next_attempt_at - finished_at) AS wait FROM cc_outbound_jobs"
    (shortest,) = read(
        f"{waits} AS job JOIN cc_outbound_attempts AS attempt ON attempt.job_id = job.id"
    )
    assert shortest["wait"].total_seconds() >= 60
    deadline = time.monotonic() + 10
    while total(sandbox, customers) < 12 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [arrived(sandbox, each).total() for each in customers] == [1] * 12
