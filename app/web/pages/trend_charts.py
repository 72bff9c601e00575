"""The charts of the trends page. Pure."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from app.inbox.drafts import Severity
from app.reports.durations import Times
from app.reports.trends import SlotFigures, Trends
from app.web.charts import Chart, Series, Shape

TimesOf = Callable[[SlotFigures], Mapping[str, Times]]


def event_charts(trends: Trends) -> list[Chart]:
    """Return a chart of the events of each outcome, each with a scale of its own.

    Stacked in one chart, few failures would not be visible among many sent events.
    """
    names = {"sent": "Sent", "waiting": "Waiting for an attempt", "dead": "Dead letters"}
    return [_events(trends, outcome, name) for outcome, name in names.items()]


def items_chart(trends: Trends) -> Chart:
    """Return the chart of opened and closed items."""
    opened = [slot.opened for slot in trends.slots]
    closed = [slot.closed for slot in trends.slots]
    return Chart(
        name="items",
        title="Items opened and closed",
        summary=f"{sum(opened):,} opened or reopened, {sum(closed):,} resolved or dismissed.",
        labels=labels_of(trends),
        series=[Series("Opened", opened), Series("Closed", closed, Shape.LINE)],
    )


def acknowledgement_charts(trends: Trends) -> list[Chart]:
    """Return a chart of the time to the acknowledgement for each severity that has any."""
    return _times(trends, "acknowledged", trends.acknowledged, lambda slot: slot.acknowledged)


def resolution_charts(trends: Trends) -> list[Chart]:
    """Return a chart of the time to the resolution for each severity that has any."""
    return _times(trends, "resolved", trends.resolved, lambda slot: slot.resolved)


def labels_of(trends: Trends) -> list[str]:
    """Return the hour or the date of each slot, in the time zone of the trends."""
    zone = ZoneInfo(trends.timezone)
    form = "%H:%M" if trends.window.is_hourly else "%-d %b"
    starts = [slot.starts_at.astimezone(zone) for slot in trends.slots]
    return [start.strftime(form) for start in starts]


def _events(trends: Trends, outcome: str, name: str) -> Chart:
    counts = [slot.events[outcome] for slot in trends.slots]
    return Chart(
        name=f"events-{outcome}",
        title=name,
        summary=f"{sum(counts):,} of {_recorded(trends):,} events.",
        labels=labels_of(trends),
        series=[Series(name, counts)],
    )


def _recorded(trends: Trends) -> int:
    return sum(sum(slot.events.values()) for slot in trends.slots)


def _times(trends: Trends, name: str, total: Mapping[str, Times], of: TimesOf) -> list[Chart]:
    severities = [severity for severity in reversed(Severity) if total[severity].count]
    return [_time_chart(trends, name, severity, total[severity], of) for severity in severities]


def _time_chart(trends: Trends, name: str, severity: Severity, total: Times, of: TimesOf) -> Chart:
    times = [of(slot)[severity] for slot in trends.slots]
    items = "item" if total.count == 1 else "items"
    return Chart(
        name=f"{name}-{severity}",
        title=severity.capitalize(),
        summary=f"{total.count:,} {items} {name}.",
        labels=labels_of(trends),
        series=[
            Series("Half within", [each.median_seconds for each in times], Shape.LINE),
            Series("95 % within", [each.p95_seconds for each in times], Shape.DASHES),
        ],
        unit="s",
    )
