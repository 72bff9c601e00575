"""Dispatch one event alone, its attempt counted and committed before the work.

So the event that kills its worker is the one that pays: it comes back later with one
attempt less, and when none is left it is dead-lettered without being worked on again.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from psycopg import Connection, Error

from app.core.database import pipelined_transaction
from app.core.database_errors import Fault, fault_of
from app.dispatch.claim_events import SUSPECTED, claim_events, relock
from app.dispatch.decisions import DispatchDecision, DispatchRules, Failure, give_up
from app.dispatch.write_decisions import refund, write_decisions


def dispatch_alone(
    connection: Connection[Any], rules: DispatchRules, *, query: str
) -> DispatchDecision | None:
    """Dispatch the longest due event that `query` finds, in two transactions.

    Returns what became of it, or None if nothing was due. Had somebody else settled it
    in between (a retry by hand, say), their outcome stands. What the database refuses is
    the event's failure. If the database fails otherwise while the outcome is written, the
    event gets its attempt back as soon as the database allows, and the error is raised.
    """
    charged = _charge(connection, rules, query)
    if charged is None or charged.is_dead:
        return charged
    decision = rules.decide(charged.event)
    try:
        return _settle_or_fail(connection, charged, decision, rules)
    except Error:
        with suppress(Error):
            _replace(connection, charged, by=[])
        raise


def _settle_or_fail(
    connection: Connection[Any], charged: Failure, decision: DispatchDecision, rules: DispatchRules
) -> DispatchDecision:
    try:
        _replace(connection, charged, by=[decision])
    except Error as error:
        if fault_of(error) is not Fault.REFUSED:
            raise
        decision = rules.fail(charged.event, error)
        _replace(connection, charged, by=[decision])
    return decision


def _replace(
    connection: Connection[Any], charged: Failure, *, by: Sequence[DispatchDecision]
) -> None:
    with pipelined_transaction(connection):
        if relock(connection, charged.event, attempts=charged.attempt):
            refund(connection, charged)
            write_decisions(connection, by)


def _charge(connection: Connection[Any], rules: DispatchRules, query: str) -> Failure | None:
    """Count the attempt before the work; give up a suspect that has used its last one.

    An event that is no suspect has failed in another way, perhaps under a larger budget
    than today's: it gets its next attempt and dies of what that one raises.
    """
    with pipelined_transaction(connection):
        events = claim_events(connection, limit=1, query=query)
        if not events:
            return None
        event = events[0]
        is_lost = query == SUSPECTED and rules.is_spent(event)
        charged = give_up(event) if is_lost else rules.charge(event)
        write_decisions(connection, [charged])
        return charged
