"""The book of one drill: asks, judges the answer, and writes both down."""

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
from devtools.drills.stage import Stage

Judge = Callable[[Sequence[Row]], bool]

LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 5
"""After this a person wants to hear that we wait."""
EXCERPT = 200
"""Characters shown of a long answer."""


class DrillStopped(AutomationError):
    """What the rest of a drill rests on did not come about."""


@dataclass(slots=True)
class Book:
    """Collects the checks of one drill; `say` prints each as it is made."""

    stage: Stage
    say: Callable[[str], None]
    played: Sequence[Section] = ()
    """The drills before this one."""
    checks: list[Check] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def rows(
        self,
        claim: str,
        sql: str,
        wanted: Sequence[Row] | Judge,
        *,
        within: float = 0,
        must: bool = False,
        **values: Any,
    ) -> Sequence[Row]:
        """Check that a query returns `wanted`, asking again for `within` seconds if need be.

        `must` ends the drill if it does not. Returns the rows.
        """
        columns, rows = self._until(sql, values, wanted, within)
        passed = wanted(rows) if callable(wanted) else list(rows) == list(wanted)
        shown = None if callable(wanted) else _show_rows(wanted)
        self.write(
            claim, passed, asked=shown_sql(sql, values), columns=columns, rows=rows, wanted=shown
        )
        if must and not passed:
            raise DrillStopped(f"It did not come about that: {claim}.")
        return rows

    def answer(  # noqa: PLR0913 - a request is all of these
        self,
        claim: str,
        method: str,
        path: str,
        *,
        status: int = 200,
        role: str | None = "admin",
        holds: Callable[[Any], bool] | None = None,
        show: Callable[[Any], Any] | None = None,
        body: object = None,
    ) -> httpx.Response:
        """Check the status of an HTTP answer, and by `holds` its JSON; return the answer.

        `show` picks the part of the JSON that is kept as evidence.
        """
        response = self.call(method, path, role=role, body=body)
        content = _content(response)
        passed = response.status_code == status and (holds is None or holds(content))
        picked = show(content) if show and response.is_success else content
        self.write(
            claim,
            passed,
            asked=_shown_request(method, path, role, body),
            columns=("status", "answer"),
            rows=[(response.status_code, _excerpt(_reason(picked)))],
            wanted=str(status),
        )
        return response

    def call(
        self, method: str, path: str, *, role: str | None = "admin", body: object = None
    ) -> httpx.Response:
        """Send a request without checking anything."""
        headers = {"x-user-role": role} if role else {}
        json_type = {"Content-Type": "application/json"} if method == "POST" else {}
        content = None if body is None else json.dumps(body)
        return self.stage.web.request(method, path, headers=headers | json_type, content=content)

    def read(self, sql: str, **values: Any) -> Sequence[Row]:
        """Return the rows of a query without checking anything."""
        return self._read(sql, values)[1]

    def change(self, sql: str, **values: Any) -> Sequence[Row]:
        """Run a statement that writes, in a transaction of its own; return what it returns."""
        with self.stage.container.engine.begin() as connection:
            result = connection.execute(text(sql), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    def write(  # noqa: PLR0913 - the fields of a check
        self,
        claim: str,
        passed: bool,  # noqa: FBT001 - the verdict belongs beside its claim
        *,
        asked: str,
        columns: Sequence[str],
        rows: Sequence[Row],
        wanted: str | None = None,
    ) -> None:
        """Write down a check that was made elsewhere."""
        check = Check(
            claim=claim, passed=passed, asked=asked, columns=columns, rows=rows, wanted=wanted
        )
        self.checks.append(check)
        self.say(shown_check(check))

    def leave_out(self, why: str) -> None:
        """Write down that a part can't be played here, and why."""
        self.say(f"  left out: {why}\n")
        self.left_out.append(why)

    def _until(
        self, sql: str, values: dict[str, Any], wanted: Sequence[Row] | Judge, within: float
    ) -> tuple[Sequence[str], Sequence[Row]]:
        deadline = time.monotonic() + within
        patience = time.monotonic() + PATIENCE_SECONDS
        while True:
            columns, rows = self._read(sql, values)
            found = wanted(rows) if callable(wanted) else list(rows) == list(wanted)
            if found or time.monotonic() >= deadline:
                return columns, rows
            if time.monotonic() > patience:
                self.say(f"  … waiting, up to {within:.0f} s\n")
                patience = deadline
            time.sleep(LOOK_SECONDS)

    def _read(self, sql: str, values: dict[str, Any]) -> tuple[Sequence[str], Sequence[Row]]:
        with self.stage.container.engine.connect() as connection:
            result = connection.execute(text(sql), values)
            return list(result.keys()), [tuple(row) for row in result]


def shown_sql(sql: str, values: dict[str, Any]) -> str:
    """Return a statement with its values written in, to be read and pasted."""
    statement = textwrap.dedent(sql).strip()
    for name, value in values.items():
        written = f"'{value}'" if isinstance(value, str) else str(value)
        statement = re.sub(rf"(?<!:):{name}\b", written.replace("\\", r"\\"), statement)
    return statement


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
    """Return the sentence of a problem (RFC 9457); anything else as it is."""
    is_problem = isinstance(content, dict) and content.get("type") == "about:blank"
    return content["detail"] if is_problem else content


def _excerpt(content: Any) -> str:
    words = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return words if len(words) <= EXCERPT else f"{words[: EXCERPT - 1]}…"
