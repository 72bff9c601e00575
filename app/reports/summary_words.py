"""The text of the daily summary. Pure.

Counts have separators (`123,456`), because redaction hides six digits in a row as a code.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Figures = Mapping[str, Any]


def headline_of(figures: Figures) -> str:
    """Return one sentence with the most important figures."""
    if is_quiet(figures):
        return "A quiet day: no reports, no messages, and no open items."
    inbox, outbound = figures["inbox"], figures["outbound"]
    return (
        f"{_many(figures['cases']['opened'], 'fraud case')} opened,"
        f" {_many(outbound['sent'], 'message')} sent and {outbound['failed']:,} failed,"
        f" {_many(figures['dead_letters'], 'dead letter')},"
        f" {_many(_total(inbox['still_open']), 'item')} still open."
    )


def report_of(figures: Figures) -> str:
    """Return the figures as lines of text; empty for a quiet day."""
    return "" if is_quiet(figures) else "\n".join(_lines(figures))


def is_quiet(figures: Figures) -> bool:
    """Tell whether nothing happened on the day and no item is open."""
    inbox, outbound = figures["inbox"], figures["outbound"]
    counts = (
        figures["cases"]["opened"],
        figures["verifications"]["started"],
        figures["verifications"].get("expired", 0),
        outbound["sent"],
        outbound["failed"],
        figures["events"]["recorded"],
        figures["dead_letters"],
        *(_total(inbox[part]) for part in ("opened", "closed", "still_open")),
    )
    return not any(counts)


def _lines(figures: Figures) -> Iterator[str]:
    yield _verifications(figures["verifications"])
    yield from _expired(figures["verifications"]["expired"])
    yield from _outbound(figures["outbound"])
    yield _events(figures)
    yield from _inbox(figures["inbox"])


def _verifications(verifications: Figures) -> str:
    started = verifications["started"]
    if not started:
        return "Verifications: none started."
    parts = [
        f"{count:,} {status.replace('_', ' ')} ({verifications['rates'][status]:.0%})"
        for status, count in verifications["by_status"].items()
        if count
    ]
    median = verifications["median_seconds_to_verify"]
    pace = "" if median is None else f"; half were verified within {median:,.0f} s"
    return f"Verifications: {started:,} started, {', '.join(parts)}{pace}."


def _expired(count: int) -> Iterator[str]:
    if count:
        yield f"  {_many(count, 'verification')} expired on this day: no code confirmed the report."


def _outbound(outbound: Figures) -> Iterator[str]:
    yield f"Messages: {outbound['sent']:,} sent, {outbound['failed']:,} finally failed."
    for cause in outbound["failed_by_cause"]:
        yield f"  {cause['count']:,}: {cause['reason']}"


def _events(figures: Figures) -> str:
    kinds = figures["events"]["by_type"].values()
    sent = sum(outcomes["sent"] for outcomes in kinds)
    latency = figures["dispatch_latency_ms"]
    pace = (
        f"; in the inbox within {latency['p50']:,} ms (half) and {latency['p95']:,} ms (95 %)"
        if latency["p50"] is not None
        else ""
    )
    return f"Events: {figures['events']['recorded']:,} recorded, {sent:,} of them sent{pace}."


def _inbox(inbox: Figures) -> Iterator[str]:
    open_now = inbox["still_open"]
    yield (
        f"Inbox: {_total(inbox['opened']):,} opened, {_total(inbox['closed']):,} closed,"
        f" {_total(open_now):,} still open when the day ended."
    )
    for severity in reversed(open_now):
        if open_now[severity]:
            ages = inbox["still_open_by_age"][severity].items()
            shown = ", ".join(f"{count:,} {age.replace('_', ' ')}" for age, count in ages if count)
            yield f"  {severity}: {open_now[severity]:,} ({shown})"


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
