"""The circuit breaker of the provider. Pure.

The circuit opens after a few faults in a row, or after one that is certain. While it is open,
one message at a time probes the provider, and the waits between probes double up to a limit.
An answer that accepts or refuses a message closes the circuit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.outbound.outcomes import Away, NoAnswer, Outcome, Refused, Sent, Throttled

Fault = Away | NoAnswer | Throttled


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The state that all workers share.

    `faults` counts the provider's faults in a row, `probes` the failed probes while the
    circuit is open. `probe_in` is the wait until the next probe, in seconds.
    """

    is_open: bool = False
    faults: int = 0
    probes: int = 0
    reason: str | None = None
    probe_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitRules:
    """How many faults in a row open the circuit, and the waits between probes in seconds."""

    faults: int = 3
    base_seconds: float = 2.0
    cap_seconds: float = 60.0

    def after(self, circuit: Circuit, outcomes: Iterable[tuple[Outcome, bool]]) -> Circuit:
        """Return the state after `outcomes`, each with whether its call was a probe."""
        for outcome, is_probe in outcomes:
            circuit = self._after_one(circuit, outcome, is_probe=is_probe)
        return circuit

    def _after_one(self, circuit: Circuit, outcome: Outcome, *, is_probe: bool) -> Circuit:
        match outcome:
            case Sent() | Refused() | Throttled(everyone=False):
                return Circuit()
            case Away() | NoAnswer() | Throttled() if is_probe or not circuit.is_open:
                return self._after_fault(circuit, outcome)
            case _:
                return circuit

    def _after_fault(self, circuit: Circuit, fault: Fault) -> Circuit:
        faults = circuit.faults + 1
        is_certain = isinstance(fault, Throttled) or (isinstance(fault, Away) and fault.is_certain)
        if not (circuit.is_open or is_certain or faults >= self.faults):
            return replace(circuit, faults=faults)
        probes = circuit.probes + int(circuit.is_open)
        doubled = self.base_seconds * 2.0 ** min(probes, 30)
        asked = fault.retry_after if isinstance(fault, Throttled) else None
        return Circuit(
            is_open=True,
            faults=faults,
            probes=probes,
            reason=fault.reason,
            probe_in=asked or min(doubled, self.cap_seconds),
        )


def is_answer(outcome: Outcome) -> bool:
    """Tell whether an outcome is an answer that accepts, refuses or throttles one message."""
    match outcome:
        case Sent() | Refused() | Throttled(everyone=False):
            return True
        case _:
            return False
