"""The figures of one business day, counted from the rows as they are now.

Every figure is a count, a ratio, a duration or a sentence that was redacted when it was
stored; nothing here names a customer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    and_,
    case,
    cast,
    false,
    func,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.fraud.models import FraudCase, VerificationJob, VerificationStatus
from app.inbox.drafts import Severity
from app.inbox.models import InboxItem, ItemStatus
from app.outbound.models import OutboundJob
from app.outbox.events import OutboundFailedMaxAttempts
from app.outbox.models import AutomationEvent, EventStatus
from app.reports.business_day import BusinessDay
from app.reports.percentiles import percentile

Figures = dict[str, Any]

DEAD = "dead"
OUTCOMES = (EventStatus.SENT.value, EventStatus.PENDING.value, EventStatus.FAILED.value, DEAD)
CAUSES_LIMIT = 20
AGES = {
    "under_1_hour": timedelta(hours=1),
    "under_1_day": timedelta(days=1),
    "under_1_week": timedelta(weeks=1),
}
OLDER = "older"

_Moment = InstrumentedAttribute[Any]

_OUTCOME = case((AutomationEvent.dead_at.is_not(None), DEAD), else_=AutomationEvent.status)
_WAIT = AutomationEvent.sent_at - AutomationEvent.created_at
_STEP_OF_WAIT = case(
    (timedelta(minutes=1) > _WAIT, func.date_trunc("millisecond", _WAIT)),
    else_=func.date_trunc("second", _WAIT),
)
"""Waits are counted by the millisecond up to a minute, and by the second beyond it."""


def count_day(session: Session, day: BusinessDay) -> Figures:
    """Return all figures of `day`; sections and units are named in their keys."""
    return {
        "cases": {"opened": _count(session, _during(day, FraudCase.created_at))},
        "verifications": _verifications(session, day),
        "outbound": _outbound(session, day),
        **_events(session, day),
        "dead_letters": _count(session, _during(day, AutomationEvent.dead_at)),
        "inbox": _inbox(session, day),
    }


def _verifications(session: Session, day: BusinessDay) -> Figures:
    """Follow those that began on the day to where they stand now; count those that expired on it.

    One that began on the day mostly expires on the next, after this day was summed up.
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
    """Count first successes, and failures for good by cause, which a later retry can't undo."""
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
    """Count the events recorded on the day, and measure from the record to the item.

    One scan answers both: it groups by outcome and by wait, and waits come in steps.
    """
    rows = session.execute(
        select(AutomationEvent.event_type, _OUTCOME, _STEP_OF_WAIT, func.count())
        .where(_during(day, AutomationEvent.created_at))
        .group_by(AutomationEvent.event_type, _OUTCOME, _STEP_OF_WAIT)
        .order_by(AutomationEvent.event_type)
    )
    by_type: dict[str, Counter[str]] = {}
    waits: Counter[float] = Counter()
    for event_type, outcome, wait, count in rows:
        by_type.setdefault(event_type, Counter(dict.fromkeys(OUTCOMES, 0)))[outcome] += count
        if wait is not None:
            waits[wait / timedelta(milliseconds=1)] += count
    recorded = sum(outcomes.total() for outcomes in by_type.values())
    return {
        "events": {"recorded": recorded, "by_type": {of: dict(by_type[of]) for of in by_type}},
        "dispatch_latency_ms": {
            f"p{rank}": _rounded(percentile(waits, rank / 100)) for rank in (50, 95)
        },
    }


def _inbox(session: Session, day: BusinessDay) -> Figures:
    """Count items that came and went on the day, and those open when it ended.

    One scan answers all three, of the items that are open or were closed since it began.
    """
    is_closed = func.coalesce(InboxItem.closed_at < day.ends_at, false())
    keys = (InboxItem.severity, _during(day, InboxItem.created_at), is_closed, _age_at(day))
    rows = session.execute(
        select(*keys, func.count())
        .where(
            InboxItem.created_at < day.ends_at,
            InboxItem.status.in_((ItemStatus.OPEN, ItemStatus.ACKNOWLEDGED))
            | (InboxItem.closed_at >= day.starts_at),
        )
        .group_by(*keys)
    )
    opened, closed, still_open = Counter[str](), Counter[str](), Counter[str]()
    by_age: dict[str, dict[str, int]] = {each.value: _no_ages() for each in Severity}
    for severity, came, went, age, count in rows:
        opened[severity] += count * came
        closed[severity] += count * went
        still_open[severity] += count * (not went)
        by_age[severity][age] += count * (not went)
    return {
        "opened": _of_each_severity(opened),
        "closed": _of_each_severity(closed),
        "still_open": _of_each_severity(still_open),
        "still_open_by_age": by_age,
    }


def _age_at(day: BusinessDay) -> ColumnElement[str]:
    since = InboxItem.created_at
    return case(*((since > day.ends_at - age, name) for name, age in AGES.items()), else_=OLDER)


def _no_ages() -> dict[str, int]:
    return dict.fromkeys((*AGES, OLDER), 0)


def _of_each_severity(counts: Counter[str]) -> dict[str, int]:
    return {severity.value: counts[severity] for severity in Severity}


def _tally(
    session: Session, column: _Moment, condition: ColumnElement[bool], *, known: Iterable[str]
) -> dict[str, int]:
    """Count rows by the value of `column`; every known value is there, if only with 0."""
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
