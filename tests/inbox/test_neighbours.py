"""The items before and after an item are those of the list, in every tab and order."""

import pytest

from app.core.database import Sessions
from app.inbox.item_conditions import ItemFilter
from app.inbox.neighbours import Neighbours, neighbours_of
from app.inbox.tabs import Order, Tab
from tests.inbox.test_order import every_kind, ids

__all__ = ["every_kind"]


def neighbours(
    sessions: Sessions, item_id: int, wanted: ItemFilter, order: Order | None = None
) -> Neighbours:
    with sessions.begin() as session:
        return neighbours_of(session, item_id, wanted, order=order)


@pytest.mark.parametrize("order", list(Order))
def test_the_neighbours_of_each_item_stand_beside_it_in_the_list(
    sessions: Sessions, every_kind: dict[str, int], order: Order
) -> None:
    for tab in Tab:
        listed = ids(sessions, tab, order)
        assert set(listed) <= set(every_kind.values())
        for before, item_id, after in zip(
            [None, *listed], listed, [*listed[1:], None], strict=False
        ):
            found = neighbours(sessions, item_id, ItemFilter(status=tab), order)
            assert found == Neighbours(before, after), (tab, item_id)


def test_an_item_outside_the_filter_has_the_neighbours_of_its_place(
    sessions: Sessions, every_kind: dict[str, int]
) -> None:
    critical = ids(sessions, Tab.OPEN, severity="critical")
    wanted = ItemFilter(status=Tab.OPEN, severity="critical")  # type: ignore[arg-type]
    assert neighbours(sessions, every_kind["info"], wanted) == Neighbours(critical[-1], None)
