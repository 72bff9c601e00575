"""Dispatch due events in batches, each in one transaction.

An event that may have killed a worker is in no batch. It is dispatched alone, after the batches
(`app.dispatch.isolate`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import structlog
from psycopg import Connection, Error
from sqlalchemy import Engine

from app.core.database import driver_connection, pipelined_transaction
from app.core.database_errors import Fault, fault_of
from app.dispatch.claim_events import SUSPECTED, UNSUSPECTED, claim_events, due_in
from app.dispatch.decisions import DispatchDecision, DispatchRules
from app.dispatch.isolate import dispatch_alone
from app.dispatch.result import DispatchResult, log_failures
from app.dispatch.write_decisions import write_decisions

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """What dispatch needs: the database, the rules, and the size of a batch."""

    engine: Engine
    rules: DispatchRules
    batch_size: int


def dispatch_due(
    dispatcher: Dispatcher, *, seconds: float = 20.0, careful: bool = False
) -> DispatchResult:
    """Dispatch due events until none is left or `seconds` have passed.

    Returns the counts, and the seconds until the next event of all is due.

    Each event gets exactly one item or one more failure, even if processes die. A `careful`
    run first dispatches up to a batch of events one by one, and counts each attempt before the
    work. So a run after a killed one finds the event that killed it.
    """
    deadline = monotonic() + seconds
    result = DispatchResult()
    if careful:
        result += _dispatch_one_by_one(dispatcher, UNSUSPECTED, deadline)
    while monotonic() < deadline:
        batch = dispatch_batch(dispatcher)
        result += batch
        if batch.claimed < dispatcher.batch_size:
            break
    result += _dispatch_one_by_one(dispatcher, SUSPECTED, deadline)
    with driver_connection(dispatcher.engine) as connection:
        return replace(result, due_in=due_in(connection))


def dispatch_carefully(dispatcher: Dispatcher, *, seconds: float) -> DispatchResult:
    """Dispatch up to a batch of due events one by one, for a process that must survive.

    Each attempt is counted before the work. So an event can kill this process only once: it is
    then a suspect, which only workers dispatch.
    """
    return _dispatch_one_by_one(dispatcher, UNSUSPECTED, monotonic() + seconds)


def dispatch_batch(dispatcher: Dispatcher) -> DispatchResult:
    """Dispatch one batch in one transaction of two round trips."""
    with driver_connection(dispatcher.engine) as connection:
        try:
            with pipelined_transaction(connection):
                decisions = _claim_and_decide(connection, dispatcher)
                write_decisions(connection, decisions)
        except Error as error:
            if fault_of(error) is not Fault.REFUSED:
                raise
            log.warning("batch_refused_by_database", error_class=type(error).__name__)
            decisions = _dispatch_in_halves(connection, dispatcher)
    log_failures(decisions)
    return DispatchResult.of(decisions)


def _claim_and_decide(
    connection: Connection[Any], dispatcher: Dispatcher
) -> list[DispatchDecision]:
    events = claim_events(connection, limit=dispatcher.batch_size)
    return dispatcher.rules.decide_all(events)


def _dispatch_in_halves(
    connection: Connection[Any], dispatcher: Dispatcher
) -> list[DispatchDecision]:
    with connection.transaction():
        decisions = _claim_and_decide(connection, dispatcher)
        return _settle_in_halves(connection, decisions, dispatcher.rules)


def _settle_in_halves(
    connection: Connection[Any], decisions: Sequence[DispatchDecision], rules: DispatchRules
) -> list[DispatchDecision]:
    """Write `decisions` in halves under savepoints, until the refused one is alone."""
    try:
        with connection.transaction():
            write_decisions(connection, decisions)
    except Error as error:
        if fault_of(error) is not Fault.REFUSED:
            raise
        if len(decisions) > 1:
            middle = len(decisions) // 2
            halves = decisions[:middle], decisions[middle:]
            return [d for half in halves for d in _settle_in_halves(connection, half, rules)]
        refused = rules.fail(decisions[0].event, error)
        write_decisions(connection, [refused])
        return [refused]
    return list(decisions)


def _dispatch_one_by_one(dispatcher: Dispatcher, query: str, deadline: float) -> DispatchResult:
    result = DispatchResult()
    for _ in range(dispatcher.batch_size):
        if monotonic() >= deadline:
            break
        with driver_connection(dispatcher.engine) as connection:
            decision = dispatch_alone(connection, dispatcher.rules, query=query)
        if decision is None:
            break
        log_failures([decision])
        result += DispatchResult.of([decision])
    return result
