"""Outbound messages: the claim, the throughput, the rate limit, and a code during a campaign.

The workers are those of the Procfile. They call a provider on loopback, which answers after
50 ms and records the time of each call.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from statistics import mean

from app.bootstrap import Container, build
from app.outbound.claim_jobs import claim_jobs
from benchmarks import seed
from benchmarks.lab import WORKERS, Lab, await_true
from benchmarks.results import Report, Row, percentile, ratios
from benchmarks.sending import ANSWER_SECONDS, Sending, open_sending, write_texts

PACES = (40, 400)
LIFTED = 1000
"""Messages per second: the highest limit that the setting takes."""
CAMPAIGN = 50_000

_CLAIMS = 30
_BATCH = 10
_CODES = 5
_CODE_ROUNDS = 5
_WARM_UP_SECONDS = 3.0


def run(lab: Lab, report: Report, *, sizes: tuple[int, ...], seconds: float) -> Iterator[str]:
    """Measure the rows for outbound; yield each step in words."""
    yield from _claims(lab, report, sizes)
    for per_second in PACES:
        yield f"outbound: rate limit of {per_second}/s"
        _pace(lab, report, per_second, seconds)
    yield f"outbound: throughput, {seconds:.0f} s"
    _throughput(lab, report, seconds)
    yield f"outbound: codes during a campaign of {CAMPAIGN:,} texts"
    _codes(lab, report)


def _claims(lab: Lab, report: Report, sizes: tuple[int, ...], rounds: int = 9) -> Iterator[str]:
    with ExitStack() as stack:
        containers: dict[int, Container] = {}
        for size in sizes:
            yield f"outbound: writing {size:,} old attempts"
            database = stack.enter_context(lab.database())
            containers[size] = build(lab.settings(database), process="outbound")
            stack.callback(containers[size].close)
            with database.admin() as connection:
                write_texts(containers[size], connection, (rounds + 1) * _CLAIMS * _BATCH)
                seed.attempted(connection, size)
        times: dict[int, list[float]] = {size: [] for size in sizes}
        for number in range(-1, rounds):
            yield f"outbound: claim, round {max(number + 1, 0)} of {rounds}"
            spent: dict[int, list[float]] = {size: [] for size in sizes}
            for _ in range(_CLAIMS):
                for size, container in containers.items():
                    spent[size].append(_claim_seconds(container))
            if number >= 0:
                for size in sizes:
                    times[size].append(percentile(spent[size], 10))
    _compare_claims(report, times)


def _claim_seconds(container: Container) -> float:
    runner = container.outbound
    rules = replace(runner.rules, per_second=LIFTED)
    started = time.perf_counter()
    with container.sessions.begin() as session:
        batch = claim_jobs(session, rules, runner.composers, limit=_BATCH)
    spent = time.perf_counter() - started
    if len(batch.claimed) != _BATCH:
        raise AssertionError(f"A claim found {len(batch.claimed)} of {_BATCH} due messages.")
    return spent


def _compare_claims(report: Report, times: dict[int, list[float]]) -> None:
    smallest, *others = sorted(times)
    report.numbers[f"claim of {_BATCH} messages in ms"] = {
        f"{size:,} attempts behind": [1000 * each for each in spent]
        for size, spent in times.items()
    }
    for size in others:
        fastest = 1000 * min(times[size])
        report.add(
            Row(
                what=f"claim of {_BATCH} messages with {size:,} old attempts, compared with none",
                samples=ratios(times[size], times[smallest]),
                bar=1.2,
                note=f"{fastest:.2f} ms with its commit",
            )
        )


def _pace(lab: Lab, report: Report, per_second: int, seconds: float) -> None:
    with open_sending(lab, per_second) as sending:
        rates = _rates(sending, per_second, seconds)
    rate = mean(rates)
    report.numbers[f"messages per second at a limit of {per_second}"] = rates
    report.add(
        Row(
            what=f"rate at a limit of {per_second}/s, {WORKERS} processes: deviation",
            samples=[100 * abs(rate / per_second - 1)],
            bar=2,
            unit="%",
            note=f"{rate:.1f}/s over {seconds:.0f} s after the warm-up",
        )
    )


def _throughput(lab: Lab, report: Report, seconds: float) -> None:
    with open_sending(lab, LIFTED) as sending:
        rates = _rates(sending, LIFTED, seconds)
    report.numbers["messages per second with the limit lifted"] = rates
    report.add(
        Row(
            what=f"messages sent, {WORKERS} processes, a provider that answers in "
            f"{1000 * ANSWER_SECONDS:.0f} ms",
            samples=rates,
            bar=500,
            unit="/s",
            at_least=True,
            note=f"limit lifted to {LIFTED:,}/s",
        )
    )


def _rates(sending: Sending, per_second: int, seconds: float) -> list[float]:
    """Return the messages per second at the provider, for each second after the warm-up."""
    write_texts(sending.container, sending.connection, _enough(per_second, seconds))
    sending.start()
    began = sending.began()
    time.sleep(max(began + _WARM_UP_SECONDS + seconds - time.time(), 0))
    offsets = [moment - began - _WARM_UP_SECONDS for moment, _ in sending.calls()]
    return [sum(n <= offset < n + 1 for offset in offsets) for n in range(int(seconds))]


def _enough(per_second: int, seconds: float) -> int:
    return int(per_second * (seconds + _WARM_UP_SECONDS) * 1.3)


def _codes(lab: Lab, report: Report) -> None:
    waits = [_waits_of_codes(lab) for _ in range(_CODE_ROUNDS)]
    report.numbers["seconds of a code behind a campaign"] = [each for one in waits for each in one]
    report.add(
        Row(
            what=f"a code during a campaign of {CAMPAIGN:,} texts, from its report to the provider",
            samples=[max(one) for one in waits],
            bar=1,
            unit="s",
            note=f"the slowest of {_CODES} simultaneous reports, at {PACES[0]}/s",
        )
    )


def _waits_of_codes(lab: Lab) -> list[float]:
    with open_sending(lab, PACES[0]) as sending:
        write_texts(sending.container, sending.connection, CAMPAIGN)
        sending.start()
        sending.began()
        time.sleep(_WARM_UP_SECONDS)
        sending.report_fraud(_CODES)
        await_true(lambda: len(sending.waits_of_codes()) == _CODES, "the codes")
        return sending.waits_of_codes()
