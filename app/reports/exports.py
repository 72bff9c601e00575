"""Stream a list as CSV in batches, and keep a record of each export."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import func, insert, update
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.paging import MAX_LIMIT, Page
from app.core.redaction import redact, redact_text
from app.reports.csv_text import BYTE_ORDER_MARK, Value, csv_of
from app.reports.models import Export

ROW_LIMIT = 50_000
"""The most rows of one export."""

CUT = f"This export is cut: it has {ROW_LIMIT:,} rows, and the list has more. Narrow the filter."
BROKEN = "This export is not complete, because an error occurred. Start it again."

log = structlog.get_logger(__name__)

ReadPage = Callable[[Session, str | None, int], Page[Any]]
"""Reads a page of the list: the session, the cursor and the number of rows."""


class ExportOutcome(StrEnum):
    """How an export ended."""

    COMPLETE = "complete"
    CUT = "cut"
    ABORTED = "aborted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedList:
    """A list that can be exported: its name, the columns and how to read a page of it."""

    name: str
    columns: Sequence[str]
    read: ReadPage


def start_export(
    session: Session, exported: ExportedList, *, actor: str, wanted: Mapping[str, Any]
) -> int:
    """Record that `actor` exports a list with the filter `wanted`; return the id of the export."""
    values = {"actor": actor, "list": exported.name, "filter": redact(dict(wanted))}
    return session.scalars(insert(Export).values(values).returning(Export.id)).one()


def stream_export(
    sessions: Sessions, exported: ExportedList, export_id: int, *, row_limit: int = ROW_LIMIT
) -> Generator[str]:
    """Yield the list as CSV, in batches of one transaction each, so that memory stays constant.

    The record gets the number of rows with each batch, and the outcome at the end: `aborted` if
    the reader goes away. An error is raised. After the first batch the text then ends with a
    sentence that says so.
    """
    outcome, has_begun = ExportOutcome.ABORTED, False
    try:
        batches = _batches(sessions, exported, export_id, row_limit)
        first = next(batches)
        has_begun = True
        yield BYTE_ORDER_MARK + csv_of([exported.columns]) + first
        is_cut = yield from batches
        if is_cut:
            yield _sentence(exported, CUT)
        outcome = ExportOutcome.CUT if is_cut else ExportOutcome.COMPLETE
    except Exception:  # boundary: the record and the reader learn of any error, then it is raised
        outcome = ExportOutcome.FAILED
        log.exception("export_failed", export_id=export_id)
        if has_begun:
            yield _sentence(exported, BROKEN)
        raise
    finally:
        _finish(sessions, export_id, outcome)


def _batches(
    sessions: Sessions, exported: ExportedList, export_id: int, row_limit: int
) -> Generator[str, None, bool]:
    """Yield each batch of rows as CSV; return whether rows are left when the limit is reached."""
    cursor, rows = None, 0
    while rows < row_limit:
        with sessions.begin() as session:
            page = exported.read(session, cursor, min(MAX_LIMIT, row_limit - rows))
            rows += len(page.items)
            _keep(session, export_id, rows=rows)
        yield csv_of(_cells(view, exported.columns) for view in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return False
    return True


def _cells(view: object, columns: Sequence[str]) -> list[Value]:
    values = (getattr(view, column) for column in columns)
    return [redact_text(value) if type(value) is str else value for value in values]


def _sentence(exported: ExportedList, sentence: str) -> str:
    """Return a row that holds a sentence in its first column, as long as the others."""
    return csv_of([[sentence, *[""] * (len(exported.columns) - 1)]])


def _finish(sessions: Sessions, export_id: int, outcome: ExportOutcome) -> None:
    with sessions.begin() as session:
        _keep(session, export_id, outcome=outcome, finished_at=func.now())


def _keep(session: Session, export_id: int, **values: Any) -> None:
    session.execute(update(Export).where(Export.id == export_id).values(values))
