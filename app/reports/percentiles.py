"""Percentiles of counted values. Pure."""

from collections.abc import Mapping
from math import ceil, floor


def percentile(counts: Mapping[float, int], share: float) -> float | None:
    """Return the percentile at `share` (0 to 1), or None without values.

    `counts` holds how often each value occurred. Interpolates between two values, like
    PostgreSQL's percentile_cont.
    """
    total = sum(counts.values())
    if not total:
        return None
    place = share * (total - 1)
    lower, upper = _value_at(counts, floor(place)), _value_at(counts, ceil(place))
    return lower + (upper - lower) * (place - floor(place))


def _value_at(counts: Mapping[float, int], place: int) -> float:
    """Return the value at index `place` (from 0) of all values in order."""
    for value in sorted(counts):
        if place < counts[value]:
            return value
        place -= counts[value]
    raise IndexError(f"Only {sum(counts.values())} values were counted.")
