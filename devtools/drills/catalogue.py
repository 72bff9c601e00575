"""Every drill, in the order of the proof pack."""

from collections.abc import Callable
from dataclasses import dataclass

from app.core.errors import InvalidInput
from devtools.drills import (
    checkers,
    dispatcher,
    drill_a,
    drill_b,
    emission,
    failure,
    guardrails,
    inbox,
    redis,
    schema,
    security,
    strangers,
)
from devtools.drills.book import Book
from devtools.drills.stage import Stage


@dataclass(frozen=True, slots=True)
class Drill:
    """One section of the proof pack; `alone` if it breaks what others work with.

    `prepare` runs before all drills, for what needs time.
    """

    name: str
    number: str
    title: str
    play: Callable[[Book], None]
    alone: bool = False
    prepare: Callable[[Stage], None] | None = None


DRILLS = (
    Drill("schema", "1", "Schema", schema.play),
    Drill("emission", "2", "Emission", emission.play),
    Drill("dispatcher", "3", "Dispatcher", dispatcher.play),
    Drill("inbox", "4", "Inbox", inbox.play),
    Drill("drill-a", "5A", "Drill A: a fraud case by WhatsApp", drill_a.play),
    Drill("drill-b", "5B", "Drill B: a message that fails for good", drill_b.play),
    Drill("failure", "5C", "Failure drill: every dispatch fails", failure.play),
    Drill("redis", "5D", "Redis drill: flushed, killed, doubled", redis.play, alone=True),
    Drill("guardrails", "6", "Guardrails", guardrails.play),
    Drill("checkers", "7", "Checkers", checkers.play, prepare=checkers.prepare),
    Drill("strangers", "8A", "Security: what strangers and bad clients get", strangers.play),
    Drill("security", "8B", "Security: admins only, and no secret anywhere", security.play),
)


def drills_named(names: tuple[str, ...]) -> tuple[Drill, ...]:
    """Return the drills of these names, all without any. Raises InvalidInput."""
    known = {drill.name: drill for drill in DRILLS}
    for name in names:
        if name not in known:
            raise InvalidInput(f"There is no drill {name}; there are {', '.join(known)}.")
    return tuple(known[name] for name in names) or DRILLS
