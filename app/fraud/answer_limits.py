"""Limits on answers: per customer, and for all unverified customers together. Pure.

Each answer costs money and goes to a number that an attacker may have chosen. The limits stop
answers to a customer who floods us, and codes to thousands of numbers. They hold back only
answers: reports and verifications are stored in any case.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.fraud.conversation import ConversationState
from app.fraud.decisions import ConversationDecision, Verify

PER_CUSTOMER = 20
"""How many messages of one customer within the send window are answered."""


class Answering(StrEnum):
    """Whether the answer to a message is sent."""

    ALLOWED = "allowed"
    FLOODED = "flooded"
    """The customer has reached their limit. They get no answer, but a code is still sent."""
    LIMITED = "limited"
    """All unverified customers together have reached the limit. No code is sent either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLimits:
    """The limits. `unverified_per_hour` limits the messages of all customers within an hour."""

    unverified_per_hour: int
    per_customer: int = PER_CUSTOMER

    def answering_of(self, decision: ConversationDecision, state: ConversationState) -> Answering:
        """Return whether `decision` may be answered. A right code is always answered."""
        if isinstance(decision, Verify):
            return Answering.ALLOWED
        if state.messages_of_all > self.unverified_per_hour and not state.is_verified:
            return Answering.LIMITED
        if state.recent_messages > self.per_customer:
            return Answering.FLOODED
        return Answering.ALLOWED
