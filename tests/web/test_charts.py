"""The geometry of charts."""

import pytest

from app.web.charts import Chart, Series, Shape, round_up, round_up_seconds
from app.web.pages.display import span


def _chart(*values: float | None, shape: Shape = Shape.BARS, unit: str = "") -> Chart:
    return Chart(
        name="c",
        title="t",
        summary="s",
        labels=[str(n) for n in range(len(values))],
        series=[Series("n", values, shape)],
        unit=unit,
    )


@pytest.mark.parametrize(
    "value, top", [(0, 2), (1.5, 2), (2, 2), (3, 4), (5, 10), (11, 20), (2_001, 4_000)]
)
def test_the_scale_of_counts_ends_at_a_round_number(value: float, top: float) -> None:
    assert round_up(value) == top


@pytest.mark.parametrize(
    "value, top",
    [
        (0, 2),
        (40, 60),
        (61, 120),
        (9_000, 14_400),
        (50_000, 86_400),
        (86_401, 172_800),
        (999_999, 20 * 86_400),
    ],
)
def test_the_scale_of_times_ends_at_a_usual_duration(value: float, top: float) -> None:
    assert round_up_seconds(value) == top


def test_bars_stand_on_the_lower_edge_and_a_missing_or_zero_value_has_none() -> None:
    chart = _chart(5, 0, None, 10)
    assert chart.series[0].path(chart.top) == "M1.5 100v-50h7v50z M31.5 100v-100h7v100z"
    assert chart.width == 40


def test_a_line_is_interrupted_where_a_value_is_missing() -> None:
    chart = _chart(10, 5, None, 0, shape=Shape.LINE)
    assert chart.series[0].path(chart.top) == "M0 0h10 L10 50h10 M30 100h10"


def test_a_chart_without_a_value_above_zero_is_empty() -> None:
    assert _chart(None, 0).is_empty
    assert not _chart(None, 1).is_empty


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3_599, "1 h"),
        (6_900, "1 h 55 min"),
        (86_399, "1 d"),
        (183_600, "2 d 3 h"),
    ],
)
def test_a_duration_is_written_in_two_units(seconds: float, words: str) -> None:
    assert span(seconds) == words
