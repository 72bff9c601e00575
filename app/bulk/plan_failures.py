"""Plan a bulk job on failed events or messages: to retry or to discard them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk.bulk_actions import Arguments, FailureAction
from app.bulk.models import Subject
from app.bulk.plan_job import Targets, checked_ids, plan_job, read_targets, selection_of
from app.bulk.queries import BulkJobView
from app.core.paging import MAX_LIMIT
from app.outbound.models import OutboundJob, OutboundStatus
from app.outbound.queries import JobFilter, list_jobs
from app.outbox.models import AutomationEvent, EventStatus
from app.outbox.queries import EventFilter, list_events


def plan_events(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    action: FailureAction,
    *,
    author: str,
    ids: Sequence[int] | None = None,
    wanted: EventFilter | None = None,
    arguments: Arguments | None = None,
) -> BulkJobView:
    """Plan `action` on the events `ids`, or on the failed ones that match `wanted`, at most CAP.

    Only dead letters can be discarded. An event that is retried before its turn is skipped.
    Raises InvalidInput.
    """
    if ids is not None:
        targets, is_capped = _budgets(session, AutomationEvent, checked_ids(ids)), False
    else:
        wanted = _failed_events(action, wanted or EventFilter())
        targets, is_capped = read_targets(
            lambda cursor: list_events(session, wanted, cursor=cursor, limit=MAX_LIMIT).map(
                lambda event: (event.id, event.budget)
            )
        )
    return plan_job(
        session,
        Subject.EVENTS,
        action,
        author=author,
        targets=targets,
        is_capped=is_capped,
        selection=selection_of(ids, wanted),
        arguments=arguments,
    )


def plan_messages(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    action: FailureAction,
    *,
    author: str,
    ids: Sequence[int] | None = None,
    wanted: JobFilter | None = None,
    arguments: Arguments | None = None,
) -> BulkJobView:
    """Plan `action` on the messages `ids`, or on the failed ones that match, like `plan_events`."""
    if ids is not None:
        targets, is_capped = _budgets(session, OutboundJob, checked_ids(ids)), False
    else:
        wanted = _failed_messages(wanted or JobFilter())
        targets, is_capped = read_targets(
            lambda cursor: list_jobs(session, wanted, cursor=cursor, limit=MAX_LIMIT).map(
                lambda job: (job.id, job.budget)
            )
        )
    return plan_job(
        session,
        Subject.MESSAGES,
        action,
        author=author,
        targets=targets,
        is_capped=is_capped,
        selection=selection_of(ids, wanted),
        arguments=arguments,
    )


def _failed_events(action: FailureAction, wanted: EventFilter) -> EventFilter:
    dead = True if action is FailureAction.DISCARD else wanted.dead
    return replace(
        wanted, status=EventStatus.FAILED, dead=dead, discarded=wanted.discarded or False
    )


def _failed_messages(wanted: JobFilter) -> JobFilter:
    return replace(wanted, status=OutboundStatus.FAILED, discarded=wanted.discarded or False)


def _budgets(session: Session, model: Any, ids: Sequence[int]) -> Targets:
    rows = session.execute(select(model.id, model.budget).where(model.id.in_(ids)))
    budgets = {row.id: row.budget for row in rows}
    return [(each, budgets.get(each)) for each in ids]
