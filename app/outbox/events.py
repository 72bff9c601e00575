"""The event types. Pure. To add a type, start here.

The fields of an event are stored, so they hold ids, masked numbers and text without secrets.
If an event with the same dedupe key exists, recording it again does nothing.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, ClassVar, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact for the admins. Subclasses define type, key and subject."""

    event_type: ClassVar[str]
    prose_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields with sentences, in which six digits may be an amount and stay readable."""

    @property
    def dedupe_key(self) -> str:
        """The key of this fact. At most one event with this key is ever recorded."""
        return f"{self.event_type}:{self._subject_id}"

    @property
    def subject_ref(self) -> str:
        """What the event is about, e.g. `case:42`."""
        raise NotImplementedError

    @property
    def payload(self) -> dict[str, Any]:
        """The fields as JSON values; dates in ISO 8601."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
        }

    @property
    def _subject_id(self) -> str:
        return self.subject_ref.partition(":")[2]


AnyEvent = TypeVar("AnyEvent", bound=Event)

CATALOGUE: dict[str, type[Event]] = {}
"""All event types by name."""


class DuplicateEventType(Exception):
    """Two classes have the same event type."""


def register(event: type[AnyEvent]) -> type[AnyEvent]:
    """Add the decorated class to CATALOGUE. It needs a draft in `app.inbox.drafts`."""
    if CATALOGUE.setdefault(event.event_type, event) is not event:
        raise DuplicateEventType(
            f"{event.__name__} and {CATALOGUE[event.event_type].__name__} have the same"
            f" event type {event.event_type!r}; choose another name."
        )
    return event


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class FraudCaseCreated(Event):
    """An OTP-verified report has become a case."""

    event_type: ClassVar[str] = "fraud_case_created"
    prose_fields: ClassVar[frozenset[str]] = frozenset({"report"})

    case_id: int
    masked_phone: str
    language: str
    report: str

    @property
    def subject_ref(self) -> str:
        """`case:{case_id}`."""
        return f"case:{self.case_id}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class FraudCaseMessageAdded(Event):
    """The customer of an open case wrote more."""

    event_type: ClassVar[str] = "fraud_case_message_added"
    prose_fields: ClassVar[frozenset[str]] = frozenset({"text"})

    case_id: int
    message_id: int
    masked_phone: str
    text: str

    @property
    def dedupe_key(self) -> str:
        """One per message."""
        return f"{self.event_type}:{self.message_id}"

    @property
    def subject_ref(self) -> str:
        """`case:{case_id}`."""
        return f"case:{self.case_id}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundFailedMaxAttempts(Event):
    """An outbound job has used its last attempt."""

    event_type: ClassVar[str] = "outbound_failed_max_attempts"

    job_id: int
    masked_phone: str
    attempts: int
    reason: str
    provider_code: int | None = None
    budget: int = 1

    @property
    def dedupe_key(self) -> str:
        """One per job and series of attempts: a failure after an admin's retry is a new fact."""
        suffix = "" if self.budget == 1 else f":{self.budget}"
        return f"{self.event_type}:{self.job_id}{suffix}"

    @property
    def subject_ref(self) -> str:
        """`outbound:{job_id}`."""
        return f"outbound:{self.job_id}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class OtpVerificationStuck(Event):
    """A verification has waited for its code for longer than the threshold."""

    event_type: ClassVar[str] = "otp_verification_stuck"

    job_id: int
    masked_phone: str
    waiting_minutes: int
    last_message_id: int | None

    @property
    def subject_ref(self) -> str:
        """`verification:{job_id}`."""
        return f"verification:{self.job_id}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DailyOperationalSummaryReady(Event):
    """The summary of a business date is done."""

    event_type: ClassVar[str] = "daily_operational_summary_ready"
    prose_fields: ClassVar[frozenset[str]] = frozenset({"headline", "report"})

    business_date: date
    headline: str
    report: str = ""

    @property
    def subject_ref(self) -> str:
        """`summary:{business_date}`."""
        return f"summary:{self.business_date.isoformat()}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicRunMissed(Event):
    """A planned run of a periodic job did not happen, or failed."""

    event_type: ClassVar[str] = "periodic_run_missed"

    job: str
    slot: str
    planned_at: str
    reason: str

    @property
    def subject_ref(self) -> str:
        """`run:{job}:{slot}`."""
        return f"run:{self.job}:{self.slot}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPartQuarantined(Event):
    """WhatsApp sent content that this release can't use; it is stored encrypted."""

    event_type: ClassVar[str] = "webhook_part_quarantined"

    part_id: int
    kind: str
    fault: str
    kept_until: date

    @property
    def subject_ref(self) -> str:
        """`webhook-part:{part_id}`."""
        return f"webhook-part:{self.part_id}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedAnswersLimited(Event):
    """Unverified customers get no answers for now; recorded at most once an hour."""

    event_type: ClassVar[str] = "unverified_answers_limited"

    hour: str

    @property
    def subject_ref(self) -> str:
        """`answers:{hour}`."""
        return f"answers:{self.hour}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCodesLimited(Event):
    """All customers together have used up the wrong codes of a day; at most one per date."""

    event_type: ClassVar[str] = "wrong_codes_limited"

    day: str

    @property
    def subject_ref(self) -> str:
        """`wrong-codes:{day}`."""
        return f"wrong-codes:{self.day}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundProviderAway(Event):
    """The provider accepts no messages. Waiting messages lose no attempt."""

    event_type: ClassVar[str] = "outbound_provider_away"

    since: str
    reason: str

    @property
    def subject_ref(self) -> str:
        """`provider:{since}`."""
        return f"provider:{self.since}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundComposeFailed(Event):
    """An internal error stops the composing of messages; at most one per hour and error."""

    event_type: ClassVar[str] = "outbound_compose_failed"

    error: str
    hour: str

    @property
    def subject_ref(self) -> str:
        """`compose:{error}:{hour}`."""
        return f"compose:{self.error}:{self.hour}"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationChannelFailing(Event):
    """A channel takes no notifications. The waiting ones lose no attempt."""

    event_type: ClassVar[str] = "notification_channel_failing"

    channel_id: int
    name: str
    since: str
    reason: str

    @property
    def dedupe_key(self) -> str:
        """One per channel and outage."""
        return f"{self.event_type}:{self.channel_id}:{self.since}"

    @property
    def subject_ref(self) -> str:
        """`channel:{channel_id}`."""
        return f"channel:{self.channel_id}"
