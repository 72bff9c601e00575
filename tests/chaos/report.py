"""The chaos report: a line per fault, added up over its seeds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from _pytest.reports import TestReport
from _pytest.terminal import TerminalReporter

_HEADER = f"{'fault':<72} {'seeds':>5} {'events':>7} {'dead':>5} {'lost':>5} {'doubled':>7}"


@dataclass(slots=True)
class Line:
    """What one fault did over all its seeds and kinds."""

    seeds: int = 0
    events: int = 0
    dead: int = 0
    lost: int = 0
    doubled: int = 0

    def add(self, events: int, dead: int, lost: int, doubled: int) -> None:
        """Count one more run in."""
        self.seeds += 1
        self.events += events
        self.dead += dead
        self.lost += lost
        self.doubled += doubled


def write_report(terminal: TerminalReporter) -> None:
    """Print the report of all faults that were played, if there were any."""
    lines: dict[str, Line] = {}
    for fault, *counts in _verdicts(terminal.stats.values()):
        lines.setdefault(fault, Line()).add(*counts)
    if lines:
        terminal.write_sep("=", "chaos report")
        terminal.write_line(_HEADER)
    for fault, line in sorted(lines.items()):
        terminal.write_line(
            f"{fault:<72} {line.seeds:>5} {line.events:>7} {line.dead:>5}"
            f" {line.lost:>5} {line.doubled:>7}"
        )


def _verdicts(stats: Iterable[Iterable[object]]) -> Iterator[Any]:
    for report in chain.from_iterable(stats):
        if isinstance(report, TestReport) and report.when == "call":
            yield from (value for name, value in report.user_properties if name == "chaos")
