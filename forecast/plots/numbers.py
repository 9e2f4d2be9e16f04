"""Numbers beside the points of a curve: where they touch no line, nor each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

CLEAR = 1.2
"""Points between a number and a line."""
BELOW_AXIS = 2.0
"""Points that a number may reach below the axis, where labels of ticks stand."""
AROUND = (
    (0, 5, "center", "bottom"),
    (4, -3, "left", "top"),
    (-3, 4, "right", "bottom"),
    (0, -5, "center", "top"),
    (7, -1, "left", "center"),
    (-2, 9, "right", "bottom"),
)
"""Places about a point, the best first: points to the right and upwards, and how the number is aligned there."""
AT_END = tuple((6, sign * away, "left", "center") for away in (0, 3, 4.5, 6, 7.5, 9, 12) for sign in (-1, 1))
"""The same where the curve ends."""

type Place = tuple[float, float, str, str]


@dataclass(frozen=True, slots=True)
class Number:
    """A number that stands beside a point of a curve."""

    text: Annotation
    axes: Axes
    ends: bool
    """Whether its curve ends there: the number stands outside the panel."""


def place_numbers(figure: Figure, numbers: Sequence[Number]) -> None:
    """Move each to the first place that is free, or to the one where it touches least."""
    figure.draw_without_rendering()
    point = figure.dpi / 72
    taken: list[Bbox] = []
    for number in numbers:
        tried = [(_touched(number, place, taken, point), rank, place) for rank, place in enumerate(_places(number))]
        _, _, best = min(tried)
        _move(number.text, best)
        taken.append(number.text.get_window_extent())


def _places(number: Number) -> Sequence[Place]:
    return AT_END if number.ends else AROUND


def _move(text: Annotation, place: Place) -> None:
    right, up, across, along = place
    text.xyann = (right, up)
    text.set(ha=across, va=along)


def _touched(number: Number, place: Place, taken: Iterable[Bbox], point: float) -> int:
    """How many lines, marks and other numbers it would touch; what stands outside is read with the ends of lines."""
    _move(number.text, place)
    box = number.text.get_window_extent().padded(CLEAR * point)
    if number.ends:
        box = Bbox.from_extents(number.axes.bbox.x1 - point, box.y0, box.x1, box.y1)
    low = box.y0 + CLEAR * point < number.axes.bbox.y0 - BELOW_AXIS * point
    lines = [line for line in number.axes.lines if not (number.ends and line.get_linestyle() == "-")]
    met = [_meets(line, box, point, own=number.text.xy) for line in lines]
    return sum((low, *met, *(box.overlaps(other) for other in taken)))


def _meets(line: Line2D, box: Bbox, point: float, *, own: tuple[float, float]) -> bool:
    """Whether a line crosses the box, or one of its marks does, but for the mark of the number itself."""
    data = np.asarray(line.get_xydata(), dtype=float)
    if len(data) > 1:
        return bool(line.get_transform().transform_path(line.get_path()).intersects_bbox(box, filled=False))
    across, up = line.get_transform().transform(data[0])
    return tuple(data[0]) != own and box.padded(line.get_markersize() / 2 * point).contains(across, up)
