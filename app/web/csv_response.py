"""Lists as CSV: the columns of each, and the streamed response."""

from collections.abc import Callable, Generator, Iterable
from itertools import chain
from typing import Any

from flask import Response
from sqlalchemy.orm import Session
from werkzeug.wsgi import ClosingIterator

from app.core.paging import Page
from app.fraud.queries import list_cases, list_verifications
from app.inbox.find_items import resolve_all
from app.inbox.queries import list_items
from app.outbound.queries import list_jobs
from app.outbox.queries import list_events
from app.reports.exports import ROW_LIMIT, ExportedList, start_export, stream_export
from app.web.context import actor, container
from app.web.queries import CasesQuery, EventsQuery, InboxQuery, JobsQuery, VerificationsQuery
from app.web.requests import ListQuery
from app.web.wanted_items import wanted_items

LIMIT_HEADER = "X-Export-Limit"

_COLUMNS = {
    "inbox": (
        *("id", "type", "severity", "status", "title", "body", "occurrences", "assignee"),
        *("promised_until", "promised_by", "snoozed_until", "dismiss_reason", "event_id"),
        *("created_at", "last_seen_at", "closed_at"),
    ),
    "events": (
        *("id", "event_type", "status", "subject_ref", "dedupe_key", "attempts", "last_error"),
        *("item_id", "created_at", "next_attempt_at", "sent_at", "dead_at"),
    ),
    "cases": ("id", "status", "phone", "language", "report", "customer_id", "created_at"),
    "messages": (
        *("id", "kind", "status", "recipient", "subject_ref", "attempts", "last_error"),
        *("last_error_code", "customer_id", "created_at", "sent_at", "failed_at"),
    ),
    "verifications": (
        *("id", "status", "phone", "language", "report", "wrong_codes", "customer_id"),
        *("created_at", "closed_at"),
    ),
}


class Csv(Response):
    """A response with CSV."""

    default_mimetype = "text/csv"


def export_inbox(query: InboxQuery) -> Csv:
    """Answer with the items that match `query`. A search is made once, for all batches."""
    with container().sessions.begin() as found:
        wanted = resolve_all(found, wanted_items(found, query))

    def read(session: Session, cursor: str | None, limit: int) -> Page[Any]:
        return list_items(session, wanted, order=query.order, cursor=cursor, limit=limit)

    return _response("inbox", query, read)


def export_events(query: EventsQuery) -> Csv:
    """Answer with the events that match `query`."""

    def read(session: Session, cursor: str | None, limit: int) -> Page[Any]:
        return list_events(session, query.filter, cursor=cursor, limit=limit)

    return _response("events", query, read)


def export_cases(query: CasesQuery) -> Csv:
    """Answer with the cases that match `query`."""

    def read(session: Session, cursor: str | None, limit: int) -> Page[Any]:
        paging = {"cursor": cursor, "limit": limit}
        return list_cases(session, **query.model_dump() | paging)

    return _response("cases", query, read)


def export_messages(query: JobsQuery) -> Csv:
    """Answer with the outbound jobs that match `query`."""

    def read(session: Session, cursor: str | None, limit: int) -> Page[Any]:
        return list_jobs(session, query.filter, cursor=cursor, limit=limit)

    return _response("messages", query, read)


def export_verifications(query: VerificationsQuery) -> Csv:
    """Answer with the verifications that match `query`."""

    def read(session: Session, cursor: str | None, limit: int) -> Page[Any]:
        paging = {"cursor": cursor, "limit": limit}
        return list_verifications(session, **query.model_dump() | paging)

    return _response("verifications", query, read)


def _response(
    name: str, query: ListQuery, read: Callable[[Session, str | None, int], Page[Any]]
) -> Csv:
    """Record the export and stream it. The first batch is read before the status is sent."""
    exported = ExportedList(name=name, columns=_COLUMNS[name], read=read)
    wanted = query.model_dump(mode="json", exclude={"cursor", "limit"}, exclude_none=True)
    with container().sessions.begin() as session:
        export_id = start_export(session, exported, actor=actor(), wanted=wanted)
    stream = stream_export(container().sessions, exported, export_id)
    filename = f"{name}-{container().clock():%Y%m%dT%H%MZ}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{filename}"',
        LIMIT_HEADER: str(ROW_LIMIT),
    }
    return Csv(_begun(stream), headers=headers)


def _begun(stream: Generator[str]) -> Iterable[bytes]:
    """Return `stream` after its first text was computed; closing it closes `stream`."""
    first = next(stream)
    texts = (text.encode() for text in chain([first], stream))
    return ClosingIterator(texts, stream.close)
