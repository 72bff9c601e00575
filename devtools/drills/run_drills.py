"""Runs drills against a stack and prints each check."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.core.errors import AutomationError
from devtools.drills import report
from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.drills import Drill
from devtools.drills.evidence import ProofPack, Section
from devtools.drills.target import DrillTarget, own_environ
from devtools.stack.files import write_private
from devtools.stack.running import attach, running_stack

Say = Callable[[str], None]

STOPPED = (AutomationError, httpx.HTTPError, SQLAlchemyError, psutil.Error, LookupError, OSError)
"""Errors that end a drill early. They are recorded as a failed check; the next drill runs."""


class NeedsOwnStack(AutomationError):
    """A drill can't run against this stack."""


@contextmanager
def own_target(say: Say = print, environ: Mapping[str, str] | None = None) -> Iterator[DrillTarget]:
    """Start a separate stack for the drills, in a temporary folder, on free ports.

    `environ` changes the settings that drills use. If it or the environment of this process
    names a database or a broker, the stack uses it in place of the embedded server.
    """
    with tempfile.TemporaryDirectory(prefix="automation-drill-") as folder:
        say("Starting a separate stack; this takes some seconds")
        with (
            running_stack(Path(folder), environ=own_environ() | {**(environ or {})}) as stack,
            closing(DrillTarget(stack, is_own=True)) as target,
        ):
            yield target


@contextmanager
def running_target(folder: Path, drills: Sequence[Drill]) -> Iterator[DrillTarget]:
    """Use the stack that runs in `folder`. Raises NeedsOwnStack and StackNotRunning."""
    for drill in drills:
        if drill.needs_own_stack:
            raise NeedsOwnStack(
                f"The drill {drill.name} kills processes and empties the broker, so it needs a"
                f" separate stack: python -m devtools.drills --own {drill.name}"
            )
    stack = attach(folder)
    if not stack.sandbox:
        raise NeedsOwnStack(
            "The drills send messages through the sandbox, and this stack runs without it."
        )
    with closing(DrillTarget(stack, is_own=False)) as target:
        yield target


def run(target: DrillTarget, drills: Sequence[Drill], say: Say = print) -> ProofPack:
    """Run `drills` one after the other, also after a failure; return the proof pack."""
    started_at, before = datetime.now(UTC), time.monotonic()
    say(f"Running against {describe(target)}")
    for drill in drills:
        if drill.prepare:
            drill.prepare(target)
    sections: list[Section] = []
    for drill in drills:
        sections.append(_run_one(target, drill, say, finished=sections))
    pack = ProofPack(
        stack=describe(target),
        started_at=f"{started_at:%Y-%m-%d %H:%M:%S} UTC",
        seconds=round(time.monotonic() - before, 1),
        sections=sections,
    )
    say(report.summary(pack))
    return pack


def write(pack: ProofPack, folder: Path, say: Say = print) -> None:
    """Write `proof-pack.md` and `proof-pack.json` into `folder`; only their owner may read them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / "proof-pack.md", report.as_markdown(pack))
    write_private(folder / "proof-pack.json", report.as_json(pack))
    say(f"The proof pack is in {folder / 'proof-pack.md'} and .json.")


def describe(target: DrillTarget) -> str:
    """Return the parts of a stack in words, without any secret."""
    with target.container.engine.connect() as connection:
        version = connection.dialect.server_version_info or ()
    postgres = ".".join(map(str, version))
    broker = make_url(target.stack.broker_url).get_backend_name()
    owner = "a separate stack" if target.is_own else "the running stack"
    return f"{owner}: PostgreSQL {postgres}, broker {broker}, web {target.stack.web}"


def _run_one(
    target: DrillTarget, drill: Drill, say: Say, *, finished: Sequence[Section]
) -> Section:
    say(report.heading(drill.number, drill.title))
    recorder = CheckRecorder(target, say, finished)
    try:
        drill.run(recorder)
    except STOPPED as error:
        recorder.record(
            "The drill ran to its end",
            passed=False,
            source=f"python -m devtools.drills {drill.name}",
            columns=("it stopped with",),
            rows=[(f"{type(error).__name__}: {error}",)],
        )
    return Section(
        number=drill.number, title=drill.title, checks=recorder.checks, left_out=recorder.left_out
    )
