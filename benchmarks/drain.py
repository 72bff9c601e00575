"""The drain of many due events: the product, the limit and the rivals, run alternately."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from statistics import median

from psycopg import Connection

from benchmarks.lab import Lab
from benchmarks.measure_drain import Contender, drain
from benchmarks.results import Report, Row, ratios
from benchmarks.start_contenders import EVENTS, due, limit, product, rivals, task_per_event


def run(lab: Lab, report: Report, *, rounds: int, quick: bool) -> Iterator[str]:
    """Measure the rows for the drain; yield each step in words."""
    slow = 4_000 if not quick else 1_000
    with lab.database() as database, database.admin() as connection, ExitStack() as stack:
        contenders = [
            stack.enter_context(product(lab, database)),
            stack.enter_context(limit(lab, database)),
            stack.enter_context(task_per_event(lab, database, connection, slow)),
            *stack.enter_context(rivals(lab, database, slow)),
        ]
        rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
        for number in range(-1, rounds):
            for contender in contenders:
                yield f"drain: {contender.name}, round {max(number + 1, 0)} of {rounds}"
                rate = drain(connection, contender)
                if number >= 0:  # The round -1 is a warm-up.
                    rates[contender.name].append(rate)
        report.numbers["events per second"] = rates
        _compare(report, rates)
        yield from _raising(connection, contenders[0], report, rounds=rounds)


def _raising(
    connection: Connection, own: Contender, report: Report, *, rounds: int
) -> Iterator[str]:
    """Measure the drain when one draft in a hundred raises."""
    raising = replace(own, write=due(own.count, raising=True))
    usual: list[float] = []
    raised: list[float] = []
    for number in range(rounds):
        yield f"drain: 1 % of the drafts raise, round {number + 1} of {rounds}"
        usual.append(drain(connection, own))
        raised.append(drain(connection, raising, expected=own.count * 99 // 100))
    report.add(
        Row(what="drain when 1 % of the drafts raise", samples=ratios(usual, raised), bar=1.3)
    )


def _compare(report: Report, rates: dict[str, list[float]]) -> None:
    bars = {
        "limit": 0.75,
        "PgQueuer": 12,
        "Procrastinate": 12,
        "a task and a commit per event": 100,
    }
    own = rates["product"]
    rows = [
        Row(
            what=f"drain of {EVENTS:,} due events, compared with {name}",
            samples=ratios(own, theirs),
            bar=bars[name],
            at_least=True,
            note=f"median {median(own):,.0f}/s, {name} {median(theirs):,.0f}/s",
        )
        for name, theirs in rates.items()
        if name != "product"
    ]
    report.add(*rows)
