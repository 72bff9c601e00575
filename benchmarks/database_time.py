"""The time that PostgreSQL needs for the statements of a use case, without Python and network."""

from collections.abc import Callable
from typing import Any

from psycopg import Connection
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.bootstrap import Container


def database_ms(
    container: Container, call: Callable[[Session], object], connection: Connection, *, runs: int
) -> list[float]:
    """Run `call` once, then explain its statements `runs` times; return the sums in ms."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        sent.append((statement, values))

    event.listen(container.engine, "before_cursor_execute", note)
    with container.sessions.begin() as session:
        call(session)
    event.remove(container.engine, "before_cursor_execute", note)
    with connection.transaction():
        connection.execute("SET LOCAL ROLE service_role")
        return [sum(_explained(connection, *each) for each in sent) for _ in range(runs)]


def _explained(connection: Connection, statement: str, values: Any) -> float:
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    [([plan],)] = connection.execute(explain, values).fetchall()
    return float(plan["Planning Time"]) + float(plan["Execution Time"])
