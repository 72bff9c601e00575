"""Every drill, in the order of the proof pack."""

from collections.abc import Callable
from dataclasses import dataclass

from app.core.errors import InvalidInput
from devtools.drills import (
    drill_bad_requests,
    drill_dispatcher,
    drill_emission,
    drill_failed_message,
    drill_failure,
    drill_fraud_case,
    drill_guardrails,
    drill_inbox,
    drill_periodic,
    drill_redis,
    drill_schema,
    drill_security,
)
from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.target import DrillTarget


@dataclass(frozen=True, slots=True)
class Drill:
    """One section of the proof pack.

    A drill with `needs_own_stack` stops or empties parts of the stack. `prepare` runs before
    all drills, for work that needs time.
    """

    name: str
    number: str
    title: str
    run: Callable[[CheckRecorder], None]
    needs_own_stack: bool = False
    prepare: Callable[[DrillTarget], None] | None = None


DRILLS = (
    Drill("schema", "1", "Schema", drill_schema.run),
    Drill("emission", "2", "Emission of events", drill_emission.run),
    Drill("dispatcher", "3", "Dispatcher", drill_dispatcher.run),
    Drill("inbox", "4", "Inbox", drill_inbox.run),
    Drill("drill-a", "5A", "Drill A: a fraud case by WhatsApp", drill_fraud_case.run),
    Drill("drill-b", "5B", "Drill B: an outbound message fails", drill_failed_message.run),
    Drill("failure", "5C", "Failure drill: every dispatch fails", drill_failure.run),
    Drill(
        "redis",
        "5D",
        "Redis drill: broker emptied, worker killed",
        drill_redis.run,
        needs_own_stack=True,
    ),
    Drill("guardrails", "6", "Guardrails of dead letters", drill_guardrails.run),
    Drill("periodic", "7", "Periodic jobs", drill_periodic.run, prepare=drill_periodic.prepare),
    Drill("bad-requests", "8A", "Security: bad requests are refused", drill_bad_requests.run),
    Drill("security", "8B", "Security: admins only, and no leaked secret", drill_security.run),
)


def drills_named(names: tuple[str, ...]) -> tuple[Drill, ...]:
    """Return the drills of these names, or all without names. Raises InvalidInput."""
    known = {drill.name: drill for drill in DRILLS}
    for name in names:
        if name not in known:
            raise InvalidInput(f"There is no drill {name}; the drills are {', '.join(known)}.")
    return tuple(known[name] for name in names) or DRILLS
