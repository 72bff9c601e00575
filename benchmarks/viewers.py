"""500 viewers of the inbox on one web process: how long until all of them see a new item."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
from flask import session as flask_session
from flask.sessions import SecureCookieSessionInterface

from app.bootstrap import build
from app.identity.users import Account
from app.web import create_app
from app.web.credentials import start_session
from benchmarks.contenders.viewers import WARM_UP_SECONDS
from benchmarks.lab import Database, Lab
from benchmarks.results import Report, Row, percentile
from devtools.stack.ports import free_port

VIEWERS = 500
_ITEM_EVERY_SECONDS = 3.0
_ACCOUNTS = """
INSERT INTO cc_users (username, password_hash, role)
SELECT 'viewer ' || n, 'none', 'admin' FROM generate_series(1, %s) AS n
"""
_INSERT = """
INSERT INTO cc_admin_inbox_items (type, severity, title, body, dedupe_key)
VALUES ('fraud_case_created', 'critical', 'Fraud reported by ••• 0147', 'Fraud!', %s)
RETURNING id, extract(epoch FROM clock_timestamp())::float8
"""


def run(lab: Lab, report: Report, *, items: int) -> Iterator[str]:
    """Measure the rows for viewers; yield each step in words."""
    port = free_port()
    seconds = WARM_UP_SECONDS + items * _ITEM_EVERY_SECONDS
    with lab.database() as database:
        environ = {**lab.environ(database), "PORT": str(port)}
        cookies = _sign_in_viewers(lab, database)
        with lab.web(environ, address=f"http://127.0.0.1:{port}") as web:
            yield f"viewers: {VIEWERS} viewers see {items} items"
            viewers = _start(lab, database, [str(port), str(seconds)], cookies)
            time.sleep(WARM_UP_SECONDS)
            process = psutil.Process(web.pid)
            before, started = sum(process.cpu_times()[:2]), time.monotonic()
            inserted = dict(_insert(database, number) for number in range(items))
            used = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - started)
            notes = json.loads(viewers.communicate()[0])
    _add_rows(report, notes, inserted, used)


def _sign_in_viewers(lab: Lab, database: Database) -> list[str]:
    """Create an account per viewer; return the cookie of a session of each."""
    container = build(lab.settings(database), process="benchmark")
    app = create_app(container)
    with database.admin() as connection:
        connection.execute(_ACCOUNTS, [VIEWERS])
    accounts = [Account(number, f"viewer-{number}", "admin") for number in range(1, VIEWERS + 1)]
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None  # noqa: S101 - the settings have a secret key
    cookies = []
    for account in accounts:
        with app.test_request_context():
            start_session(account)
            cookies.append(str(serializer.dumps(dict(flask_session))))
    container.close()
    return cookies


def _start(
    lab: Lab, database: Database, arguments: list[str], cookies: list[str]
) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.contenders.viewers", *arguments]
    environ = lab.environ(database)
    viewers = subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    if viewers.stdin is not None:
        viewers.stdin.write("\n".join(cookies))
        viewers.stdin.close()
        viewers.stdin = None
    return viewers


def _insert(database: Database, number: int) -> tuple[int, float]:
    """Insert an item; return its id and the time of the commit, then wait."""
    with database.admin() as connection:
        [(item_id, at)] = connection.execute(_INSERT, [f"viewers:{number}"]).fetchall()
    time.sleep(_ITEM_EVERY_SECONDS)
    return item_id, at


def _add_rows(
    report: Report, notes: dict[str, object], inserted: dict[int, float], used: float
) -> None:
    seen: dict[str, list[float]] = notes["seen"]  # type: ignore[assignment]
    requests: list[float] = notes["requests"]  # type: ignore[assignment]
    delays = [at - inserted[int(item)] for item, times in seen.items() for at in times]
    wanted = len(inserted) * VIEWERS
    report.numbers["viewers"] = {
        "cores": used,
        "requests": len(requests),
        "errors": notes["errors"],
        "bodies": notes["bodies"],
        "delay p50": percentile(delays, 50),
        "delay p99": percentile(delays, 99),
    }
    report.add(
        Row(
            what=f"{VIEWERS} open inbox pages on one web process: an item appears, p99",
            samples=[percentile(delays, 99)],
            bar=2.0,
            unit="s",
            note=f"seen {len(delays)} of {wanted} times, p50 {percentile(delays, 50):.2f} s,"
            f" {used:.0%} of a core",
        ),
        Row(
            what="the same: a request that asks for changes, p99",
            samples=[percentile(requests, 99) * 1000],
            bar=100,
            unit="ms",
            note=f"{len(requests)} requests, {notes['bodies']} with a body,"
            f" {notes['errors']} errors",
        ),
    )
