"""When an item is overdue and when it is snoozed, by the database's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.core.database import Sessions
from app.inbox.models import InboxItem
from tests.inbox.conftest import AddItem

PAST, FUTURE = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
CLOSED = {"status": "resolved", "closed_at": PAST}


def promised(until: datetime) -> dict[str, Any]:
    return {"promised_until": until, "promised_by": "maria"}


@pytest.mark.parametrize(
    "columns, overdue",
    [
        ({}, False),
        (promised(FUTURE), False),
        (promised(PAST), True),
        ({"status": "acknowledged"} | promised(PAST), True),
        (CLOSED | promised(PAST), False),
    ],
)
def test_an_item_is_overdue_after_its_promised_time_until_it_is_closed(
    sessions: Sessions, add_item: AddItem, columns: dict[str, Any], *, overdue: bool
) -> None:
    item_id = add_item(**columns)
    with sessions.begin() as session:
        assert session.scalars(select(InboxItem.id).where(InboxItem.is_overdue)).all() == (
            [item_id] if overdue else []
        )


@pytest.mark.parametrize(
    "columns, snoozed",
    [
        ({}, False),
        ({"snoozed_until": FUTURE}, True),
        ({"snoozed_until": PAST}, False),
        ({"snoozed_occurrences": 3, "occurrences": 3}, True),
        ({"snoozed_occurrences": 3, "occurrences": 4}, False),
        ({"snoozed_until": FUTURE} | promised(FUTURE), True),
        ({"snoozed_until": FUTURE} | promised(PAST), False),
        ({"snoozed_occurrences": 1} | promised(PAST), False),
    ],
)
def test_an_item_is_snoozed_until_its_time_its_recurrence_or_its_promise(
    sessions: Sessions, add_item: AddItem, columns: dict[str, Any], *, snoozed: bool
) -> None:
    item_id = add_item(**columns)
    with sessions.begin() as session:
        assert session.scalars(select(InboxItem.id).where(InboxItem.is_snoozed)).all() == (
            [item_id] if snoozed else []
        )
