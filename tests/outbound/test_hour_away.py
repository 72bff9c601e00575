"""An hour without the provider, on a database whose clock the test sets."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import create_engine, text

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.outbound.circuit import CircuitRules
from app.outbound.enqueue import enqueue
from app.outbound.messages import Text
from app.outbound.providers import WhatsAppProvider
from app.outbound.runner import OutboundRunner, run_outbound
from devtools.stack.ports import free_port
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.conftest import SECRETS
from tests.whatsapp import Read, known, numbered

BACKLOG = 80
PER_SECOND = 40
HOUR = 3600.0

CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.ahead AS SELECT CAST(0 AS float8) AS seconds;
CREATE FUNCTION clock.now() RETURNS timestamptz STABLE LANGUAGE sql AS
    'SELECT pg_catalog.now() + seconds * interval ''1 s'' FROM clock.ahead';
CREATE FUNCTION clock.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql AS
    'SELECT pg_catalog.statement_timestamp() + seconds * interval ''1 s'' FROM clock.ahead';
GRANT USAGE ON SCHEMA clock TO service_role;
GRANT SELECT ON clock.ahead TO service_role;
"""
"""Functions that hide PostgreSQL's own, because their schema comes first in the search path."""


class DatabaseClock:
    """The clock of the test's own database, which the test turns forward."""

    def __init__(self, owner_url: str) -> None:
        self._engine = create_engine(owner_url)
        with self._engine.begin() as connection:
            connection.execute(text(CLOCK))
            name = connection.scalar(text("SELECT current_database()"))
            path = "clock, pg_catalog, public"
            connection.execute(text(f"ALTER DATABASE {name} SET search_path = {path}"))

    def advance(self, seconds: float) -> None:
        """Turn the clock forward."""
        with self._engine.begin() as connection:
            update = text("UPDATE clock.ahead SET seconds = seconds + :seconds")
            connection.execute(update, {"seconds": seconds})

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


@pytest.fixture
def database_clock(database_urls: tuple[str, str]) -> Iterator[DatabaseClock]:
    """Return the clock, in place before anything else connects."""
    clock = DatabaseClock(database_urls[1])
    yield clock
    clock.close()


@pytest.fixture
def away(database_clock: DatabaseClock, container: Container) -> Iterator[OutboundRunner]:  # noqa: ARG001 - the clock comes first
    """A runner with the waits of production, while nobody answers at the provider's address."""
    rules = container.outbound.rules
    policy = replace(rules.policy, base_seconds=10.0)
    as_in_production = replace(rules, per_second=PER_SECOND, policy=policy, circuit=CircuitRules())
    provider = WhatsAppProvider(
        base_url=f"http://127.0.0.1:{free_port()}/v26.0",
        access_token=SECRETS["WHATSAPP_ACCESS_TOKEN"],
        phone_number_id=SECRETS["WHATSAPP_PHONE_NUMBER_ID"],
    )
    yield replace(container.outbound, rules=as_in_production, provider=provider)
    provider.close()


def put_backlog(container: Container) -> None:
    """Create a message for each of as many customers."""
    with container.sessions.begin() as session:
        for number in range(BACKLOG):
            to = known(session, container, numbered(number))
            enqueue(session, Text("hello"), to=to, vault=container.vault)


def play_an_hour(away: OutboundRunner, clock: DatabaseClock) -> None:
    """Run whenever something is due, as the worker does, until an hour has passed."""
    passed = 0.0
    while passed < HOUR:
        due_in = run_outbound(away).due_in
        assert due_in is not None
        assert due_in > 0
        clock.advance(due_in)
        passed += due_in


def waits_between_attempts(read: Read) -> list[float]:
    """Return the waits of more than a second, in the order of the attempts."""
    attempts = read("SELECT started_at AS at FROM cc_outbound_attempts ORDER BY id")
    moments = [attempt["at"] for attempt in attempts]
    gaps = [later - at for at, later in pairwise(moments)]
    return [gap.total_seconds() for gap in gaps if gap > timedelta(seconds=1)]


def arrivals(sandbox: RunningSandbox) -> list[datetime]:
    phones = [sandbox.network.phones.open(numbered(number)[1:]) for number in range(BACKLOG)]
    return sorted(message.at for phone in phones for message in phone.messages)


def check_the_hour(read: Read) -> None:
    """Check that no message lost an attempt, that one item says so, and the waits of the probes."""
    assert read("SELECT DISTINCT status, attempts FROM cc_outbound_jobs") == [
        {"status": "queued", "attempts": 0}
    ]
    assert read("SELECT DISTINCT outcome FROM cc_outbound_attempts") == [{"outcome": "away"}]
    assert read("SELECT type, occurrences FROM cc_admin_inbox_items") == [
        {"type": "outbound_provider_away", "occurrences": 1}
    ]
    waits = waits_between_attempts(read)
    assert len(waits) >= HOUR / 60
    for wait, least in zip(waits, [2, 4, 8, 16, 32] + [60] * (len(waits) - 5), strict=True):
        assert least <= wait < least * 1.5 + 2
    (channel,) = read("SELECT now() - away_since AS lasted FROM cc_outbound_channels")
    assert channel["lasted"] >= timedelta(seconds=HOUR - 10)


def check_the_recovery(sandbox: RunningSandbox, back: datetime, read: Read) -> None:
    """Check that no message arrived before its slot in the pace, and that the circuit is closed."""
    for number, moment in enumerate(arrivals(sandbox)):
        slot = back + timedelta(seconds=number / PER_SECOND)
        assert moment > slot - timedelta(seconds=0.05)
    assert read("SELECT DISTINCT status, attempts FROM cc_outbound_jobs") == [
        {"status": "sent", "attempts": 1}
    ]
    assert read("SELECT away_since, faults FROM cc_outbound_channels") == [
        {"away_since": None, "faults": 0}
    ]


def test_after_an_hour_away_the_backlog_is_sent_at_the_limit_without_lost_attempts(
    database_clock: DatabaseClock,
    container: Container,
    away: OutboundRunner,
    sandbox: RunningSandbox,
    read: Read,
) -> None:
    put_backlog(container)
    play_an_hour(away, database_clock)
    dispatch_due(container.dispatcher)
    check_the_hour(read)

    back = datetime.now(UTC)
    assert run_outbound(replace(away, provider=container.outbound.provider)).sent == BACKLOG
    check_the_recovery(sandbox, back, read)
