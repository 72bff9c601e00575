"""Which parts of a signed webhook may be acted on: recent ones for our own telephone number. Pure.

A signature says who wrote a body, but not when it was delivered or to whom. A recorded body could
otherwise be delivered again after the row that recognises it has been deleted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.inbound.envelope import Part

TOO_OLD = "It is older than AUTOMATION_WEBHOOK_MAX_AGE_HOURS allows, so nothing was done."
FOREIGN = "It is for another telephone number than WHATSAPP_PHONE_NUMBER_ID, so nothing was done."


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The rules. `max_age` is that of a message or a change of identity at its arrival."""

    phone_number_id: str
    max_age: timedelta

    def refusal_of(self, part: Part, *, arrived_at: datetime) -> str | None:
        """Return why `part` must not be acted on, or None. A missing time or number is no fault."""
        if self.is_foreign(part):
            return FOREIGN
        is_old = part.sent_at is not None and part.sent_at < arrived_at - self.max_age
        return TOO_OLD if is_old else None

    def is_foreign(self, part: Part) -> bool:
        """Tell whether `part` names another telephone number of the business."""
        return part.phone_number_id not in {None, self.phone_number_id}
