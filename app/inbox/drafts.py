"""The texts of inbox items. Pure: each event type has one draft function here.

A draft function takes the payload of an event and returns a Wording. Its decorator names the
type and the severity. It must not do I/O. It may raise; it is then called again with the same
payload, until it succeeds or the event has used its last attempt.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

TITLE_LIMIT = 200
BODY_LIMIT = 8_000
GROUP_KEY_LIMIT = 300
"""A longer group key is cut and ends with a digest, because an index entry has a limit."""

DEAD_LETTER = "automation_dead_letter"
"""The type of the item that announces dead letters."""

Payload = Mapping[str, Any]


class Severity(StrEnum):
    """How urgent an inbox item is, in ascending order."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class UnknownEventType(Exception):
    """There is no draft function for this type; a newer release may have recorded it."""


class UnstorableText(Exception):
    """A draft has text that PostgreSQL can't store, or text that is too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The plain text of an item, the path of the page behind it, and how it is grouped.

    Events with the same `group_key` share one open item that counts its occurrences.
    `continues` is the dedupe key of an earlier event. While the item of that event is open or
    acknowledged, this event adds to its count, and the item is open again. If that item is
    closed or missing, this event gets a new item, and later events are added to that one.
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
    """Register the decorated function as the draft function of `event_type`."""

    def register(function: WordingOf) -> WordingOf:
        _FUNCTIONS[event_type] = (Severity(severity), function)
        return function

    return register


def drafted_types() -> frozenset[str]:
    """Return the event types that have a draft function."""
    return frozenset(_FUNCTIONS)


def draft_event(event_type: str, payload: Payload) -> Draft:
    """Return the draft of the inbox item for an event.

    Raises UnknownEventType, UnstorableText, or whatever the draft function raises.
    """
    try:
        severity, words_of = _FUNCTIONS[event_type]
    except KeyError:
        raise UnknownEventType(
            f"There is no draft function for events of type {event_type!r};"
            " deploy the release that has it."
        ) from None
    return Draft(event_type, severity, _storable(words_of(payload)))


def draft_dead_letter(event_type: str, *, error: str, fingerprint: str) -> Draft:
    """Return the draft that announces a dead letter. There is one item per type and error.

    Its severity is that of the event type, and at least `error`.
    """
    severity = max(Severity.ERROR, _severity_of(event_type), key=list(Severity).index)
    return Draft(
        DEAD_LETTER,
        severity,
        Wording(
            title=f"Dead letters: {event_type.replace('_', ' ')}",
            body=f"All attempts failed, the last one with: {error}\n"
            "Fix the cause, then retry or discard the dead events. This item shows how many are"
            " still dead. It closes automatically when none is.",
            link_ref=f"/automation/events?event_type={event_type}&error_fingerprint={fingerprint}",
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
        title=f"A message to {payload['masked_phone']} failed",
        body=f"All {payload['attempts']} attempts failed. {payload['reason']}",
        link_ref=f"/automation/outbound/{payload['job_id']}",
    )


@drafts("webhook_part_quarantined", severity=Severity.WARNING)
def _webhook_part_quarantined(payload: Payload) -> Wording:
    return Wording(
        title=f"WhatsApp sent content that this release can't use: {payload['kind']}",
        body=f"{payload['fault']} It is stored encrypted until {payload['kept_until']}. Install a "
        "release that supports it and run “automation webhooks replay”, or ask the developers. "
        "While this item is open, it counts further content of this kind.",
        group_key=f"webhook_part_quarantined:{payload['kind']}",
    )


@drafts("unverified_answers_limited", severity=Severity.ERROR)
def _unverified_answers_limited(payload: Payload) -> Wording:
    return Wording(
        title="Unverified customers get no answers now",
        body="Unverified customers sent more messages within one hour than "
        f"AUTOMATION_UNVERIFIED_PER_HOUR allows (hour: {payload['hour']}). Their reports are "
        "stored, but no code is sent, so they become stuck verifications. If this is not an "
        "attack, raise the setting and restart. A customer who then writes RESEND gets a code.",
        group_key="unverified_answers_limited",
    )


@drafts("wrong_codes_limited", severity=Severity.ERROR)
def _wrong_codes_limited(payload: Payload) -> Wording:
    return Wording(
        title="Customers enter too many wrong codes",
        body="All customers together entered more wrong codes within 24 hours than "
        f"AUTOMATION_WRONG_CODES_PER_DAY allows (date: {payload['day']}). Somebody may be guessing "
        "codes. Until there are fewer, each customer has one wrong code a day; right codes are "
        "accepted as before. If this is not an attack, raise the setting and restart.",
        group_key="wrong_codes_limited",
    )


@drafts("outbound_provider_away", severity=Severity.ERROR)
def _outbound_provider_away(payload: Payload) -> Wording:
    return Wording(
        title="WhatsApp accepts no messages",
        body=f"Since {payload['since']}. {payload['reason']} "
        "Messages wait and lose no attempt. One message at a time tests whether WhatsApp is "
        "back. Then all waiting messages are sent. The overview shows the current state.",
        link_ref="/automation/overview#outbound",
        group_key="outbound_provider_away",
    )


@drafts("outbound_compose_failed", severity=Severity.ERROR)
def _outbound_compose_failed(payload: Payload) -> Wording:
    return Wording(
        title="Messages can't be composed",
        body=f"The error is {payload['error']}. The messages wait and lose no attempt. "
        "If it is UndecryptableValue, add the key that encrypted them to "
        "AUTOMATION_ENCRYPTION_KEYS, after the newest one.",
        link_ref="/automation/overview#outbound",
        group_key=f"outbound_compose_failed:{payload['error']}",
    )


@drafts("notification_channel_failing", severity=Severity.ERROR)
def _notification_channel_failing(payload: Payload) -> Wording:
    return Wording(
        title=f"The channel “{payload['name']}” takes no notifications",
        body=f"Since {payload['since']}. {payload['reason']} "
        "Its notifications wait for up to a day, and one call at a time tests whether it is back. "
        "Correct or disable it on the page of notifications. This item is not sent to it.",
        link_ref=f"/automation/notifications/channels/{payload['channel_id']}",
        group_key=f"notification_channel_failing:{payload['channel_id']}",
    )


@drafts("otp_verification_stuck", severity=Severity.WARNING)
def _otp_verification_stuck(payload: Payload) -> Wording:
    message_id = payload.get("last_message_id")
    return Wording(
        title=f"Verification of {payload['masked_phone']} is stuck",
        body=f"The customer has not returned a code for {payload['waiting_minutes']} minutes. "
        "Check whether the code was delivered, and call the customer if it was not.",
        link_ref=f"/automation/outbound/{message_id}" if message_id else None,
    )


@drafts("daily_operational_summary_ready", severity=Severity.INFO)
def _daily_operational_summary_ready(payload: Payload) -> Wording:
    return Wording(
        title=f"Operational summary of {payload['business_date']}",
        body=f"{payload['headline']}\n\n{payload.get('report', '')}".strip(),
        link_ref=f"/automation/summaries/{payload['business_date']}",
    )


@drafts("periodic_run_missed", severity=Severity.WARNING)
def _periodic_run_missed(payload: Payload) -> Wording:
    return Wording(
        title=f"Periodic job {payload['job']}: the run {payload['slot']} is missing",
        body=f"It was planned for {payload['planned_at']}. {payload['reason']} "
        "Check that Celery beat and the worker of the queue “periodic” are running, then start "
        "the job from the overview. While this item is open, it counts further missing runs.",
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
        raise UnstorableText("The draft contains a NUL byte or an unpaired surrogate.")
    if len(wording.title) > TITLE_LIMIT or len(wording.body) > BODY_LIMIT:
        raise UnstorableText(
            f"The draft is too long: a title may have {TITLE_LIMIT} characters, "
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
