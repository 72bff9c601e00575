"""Lists as CSV: what they hold, their limit, and the record of each export."""

import csv
import io
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.paging import Page
from app.inbox.item_conditions import ItemFilter
from app.inbox.queries import list_items
from app.reports.exports import BROKEN, ExportedList, start_export, stream_export
from app.web.csv_response import LIMIT_HEADER
from tests.web.cases import write_case
from tests.web.conftest import Browser, Program
from tests.whatsapp import Read, read

__all__ = ["read"]

ITEMS = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, dedupe_key)
SELECT 'x', CASE WHEN n % 2 = 0 THEN 'info' ELSE 'error' END, '=HYPERLINK(' || n || ')',
       'Call +34 600 111 222, "now"', n::text
FROM generate_series(1, CAST(:count AS int)) AS n
"""
EXPORTS = "SELECT actor, list, filter, rows, outcome FROM cc_exports ORDER BY id"


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))


def test_the_current_filter_is_exported_over_all_its_pages_and_recorded(
    admin: Browser, read: Read
) -> None:
    read(ITEMS, count=450)
    query = "severity=info&q=hyperlink&order=newest&cursor=&limit=10"
    page = admin.get(f"/automation?{query}").text
    link = page.split('href="/automation/exports/')[1].split('"')[0].replace("&amp;", "&")
    answer = admin.get(f"/automation/exports/{link}")

    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="inbox-2026')
    assert answer.headers[LIMIT_HEADER] == "50000"
    found = rows_of(answer.text)
    assert [row["id"] for row in found] == [str(n) for n in range(450, 0, -2)]
    assert found[0]["title"] == "'=HYPERLINK(450)"
    assert found[0]["body"] == 'Call ••• 1222, "now"'
    assert read(EXPORTS) == [
        {
            "actor": "maria",
            "list": "inbox",
            "filter": {"status": "open", "severity": "info", "q": "hyperlink", "order": "newest"},
            "rows": 225,
            "outcome": "complete",
        }
    ]


@pytest.mark.usefixtures("event_id", "item_id")
@pytest.mark.parametrize(
    "path, count",
    [
        ("/api/automation/inbox/export.csv?status=open", 1),
        ("/api/automation/events/export.csv?dead=true", 1),
        ("/api/fraud/cases/export.csv?status=open", 1),
        ("/api/outbound/jobs/export.csv?status=failed", 0),
        ("/api/fraud/verifications/export.csv?status=verified", 1),
    ],
)
def test_every_list_is_exported_by_the_api(
    program: Program, sessions: Sessions, path: str, count: int
) -> None:
    write_case(sessions)
    answer = program.get(path)
    assert answer.status_code == HTTPStatus.OK
    assert len(rows_of(answer.text)) == count


def test_a_telephone_number_in_a_filter_is_in_no_record_and_no_file_name(
    program: Program, read: Read
) -> None:
    answer = program.get("/api/automation/inbox/export.csv?q=call+%2B34600111222&type=34600111222")
    assert answer.status_code == HTTPStatus.OK
    assert "600" not in str(read(EXPORTS)) + answer.headers["Content-Disposition"]


def test_a_wrong_filter_is_refused_and_not_recorded(program: Program, read: Read) -> None:
    answer = program.get("/api/automation/events/export.csv?status=lost")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert read(EXPORTS) == []


def test_only_an_admin_exports(agent: Browser, read: Read) -> None:
    assert agent.get("/automation/exports/inbox.csv").status_code == HTTPStatus.FORBIDDEN
    assert read(EXPORTS) == []


def _list(read_page: Any = None) -> ExportedList:
    def read(session: Session, cursor: str | None, limit: int) -> Page[Any]:
        return list_items(session, ItemFilter(), cursor=cursor, limit=limit)

    return ExportedList(name="inbox", columns=("id", "title"), read=read_page or read)


def _stream(sessions: Sessions, exported: ExportedList, **options: int) -> Iterator[str]:
    with sessions.begin() as session:
        export_id = start_export(session, exported, actor="ana", wanted={})
    return stream_export(sessions, exported, export_id, **options)


@pytest.mark.parametrize("count, outcome", [(250, "complete"), (251, "cut")])
def test_the_last_line_says_that_the_limit_was_reached(
    sessions: Sessions, read: Read, count: int, outcome: str
) -> None:
    read(ITEMS, count=count)
    found = rows_of("".join(_stream(sessions, _list(), row_limit=250)))
    assert found[-1]["id"].startswith("This export is cut") == (outcome == "cut")
    (record,) = read(EXPORTS)
    assert (record["rows"], record["outcome"]) == (250, outcome)


def test_an_export_that_the_reader_leaves_is_recorded_as_aborted(
    sessions: Sessions, read: Read
) -> None:
    read(ITEMS, count=500)
    stream: Any = _stream(sessions, _list())
    next(stream)
    (record,) = read(EXPORTS)
    assert (record["rows"], record["outcome"]) == (200, None)
    stream.close()
    (record,) = read(EXPORTS)
    assert (record["rows"], record["outcome"]) == (200, "aborted")


def test_an_error_ends_the_text_with_a_sentence_and_is_recorded(
    sessions: Sessions, read: Read
) -> None:
    read(ITEMS, count=300)
    working = _list().read

    def breaking(session: Session, cursor: str | None, limit: int) -> Page[Any]:
        if cursor is not None:
            raise ConnectionError("gone")
        return working(session, cursor, limit)

    stream = _stream(sessions, _list(breaking))
    next(stream)
    assert BROKEN in next(stream)
    with pytest.raises(ConnectionError):
        next(stream)
    (record,) = read(EXPORTS)
    assert (record["rows"], record["outcome"]) == (200, "failed")
