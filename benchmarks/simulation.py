"""Simulates how long events wait at rates between the measured ones.

`python -m benchmarks.simulation RESULTS.json` fits `fixed + each * n` to the measured time of
a transaction with n events, and simulates workers that claim the waiting events.
"""

import heapq
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.results import percentile

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Model:
    """Workers that claim the waiting events; times in seconds."""

    workers: int
    wake: float
    """The time from a commit to the claim of an idle worker: NOTIFY, listener and broker."""
    fixed: float
    """The time of a transaction without its events."""
    each: float
    """The time of each event when all workers are busy, including the time they slow each other."""

    @property
    def capacity(self) -> float:
        """Events per second when every batch is full."""
        return self.workers * BATCH / (self.fixed + BATCH * self.each)


def simulate(model: Model, rate: float, *, events: int, seed: int = 1) -> list[float]:
    """Return the seconds from each event to its visible item; events arrive at random times."""
    random = Random(seed)
    moment, arrivals = 0.0, []
    for _ in range(events):
        moment += random.expovariate(rate)
        arrivals.append(moment)
    free = [0.0] * model.workers
    waits: list[float] = []
    while len(waits) < events:
        oldest = arrivals[len(waits)]
        start = max(heapq.heappop(free), oldest + model.wake)
        count = 0
        while count < BATCH and len(waits) + count < events:
            if arrivals[len(waits) + count] > start:
                break
            count += 1
        done = start + model.fixed + model.each * count
        waits += [done - arrivals[len(waits) + number] for number in range(count)]
        heapq.heappush(free, done)
    return waits


def fit(results: Path) -> Model:
    """Return the model of the measured system: two workers on one machine."""
    numbers = json.loads(results.read_text())["numbers"]
    by_size = numbers["costs"]["a dispatch transaction in ms, by its events"]
    fixed = by_size["1"] / 1000
    drained = sorted(numbers["events per second"]["product"])
    rate = drained[len(drained) // 2]
    quiet = sorted(numbers["latency at 20/s in ms"]["product"]["p50"])
    wake = quiet[len(quiet) // 2] / 1000 - fixed
    return Model(workers=2, wake=max(wake, 0.0), fixed=fixed, each=2 / rate - fixed / BATCH)


def main(results: Path) -> None:
    """Print the waits by rate, and the time to clear a backlog."""
    model = fit(results)
    print(f"fitted: wake {model.wake * 1e3:.1f} ms, fixed {model.fixed * 1e3:.1f} ms, ", end="")
    print(f"each {model.each * 1e6:.0f} us, capacity {model.capacity:,.0f}/s")
    print("| events/s | of capacity | p50 ms | p99 ms | events per transaction |")
    print("|---:|---:|---:|---:|---:|")
    for share in (0.0005, 0.007, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99):
        rate = model.capacity * share
        waits = simulate(model, rate, events=int(max(20_000, rate * 20)))
        middle, tail = (1000 * percentile(waits, rank) for rank in (50, 99))
        size = max(1.0, (rate / model.workers) * model.fixed / (1 - rate * model.each / 2))
        cells = (f"{rate:,.0f}", f"{share:.1%}", f"{middle:.1f}", f"{tail:.1f}", f"{size:.0f}")
        print(f"| {' | '.join(cells)} |")
    print("\n| outage of | at 100/s | at 1,000/s | at 10,000/s |\n|---|---:|---:|---:|")
    for label, seconds in (("a minute", 60), ("an hour", 3_600), ("a day", 86_400)):
        lasts = [seconds * rate / (model.capacity - rate) for rate in (100, 1_000, 10_000)]
        print(f"| {label} | {' | '.join(f'{each:,.1f} s' for each in lasts)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
