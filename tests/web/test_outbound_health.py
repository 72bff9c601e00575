"""The outbound queue and its provider on the overview and in the metrics."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.bootstrap import Container
from app.outbound.channel import note_outcomes
from app.outbound.circuit import CircuitRules
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from app.outbound.outcomes import Away, Sent
from tests.web.conftest import Browser, Program
from tests.whatsapp import known

OVERVIEW = "/automation/overview"


@pytest.fixture
def gauge(program: Program) -> Callable[[str], float]:
    """Return a function that reads one gauge of the outbound queue."""

    def run(name: str) -> float:
        lines = program.get("/metrics").text.splitlines()
        (line,) = [each for each in lines if each.startswith(f"automation_outbound_{name} ")]
        return float(line.split()[1])

    return run


@pytest.fixture
def away(container: Container) -> float:
    """Open the circuit; return since when, in seconds since 1970."""
    fault = Away("The access token is not accepted.", 190, is_certain=True)
    with container.sessions.begin() as session:
        assert note_outcomes(session, [(fault, False)], CircuitRules())
        since = text("SELECT extract(epoch FROM away_since)::float8 FROM cc_outbound_channels")
        return float(session.scalars(since).one())


def test_gauges_are_zero_with_an_empty_queue_and_a_working_provider(
    gauge: Callable[[str], float], admin: Browser
) -> None:
    assert gauge("due") == 0
    assert gauge("oldest_due_seconds") == 0
    assert gauge("provider_away_since_seconds") == 0
    page = admin.get(OVERVIEW).text
    assert "WhatsApp accepts messages" in page
    assert "No message waits" in page


def test_a_message_past_due_shows_with_its_age(
    container: Container, gauge: Callable[[str], float], admin: Browser
) -> None:
    with container.sessions.begin() as session:
        to = known(session, container)
        enqueue(session, Text("hello"), to=to, vault=container.vault)
        session.execute(
            text("UPDATE cc_outbound_jobs SET next_attempt_at = now() - interval '31 seconds'")
        )
    assert gauge("due") == 1
    assert gauge("oldest_due_seconds") >= 31
    assert "The oldest has waited" in admin.get(OVERVIEW).text


def test_an_outage_shows_since_when_and_why(
    gauge: Callable[[str], float], admin: Browser, away: float
) -> None:
    assert gauge("provider_away_since_seconds") == pytest.approx(away, abs=0.001)
    page = admin.get(OVERVIEW).text
    assert "Away" in page
    assert "The access token is not accepted." in page
    assert "WhatsApp accepts messages" not in page


@pytest.mark.usefixtures("away")
def test_the_end_of_an_outage_clears_tile_and_gauge(
    container: Container, gauge: Callable[[str], float], admin: Browser
) -> None:
    with container.sessions.begin() as session:
        assert not note_outcomes(session, [(Sent("wamid.1"), True)], CircuitRules())
    assert gauge("provider_away_since_seconds") == 0
    assert "WhatsApp accepts messages" in admin.get(OVERVIEW).text
