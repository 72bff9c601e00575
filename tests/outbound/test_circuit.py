"""The circuit breaker of the provider. An outage costs no message an attempt."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.bootstrap import Container
from app.outbound.circuit import Circuit, CircuitRules
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from app.outbound.outcomes import Away, NoAnswer, NotCalled, Outcome, Refused, Sent, Throttled
from app.outbound.providers import WhatsAppProvider
from app.outbound.runner import OutboundRunner, run_outbound
from tests.conftest import SECRETS
from tests.whatsapp import Read, known

RULES = CircuitRules(faults=3, base_seconds=2, cap_seconds=60)
DOWN = Away("down")


def after(*outcomes: Outcome, circuit: Circuit | None = None, is_probe: bool = False) -> Circuit:
    return RULES.after(circuit or Circuit(), [(outcome, is_probe) for outcome in outcomes])


@pytest.mark.parametrize(
    "outcomes, is_open",
    [
        ([DOWN, DOWN], False),
        ([DOWN, NoAnswer("late"), DOWN], True),
        ([DOWN, DOWN, Sent("wamid.1"), DOWN], False),
        ([DOWN, DOWN, Refused("no", 131026), DOWN], False),
        ([DOWN, DOWN, NotCalled(), DOWN], True),
        ([Away("token", 190, is_certain=True)], True),
        ([Throttled("slow", 130429)], True),
        ([Throttled("slow", 131056, everyone=False)] * 5, False),
    ],
)
def test_when_the_circuit_opens(outcomes: list[Outcome], is_open: bool) -> None:  # noqa: FBT001
    assert after(*outcomes).is_open is is_open


def test_waits_between_probes_double_up_to_a_limit() -> None:
    circuit = after(DOWN, DOWN, DOWN)
    waits = [circuit.probe_in]
    for _ in range(6):
        circuit = after(DOWN, circuit=circuit, is_probe=True)
        waits.append(circuit.probe_in)
    assert waits == [2, 4, 8, 16, 32, 60, 60]


def test_calls_that_began_before_the_circuit_opened_are_no_probes() -> None:
    circuit = after(DOWN, DOWN, DOWN)
    assert after(DOWN, NoAnswer("late"), circuit=circuit) == circuit


def test_the_provider_can_set_the_wait() -> None:
    assert after(Throttled("slow", 130429, retry_after=77)).probe_in == 77


def test_any_answer_closes_the_circuit() -> None:
    circuit = after(DOWN, DOWN, DOWN)
    assert after(Refused("no", 131026), circuit=circuit, is_probe=True) == Circuit()


@pytest.fixture
def away(container: Container) -> Iterator[OutboundRunner]:
    """A runner whose provider refuses its token, with short waits of the circuit."""
    runner = container.outbound
    provider = WhatsAppProvider(
        base_url=container.settings.whatsapp_api_base_url,
        access_token="wrong",
        phone_number_id=SECRETS["WHATSAPP_PHONE_NUMBER_ID"],
    )
    short = CircuitRules(faults=3, base_seconds=0.01, cap_seconds=0.02)
    yield replace(runner, provider=provider, rules=replace(runner.rules, circuit=short))
    provider.close()


def put_many(container: Container, count: int) -> None:
    with container.sessions.begin() as session:
        to = known(session, container)
        for number in range(count):
            enqueue(session, Text(str(number)), to=to, vault=container.vault)


def test_while_the_circuit_is_open_nothing_is_sent_before_the_probe(
    container: Container, away: OutboundRunner, read: Read
) -> None:
    put_many(container, 5)
    run_outbound(away)
    read("UPDATE cc_outbound_channels SET probe_at = now() + interval '1 hour'")
    tried = len(read("SELECT id FROM cc_outbound_attempts"))
    result = run_outbound(container.outbound)
    assert result.sent == 0
    assert result.due_in is not None
    assert result.due_in > 3500
    assert len(read("SELECT id FROM cc_outbound_attempts")) == tried


def test_a_wrong_encryption_key_costs_no_attempt_and_is_announced_once(
    container: Container, read: Read
) -> None:
    put_many(container, 5)
    read("UPDATE cc_outbound_jobs SET text_encrypted = 'of another key'")
    for _ in range(6):
        read("UPDATE cc_outbound_jobs SET next_attempt_at = now()")
        run_outbound(container.outbound, seconds=0.05)
    assert read("SELECT DISTINCT status, attempts FROM cc_outbound_jobs") == [
        {"status": "queued", "attempts": 0}
    ]
    events = read("SELECT DISTINCT event_type FROM cc_automation_events")
    assert events == [{"event_type": "outbound_compose_failed"}]
