"""Compute how many dispatch messages are needed for the due events."""

from math import ceil

from app.core.database import driver_connection
from app.dispatch.claim_events import count_due
from app.dispatch.dispatch import Dispatcher


def messages_needed(dispatcher: Dispatcher, *, workers: int) -> int:
    """Return how many of `workers` would find a batch now; 0 if nothing is due.

    Costs one scan of the partial index, limited to one batch per worker.
    """
    with driver_connection(dispatcher.engine) as connection, connection.transaction():
        due = count_due(connection, limit=dispatcher.batch_size * workers)
    return min(workers, ceil(due / dispatcher.batch_size))
