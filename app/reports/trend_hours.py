"""Keep the figures of past hours in `cc_trend_hours`, so that trends need not count them again."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.moments import SKEW, id_since
from app.outbox.models import AutomationEventHistory
from app.reports.hour_figures import HOUR, HourFigures, count_hours
from app.reports.models import TrendHour

WINDOW = timedelta(days=31)
"""How far back hours are counted."""

KEPT = timedelta(days=400)
CHUNK = 24
"""The most hours that one statement counts, so that none takes long."""

_FIGURES = TypeAdapter(HourFigures)

_OWED = """
SELECT hour FROM generate_series(
    CAST(:since AS timestamptz), CAST(:until AS timestamptz) - interval '1 hour', interval '1 hour'
) AS series (hour)
WHERE NOT EXISTS (
    SELECT FROM cc_trend_hours AS kept WHERE kept.hour = series.hour AND kept.is_settled)
UNION
SELECT date_trunc('hour', event.created_at)
FROM cc_automation_event_activity AS act JOIN cc_automation_events AS event ON event.id = event_id
WHERE act.id >= :first_act AND event.created_at >= :since AND event.created_at < :until
ORDER BY hour
"""


def count_owed_hours(session: Session, now: datetime) -> int:
    """Count every past hour that is missing or may have changed; return their number.

    An hour may have changed if an event of it waited when it was counted, or if a person has
    acted on one since the last count. A second call at the same time counts the same figures.
    """
    until = floor_hour(now)
    owed = _owed(session, until - WINDOW, until)
    for first, last in ranges_of(owed, most=CHUNK):
        _keep(session, count_hours(session, first, last + HOUR), now=now)
    session.execute(delete(TrendHour).where(TrendHour.hour < until - KEPT))
    return len(owed)


def kept_hours(session: Session, since: datetime, until: datetime) -> dict[datetime, HourFigures]:
    """Return the stored figures of the hours from `since` until before `until`."""
    rows = session.execute(
        select(TrendHour.hour, TrendHour.figures).where(
            TrendHour.hour >= since, TrendHour.hour < until
        )
    )
    return {hour: _FIGURES.validate_python(figures) for hour, figures in rows}


def floor_hour(moment: datetime) -> datetime:
    """Return the beginning of the hour of `moment`."""
    return moment.replace(minute=0, second=0, microsecond=0)


def ranges_of(hours: Sequence[datetime], *, most: int) -> Iterator[tuple[datetime, datetime]]:
    """Yield the first and the last of each run of consecutive hours, cut at `most` hours."""
    run: list[datetime] = []
    for hour in hours:
        if run and (hour != run[-1] + HOUR or len(run) == most):
            yield run[0], run[-1]
            run.clear()
        run.append(hour)
    if run:
        yield run[0], run[-1]


def _owed(session: Session, since: datetime, until: datetime) -> Sequence[datetime]:
    last_count = session.scalar(select(func.max(TrendHour.counted_at))) or until
    first_act = id_since(session, AutomationEventHistory.at, last_count)
    bounds = {"since": since, "until": until, "first_act": first_act}
    return session.scalars(text(_OWED), bounds).all()


def _keep(session: Session, counted: dict[datetime, HourFigures], *, now: datetime) -> None:
    statement = insert(TrendHour).values(
        [
            {
                "hour": hour,
                "figures": _FIGURES.dump_python(figures, mode="json"),
                "is_settled": figures.is_final and now - hour > HOUR + SKEW,
            }
            for hour, figures in counted.items()
        ]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["hour"],
            set_={
                "figures": statement.excluded.figures,
                "is_settled": statement.excluded.is_settled,
                "counted_at": func.now(),
            },
        )
    )
