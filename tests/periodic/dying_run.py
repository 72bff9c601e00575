"""A process that is killed in the middle of a periodic run, after its work."""

import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.bootstrap import build
from app.core.settings import Settings
from app.periodic.jobs import PeriodicJob
from app.periodic.runs import run_slot
from app.periodic.slots import EveryMinutes, Slot


def die(session: Session, _slot: Slot) -> Mapping[str, Any]:
    session.execute(text("INSERT INTO cc_heartbeats (name) VALUES ('half-done')"))
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


quarter = EveryMinutes(15)
probe = PeriodicJob(
    name="probe", schedule=quarter, grace=timedelta(minutes=5), catch_up=1, work=die
)
noon = quarter.latest(datetime(2026, 11, 22, 12, tzinfo=UTC))
run_slot(build(Settings.load(), process="dying").sessions, probe, noon)
