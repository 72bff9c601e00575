"""The processes of the product and their commands."""

import sys
from collections.abc import Mapping

PROCESSES = ("web", "dispatcher", "outbound", "beat", "flower")


def command_of(process: str, environ: Mapping[str, str]) -> list[str]:
    """Return the argument list of one of PROCESSES. Raises ValueError for another name.

    In `environ`, BIND is the address on which web and Flower listen (default: loopback), and
    PORT is the port of the web (default: 3001).
    """
    address = environ.get("BIND") or "127.0.0.1"
    match process:
        case "web":
            return [*_module("app.web.serve"), f"{address}:{environ.get('PORT') or '3001'}"]
        case "dispatcher":
            return _worker("dispatcher", queues="dispatch")
        case "outbound":
            queues = "outbound,periodic,notifications"
            return [*_worker("outbound", queues=queues), "--concurrency", "3"]
        case "beat":
            return [*_celery("beat"), "--loglevel", "info"]
        case "flower":
            return [*_module("workers.flower"), f"--address={address}", "--read-only"]
    raise ValueError(f"There is no process {process!r}; choose one of {', '.join(PROCESSES)}.")


def _worker(name: str, *, queues: str) -> list[str]:
    return [
        *_celery("worker"),
        *("--queues", queues),
        *("--hostname", f"{name}@%h"),
        *("--loglevel", "info"),
        "--events",
        "--without-gossip",
        "--without-mingle",
    ]


def _celery(subcommand: str) -> list[str]:
    return [*_module("celery"), "--quiet", "--app", "workers", subcommand]


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]
