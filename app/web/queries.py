"""The query strings of all lists, used by the API and the pages."""

from typing import Literal

from pydantic import Field

from app.core.paging import MAX_ID
from app.core.timeline import PAGE
from app.fraud.models import CaseStatus
from app.inbox.drafts import Severity
from app.inbox.models import ItemStatus
from app.inbox.queries import ItemFilter
from app.outbound.models import OutboundKind, OutboundStatus
from app.outbound.queries import JobFilter
from app.outbox.models import EventStatus
from app.outbox.queries import EventFilter
from app.reports.windows import Window
from app.web.requests import ListQuery, Query, SearchText, ShortText

_PAGING = {"cursor", "limit"}


class _ItemsQuery(ListQuery):
    severity: Severity | None = None
    type: ShortText | None = None
    assignee: ShortText | None = None
    q: SearchText | None = None

    def _filter(self, status: ItemStatus | None) -> ItemFilter:
        return ItemFilter(status=status, **self.model_dump(exclude={*_PAGING, "status"}))


class InboxQuery(_ItemsQuery):
    """The filters of a list of items. Without `status` it has items in every status."""

    status: ItemStatus | None = None

    @property
    def filter(self) -> ItemFilter:
        """The filter for `list_items`."""
        return self._filter(self.status)


class InboxPageQuery(_ItemsQuery):
    """The filters of the inbox page. Without `status` it shows open items."""

    status: ItemStatus | Literal["all"] = ItemStatus.OPEN

    @property
    def filter(self) -> ItemFilter:
        """The filter for `list_items`."""
        return self._filter(None if self.status == "all" else self.status)


class EventsQuery(ListQuery):
    """The filters of a list of events."""

    status: EventStatus | None = None
    event_type: ShortText | None = None
    dead: bool | None = None
    due: bool | None = None
    item_id: int | None = Field(None, ge=1, le=MAX_ID)
    q: SearchText | None = None

    @property
    def filter(self) -> EventFilter:
        """The filter for `list_events`."""
        return EventFilter(**self.model_dump(exclude=_PAGING))


class TimelineQuery(ListQuery):
    """The parameters of a timeline."""

    limit: int = Field(PAGE, ge=1, le=PAGE)


class TrendsQuery(Query):
    """The window of the trends."""

    window: Window = Window.DAY


class CasesQuery(ListQuery):
    """The filters of a list of cases."""

    status: CaseStatus | None = None
    customer_id: int | None = Field(None, ge=1, le=MAX_ID)


class JobsQuery(ListQuery):
    """The filters of a list of outbound jobs."""

    status: OutboundStatus | None = None
    kind: OutboundKind | None = None
    subject_ref: ShortText | None = None
    customer_id: int | None = Field(None, ge=1, le=MAX_ID)

    @property
    def filter(self) -> JobFilter:
        """The filter for `list_jobs`."""
        return JobFilter(**self.model_dump(exclude=_PAGING))
