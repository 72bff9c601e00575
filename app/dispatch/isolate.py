"""Dispatch one event alone, its try counted and committed before the work.

So the event that kills its worker is the one that pays: it comes back later with one
try less, and when none is left it is dead-lettered without being worked on again.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from psycopg import Connection, OperationalError

from app.dispatch.claim import claim, relock
from app.dispatch.decisions import Decision, Failure, Rules, give_up
from app.dispatch.settle import refund, settle


def dispatch_alone(connection: Connection[Any], rules: Rules, *, query: str) -> Decision | None:
    """Dispatch the longest due event that `query` finds, in two transactions.

    Returns what became of it, or None if nothing was due. Had somebody else settled it
    in between (a retry by hand, say), their outcome stands. If the database fails while
    the outcome is written, the event gets its try back as soon as the database allows.
    """
    charged = _charge(connection, rules, query)
    if charged is None or charged.is_dead:
        return charged
    decision = rules.decide(charged.event)
    try:
        _replace(connection, charged, by=[decision])
    except OperationalError:
        with suppress(OperationalError):
            _replace(connection, charged, by=[])
        raise
    return decision


def _replace(connection: Connection[Any], charged: Failure, *, by: Sequence[Decision]) -> None:
    with connection.transaction():
        if relock(connection, charged.event, attempts=charged.attempt):
            refund(connection, charged)
            settle(connection, by)


def _charge(connection: Connection[Any], rules: Rules, query: str) -> Failure | None:
    with connection.transaction():
        events = claim(connection, limit=1, query=query)
        if not events:
            return None
        event = events[0]
        charged = give_up(event) if rules.is_spent(event) else rules.charge(event)
        settle(connection, [charged])
        return charged
