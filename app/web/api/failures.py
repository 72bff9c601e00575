"""Failed events and messages: groups of one error; retry and discard of many, or discard of one."""

from http import HTTPStatus
from typing import Annotated, Self

from flask import Blueprint
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from app.bulk.bulk_actions import CAP, Arguments, FailureAction
from app.bulk.check_arguments import REASON_LIMIT, checked_reason
from app.bulk.control_job import start_job
from app.bulk.plan_failures import plan_events, plan_messages
from app.bulk.queries import BulkJobView
from app.core.paging import Page
from app.dispatch.discard_event import discard_event
from app.outbound.discard_job import discard_job
from app.outbound.failed_messages import FailedMessages, failed_messages
from app.outbound.queries import OutboundJobView
from app.outbox.failure_groups import FailureGroup, failure_groups
from app.outbox.queries import EventView
from app.web.api.operation import Example, operation
from app.web.context import actor
from app.web.queries import EventsQuery, JobsQuery
from app.web.requests import Body, Id, Text, exactly_one

blueprint = Blueprint("api_failures", __name__, url_prefix="/api")

Ids = Annotated[list[Id], Field(min_length=1, max_length=CAP)]
Reason = Annotated[Text, Field(min_length=1, max_length=REASON_LIMIT)]


class _Selection(Body):
    """Either ids or a filter with the parameters of the list."""

    model_config = exactly_one("ids", "filter")

    ids: Ids | None = None

    @model_validator(mode="after")
    def _has_one_selection(self) -> Self:
        if (self.ids is None) == (getattr(self, "filter", None) is None):
            raise ValueError("must hold either ids or a filter")
        return self


class EventsSelection(_Selection):
    """Events, by ids or by a filter."""

    filter: EventsQuery | None = None


class EventsToDiscard(EventsSelection):
    """Events, and the reason of their discard."""

    reason: Reason


class MessagesSelection(_Selection):
    """Outbound jobs, by ids or by a filter."""

    filter: JobsQuery | None = None


class MessagesToDiscard(MessagesSelection):
    """Outbound jobs, and the reason of their discard."""

    reason: Reason


class DiscardBody(Body):
    """The reason of a discard."""

    reason: Reason


@blueprint.get("/automation/events/groups")
@operation(example=Example(answer={"next_cursor": None}))
def event_groups(session: Session) -> Page[FailureGroup]:
    """Answer with the failed events by type and error, the largest group first, at most 100."""
    return Page(failure_groups(session), None)


@blueprint.post("/automation/events/bulk-retry")
@operation(
    example=Example(
        body={"filter": {"event_type": "fraud_case_created", "dead": True}},
        answer={"status": "running", "subject": "events", "action": "retry", "cap": CAP},
    ),
    status=HTTPStatus.ACCEPTED,
)
def retry_events(session: Session, body: EventsSelection) -> BulkJobView:
    """Retry failed events by a bulk job, at most `cap` of them.

    One event is retried first. When it is sent the others follow; when it fails again the job
    stops, and the others keep their attempts.
    """
    return _events(session, FailureAction.RETRY, body, None)


@blueprint.post("/automation/events/bulk-discard")
@operation(
    example=Example(body={"ids": [10], "reason": "A test."}, answer={"action": "discard"}),
    status=HTTPStatus.ACCEPTED,
)
def discard_events(session: Session, body: EventsToDiscard) -> BulkJobView:
    """Discard dead letters by a bulk job, at most `cap` of them. They can be retried later."""
    return _events(session, FailureAction.DISCARD, body, Arguments(reason=body.reason))


@blueprint.post("/automation/events/<id:event_id>/discard")
@operation(
    example=Example(
        path={"event_id": 11},
        body={"reason": "A test."},
        answer={"discarded_by": "maria", "discard_reason": "A test."},
    ),
    refusals=[HTTPStatus.CONFLICT],
)
def discard_one_event(session: Session, body: DiscardBody, event_id: int) -> EventView:
    """Discard a dead letter; 409 if it is not dead, or names who was first."""
    reason = checked_reason(body.reason)
    return discard_event(session, event_id, actor=actor(), reason=reason)


@blueprint.get("/outbound/jobs/groups")
@operation(example=Example(answer={"next_cursor": None}))
def message_groups(session: Session) -> Page[FailedMessages]:
    """Answer with the failed outbound jobs by error, the largest group first, at most 100."""
    return Page(failed_messages(session), None)


@blueprint.post("/outbound/jobs/bulk-retry")
@operation(
    example=Example(
        body={"filter": {"status": "failed"}},
        answer={"status": "running", "subject": "messages", "action": "retry", "cap": CAP},
    ),
    status=HTTPStatus.ACCEPTED,
)
def retry_messages(session: Session, body: MessagesSelection) -> BulkJobView:
    """Retry failed outbound jobs by a bulk job, one first, like events."""
    return _messages(session, FailureAction.RETRY, body, None)


@blueprint.post("/outbound/jobs/bulk-discard")
@operation(
    example=Example(body={"ids": [1], "reason": "A test."}, answer={"action": "discard"}),
    status=HTTPStatus.ACCEPTED,
)
def discard_messages(session: Session, body: MessagesToDiscard) -> BulkJobView:
    """Discard failed outbound jobs by a bulk job. They can be retried later."""
    return _messages(session, FailureAction.DISCARD, body, Arguments(reason=body.reason))


@blueprint.post("/outbound/jobs/<id:job_id>/discard")
@operation(
    example=Example(
        path={"job_id": 1},
        body={"reason": "The customer was called."},
        answer={"id": 1, "discarded_by": "maria"},
    ),
    refusals=[HTTPStatus.CONFLICT],
)
def discard_one_message(session: Session, body: DiscardBody, job_id: int) -> OutboundJobView:
    """Discard a failed outbound job: it will not be sent; 409 names who was first."""
    reason = checked_reason(body.reason)
    return discard_job(session, job_id, actor=actor(), reason=reason)


def _events(
    session: Session, action: FailureAction, body: EventsSelection, arguments: Arguments | None
) -> BulkJobView:
    wanted = body.filter.filter if body.filter else None
    job = plan_events(
        session, action, author=actor(), ids=body.ids, wanted=wanted, arguments=arguments
    )
    return start_job(session, job.id, actor=actor())


def _messages(
    session: Session, action: FailureAction, body: MessagesSelection, arguments: Arguments | None
) -> BulkJobView:
    wanted = body.filter.filter if body.filter else None
    job = plan_messages(
        session, action, author=actor(), ids=body.ids, wanted=wanted, arguments=arguments
    )
    return start_job(session, job.id, actor=actor())
