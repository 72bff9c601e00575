"""The results: measured values and their bars, as a table and as a file."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

_PERCENTILES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One bar and the measured values; `samples` are ratios, or values in `unit`."""

    what: str
    samples: Sequence[float]
    bar: float
    unit: str = "x"
    at_least: bool = False
    note: str = ""

    @property
    def measured(self) -> float:
        """The median of the samples."""
        return median(self.samples)

    @property
    def is_met(self) -> bool:
        """Whether the median meets the bar."""
        return self.measured >= self.bar if self.at_least else self.measured <= self.bar

    @property
    def as_json(self) -> dict[str, Any]:
        """The row with its median and whether the bar is met."""
        return {**asdict(self), "measured": self.measured, "is_met": self.is_met}


@dataclass(slots=True)
class Report:
    """All rows of a run, and the numbers from which they are computed."""

    quick: bool
    rows: list[Row] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """Query plans, by name."""

    def add(self, *rows: Row) -> None:
        """Add rows to the table."""
        self.rows.extend(rows)

    @property
    def missed(self) -> list[Row]:
        """The rows whose bar is not met."""
        return [row for row in self.rows if not row.is_met]

    def print(self, console: Console) -> None:
        """Print the table of all rows."""
        table = Table("what", "measured", "spread", "bar", "", title="Speed compared with its bars")
        for row in self.rows:
            low, high = min(row.samples), max(row.samples)
            sign = "≥" if row.at_least else "≤"
            table.add_row(
                f"{row.what}\n[dim]{row.note}[/dim]" if row.note else row.what,
                f"{_short(row.measured)} {row.unit}",
                f"{_short(low)} … {_short(high)}",
                f"{sign} {_short(row.bar)} {row.unit}",
                "[green]met[/green]" if row.is_met else "[bold red]NOT MET[/bold red]",
            )
        console.print(table)

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        content = {
            "quick": self.quick,
            "machine": machine(),
            "rows": [row.as_json for row in self.rows],
            "numbers": self.numbers,
            "plans": self.texts,
        }
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False))


def machine() -> dict[str, str]:
    """Return processors, system and versions, on which the numbers depend."""
    packages = ("celery", "psycopg", "sqlalchemy", "redis")
    return {
        "processors": f"{os.cpu_count()} x {_processor()}",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def percentile(samples: Iterable[float], rank: int) -> float:
    """Return the `rank`-th percentile."""
    return quantiles(samples, n=_PERCENTILES, method="inclusive")[rank - 1]


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each round."""
    return [a / b for a, b in zip(above, below, strict=True)]


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004 - digits


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
