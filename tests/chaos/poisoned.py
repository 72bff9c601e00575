"""The workers' application with fraud drafts that misbehave as their report says."""

import os
import signal
import time
from contextlib import suppress

from app.inbox import drafts
from workers.celery import app

__all__ = ["app"]

SEVERITY, ORIGINAL = drafts._FUNCTIONS["fraud_case_created"]


def _misbehave(payload: drafts.Payload) -> drafts.Wording:
    match payload["report"]:
        case "raise":
            raise ValueError("this draft always raises")
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(3600)
        case "deaf":
            _ignore_everything()
        case "nul":
            return drafts.Wording(title="a NUL \x00 byte", body="b")
        case "refused":
            return drafts.Wording(title="t", body="b", link_ref="/refused")
    return ORIGINAL(payload)


def _ignore_everything() -> None:
    """Sleep for ever, whatever is raised: only the hard time limit ends it."""
    while True:
        with suppress(Exception):
            time.sleep(3600)


drafts._FUNCTIONS["fraud_case_created"] = (SEVERITY, _misbehave)
app.conf.task_soft_time_limit = int(os.environ.get("CHAOS_SOFT_TIME_LIMIT", "60"))
app.conf.task_time_limit = int(os.environ.get("CHAOS_TIME_LIMIT", "90"))
app.conf.worker_concurrency = int(os.environ.get("CHAOS_CONCURRENCY", "2"))
