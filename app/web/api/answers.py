"""Answers of the API that join the views of several features."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.core.views import HistoryEntry
from app.fraud.approved_texts import ApprovedText
from app.fraud.correspondence import CorrespondencePage
from app.fraud.queries import CaseView, MessageView, VerificationView
from app.fraud.reply_window import ReplyWindow
from app.inbox.queries import Item, ItemHistoryEntry
from app.outbound.queries import OutboundAttemptView, OutboundJobView
from app.outbox.queries import Attempt, EventView
from app.reports.key_figures import FigureTrend
from app.reports.queries import Summary
from app.web.system_state import SystemState
from app.web.verdict import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWithHistory(Item):
    """An inbox item and its history, oldest entry first."""

    history: Sequence[ItemHistoryEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWithHistory(EventView):
    """An event, its failed attempts and its history, each oldest first, and its inbox item."""

    attempt_history: Sequence[Attempt]
    history: Sequence[HistoryEntry]
    item: Item | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetriedEvent(EventView):
    """An event after a retry. `changed` is false if it was due already."""

    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWithHistory(OutboundJobView):
    """An outbound job, its attempts and its history, each oldest first.

    `text` is what the customer reads, redacted. A code is never shown, so its job has none.
    """

    text: str | None
    attempt_history: Sequence[OutboundAttemptView]
    history: Sequence[HistoryEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWithVerification(CaseView):
    """A case, the verification that it rests on, and what the customer wrote later."""

    verification: VerificationView
    messages: Sequence[MessageView]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseConversation(CorrespondencePage):
    """The messages between a customer and us, newest first, and whether free text may be sent."""

    window: ReplyWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyOptions:
    """What may be sent to the customer of a case. Outside the window only templates may."""

    window: ReplyWindow
    texts: Sequence[ApprovedText]
    templates: Sequence[ApprovedText]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationWithCase(VerificationView):
    """A verification, and the case that it has become, if any."""

    case_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchCounts:
    """Counts of events: claimed = sent + failed; `failed` includes `dead_lettered`."""

    claimed: int
    sent: int
    failed: int
    dead_lettered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRun:
    """The summary of a business date. `new` is false if it existed already."""

    business_date: date
    new: bool
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursCounted:
    """How many hours were counted for the trends."""

    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryWithTrend(Summary):
    """A summary, and each of its key figures beside those of the summaries before it."""

    trend: Sequence[FigureTrend]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether all is well, what is not, and the state of every part."""

    is_well: bool
    faults: Sequence[Fault]
    parts: SystemState
