"""History can be added to and read, and not changed: not by the application, nor by the owner."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from app.core.database import Base, HistoryColumns, Sessions
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from tests.inbox.conftest import AddItem, add_item

__all__ = ["add_item"]

TABLES = sorted(
    str(mapper.local_table)
    for mapper in Base.registry.mappers
    if issubclass(mapper.class_, HistoryColumns)
)
CHANGES = ["UPDATE {table} SET actor = 'jonas'", "DELETE FROM {table}"]


def test_there_are_tables_of_history() -> None:
    assert len(TABLES) == 4


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_application_may_not_change_history(
    sessions: Sessions, table: str, change: str
) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), sessions.begin() as session:
        session.execute(text(change.format(table=table)))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_may_not_change_history(
    database_urls: tuple[str, str], table: str, change: str
) -> None:
    engine = create_engine(database_urls[1])
    with pytest.raises(ProgrammingError, match="can't be changed"), engine.begin() as owner:
        owner.execute(text(change.format(table=table)))
    engine.dispose()


def test_the_history_of_a_deleted_item_goes_with_it(sessions: Sessions, add_item: AddItem) -> None:
    item_id = add_item()
    with sessions.begin() as session:
        apply_action(session, item_id, Action.RESOLVE, actor="maria")
    with sessions.begin() as session:
        session.execute(text("DELETE FROM cc_admin_inbox_items"))
        assert session.scalar(text("SELECT count(*) FROM cc_admin_inbox_activity")) == 0
