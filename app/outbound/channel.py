"""The row that all workers share: the next free send slot, and the circuit of the provider.

A claim of `n` messages reserves `n` slots: it moves `next_slot_at` by `n` intervals. So its cost
does not depend on earlier attempts. Each transaction locks the row last, so that it is locked
only until the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.outbound.circuit import Circuit, CircuitRules, is_answer
from app.outbound.models import OutboundChannel
from app.outbound.outcomes import Outcome
from app.outbox.events import OutboundProviderAway
from app.outbox.record import record_event

CHANNEL = "whatsapp"

_RESERVE = text(
    """
    UPDATE cc_outbound_channels
    SET next_slot_at = greatest(next_slot_at, statement_timestamp())
        + :count * interval '1 second' / :per_second
    WHERE name = :name
    RETURNING extract(epoch FROM next_slot_at - statement_timestamp())
        - :count / CAST(:per_second AS float8)
    """
)
_GATE = text(
    """
    SELECT away_since IS NOT NULL, extract(epoch FROM probe_at - statement_timestamp()),
        extract(epoch FROM next_slot_at - statement_timestamp())
    FROM cc_outbound_channels WHERE name = :name
    """
)
_TAKE_PROBE = text(
    """
    UPDATE cc_outbound_channels
    SET probe_at = statement_timestamp() + :seconds * interval '1 second'
    WHERE name = :name AND probe_at <= statement_timestamp()
    """
)
_RELEASE_PROBE = text(
    """
    UPDATE cc_outbound_channels SET probe_at = statement_timestamp()
    WHERE name = :name AND away_since IS NOT NULL
    """
)
_LOCK = text(
    """
    SELECT away_since, faults, probes, away_reason FROM cc_outbound_channels
    WHERE name = :name FOR UPDATE
    """
)
_WRITE = text(
    """
    UPDATE cc_outbound_channels
    SET faults = :faults, probes = :probes, away_reason = :reason,
        answered_at = CASE WHEN :answered THEN statement_timestamp() ELSE answered_at END,
        away_since = CASE WHEN :is_open
            THEN coalesce(away_since, statement_timestamp()) END,
        probe_at = CASE WHEN NOT :is_open THEN NULL
            WHEN CAST(:probe_in AS float8) IS NULL THEN probe_at
            ELSE statement_timestamp() + CAST(:probe_in AS float8) * interval '1 second' END
    WHERE name = :name
    RETURNING away_since
    """
)
_NOTE_ANSWER = text(
    """
    UPDATE cc_outbound_channels SET answered_at = statement_timestamp()
    WHERE name = :name AND faults = 0 AND away_since IS NULL
      AND answered_at > statement_timestamp() - interval '0.5 seconds' IS NOT TRUE
    """
)
_IS_CLEAN = text(
    "SELECT faults = 0 AND away_since IS NULL FROM cc_outbound_channels WHERE name = :name"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether messages may be sent: all, one as a probe, or none for `wait` seconds.

    `lead` is the number of seconds until the next free send slot.
    """

    is_open_circuit: bool
    wait: float
    lead: float


def read_gate(session: Session) -> Gate:
    """Return whether messages may be sent now."""
    is_open, wait, lead = session.execute(_GATE, {"name": CHANNEL}).one()
    return Gate(is_open, max(float(wait or 0), 0.0), max(float(lead), 0.0))


def reserve_slots(session: Session, count: int, *, per_second: int) -> float:
    """Reserve `count` send slots in a row; return the seconds until the first."""
    values = {"name": CHANNEL, "count": count, "per_second": per_second}
    return max(float(session.scalars(_RESERVE, values).one()), 0.0)


def take_probe(session: Session, *, seconds: float) -> bool:
    """Claim the due probe, so that no other worker probes for `seconds`. False if none is due."""
    result = session.execute(_TAKE_PROBE, {"name": CHANNEL, "seconds": seconds})
    return bool(result.rowcount)  # type: ignore[attr-defined]


def release_probe(session: Session) -> None:
    """Make the probe due again, because there was no message to send."""
    session.execute(_RELEASE_PROBE, {"name": CHANNEL})


def note_outcomes(
    session: Session, outcomes: Sequence[tuple[Outcome, bool]], rules: CircuitRules
) -> bool:
    """Update the circuit after `outcomes`; return whether it is open afterwards.

    Each outcome is paired with whether its call was a probe. If the circuit opens, an event
    is recorded.
    """
    answered = any(is_answer(outcome) for outcome, _ in outcomes)
    if all(is_answer(outcome) for outcome, _ in outcomes) and _is_clean(session):
        session.execute(_NOTE_ANSWER, {"name": CHANNEL})
        return False
    before = _lock(session)
    after = rules.after(before, outcomes)
    values = {
        "name": CHANNEL,
        "is_open": after.is_open,
        "faults": after.faults,
        "probes": after.probes,
        "reason": after.reason,
        "probe_in": after.probe_in,
        "answered": answered,
    }
    since = session.scalars(_WRITE, values).one()
    if after.is_open and not before.is_open:
        _announce(session, since, after.reason or "")
    return after.is_open


def show_channel(session: Session) -> OutboundChannel:
    """Return the row of the provider."""
    return session.get_one(OutboundChannel, CHANNEL)


def _is_clean(session: Session) -> bool:
    return bool(session.scalar(_IS_CLEAN, {"name": CHANNEL}))


def _lock(session: Session) -> Circuit:
    since, faults, probes, reason = session.execute(_LOCK, {"name": CHANNEL}).one()
    return Circuit(is_open=since is not None, faults=faults, probes=probes, reason=reason)


def _announce(session: Session, since: datetime, reason: str) -> None:
    moment = since.astimezone(UTC).isoformat(timespec="milliseconds")
    record_event(session, OutboundProviderAway(since=moment, reason=reason))
