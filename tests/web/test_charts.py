"""The geometry of charts."""

import pytest

from app.web.charts import Chart, Series, Shape, round_up, round_up_seconds


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
    "value, top", [(0, 2), (1.5, 2), (2, 2), (3, 5), (7, 10), (11, 20), (4_001, 5_000)]
)
def test_the_scale_of_counts_ends_at_a_round_number(value: float, top: float) -> None:
    assert round_up(value) == top


@pytest.mark.parametrize(
    "value, top",
    [(0, 1), (40, 60), (61, 120), (50_000, 86_400), (86_401, 172_800), (999_999, 20 * 86_400)],
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
