"""The figures of one business day, counted from the rows as they are now.

Every figure is a count, a ratio, a duration or a sentence that was redacted when it was
stored; nothing here names a customer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, Integer, and_, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.checkers.slots import BusinessDay
from app.fraud.models import FraudCase, VerificationJob, VerificationStatus
from app.inbox.drafts import Severity
from app.inbox.models import InboxItem
from app.outbound.models import OutboundJob
from app.outbox.events import OutboundFailedMaxAttempts
from app.outbox.models import AutomationEvent, EventStatus

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


def count_day(session: Session, day: BusinessDay) -> Figures:
    """Return all figures of `day`; sections and units are named in their keys."""
    return {
        "cases": {"opened": _count(session, _during(day, FraudCase.created_at))},
        "verifications": _verifications(session, day),
        "outbound": _outbound(session, day),
        "events": _events(session, day),
        "dispatch_latency_ms": _dispatch_latency(session, day),
        "dead_letters": _count(session, _during(day, AutomationEvent.dead_at)),
        "inbox": _inbox(session, day),
    }


def _verifications(session: Session, day: BusinessDay) -> Figures:
    """Follow those that began on the day, to where they stand now."""
    took = _seconds(VerificationJob.created_at, VerificationJob.closed_at)
    is_verified = VerificationJob.status == VerificationStatus.VERIFIED
    began = _during(day, VerificationJob.created_at)
    by_status = _tally(session, VerificationJob.status, began, known=VerificationStatus)
    started = sum(by_status.values())
    median = session.scalar(
        select(func.percentile_cont(0.5).within_group(took)).where(began, is_verified)
    )
    return {
        "started": started,
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
    outcome = case((AutomationEvent.dead_at.is_not(None), DEAD), else_=AutomationEvent.status)
    rows = session.execute(
        select(AutomationEvent.event_type, outcome, func.count())
        .where(_during(day, AutomationEvent.created_at))
        .group_by(AutomationEvent.event_type, outcome)
        .order_by(AutomationEvent.event_type)
    )
    by_type: dict[str, dict[str, int]] = {}
    for event_type, ended, count in rows:
        by_type.setdefault(event_type, dict.fromkeys(OUTCOMES, 0))[ended] = count
    recorded = sum(sum(outcomes.values()) for outcomes in by_type.values())
    return {"recorded": recorded, "by_type": by_type}


def _dispatch_latency(session: Session, day: BusinessDay) -> Figures:
    """Measure from the record to the item, for the events recorded on the day and sent."""
    took = _seconds(AutomationEvent.created_at, AutomationEvent.sent_at) * 1000
    p50, p95 = session.execute(
        select(
            func.percentile_cont(0.5).within_group(took),
            func.percentile_cont(0.95).within_group(took),
        ).where(_during(day, AutomationEvent.created_at), AutomationEvent.sent_at.is_not(None))
    ).one()
    return {"p50": _rounded(p50), "p95": _rounded(p95)}


def _inbox(session: Session, day: BusinessDay) -> Figures:
    """Count items that came and went on the day, and those open when it ended."""
    opened = _during(day, InboxItem.created_at)
    closed = _during(day, InboxItem.closed_at)
    still_open = and_(
        InboxItem.created_at < day.ends_at,
        InboxItem.closed_at.is_(None) | (InboxItem.closed_at >= day.ends_at),
    )
    return {
        "opened": _tally(session, InboxItem.severity, opened, known=Severity),
        "closed": _tally(session, InboxItem.severity, closed, known=Severity),
        "still_open": _tally(session, InboxItem.severity, still_open, known=Severity),
        "still_open_by_age": _by_age(session, day, still_open),
    }


def _by_age(
    session: Session, day: BusinessDay, still_open: ColumnElement[bool]
) -> dict[str, dict[str, int]]:
    age = day.ends_at - InboxItem.created_at
    bucket = case(*((age < limit, name) for name, limit in AGES.items()), else_=OLDER)
    rows = session.execute(
        select(InboxItem.severity, bucket, func.count())
        .where(still_open)
        .group_by(InboxItem.severity, bucket)
    )
    counts = Counter({(severity, name): count for severity, name, count in rows})
    return {
        severity.value: {name: counts[severity, name] for name in (*AGES, OLDER)}
        for severity in Severity
    }


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
