"""What a drill leaves behind: checks with the evidence that ticked or crossed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim, what was asked to test it, and what came back."""

    claim: str
    passed: bool
    asked: str
    """A SQL statement, an HTTP request, or what else was looked at."""
    columns: Sequence[str]
    rows: Sequence[Row]
    wanted: str | None = None
    """What would have passed, where the claim alone does not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The checks of one drill. `left_out` says why a part of it could not be played."""

    number: str
    title: str
    checks: Sequence[Check]
    left_out: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether there are checks, and none failed."""
        return bool(self.checks) and all(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPack:
    """What was played, where, and for how long (in seconds)."""

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
        """How many checks failed."""
        return sum(not check.passed for section in self.sections for check in section.checks)
