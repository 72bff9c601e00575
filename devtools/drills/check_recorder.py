"""Makes the checks of one drill and records their results."""

import json
import re
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import text

from app.core.errors import AutomationError
from app.core.redaction import redact
from devtools.drills.evidence import Check, Row, Section
from devtools.drills.report import shown_check
from devtools.drills.target import DrillTarget

RowCondition = Callable[[Sequence[Row]], bool]

POLL_SECONDS = 0.05
NOTICE_SECONDS = 5
"""After this time the terminal shows that a check is waiting."""
EXCERPT = 200
"""The number of characters that are shown of a long answer."""


class DrillStopped(AutomationError):
    """A check failed that the rest of the drill depends on."""


@dataclass(slots=True)
class CheckRecorder:
    """Makes and collects the checks of one drill, and prints each with `say`."""

    target: DrillTarget
    say: Callable[[str], None]
    finished: Sequence[Section] = ()
    """The sections of the drills that ran before this one."""
    checks: list[Check] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def check_rows(
        self,
        statement: str,
        sql: str,
        expected: Sequence[Row] | RowCondition,
        *,
        within: float = 0,
        required: bool = False,
        **values: Any,
    ) -> Sequence[Row]:
        """Check that a query returns `expected`; repeat the query for up to `within` seconds.

        Returns the rows. Raises DrillStopped if `required` and the check failed.
        """
        columns, rows = self._until(sql, values, expected, within)
        passed = expected(rows) if callable(expected) else list(rows) == list(expected)
        shown = None if callable(expected) else _show_rows(expected)
        self.record(
            statement,
            passed,
            source=shown_sql(sql, values),
            columns=columns,
            rows=rows,
            expected=shown,
        )
        if required and not passed:
            raise DrillStopped(f"The drill needs a check that failed: {statement}.")
        return rows

    def check_answer(  # noqa: PLR0913 - a request is all of these
        self,
        statement: str,
        method: str,
        path: str,
        *,
        status: int = 200,
        role: str | None = "admin",
        condition: Callable[[Any], bool] | None = None,
        show: Callable[[Any], Any] | None = None,
        body: object = None,
    ) -> httpx.Response:
        """Send a request and check the status and, with `condition`, the JSON of the answer.

        `show` selects the part of the JSON that is recorded. Returns the answer.
        """
        response = self.request(method, path, role=role, body=body)
        content = _content(response)
        passed = response.status_code == status and (condition is None or condition(content))
        picked = show(content) if show and response.is_success else content
        self.record(
            statement,
            passed,
            source=_shown_request(method, path, role, body),
            columns=("status", "answer"),
            rows=[(response.status_code, _excerpt(_reason(picked)))],
            expected=str(status),
        )
        return response

    def request(
        self, method: str, path: str, *, role: str | None = "admin", body: object = None
    ) -> httpx.Response:
        """Send a request without a check."""
        headers = {"x-user-role": role} if role else {}
        json_type = {"Content-Type": "application/json"} if method == "POST" else {}
        content = None if body is None else json.dumps(body)
        return self.target.web.request(method, path, headers=headers | json_type, content=content)

    def read(self, sql: str, **values: Any) -> Sequence[Row]:
        """Return the rows of a query without a check."""
        return self._read(sql, values)[1]

    def execute(self, sql: str, **values: Any) -> Sequence[Row]:
        """Run a statement that writes, in its own transaction; return its rows."""
        with self.target.container.engine.begin() as connection:
            result = connection.execute(text(sql), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    def record(  # noqa: PLR0913 - the fields of a check
        self,
        statement: str,
        passed: bool,  # noqa: FBT001 - the verdict belongs beside its statement
        *,
        source: str,
        columns: Sequence[str],
        rows: Sequence[Row],
        expected: str | None = None,
    ) -> None:
        """Record and print a check with a known result."""
        check = Check(
            statement=statement,
            passed=passed,
            source=source,
            columns=columns,
            rows=rows,
            expected=expected,
        )
        self.checks.append(check)
        self.say(shown_check(check))

    def leave_out(self, why: str) -> None:
        """Record why a part of the drill can't run against this stack."""
        self.say(f"  left out: {why}\n")
        self.left_out.append(why)

    def _until(
        self,
        sql: str,
        values: dict[str, Any],
        expected: Sequence[Row] | RowCondition,
        within: float,
    ) -> tuple[Sequence[str], Sequence[Row]]:
        deadline = time.monotonic() + within
        notice_at = time.monotonic() + NOTICE_SECONDS
        while True:
            columns, rows = self._read(sql, values)
            found = expected(rows) if callable(expected) else list(rows) == list(expected)
            if found or time.monotonic() >= deadline:
                return columns, rows
            if time.monotonic() > notice_at:
                self.say(f"  … waiting, up to {within:.0f} s\n")
                notice_at = deadline
            time.sleep(POLL_SECONDS)

    def _read(self, sql: str, values: dict[str, Any]) -> tuple[Sequence[str], Sequence[Row]]:
        with self.target.container.engine.connect() as connection:
            result = connection.execute(text(sql), values)
            return list(result.keys()), [tuple(row) for row in result]


def shown_sql(sql: str, values: dict[str, Any]) -> str:
    """Return a statement with its values inserted, ready to paste into psql."""
    shown = textwrap.dedent(sql).strip()
    for name, value in values.items():
        written = f"'{value}'" if isinstance(value, str) else str(value)
        shown = re.sub(rf"(?<!:):{name}\b", written.replace("\\", r"\\"), shown)
    return shown


def _shown_request(method: str, path: str, role: str | None, body: object) -> str:
    header = f"  x-user-role: {role}" if role else "  (no identity)"
    return f"{method} {path}{header}" + (
        f"  {json.dumps(redact(body), ensure_ascii=False)}" if body is not None else ""
    )


def _show_rows(rows: Sequence[Row]) -> str:
    return "; ".join(", ".join(map(str, row)) for row in rows) or "no rows"


def _content(response: httpx.Response) -> Any:
    if "json" in response.headers.get("Content-Type", ""):
        return response.json()
    title = re.search(r"<title>\s*(.*?)\s*</title>", response.text, re.DOTALL)
    return title[1] if title else response.headers.get("Location", "")


def _reason(content: Any) -> Any:
    """Return the sentence of a problem (RFC 9457), or other content unchanged."""
    is_problem = isinstance(content, dict) and content.get("type") == "about:blank"
    return content["detail"] if is_problem else content


def _excerpt(content: Any) -> str:
    words = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return words if len(words) <= EXCERPT else f"{words[: EXCERPT - 1]}…"
