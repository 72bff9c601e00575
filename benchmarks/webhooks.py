"""Signed webhooks with one report each over HTTP, against the same transactions without HTTP."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import count

from benchmarks.lab import Database, Lab
from benchmarks.results import Report, Row, ratios
from devtools.stack.ports import free_port

_REPORTS = 400
_PATH = "/webhooks/whatsapp"


def run(lab: Lab, report: Report, *, rounds: int) -> Iterator[str]:
    """Measure the row for webhooks; yield each step in words."""
    port, batches = free_port(), count(step=_REPORTS)
    rates: dict[str, list[float]] = {"http": [], "direct": []}
    with lab.database() as database:
        environ = {**lab.environ(database), "PORT": str(port)}
        address = f"http://127.0.0.1:{port}"
        place = [f"{address}{_PATH}", environ["WHATSAPP_APP_SECRET"]]
        with lab.web(environ, address=address):
            for number in range(-1, rounds):
                yield f"webhooks: round {max(number + 1, 0)} of {rounds}"
                for how, arguments in (("http", place), ("direct", [])):
                    rate = _rate(lab, database, [how, *arguments, str(next(batches))])
                    if number >= 0:
                        rates[how].append(rate)
    report.numbers["signed reports per second"] = rates
    report.add(
        Row(
            what="signed webhooks, a report each, compared with the same transactions without HTTP",
            samples=ratios(rates["http"], rates["direct"]),
            bar=0.5,
            at_least=True,
            note=f"one web process, 8 clients: {max(rates['http']):.0f} reports/s at best",
        )
    )


def _rate(lab: Lab, database: Database, arguments: list[str]) -> float:
    """Return the reports per second of one batch, which a separate process sends."""
    command = [sys.executable, "-m", "benchmarks.contenders.reporters", *arguments, str(_REPORTS)]
    environ = lab.environ(database)
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    return _REPORTS / float(done.stdout)
