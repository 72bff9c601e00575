"""The query strings of all lists, used by the API and the pages."""

from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from app.core.paging import MAX_ID
from app.core.timeline import PAGE
from app.fraud.models import CaseStatus, VerificationStatus
from app.inbox.drafts import Severity
from app.inbox.item_conditions import ItemFilter
from app.inbox.tabs import Order, Tab
from app.outbound.models import OutboundKind, OutboundStatus
from app.outbound.queries import JobFilter
from app.outbox.models import EventStatus
from app.outbox.queries import EventFilter
from app.reports.activity import ActivityFilter
from app.reports.business_day import business_day
from app.reports.windows import Window
from app.web.requests import ListQuery, Moment, Query, SearchText, ShortText, Text

EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
_PAGING = {"cursor", "limit"}


class InboxQuery(ListQuery):
    """The filters of a list of items. Without `status` it has all items."""

    status: Tab | None = None
    order: Order | None = None
    severity: Severity | None = None
    type: ShortText | None = None
    assignee: ShortText | None = None
    unassigned: bool | None = None
    q: SearchText | None = None
    customer_id: int | None = Field(None, ge=1, le=MAX_ID)
    since: Moment | None = None

    @property
    def filter(self) -> ItemFilter:
        """The filter for `list_items`, without the customer, whose items `wanted_items` finds."""
        return ItemFilter(**self.model_dump(exclude={*_PAGING, "order", "customer_id"}))

    @property
    def paging(self) -> dict[str, Any]:
        """The order, the cursor and the limit for `list_items`."""
        return self.model_dump(include={*_PAGING, "order"})


class InboxPageQuery(InboxQuery):
    """The filters of the inbox page. Without `status` it shows the tab `open`."""

    status: Tab = Tab.OPEN


def saved_filters(query: InboxQuery) -> dict[str, str]:
    """Return what a saved view keeps of a query: its parameters without the page, as text."""
    kept = query.model_dump(mode="json", exclude={*_PAGING, "since"}, exclude_none=True)
    return {
        name: str(value).lower() if value is True else str(value)
        for name, value in kept.items()
        if value
    }


class EventsQuery(ListQuery):
    """The filters of a list of events."""

    status: EventStatus | None = None
    event_type: ShortText | None = None
    dead: bool | None = None
    due: bool | None = None
    discarded: bool | None = None
    error_fingerprint: ShortText | None = None
    item_id: int | None = Field(None, ge=1, le=MAX_ID)
    q: SearchText | None = None

    @property
    def filter(self) -> EventFilter:
        """The filter for `list_events`."""
        return EventFilter(**self.model_dump(exclude=_PAGING))


class TimelineQuery(ListQuery):
    """The parameters of a timeline."""

    limit: int = Field(PAGE, ge=1, le=PAGE)


class ActivityQuery(ListQuery):
    """The filters of a person's log. Both dates are inclusive, in AUTOMATION_TIMEZONE."""

    action: ShortText | None = None
    since: date | None = Field(None, ge=EARLIEST, le=LATEST)
    until: date | None = Field(None, ge=EARLIEST, le=LATEST)

    def filter(self, zone: ZoneInfo) -> ActivityFilter:
        """Return the filter for `list_activity`."""
        return ActivityFilter(
            action=self.action,
            since=business_day(self.since, zone).starts_at if self.since else None,
            until=business_day(self.until, zone).ends_at if self.until else None,
        )


class TrendsQuery(Query):
    """The window of the trends."""

    window: Window = Window.DAY


class CursorQuery(Query):
    """The parameter of a list whose pages have a fixed size."""

    cursor: ShortText | None = None


class CasesQuery(ListQuery):
    """The filters of a list of cases."""

    status: CaseStatus | None = None
    customer_id: int | None = Field(None, ge=1, le=MAX_ID)


class VerificationsQuery(ListQuery):
    """The filters of a list of verifications."""

    status: VerificationStatus | None = None
    customer_id: int | None = Field(None, ge=1, le=MAX_ID)


class JobsQuery(ListQuery):
    """The filters of a list of outbound jobs."""

    status: OutboundStatus | None = None
    kind: OutboundKind | None = None
    subject_ref: ShortText | None = None
    customer_id: int | None = Field(None, ge=1, le=MAX_ID)
    last_error: Annotated[Text, Field(max_length=500)] | None = None
    discarded: bool | None = None

    @property
    def filter(self) -> JobFilter:
        """The filter for `list_jobs`."""
        return JobFilter(**self.model_dump(exclude=_PAGING))
