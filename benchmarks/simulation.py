"""A queue in numbers: how long events wait, between the rates that were measured.

`python -m benchmarks.simulation RESULTS.json` takes the measured cost of a transaction by
its events, fits `fixed + each * n` to it, and plays workers that claim what waits.
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
class Plant:
    """Workers that claim what waits; times in seconds."""

    workers: int
    wake: float
    """From a commit to an idle worker's claim: NOTIFY, listener, broker."""
    fixed: float
    """Of a transaction, whatever its size."""
    each: float
    """Of each event, when all workers are busy: so it holds what they cost each other."""

    @property
    def capacity(self) -> float:
        """Events per second when every batch is full."""
        return self.workers * BATCH / (self.fixed + BATCH * self.each)


def simulate(plant: Plant, rate: float, *, events: int, seed: int = 1) -> list[float]:
    """Return the seconds that each event waits until its item is visible, arriving at random."""
    random = Random(seed)
    moment, arrivals = 0.0, []
    for _ in range(events):
        moment += random.expovariate(rate)
        arrivals.append(moment)
    free = [0.0] * plant.workers
    waits: list[float] = []
    while len(waits) < events:
        oldest = arrivals[len(waits)]
        start = max(heapq.heappop(free), oldest + plant.wake)
        count = 0
        while count < BATCH and len(waits) + count < events:
            if arrivals[len(waits) + count] > start:
                break
            count += 1
        done = start + plant.fixed + plant.each * count
        waits += [done - arrivals[len(waits) + number] for number in range(count)]
        heapq.heappush(free, done)
    return waits


def fit(results: Path) -> Plant:
    """Return the plant that was measured: two workers on one machine."""
    numbers = json.loads(results.read_text())["numbers"]
    by_size = numbers["costs"]["a dispatch transaction in ms, by its events"]
    fixed = by_size["1"] / 1000
    drained = sorted(numbers["events per second"]["product"])
    rate = drained[len(drained) // 2]
    quiet = sorted(numbers["latency at 20/s in ms"]["product"]["p50"])
    wake = quiet[len(quiet) // 2] / 1000 - fixed
    return Plant(workers=2, wake=max(wake, 0.0), fixed=fixed, each=2 / rate - fixed / BATCH)


def main(results: Path) -> None:
    """Print waits by rate, and how long a backlog lasts."""
    plant = fit(results)
    print(f"fitted: wake {plant.wake * 1e3:.1f} ms, fixed {plant.fixed * 1e3:.1f} ms, ", end="")
    print(f"each {plant.each * 1e6:.0f} us, capacity {plant.capacity:,.0f}/s")
    print("| events/s | of capacity | p50 ms | p99 ms | events per transaction |")
    print("|---:|---:|---:|---:|---:|")
    for share in (0.0005, 0.007, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99):
        rate = plant.capacity * share
        waits = simulate(plant, rate, events=int(max(20_000, rate * 20)))
        middle, tail = (1000 * percentile(waits, rank) for rank in (50, 99))
        size = max(1.0, (rate / plant.workers) * plant.fixed / (1 - rate * plant.each / 2))
        cells = (f"{rate:,.0f}", f"{share:.1%}", f"{middle:.1f}", f"{tail:.1f}", f"{size:.0f}")
        print(f"| {' | '.join(cells)} |")
    print("\n| outage of | at 100/s | at 1,000/s | at 10,000/s |\n|---|---:|---:|---:|")
    for label, seconds in (("a minute", 60), ("an hour", 3_600), ("a day", 86_400)):
        lasts = [seconds * rate / (plant.capacity - rate) for rate in (100, 1_000, 10_000)]
        print(f"| {label} | {' | '.join(f'{each:,.1f} s' for each in lasts)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
