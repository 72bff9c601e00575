"""`python -m benchmarks`: measure everything, print the table, fail if a bar is not met."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks import (
    costs,
    drain,
    endurance,
    inbox,
    intake,
    latency,
    lists,
    outbound,
    poll,
    rivals,
    summary,
    trends,
    viewers,
    webhooks,
)
from benchmarks.lab import Lab, open_lab
from benchmarks.results import Report
from devtools.stack.environment import data_folder

Measure = Callable[[Lab, Report], Iterator[str]]

QUICK: dict[str, Measure] = {
    "drain": lambda lab, report: drain.run(lab, report, rounds=3, quick=True),
    "latency": lambda lab, report: latency.run(lab, report, rounds=3, seconds=5),
    "intake": lambda lab, report: intake.run(lab, report, rounds=7),
    "poll": lambda lab, report: poll.run(lab, report, sizes=(0, 10_000, 100_000), rounds=9),
    "outbound": lambda lab, report: outbound.run(lab, report, sizes=(0, 100_000), seconds=8),
    "webhooks": lambda lab, report: webhooks.run(lab, report, rounds=3),
    "viewers": lambda lab, report: viewers.run(lab, report, items=4),
    "summary": lambda lab, report: summary.run(lab, report, events=100_000, rounds=5),
    "trends": lambda lab, report: trends.run(lab, report, events=300_000),
    "inbox": lambda lab, report: inbox.run(lab, report, items=100_000),
    "lists": lambda lab, report: lists.run(lab, report, events=300_000, messages=100_000),
    "memory": lambda lab, report: endurance.memory(lab, report, events=200_000),
    "costs": lambda lab, report: costs.run(lab, report, rounds=5, seconds=1),
}
FULL: dict[str, Measure] = {
    "drain": lambda lab, report: drain.run(lab, report, rounds=7, quick=False),
    "latency": lambda lab, report: latency.run(lab, report, rounds=5, seconds=12),
    "intake": lambda lab, report: intake.run(lab, report, rounds=15),
    "poll": lambda lab, report: poll.run(lab, report, sizes=(0, 100_000, 1_000_000), rounds=15),
    "outbound": lambda lab, report: outbound.run(
        lab, report, sizes=(0, 300_000, 3_000_000), seconds=25
    ),
    "webhooks": lambda lab, report: webhooks.run(lab, report, rounds=9),
    "viewers": lambda lab, report: viewers.run(lab, report, items=10),
    "summary": lambda lab, report: summary.run(lab, report, events=1_000_000, rounds=7),
    "trends": lambda lab, report: trends.run(lab, report, events=3_000_000),
    "inbox": lambda lab, report: inbox.run(lab, report, items=1_000_000),
    "lists": lambda lab, report: lists.run(lab, report, events=3_000_000, messages=1_000_000),
    "memory": lambda lab, report: endurance.memory(lab, report, events=1_000_000),
    "costs": lambda lab, report: costs.run(lab, report, rounds=31, seconds=2),
    "growth": lambda lab, report: endurance.growth(
        lab, report, sizes=(10_000, 100_000, 1_000_000, 3_000_000), rounds=5
    ),
}


def main() -> int:
    """Return 0 if every bar is met, otherwise 1."""
    options = _parse()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(width=None if sys.stdout.isatty() else 120)
    report = Report(quick=options.quick)
    python = None if options.no_rivals else _rivals(console, folder, report)
    measures = QUICK if options.quick else FULL
    wanted = options.only or list(measures)
    with tempfile.TemporaryDirectory(dir=folder) as lab_folder, _progress(console) as progress:
        bar = progress.add_task("starting", total=len(wanted))
        with open_lab(Path(lab_folder), rivals=python) as lab:
            for name in wanted:
                for doing in measures[name](lab, report):
                    progress.update(bar, description=doing)
                progress.advance(bar)
    results = folder / "results.json"
    report.print(console)
    report.write(results)
    if python is not None:
        rivals.plot(python, results)
    console.print(f"Numbers and query plans: {results}; the plot is in the same folder.")
    return 1 if report.missed else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and rows, 3 minutes")
    parser.add_argument(
        "--only", action="append", choices=FULL, help="measure only this; repeatable"
    )
    parser.add_argument(
        "--no-rivals", action="store_true", help="do not install and run the rivals"
    )
    parser.add_argument("--folder", type=Path, default=data_folder({}) / "bench")
    return parser.parse_args()


def _rivals(console: Console, folder: Path, report: Report) -> Path:
    with console.status("Installing the rivals into a separate environment"):
        python = rivals.install(folder / "rivals")
    report.numbers["rivals"] = rivals.versions(python)
    return python


def _progress(console: Console) -> Progress:
    text = TextColumn("{task.description}")
    return Progress(SpinnerColumn(), BarColumn(), TimeElapsedColumn(), text, console=console)


if __name__ == "__main__":
    sys.exit(main())
