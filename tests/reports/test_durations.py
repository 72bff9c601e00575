"""Percentiles of durations that were counted in steps are close to the exact ones."""

from collections import Counter
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.core.database import Sessions
from app.reports.durations import (
    STEP_OF_SECONDS,
    STEPS_PER_DOUBLING,
    Times,
    seconds_of,
    times_of,
)

MONTH = 31 * 86_400
SECONDS = st.floats(min_value=1, max_value=MONTH)


@given(st.lists(SECONDS, min_size=1, max_size=50))
def test_a_percentile_differs_from_the_exact_one_by_at_most_a_twentieth(
    durations: list[float],
) -> None:
    steps = Counter(round(STEPS_PER_DOUBLING * log2(seconds)) for seconds in durations)
    times = times_of(steps)
    assert times.count == len(durations)
    for share, found in ((0.5, times.median_seconds), (0.95, times.p95_seconds)):
        assert found == pytest.approx(_percentile(sorted(durations), share), rel=0.05, abs=0.1)


@given(SECONDS)
def test_the_middle_of_a_step_is_in_the_step(seconds: float) -> None:
    step = round(STEPS_PER_DOUBLING * log2(seconds))
    assert seconds_of(step) == pytest.approx(seconds, rel=0.045)
    assert step <= 172


def test_without_durations_there_are_no_percentiles() -> None:
    assert times_of({}) == Times(0, None, None)


def test_the_database_counts_the_same_steps_and_takes_less_than_a_second_as_one(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        steps = [
            session.scalar(text("SELECT " + STEP_OF_SECONDS.format(seconds=str(seconds))))
            for seconds in (-5, 0, 1, 2, 60, 86_400)
        ]
    assert steps == [0, 0, 0, 8, 47, 131]


def _percentile(values: list[float], share: float) -> float:
    place = share * (len(values) - 1)
    low, high = values[int(place)], values[min(int(place) + 1, len(values) - 1)]
    return low + (high - low) * (place - int(place))
