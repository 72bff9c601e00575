"""The fixtures of the inbox tests."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from app.core.database import Sessions
from app.inbox.models import InboxItem

AddItem = Callable[..., int]


@pytest.fixture
def add_item(sessions: Sessions) -> AddItem:
    """Return a function that adds an item; by default it is open and has the severity info."""
    numbers = count(1)

    def add(**columns: Any) -> int:
        number = next(numbers)
        defaults: dict[str, Any] = {
            "type": "fraud_case_created",
            "severity": "info",
            "title": f"Item {number}",
            "body": "Something happened.",
            "dedupe_key": f"test:{number}",
        }
        with sessions.begin() as session:
            item = InboxItem(**defaults | columns)
            session.add(item)
            session.flush()
            return item.id

    return add
