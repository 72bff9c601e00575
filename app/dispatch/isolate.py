"""Dispatch one event alone, with its attempt counted and committed before the work.

If the event kills its worker, its attempt stays counted. After the last counted attempt the
event becomes a dead letter without another attempt.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from psycopg import Connection, Error

from app.core.database import pipelined_transaction
from app.core.database_errors import Fault, fault_of
from app.dispatch.claim_events import SUSPECTED, claim_events, relock
from app.dispatch.decisions import DispatchDecision, DispatchRules, Failure, give_up
from app.dispatch.write_decisions import take_back_attempt, write_decisions


def dispatch_alone(
    connection: Connection[Any], rules: DispatchRules, *, query: str
) -> DispatchDecision | None:
    """Dispatch the longest due event that `query` finds, in two transactions.

    Returns its outcome, or None if no event was due. If the event changed between the two
    transactions, for example by an admin's retry, that change stays. If the database refuses a
    value, the event fails. If the database fails in another way, the attempt is taken back if
    possible, and the error is raised.
    """
    counted = _count_attempt(connection, rules, query)
    if counted is None or counted.is_dead:
        return counted
    decision = rules.decide(counted.event)
    try:
        return _settle_or_fail(connection, counted, decision, rules)
    except Error:
        with suppress(Error):
            _replace(connection, counted, by=[])
        raise


def _settle_or_fail(
    connection: Connection[Any], counted: Failure, decision: DispatchDecision, rules: DispatchRules
) -> DispatchDecision:
    try:
        _replace(connection, counted, by=[decision])
    except Error as error:
        if fault_of(error) is not Fault.REFUSED:
            raise
        decision = rules.fail(counted.event, error)
        _replace(connection, counted, by=[decision])
    return decision


def _replace(
    connection: Connection[Any], counted: Failure, *, by: Sequence[DispatchDecision]
) -> None:
    with pipelined_transaction(connection):
        if relock(connection, counted.event, attempts=counted.attempt):
            take_back_attempt(connection, counted)
            write_decisions(connection, by)


def _count_attempt(connection: Connection[Any], rules: DispatchRules, query: str) -> Failure | None:
    """Count the attempt before the work; give up a suspect that has used its last one.

    Any other event may have used more attempts than the present limit, because the limit was
    higher before. It gets its next attempt, and a failure then makes it a dead letter.
    """
    with pipelined_transaction(connection):
        events = claim_events(connection, limit=1, query=query)
        if not events:
            return None
        event = events[0]
        is_lost = query == SUSPECTED and rules.is_spent(event)
        counted = give_up(event) if is_lost else rules.count_attempt(event)
        write_decisions(connection, [counted])
        return counted
