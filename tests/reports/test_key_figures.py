"""A summary's key figures beside those of the days before."""

from datetime import date, timedelta
from typing import Any

from app.reports.key_figures import FigureTrend, trends_of

FIRST = date(2026, 11, 10)


def _summary(opened: int) -> dict[str, Any]:
    return {"cases": {"opened": opened}}


def _cases(*opened: int) -> FigureTrend:
    days = [(FIRST + timedelta(days=n), _summary(count)) for n, count in enumerate(opened)]
    return next(each for each in trends_of(days) if each.name == "fraud_cases_opened")


def test_a_figure_stands_beside_the_day_before_and_the_median_of_seven_days() -> None:
    trend = _cases(100, 1, 2, 3, 4, 5, 6, 70, 8)
    assert (trend.value, trend.before, trend.usual) == (8, 70, 4)
    assert [day.value for day in trend.days] == [100, 1, 2, 3, 4, 5, 6, 70, 8]
    assert trend.days[-1].business_date == FIRST + timedelta(days=8)


def test_the_first_summary_has_nothing_to_be_compared_with() -> None:
    trend = _cases(8)
    assert (trend.value, trend.before, trend.usual) == (8, None, None)


def test_a_figure_that_an_older_summary_lacks_is_left_out_of_the_usual_value() -> None:
    days = [(FIRST, {}), (FIRST, _summary(2)), (FIRST, {}), (FIRST, _summary(9))]
    trend = next(each for each in trends_of(days) if each.name == "fraud_cases_opened")
    assert (trend.value, trend.before, trend.usual) == (9, None, 2)
