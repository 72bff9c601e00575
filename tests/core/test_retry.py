"""The waits of the retry policy."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.retry import RetryPolicy

POLICY = RetryPolicy(max_attempts=10, base_seconds=30, cap_seconds=3600)


@pytest.mark.parametrize(
    "failures, seconds",
    [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (9, 3600)],
)
def test_the_wait_doubles_up_to_the_cap_within_a_tenth(failures: int, seconds: float) -> None:
    waits = [POLICY.wait_after(failures, Random(seed)) for seed in range(200)]

    assert all(wait is not None and seconds * 0.9 <= wait <= seconds * 1.1 for wait in waits)
    assert len(set(waits)) > 100


def test_there_is_no_wait_after_the_last_failure() -> None:
    assert POLICY.wait_after(10, Random(1)) is None
    assert POLICY.wait_after(11, Random(1)) is None


def test_ten_attempts_last_about_three_hours() -> None:
    waits = [POLICY.wait_after(failures, Random(3)) or 0 for failures in range(1, 10)]

    assert 2.5 * 3600 < sum(waits) < 3.5 * 3600


@given(failures=st.integers(1, 10_000), base=st.floats(0.01, 1e6), cap=st.floats(0.01, 1e6))
def test_every_wait_is_within_its_limits(failures: int, base: float, cap: float) -> None:
    policy = RetryPolicy(max_attempts=10_001, base_seconds=base, cap_seconds=cap)
    wait = policy.wait_after(failures, Random(5))

    assert wait is not None
    assert 0 < wait <= cap * 1.1 + 1e-9
