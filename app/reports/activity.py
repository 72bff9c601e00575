"""What a person did: on items, events, messages and notifications, and their exports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.paging import DEFAULT_LIMIT, Page
from app.core.timeline import Place, Rank, Window
from app.inbox.models import InboxHistory, InboxItem
from app.notifications.models import NotificationHistory
from app.outbound.models import OutboundHistory, OutboundJob
from app.outbox.models import AutomationEvent, AutomationEventHistory
from app.reports.models import Export

EXPORT = "export"
"""The action of an export in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """The filters of the log; None means any. `since` is inclusive, `until` exclusive."""

    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of a person. `ref` is what they acted on, e.g. `item:42`, and `subject` its title.

    An act on an item, event or message has the status before and after. An export has neither;
    its note says how many rows it has and how it ended. The title of a channel, a rule or a
    notification is its kind with its number.
    """

    at: datetime
    action: str
    ref: str
    subject: str
    from_status: str | None
    to_status: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class _Source:
    """A history table: what its rows are about, and what names that."""

    kind: str
    rank: Rank
    history: Any
    about: InstrumentedAttribute[int]
    title: InstrumentedAttribute[str]


_SOURCES = (
    _Source("item", Rank.ITEM_ACT, InboxHistory, InboxHistory.item_id, InboxItem.title),
    _Source(
        "event",
        Rank.EVENT_ACT,
        AutomationEventHistory,
        AutomationEventHistory.event_id,
        AutomationEvent.event_type,
    ),
    _Source(
        "outbound", Rank.MESSAGE_ACT, OutboundHistory, OutboundHistory.job_id, OutboundJob.kind
    ),
)

_Found = tuple[Place, Act]


def list_activity(
    session: Session,
    person: str,
    wanted: ActivityFilter,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Act]:
    """Return a page of the acts of `person`, newest first. Raises InvalidInput on a bad cursor."""
    window = Window.read(cursor, limit=limit)
    found = [
        *_exports(session, person, wanted, window),
        *_notification_acts(session, person, wanted, window),
    ]
    for source in _SOURCES:
        found += _acts(session, source, person, wanted, window)
    shown, next_cursor = window.cut(found, lambda each: each[0])
    return Page([act for _, act in shown], next_cursor)


def _acts(
    session: Session, source: _Source, person: str, wanted: ActivityFilter, window: Window
) -> list[_Found]:
    """Return the newest acts of one table.

    The ids come from the index alone, so that a rare action is found without reading all rows.
    """
    act = source.history
    query = _narrowed(select(act.id).where(act.actor == person), act.at, wanted)
    if wanted.action is not None:
        query = query.where(act.action == wanted.action)
    ids_in_window = window.of(query, act.at, act.id, source.rank)
    rows = session.scalars(select(act).where(act.id.in_(ids_in_window))).all()
    ids = [getattr(row, source.about.key) for row in rows]
    titles = _titles(session, source, ids)
    return [
        (Place(row.at, source.rank, row.id), _act_of(row, f"{source.kind}:{about}", titles[about]))
        for row, about in zip(rows, ids, strict=True)
    ]


def _notification_acts(
    session: Session, person: str, wanted: ActivityFilter, window: Window
) -> Iterator[_Found]:
    """Yield the newest acts on channels, rules and notifications. They are few."""
    act = NotificationHistory
    query = _narrowed(select(act).where(act.actor == person), act.at, wanted)
    if wanted.action is not None:
        query = query.where(act.action == wanted.action)
    for row in session.scalars(window.of(query, act.at, act.id, Rank.NOTIFICATION_ACT)):
        title = row.subject_ref.replace(":", " ").capitalize()
        place = Place(row.at, Rank.NOTIFICATION_ACT, row.id)
        yield place, _act_of(row, row.subject_ref, title)


def _titles(session: Session, source: _Source, ids: Sequence[int]) -> Mapping[int, str]:
    identity: Any = source.title.class_.id
    return dict(iter(session.execute(select(identity, source.title).where(identity.in_(ids)))))


def _act_of(row: Any, ref: str, subject: str) -> Act:
    return Act(
        at=row.at,
        action=row.action,
        ref=ref,
        subject=subject,
        from_status=row.from_status or None,
        to_status=row.to_status or None,
        note=row.note,
    )


def _exports(
    session: Session, person: str, wanted: ActivityFilter, window: Window
) -> Iterator[_Found]:
    if wanted.action not in {None, EXPORT}:
        return
    query = _narrowed(select(Export).where(Export.actor == person), Export.started_at, wanted)
    for row in session.scalars(window.of(query, Export.started_at, Export.id, Rank.EXPORT_MADE)):
        yield (
            Place(row.started_at, Rank.EXPORT_MADE, row.id),
            Act(
                at=row.started_at,
                action=EXPORT,
                ref=f"export:{row.id}",
                subject=row.list,
                from_status=None,
                to_status=None,
                note=_export_words(row),
            ),
        )


def _export_words(row: Export) -> str:
    """Return how many rows an export has, how it ended, and its filter."""
    ends = {"complete": "complete", "cut": "cut at the limit", "aborted": "aborted by the reader"}
    end = ends.get(row.outcome, row.outcome) if row.outcome else "not finished"
    parts = [f"{name}={value}" for name, value in row.filter.items()]
    rows = "1 row" if row.rows == 1 else f"{row.rows:,} rows"
    return f"{rows}, {end}; {', '.join(parts) or 'no filter'}"


def _narrowed(
    query: Select[Any], at: ColumnElement[datetime] | Any, wanted: ActivityFilter
) -> Select[Any]:
    if wanted.since is not None:
        query = query.where(at >= wanted.since)
    if wanted.until is not None:
        query = query.where(at < wanted.until)
    return query
