"""`/metrics` for Prometheus: gauges from the database, and request times."""

from collections.abc import Iterator, Mapping
from time import perf_counter

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.inbound.quarantine import count_by_kind
from app.web.context import container
from app.web.stats import Stats, read_stats

blueprint = Blueprint("metrics", __name__)

_CAPPED = "Counted up to a cap of 10,000."
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def install(app: Flask) -> None:
    """Serve `/metrics`, and measure requests by route, which limits the number of labels."""
    registry = CollectorRegistry()
    registry.register(_StatsCollector())
    seconds = Histogram(
        "automation_http_request_seconds",
        "Time to answer a request.",
        ["method", "route", "status"],
        registry=registry,
    )
    app.extensions["metrics"] = registry

    def observe(response: Response) -> Response:
        method = request.method if request.method in _METHODS else "other"
        labels = (method, request.endpoint or "unmatched", str(response.status_code))
        seconds.labels(*labels).observe(perf_counter() - g.started)
        return response

    app.before_request(_start)
    app.after_request(observe)
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def show() -> Response:
    """Answer with all metrics in Prometheus' text format."""
    return Response(
        generate_latest(current_app.extensions["metrics"]), content_type=CONTENT_TYPE_LATEST
    )


class _StatsCollector(Collector):
    """Reads the database at each scrape, so that every web process reports the same values."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing. Otherwise the registry would call `collect` at registration."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges with their current values."""
        with container().sessions.begin() as session:
            yield from _gauges(read_stats(session))
            # Not part of the stats: the inbox page reads those too, and does not need this count.
            yield _by_label(
                "automation_webhook_parts_quarantined",
                "Webhook parts that are kept because this release can't use them.",
                kind=count_by_kind(session),
            )


def _gauges(stats: Stats) -> Iterator[GaugeMetricFamily]:
    yield from _outbox_gauges(stats)
    yield from _outbound_gauges(stats)
    yield from _inbox_gauges(stats)
    if stats.beat_age_seconds is not None:
        yield GaugeMetricFamily(
            "automation_beat_age_seconds",
            "Seconds since the last heartbeat of beat; absent if there was none.",
            stats.beat_age_seconds,
        )


def _outbox_gauges(stats: Stats) -> Iterator[GaugeMetricFamily]:
    outbox = stats.outbox
    yield GaugeMetricFamily("automation_events_due", f"Events due now. {_CAPPED}", outbox.due)
    yield GaugeMetricFamily(
        "automation_events_retrying",
        f"Failed events that wait for an attempt. {_CAPPED}",
        outbox.retrying,
    )
    yield GaugeMetricFamily(
        "automation_dead_letters", f"Events that used up their attempts. {_CAPPED}", outbox.dead
    )
    yield GaugeMetricFamily(
        "automation_oldest_due_seconds",
        "Age of the event that has been due for longest; 0 if none is due.",
        outbox.oldest_due_seconds or 0.0,
    )


def _outbound_gauges(stats: Stats) -> Iterator[GaugeMetricFamily]:
    outbound = stats.outbound
    yield GaugeMetricFamily(
        "automation_outbound_due", f"Outbound jobs due now. {_CAPPED}", outbound.due
    )
    yield GaugeMetricFamily(
        "automation_outbound_oldest_due_seconds",
        "Age of the outbound job that has been due for longest; 0 if none is due.",
        outbound.oldest_due_seconds,
    )
    away_since = outbound.away_since
    yield GaugeMetricFamily(
        "automation_outbound_provider_away_since_seconds",
        "Since when the provider has been away, in seconds since 1970; 0 if it is not away.",
        away_since.timestamp() if away_since else 0.0,
    )


def _inbox_gauges(stats: Stats) -> Iterator[GaugeMetricFamily]:
    yield _by_label(
        "automation_inbox_open",
        "Open inbox items, up to 1,000 each.",
        severity={each.value: count for each, count in stats.open_items.items()},
    )


def _by_label(name: str, words: str, **counts: Mapping[str, int]) -> GaugeMetricFamily:
    """Return a gauge with one label. The keyword is its name, the mapping its values."""
    [(label, values)] = counts.items()
    gauge = GaugeMetricFamily(name, words, labels=[label])
    for key, count in values.items():
        gauge.add_metric([key], count)
    return gauge


def _start() -> None:
    g.started = perf_counter()
