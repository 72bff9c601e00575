"""Lay out charts as SVG shapes that need no inline style. Pure.

The drawing area is stretched to the width of the page, so it holds no text: the scale and the
labels are HTML beside it. Series differ by shape (bars, solid line, dashed line), so that a
chart is readable without colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

HEIGHT = 100
SLOT = 10
"""The width of one place on the x axis, in units of the drawing."""

_GAP = 1.5
_STEPS = (1, 2, 4)
_DURATIONS = (
    *(2, 4, 10, 20),
    *(60 * n for n in (1, 2, 4, 10, 20)),
    *(3600 * n for n in (1, 2, 4, 8, 12)),
)
_DAY = 86_400
"""Half of each upper edge is a round value too, because the scale shows it."""


class Shape(StrEnum):
    """How a series is drawn."""

    BARS = "bars"
    LINE = "line"
    DASHES = "dashes"


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one series, one for each label of the chart; None leaves a gap."""

    name: str
    values: Sequence[float | None]
    shape: Shape = Shape.BARS

    def path(self, top: float) -> str:
        """Return the SVG path of the series, if `top` is the highest value of the chart."""
        heights = [None if value is None else HEIGHT * value / top for value in self.values]
        return _bars(heights) if self.shape is Shape.BARS else _steps(heights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart: its id on the page, texts, labels of the x axis, and series.

    `unit` is empty for counts, or `s` for seconds. `summary` is one sentence for those who
    can't see the drawing.
    """

    name: str
    title: str
    summary: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""

    @property
    def top(self) -> float:
        """The value at the upper edge: a round number that is not below any value."""
        highest = max(chain((0.0,), *(_known(each.values) for each in self.series)))
        return round_up_seconds(highest) if self.unit == "s" else round_up(highest)

    @property
    def width(self) -> int:
        """The width of the drawing area."""
        return SLOT * len(self.labels)

    @property
    def is_empty(self) -> bool:
        """Whether no value is above zero."""
        return not any(any(_known(each.values)) for each in self.series)


def round_up(value: float) -> float:
    """Return the smallest of 2, 4, 10, 20, 40 … that is at least `value`."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= max(value, 2):
                return step * power
        power *= 10


def round_up_seconds(value: float) -> float:
    """Return the smallest usual duration that is at least `value` seconds."""
    fitting = (seconds for seconds in _DURATIONS if seconds >= value)
    return next(fitting, None) or _DAY * (1 if value <= _DAY else round_up(value / _DAY))


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _bars(heights: Sequence[float | None]) -> str:
    """Return one rectangle for each height above zero."""
    width = SLOT - 2 * _GAP
    return " ".join(
        f"M{SLOT * place + _GAP:g} {HEIGHT}v{-height:.4g}h{width:g}v{height:.4g}z"
        for place, height in enumerate(heights)
        if height
    )


def _steps(heights: Sequence[float | None]) -> str:
    """Return a horizontal line for each height, joined to that of its neighbour."""
    parts: list[str] = []
    is_joined = False
    for place, height in enumerate(heights):
        if height is not None:
            at = f"{SLOT * place} {HEIGHT - height:.4g}"
            parts.append(f"{'L' if is_joined else 'M'}{at}h{SLOT}")
        is_joined = height is not None
    return " ".join(parts)
