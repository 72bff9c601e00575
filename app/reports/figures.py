"""The figures of one business day, counted from the current rows.

Each figure is a count, a ratio, a duration or a redacted sentence. None names a customer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Float,
    Integer,
    Interval,
    Select,
    and_,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.fraud.models import FraudCase, VerificationJob, VerificationStatus
from app.inbox.drafts import Severity
from app.inbox.models import InboxItem, ItemStatus
from app.outbound.models import OutboundJob
from app.outbox.events import OutboundFailedMaxAttempts
from app.outbox.models import WAIT_STEP, AutomationEvent, EventStatus
from app.reports.business_day import BusinessDay
from app.reports.percentiles import percentile

Figures = dict[str, Any]

DEAD = "dead"
CAUSES_LIMIT = 20
AGES = {
    "under_1_hour": timedelta(hours=1),
    "under_1_day": timedelta(days=1),
    "under_1_week": timedelta(weeks=1),
}
OLDER = "older"

_Moment = InstrumentedAttribute[Any]

_WAIT: ColumnElement[timedelta] = literal_column(WAIT_STEP, Interval)
_IS_FAILED = AutomationEvent.status == EventStatus.FAILED
_BY_OUTCOME = {
    EventStatus.SENT.value: func.count(AutomationEvent.sent_at),
    EventStatus.PENDING.value: func.count().filter(AutomationEvent.status == EventStatus.PENDING),
    EventStatus.FAILED.value: func.count().filter(_IS_FAILED, AutomationEvent.dead_at.is_(None)),
    DEAD: func.count(AutomationEvent.dead_at),
}


def count_day(session: Session, day: BusinessDay) -> Figures:
    """Return all figures of `day`. The keys name sections and units."""
    return {
        "cases": {"opened": _count(session, _during(day, FraudCase.created_at))},
        "verifications": _verifications(session, day),
        "outbound": _outbound(session, day),
        **_events(session, day),
        "dead_letters": _count(session, _during(day, AutomationEvent.dead_at)),
        "inbox": _inbox(session, day),
    }


def _verifications(session: Session, day: BusinessDay) -> Figures:
    """Count the verifications that began on the day by current status, and those that expired.

    Expired ones are counted on the day they expired, because most of them began the day before.
    """
    took = _seconds(VerificationJob.created_at, VerificationJob.closed_at)
    is_verified = VerificationJob.status == VerificationStatus.VERIFIED
    began = _during(day, VerificationJob.created_at)
    by_status = _tally(session, VerificationJob.status, began, known=VerificationStatus)
    started = sum(by_status.values())
    median = session.scalar(
        select(func.percentile_cont(0.5).within_group(took)).where(began, is_verified)
    )
    expired = and_(
        VerificationJob.status == VerificationStatus.EXPIRED,
        _during(day, VerificationJob.closed_at),
    )
    return {
        "started": started,
        "expired": _count(session, expired),
        "by_status": by_status,
        "rates": {status: _ratio(count, started) for status, count in by_status.items()},
        "median_seconds_to_verify": _rounded(median),
    }


def _outbound(session: Session, day: BusinessDay) -> Figures:
    """Count sent messages, and final failures by cause. A later retry does not change them."""
    code = cast(AutomationEvent.payload["provider_code"].astext, Integer)
    reason = AutomationEvent.payload["reason"].astext
    failed = and_(
        _during(day, AutomationEvent.created_at),
        AutomationEvent.event_type == OutboundFailedMaxAttempts.event_type,
    )
    causes = session.execute(
        select(code.label("provider_code"), reason.label("reason"), func.count().label("count"))
        .where(failed)
        .group_by(code, reason)
        .order_by(func.count().desc(), code, reason)
        .limit(CAUSES_LIMIT)
    )
    return {
        "sent": _count(session, _during(day, OutboundJob.sent_at)),
        "failed": _count(session, failed),
        "failed_by_cause": [dict(cause) for cause in causes.mappings()],
    }


def _events(session: Session, day: BusinessDay) -> Figures:
    """Count the events of the day by type and outcome, and measure from event to item.

    One scan does both. It groups by type and by wait; waits are rounded, so there are few groups.
    """
    rows = session.execute(
        select(AutomationEvent.event_type, _WAIT, *_BY_OUTCOME.values())
        .where(_during(day, AutomationEvent.created_at))
        .group_by(AutomationEvent.event_type, _WAIT)
        .order_by(AutomationEvent.event_type)
    )
    by_type: dict[str, dict[str, int]] = {}
    waits: Counter[float] = Counter()
    for event_type, wait, *counts in rows:
        outcomes = by_type.setdefault(event_type, dict.fromkeys(_BY_OUTCOME, 0))
        for outcome, count in zip(_BY_OUTCOME, counts, strict=True):
            outcomes[outcome] += count
        if wait is not None:
            waits[wait / timedelta(milliseconds=1)] += sum(counts)
    recorded = sum(sum(outcomes.values()) for outcomes in by_type.values())
    return {
        "events": {"recorded": recorded, "by_type": by_type},
        "dispatch_latency_ms": {
            f"p{rank}": _rounded(percentile(waits, rank / 100)) for rank in (50, 95)
        },
    }


def _inbox(session: Session, day: BusinessDay) -> Figures:
    """Count the items that were opened and closed on the day, and those open at its end."""
    opened, closed = Counter[str](), Counter[str]()
    by_age = {each.value: Counter(dict.fromkeys((*AGES, OLDER), 0)) for each in Severity}
    for severity, went, came, *counts in session.execute(_items(day)):
        opened[severity] += came
        if went:
            closed[severity] += counts[-1]
        else:
            by_age[severity].update(_by_age(counts))
    return {
        "opened": _of_each_severity(opened),
        "closed": _of_each_severity(closed),
        "still_open": {severity: ages.total() for severity, ages in by_age.items()},
        "still_open_by_age": {severity: dict(ages) for severity, ages in by_age.items()},
    }


def _items(day: BusinessDay) -> CompoundSelect[*tuple[Any, ...]]:
    """Select counts by severity: items open now, closed after the day, and closed on it.

    Each part is an index-only scan. It is one statement, so that an item that is closed
    meanwhile is counted once.
    """
    is_open = InboxItem.status.in_((ItemStatus.OPEN, ItemStatus.ACKNOWLEDGED))
    return union_all(
        _part(day, is_open, went=False),
        _part(day, InboxItem.closed_at >= day.ends_at, went=False),
        _part(day, _during(day, InboxItem.closed_at), went=True),
    )


def _part(
    day: BusinessDay, condition: ColumnElement[bool], *, went: bool
) -> Select[*tuple[Any, ...]]:
    """Select the counts of new items, of items younger than each age, and of all items."""
    since = InboxItem.created_at
    younger = (func.count().filter(since > day.ends_at - age) for age in AGES.values())
    came = func.count().filter(since >= day.starts_at)
    return (
        select(InboxItem.severity, literal(went), came, *younger, func.count())
        .where(since < day.ends_at, condition)
        .group_by(InboxItem.severity)
    )


def _by_age(younger: Sequence[int]) -> dict[str, int]:
    """Return the count of each age from the counts of items younger than each limit."""
    counts = (count - fewer for fewer, count in pairwise((0, *younger)))
    return dict(zip((*AGES, OLDER), counts, strict=True))


def _of_each_severity(counts: Counter[str]) -> dict[str, int]:
    return {severity.value: counts[severity] for severity in Severity}


def _tally(
    session: Session, column: _Moment, condition: ColumnElement[bool], *, known: Iterable[str]
) -> dict[str, int]:
    """Count rows by the value of `column`. The result has every known value, also with 0."""
    rows = session.execute(select(column, func.count()).where(condition).group_by(column))
    counts: Mapping[str, int] = dict(iter(rows))
    return {str(value): counts.get(value, 0) for value in known}


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalars(select(func.count()).where(condition)).one()


def _during(day: BusinessDay, moment: _Moment) -> ColumnElement[bool]:
    return and_(moment >= day.starts_at, moment < day.ends_at)


def _seconds(start: _Moment, end: _Moment) -> ColumnElement[float]:
    return cast(func.extract("epoch", end - start), Float)


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)
