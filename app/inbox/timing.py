"""When an item is overdue and when it is snoozed, as SQL expressions on its columns.

They use the database's clock, which all processes share.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.orm import Mapped


def overdue(status: Mapped[str], promised_until: Mapped[datetime | None]) -> ColumnElement[bool]:
    """Return whether the promised time of an item that is not closed has passed."""
    has_passed = func.coalesce(promised_until <= func.now(), False)
    return and_(status.in_(("open", "acknowledged")), has_passed)


def snoozed(
    snoozed_until: Mapped[datetime | None],
    snoozed_occurrences: Mapped[int | None],
    occurrences: Mapped[int],
    promised_until: Mapped[datetime | None],
) -> ColumnElement[bool]:
    """Return whether an item is snoozed now.

    A snooze ends at `snoozed_until`, or when the item has come up more than
    `snoozed_occurrences` times. A promise whose time has passed ends both.
    """
    until_time = func.coalesce(snoozed_until > func.now(), False)
    until_recurrence = func.coalesce(occurrences <= snoozed_occurrences, False)
    promise_is_open = func.coalesce(promised_until > func.now(), True)
    return and_(until_time | until_recurrence, promise_is_open)
