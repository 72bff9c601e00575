"""Limits on answers and codes: per customer, and for all unverified customers together. Pure.

Each answer costs money and goes to a number that an attacker may have chosen. The limits stop
answers to a customer who floods us, and codes to thousands of numbers. They hold back only
answers: reports and verifications are stored in any case.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.fraud.conversation import ConversationState
from app.fraud.decisions import Begin, ConversationDecision, SendAgain, Verify

PER_CUSTOMER = 20
"""How many messages of one customer within the send window are answered."""
PER_CUSTOMER_AND_DAY = 100
"""How many messages of one customer within 24 hours are answered."""
CODES_PER_DAY = 10
"""How many codes one customer gets within 24 hours."""


class Answering(StrEnum):
    """Whether the answer to a message is sent."""

    ALLOWED = "allowed"
    FLOODED = "flooded"
    """The customer has reached their limit. They get no answer, but a code is still sent."""
    CODES_USED_UP = "codes_used_up"
    """The customer has had all codes of the day. They are told so, and no code is sent."""
    LIMITED = "limited"
    """All unverified customers together have reached the limit. No code is sent either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLimits:
    """The limits. Those of all customers: their messages in an hour, their wrong codes in a day."""

    unverified_per_hour: int
    wrong_codes_per_day: int
    per_customer: int = PER_CUSTOMER
    per_customer_and_day: int = PER_CUSTOMER_AND_DAY
    codes_per_day: int = CODES_PER_DAY

    def answering_of(self, decision: ConversationDecision, state: ConversationState) -> Answering:
        """Return whether `decision` may be answered. A right code is always answered."""
        if isinstance(decision, Verify):
            return Answering.ALLOWED
        if state.messages_of_all > self.unverified_per_hour and not state.is_verified:
            return Answering.LIMITED
        if isinstance(decision, Begin | SendAgain) and state.sends_today >= self.codes_per_day:
            return Answering.CODES_USED_UP
        if self._is_flood(state):
            return Answering.FLOODED
        return Answering.ALLOWED

    def _is_flood(self, state: ConversationState) -> bool:
        return (
            state.recent_messages > self.per_customer
            or state.messages_today > self.per_customer_and_day
        )
