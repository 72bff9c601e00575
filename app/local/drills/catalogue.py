"""Every drill, in the order of the proof pack."""

from collections.abc import Callable
from dataclasses import dataclass

from app.core.errors import InvalidInput
from app.local.drills import drill_a
from app.local.drills.book import Book


@dataclass(frozen=True, slots=True)
class Drill:
    """One section of the proof pack; `alone` if it breaks or ages what others work with."""

    name: str
    number: str
    title: str
    play: Callable[[Book], None]
    alone: bool = False


DRILLS = (Drill("drill-a", "5A", "Drill A: a fraud case by WhatsApp", drill_a.play),)


def drills_named(names: tuple[str, ...]) -> tuple[Drill, ...]:
    """Return the drills of these names, all without any. Raises InvalidInput."""
    known = {drill.name: drill for drill in DRILLS}
    for name in names:
        if name not in known:
            raise InvalidInput(f"There is no drill {name}; there are {', '.join(known)}.")
    return tuple(known[name] for name in names) or DRILLS
