"""The memory of workers after many events, and the speed with many processed events."""

from collections.abc import Iterator
from contextlib import ExitStack

import psutil

from benchmarks import seed
from benchmarks.lab import Lab
from benchmarks.measure_drain import Contender, drain
from benchmarks.results import Report, Row
from benchmarks.start_contenders import product

_CHUNK = 50_000
_MIB = 2**20


def memory(lab: Lab, report: Report, *, events: int) -> Iterator[str]:
    """Measure the row for memory; yield each step in words."""
    resident: list[float] = []
    with (
        lab.database() as database,
        product(lab, database, count=_CHUNK) as contender,
        database.admin() as connection,
    ):
        for done in range(0, events + 1, _CHUNK):
            yield f"memory: {done:,} of {events:,} events"
            drain(connection, contender)
            resident.append(_resident(contender))
    report.numbers["resident MiB of the two worker processes"] = resident
    report.add(
        Row(
            what=f"memory of the workers after {events:,} events, compared with {_CHUNK:,}",
            samples=[resident[-1] / resident[0]],
            bar=1.05,
            note=f"{resident[0]:.1f} MiB, then {resident[-1]:.1f} MiB, both processes together",
        )
    )


def growth(lab: Lab, report: Report, *, sizes: tuple[int, ...], rounds: int) -> Iterator[str]:
    """Measure the drain with more and more processed events in the tables, without a bar.

    Each size has its own database and workers, so that the sizes can run alternately.
    """
    rates: dict[str, list[float]] = {f"{size:,}": [] for size in sizes}
    with ExitStack() as stack:
        sized = []
        for size in sizes:
            yield f"growth: writing {size:,} processed events"
            database = stack.enter_context(lab.database())
            contender = stack.enter_context(product(lab, database))
            connection = stack.enter_context(database.admin())
            seed.empty(connection)
            seed.processed(connection, size)
            sized.append((contender, connection))
        for number in range(rounds):
            for size, (contender, connection) in zip(sizes, sized, strict=True):
                yield f"growth: {size:,} processed events, round {number + 1} of {rounds}"
                first = 10**10 + number * contender.count
                rate = drain(connection, contender, first=first, emptied=False)
                rates[f"{size:,}"].append(rate)
    report.numbers["events per second with rows behind"] = rates


def _resident(contender: Contender) -> float:
    children = psutil.Process(contender.pid).children()
    return sum(child.memory_info().rss for child in children) / _MIB
