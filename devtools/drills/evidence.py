"""The results of drills: checks, sections and the proof pack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement about the product, and the query or request that tests it, with its result."""

    statement: str
    passed: bool
    source: str
    """The SQL statement, the HTTP request or other source of the result."""
    columns: Sequence[str]
    rows: Sequence[Row]
    expected: str | None = None
    """The expected result, if the statement does not contain it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The checks of one drill. `left_out` holds the reasons why parts of it did not run."""

    number: str
    title: str
    checks: Sequence[Check]
    left_out: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether there is at least one check and none failed."""
        return bool(self.checks) and all(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPack:
    """The sections of one run, the stack, the start time, and the duration in seconds."""

    stack: str
    started_at: str
    seconds: float
    sections: Sequence[Section]

    @property
    def passed(self) -> bool:
        """Whether every section passed."""
        return bool(self.sections) and all(section.passed for section in self.sections)

    @property
    def failures(self) -> int:
        """The number of failed checks."""
        return sum(not check.passed for section in self.sections for check in section.checks)
