"""Play drills on a stack and print the evidence as it comes."""

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
from devtools.drills.book import Book
from devtools.drills.catalogue import Drill
from devtools.drills.evidence import ProofPack, Section
from devtools.drills.stage import Stage, own_environ
from devtools.stack.files import write_private
from devtools.stack.running import attach, running_stack

Say = Callable[[str], None]

STOPPED = (AutomationError, httpx.HTTPError, SQLAlchemyError, psutil.Error, LookupError, OSError)
"""What may end a drill before its end; it becomes a cross, and the next drill is played."""


class NeedsOwnStack(AutomationError):
    """A drill would break what others work with."""


@contextmanager
def own_stage(say: Say = print, environ: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """Start a stack for the drills alone, in a temporary folder, on free ports.

    `environ` goes on top of the settings that drills need. Servers that it, or this
    process's environment, names are used in place of the embedded ones.
    """
    with tempfile.TemporaryDirectory(prefix="automation-drill-") as folder:
        say("Starting a stack of its own; this takes some seconds")
        with (
            running_stack(Path(folder), environ=own_environ() | {**(environ or {})}) as stack,
            closing(Stage(stack, is_own=True)) as stage,
        ):
            yield stage


@contextmanager
def running_stage(folder: Path, drills: Sequence[Drill]) -> Iterator[Stage]:
    """Lend the stack that runs in `folder`. Raises NeedsOwnStack, and StackNotRunning."""
    for drill in drills:
        if drill.alone:
            raise NeedsOwnStack(
                f"The drill {drill.name} breaks things on purpose, so it plays on a stack of its"
                f" own alone: python -m devtools.drills --own {drill.name}"
            )
    stack = attach(folder)
    if not stack.sandbox:
        raise NeedsOwnStack(
            "The drills type on the sandbox's phone, and this stack runs without the sandbox."
        )
    with closing(Stage(stack, is_own=False)) as stage:
        yield stage


def play(stage: Stage, drills: Sequence[Drill], say: Say = print) -> ProofPack:
    """Play `drills` one after the other, whatever fails in between; return the proof pack."""
    started_at, before = datetime.now(UTC), time.monotonic()
    say(f"Playing on {describe(stage)}")
    for drill in drills:
        if drill.prepare:
            drill.prepare(stage)
    sections: list[Section] = []
    for drill in drills:
        sections.append(_play_one(stage, drill, say, played=sections))
    pack = ProofPack(
        stack=describe(stage),
        started_at=f"{started_at:%Y-%m-%d %H:%M:%S} UTC",
        seconds=round(time.monotonic() - before, 1),
        sections=sections,
    )
    say(report.summary(pack))
    return pack


def write(pack: ProofPack, folder: Path, say: Say = print) -> None:
    """Write `proof-pack.md` and `proof-pack.json` into `folder`, for its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / "proof-pack.md", report.as_markdown(pack))
    write_private(folder / "proof-pack.json", report.as_json(pack))
    say(f"The evidence is in {folder / 'proof-pack.md'} and .json.")


def describe(stage: Stage) -> str:
    """Return what a stack consists of, without any secret."""
    with stage.container.engine.connect() as connection:
        version = connection.dialect.server_version_info or ()
    postgres = ".".join(map(str, version))
    broker = make_url(stage.stack.broker_url).get_backend_name()
    owner = "a stack of its own" if stage.is_own else "the stack that runs"
    return f"{owner}: PostgreSQL {postgres}, broker {broker}, web {stage.stack.web}"


def _play_one(stage: Stage, drill: Drill, say: Say, *, played: Sequence[Section]) -> Section:
    say(report.heading(drill.number, drill.title))
    book = Book(stage, say, played)
    try:
        drill.play(book)
    except STOPPED as error:
        book.write(
            "The drill was played to its end",
            passed=False,
            asked=f"python -m devtools.drills {drill.name}",
            columns=("it stopped with",),
            rows=[(f"{type(error).__name__}: {error}",)],
        )
    return Section(
        number=drill.number, title=drill.title, checks=book.checks, left_out=book.left_out
    )
