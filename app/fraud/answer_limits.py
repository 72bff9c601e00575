"""How much customers are answered: each of them, and all who have proved nothing. Pure.

Each answer costs money and reaches a telephone that somebody else may have named. So one
customer's flood ends in silence, and nobody can make us send codes to thousands of numbers.
A limit holds back answers alone: what was reported or proved is kept all the same.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.fraud.conversation import ConversationState
from app.fraud.decisions import ConversationDecision, Verify

PER_CUSTOMER = 20
"""Messages of one customer within the send window that are answered."""


class Answering(StrEnum):
    """Whether the answer to a message goes out."""

    ALLOWED = "allowed"
    FLOODED = "flooded"
    """This customer has had enough answers; a code that they may still have goes out."""
    LIMITED = "limited"
    """All unverified customers together have had enough answers; no code goes out either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLimits:
    """The limits. `unverified_per_hour` counts messages of all customers within an hour."""

    unverified_per_hour: int
    per_customer: int = PER_CUSTOMER

    def judge(self, decision: ConversationDecision, state: ConversationState) -> Answering:
        """Return whether `decision` may be answered; a proof of identity always is."""
        if isinstance(decision, Verify):
            return Answering.ALLOWED
        if state.messages_of_all > self.unverified_per_hour and not state.is_verified:
            return Answering.LIMITED
        if state.recent_messages > self.per_customer:
            return Answering.FLOODED
        return Answering.ALLOWED
