"""What might grow with use: a worker's memory, and the work with ever more rows behind it."""

from collections.abc import Iterator

import psutil

from benchmarks import seed
from benchmarks.contest import Contender, drain
from benchmarks.entrants import product
from benchmarks.lab import Lab
from benchmarks.results import Report, Row

_CHUNK = 50_000
_MIB = 2**20


def memory(lab: Lab, report: Report, *, events: int) -> Iterator[str]:
    """Measure the memory row of the bars; yield what is being done."""
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
            what=f"memory of the workers after {events:,} events, against the first {_CHUNK:,}",
            samples=[resident[-1] / resident[0]],
            bar=1.05,
            note=f"{resident[0]:.1f} MiB, then {resident[-1]:.1f} MiB, both processes together",
        )
    )


def growth(lab: Lab, report: Report, *, sizes: tuple[int, ...], rounds: int) -> Iterator[str]:
    """Measure the drain with ever more processed events and items behind it; no bar."""
    rates: dict[str, list[float]] = {}
    with (
        lab.database() as database,
        product(lab, database) as contender,
        database.admin() as connection,
    ):
        behind = 0
        seed.empty(connection)
        for size in sizes:
            yield f"growth: writing up to {size:,} processed events"
            seed.processed(connection, size - behind, first=behind + 1)
            behind = size
            for number in range(rounds):
                yield f"growth: {size:,} behind, round {number + 1} of {rounds}"
                first = 10**10 + size * 1000 + number * contender.count
                rate = drain(connection, contender, first=first, emptied=False)
                rates.setdefault(f"{size:,}", []).append(rate)
                behind += contender.count
    report.numbers["events per second with rows behind"] = rates


def _resident(contender: Contender) -> float:
    children = psutil.Process(contender.pid).children()
    return sum(child.memory_info().rss for child in children) / _MIB
