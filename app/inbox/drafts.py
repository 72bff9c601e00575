"""What an inbox item will say. Pure: each event type has one draft function here.

A draft function takes the payload of an event and returns its wording; the type and the
severity stand in its decorator. It touches nothing but memory, may raise, and is called
again, with the same payload, until it succeeds or the event's budget is spent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

TITLE_LIMIT = 200
BODY_LIMIT = 8_000
GROUP_KEY_LIMIT = 300
"""A longer group key is replaced by its beginning and a digest; an index must hold it."""

DEAD_LETTER = "automation_dead_letter"
"""The type of the item that announces dead letters."""

Payload = Mapping[str, Any]


class Severity(StrEnum):
    """How urgent an inbox item is, from the least to the most."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class UnknownEventType(Exception):
    """No draft function knows this type; a newer release may have recorded it."""


class UnstorableText(Exception):
    """A draft holds text that PostgreSQL can't store, or too much of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What an item says: plain text, the page behind it, and what it may be folded into.

    Items with one `group_key` become one open item that counts its occurrences.
    `continues` is the dedupe key of an event whose item this adds to: while that item is
    open or acknowledged, it is counted up and shown as new. Once it is closed, or if it
    doesn't exist, this becomes an item of its own, which the next ones are folded into.
    """

    title: str
    body: str
    link_ref: str | None = None
    group_key: str | None = None
    continues: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An inbox item before it is written."""

    type: str
    severity: Severity
    wording: Wording

    @property
    def is_folded(self) -> bool:
        """Whether it may become part of another item."""
        return self.wording.group_key is not None


WordingOf = Callable[[Payload], Wording]

_FUNCTIONS: dict[str, tuple[Severity, WordingOf]] = {}


def drafts(event_type: str, *, severity: Severity) -> Callable[[WordingOf], WordingOf]:
    """Register the decorated function as the one that words events of `event_type`."""

    def register(function: WordingOf) -> WordingOf:
        _FUNCTIONS[event_type] = (Severity(severity), function)
        return function

    return register


def drafted_types() -> frozenset[str]:
    """Return the event types that have a draft function."""
    return frozenset(_FUNCTIONS)


def draft_event(event_type: str, payload: Payload) -> Draft:
    """Return the inbox item that an event asks for.

    Raises UnknownEventType, UnstorableText, or whatever the draft function raises.
    """
    try:
        severity, words_of = _FUNCTIONS[event_type]
    except KeyError:
        raise UnknownEventType(
            f"No draft function knows events of type {event_type!r}; deploy the release that does."
        ) from None
    return Draft(event_type, severity, _storable(words_of(payload)))


def draft_dead_letter(event_type: str, *, error: str, fingerprint: str) -> Draft:
    """Return the item that announces a dead letter, folded per event type and error.

    It is as severe as the item that the event would have become, and an error at least.
    """
    severity = max(Severity.ERROR, _severity_of(event_type), key=list(Severity).index)
    return Draft(
        DEAD_LETTER,
        severity,
        Wording(
            title=f"Dead letters: {event_type.replace('_', ' ')}",
            body=f"Every attempt was used up; the last one failed with: {error}\n"
            "Mend the cause, then retry the dead events from their page. This item counts"
            " those that are still dead, and closes itself when none is.",
            link_ref=f"/automation/events?event_type={event_type}&dead=true",
            group_key=_capped(f"{DEAD_LETTER}:{event_type}:{fingerprint}"),
        ),
    )


@drafts("fraud_case_created", severity=Severity.CRITICAL)
def _fraud_case_created(payload: Payload) -> Wording:
    return Wording(
        title=f"Fraud reported by {payload['masked_phone']}",
        body=f"“{payload['report']}”\nThe customer proved who they are with a one-time code.",
        link_ref=f"/automation/cases/{payload['case_id']}",
    )


@drafts("fraud_case_message_added", severity=Severity.WARNING)
def _fraud_case_message_added(payload: Payload) -> Wording:
    return Wording(
        title=f"{payload['masked_phone']} wrote more about case {payload['case_id']}",
        body=f"“{payload['text']}”",
        link_ref=f"/automation/cases/{payload['case_id']}",
        continues=f"fraud_case_created:{payload['case_id']}",
    )


@drafts("outbound_failed_max_attempts", severity=Severity.ERROR)
def _outbound_failed_max_attempts(payload: Payload) -> Wording:
    return Wording(
        title=f"A message to {payload['masked_phone']} failed for good",
        body=f"Tried {payload['attempts']} times. {payload['reason']}",
        link_ref=f"/automation/outbound/{payload['job_id']}",
    )


@drafts("webhook_part_quarantined", severity=Severity.WARNING)
def _webhook_part_quarantined(payload: Payload) -> Wording:
    return Wording(
        title=f"WhatsApp sends something that we can't use: {payload['kind']}",
        body=f"{payload['fault']} It is kept, sealed, until {payload['kept_until']}. Install a "
        "release that knows it and run “automation webhooks replay”, or ask the developers. "
        "More of this kind are counted here while this item is open.",
        group_key=f"webhook_part_quarantined:{payload['kind']}",
    )


@drafts("unverified_answers_limited", severity=Severity.ERROR)
def _unverified_answers_limited(payload: Payload) -> Wording:
    return Wording(
        title="Customers who have proved nothing get no answer now",
        body="More messages came within an hour than AUTOMATION_UNVERIFIED_PER_HOUR allows "
        f"(first seen in the hour of {payload['hour']}). Reports are kept, but no code goes "
        "out, so they become stuck verifications. If this is no attack, raise the setting and "
        "restart; a customer who writes RESEND then gets a code.",
        group_key="unverified_answers_limited",
    )


@drafts("outbound_provider_away", severity=Severity.ERROR)
def _outbound_provider_away(payload: Payload) -> Wording:
    return Wording(
        title="WhatsApp takes no messages",
        body=f"Since {payload['since']}. {payload['reason']} "
        "Messages wait and lose no attempt. One message at a time tries whether WhatsApp is "
        "back; then all leave at the agreed pace. The overview shows when it is.",
        link_ref="/automation/overview#outbound",
        group_key="outbound_provider_away",
    )


@drafts("outbound_compose_failed", severity=Severity.ERROR)
def _outbound_compose_failed(payload: Payload) -> Wording:
    return Wording(
        title="Messages can't be put together",
        body=f"Each try ends with {payload['error']}. The messages wait and lose no attempt. "
        "If it is UndecryptableValue, put the key that they were written with back into "
        "AUTOMATION_ENCRYPTION_KEYS, behind the newest one.",
        link_ref="/automation/overview#outbound",
        group_key=f"outbound_compose_failed:{payload['error']}",
    )


@drafts("otp_verification_stuck", severity=Severity.WARNING)
def _otp_verification_stuck(payload: Payload) -> Wording:
    message_id = payload.get("last_message_id")
    return Wording(
        title=f"Verification of {payload['masked_phone']} is stuck",
        body=f"The customer has not returned a code for {payload['waiting_minutes']} minutes. "
        "Look at whether the code was delivered, and call them if it was not.",
        link_ref=f"/automation/outbound/{message_id}" if message_id else None,
    )


@drafts("daily_operational_summary_ready", severity=Severity.INFO)
def _daily_operational_summary_ready(payload: Payload) -> Wording:
    return Wording(
        title=f"Operational summary of {payload['business_date']}",
        body=f"{payload['headline']}\n\n{payload.get('report', '')}".strip(),
        link_ref="/automation/overview",
    )


@drafts("periodic_run_missed", severity=Severity.WARNING)
def _periodic_run_missed(payload: Payload) -> Wording:
    return Wording(
        title=f"The run {payload['job']} {payload['slot']} was not done",
        body=f"It was planned for {payload['planned_at']}. {payload['reason']} "
        "See whether beat and the worker of its queue are alive, then run it now from the "
        "overview. Later runs that go missing are counted here while this item is open.",
        link_ref="/automation/overview#periodic",
        group_key=f"periodic_run_missed:{payload['job']}",
    )


def _severity_of(event_type: str) -> Severity:
    severity, _function = _FUNCTIONS.get(event_type, (Severity.ERROR, None))
    return severity


def _storable(wording: Wording) -> Wording:
    group_key = wording.group_key or wording.continues
    text = f"{wording.title}{wording.body}{wording.link_ref}{group_key}{wording.continues}"
    if not _is_storable(text):
        raise UnstorableText("The draft holds a NUL byte or half of a surrogate pair.")
    if len(wording.title) > TITLE_LIMIT or len(wording.body) > BODY_LIMIT:
        raise UnstorableText(
            f"The draft is too long: a title has {TITLE_LIMIT} characters at most, "
            f"a body {BODY_LIMIT}."
        )
    return replace(wording, group_key=_capped(group_key)) if group_key else wording


def _is_storable(text: str) -> bool:
    """Tell whether PostgreSQL can store `text`; six times as fast as a regular expression."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def _capped(group_key: str) -> str:
    if len(group_key) <= GROUP_KEY_LIMIT:
        return group_key
    digest = sha256(group_key.encode()).hexdigest()[:16]
    return f"{group_key[: GROUP_KEY_LIMIT - len(digest) - 1]}:{digest}"
