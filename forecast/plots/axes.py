"""What the pictures of a forecast share: axes of dates and of per cents, and words that keep apart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, date, timedelta
from itertools import islice, takewhile
from unicodedata import east_asian_width

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerBase
from matplotlib.ticker import MaxNLocator

from forecast.facts.pictures import Turn
from forecast.plots.style import INK
from forecast.words.labels import Labels

BAND_50, BAND_90 = "#86B9DB", "#D5E6F1"
"""Told apart in grey, and from the line on them."""
PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5}
"""Under a number that stands on lines."""
DASHED = (0, (4, 2))
SMALL = 7.5
"""Points: the size of words inside a picture."""
NEAR_END = 0.85
"""A share of an axis of dates, beyond which a word has no room."""
_TICK_WIDTHS = {"day": 0.95, "month": 0.72, "year": 0.5}
"""Inches that a label and the space beside it take."""


def show_dates(axes: Axes, first: date, last: date, labels: Labels, *, room: float) -> None:
    """Ticks from years to days as the span asks for, on an axis of ordinals that is `room` inches long."""
    unit, ticks = _ticks(first, last, room)
    form = {"year": labels.year, "month": labels.month, "day": labels.day_tick}[unit]
    axes.set_xticks([day.toordinal() for day in ticks], [form.format(day) for day in ticks])
    pad = max((last - first).days * 0.015, 0.4) if last > first else 15
    axes.set_xlim(first.toordinal() - pad, last.toordinal() + pad)


def _ticks(first: date, last: date, room: float) -> tuple[str, list[date]]:
    """The finest regular days whose labels have room."""
    ticks = [first]
    for unit, step, days in _CALENDARS:
        most = max(int(room / _TICK_WIDTHS[unit]), 1)
        there = takewhile(lambda day: day <= last, (day for day in days(first, step) if day >= first))
        ticks = list(islice(there, most + 1))
        if 0 < len(ticks) <= most:
            return unit, ticks
    return "year", ticks


def _days(first: date, step: int) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range(0, (date.max - first).days + 1, step))


def _months(first: date, step: int) -> Iterator[date]:
    months = range(0, 12 * (MAXYEAR - first.year + 1), step)
    return (date(first.year + ahead // 12, 1 + ahead % 12, 1) for ahead in months)


def _years(first: date, step: int) -> Iterator[date]:
    years = range(first.year - first.year % step, MAXYEAR + 1, step)
    return (date(year, 1, 1) for year in years if year >= MINYEAR)


_CALENDARS: tuple[tuple[str, int, Callable[[date, int], Iterator[date]]], ...] = (
    *(("day", step, _days) for step in (1, 2, 7, 14)),
    *(("month", step, _months) for step in (1, 3, 6)),
    *(("year", step, _years) for step in (1, 2, 5, 10, 20, 50, 100, 500, 2000)),
)


def show_turns(axes: Axes, found: Sequence[Turn], first: date, last: date, labels: Labels) -> None:
    """A thin line where a history goes over to another structure of the model, with its name at the top.

    Near the end of an axis from `first` to `last` the name stands before the line, with an arrow.
    """
    for turn in found:
        before = turn.place > first.toordinal() + NEAR_END * (last - first).days
        name = labels.model.format(turn.structure)
        axes.axvline(turn.place, color=INK, linewidth=0.7)
        axes.annotate(
            f"{name} →" if before else name,
            (turn.place, 1),
            (-3 if before else 3, -3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right" if before else "left",
            va="top",
            fontsize=SMALL,
            color=INK,
            bbox=PAPER,
        )


def show_percents(axes: Axes, highest: float, labels: Labels) -> None:
    """From 0 to some head-room above the highest value, with ticks as fine as the values ask for."""
    top = min(highest * 1.08, 1.03) or 1.03
    ticks = [float(tick) for tick in MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(0, top) if tick <= min(top, 1)]
    digits = next((d for d in range(8) if abs(round(ticks[-1] * 100, d) - ticks[-1] * 100) < 1e-9), 8)
    digits = max(digits, next((d for d in range(8) if abs(round(ticks[1] * 100, d) - ticks[1] * 100) < 1e-9), 8))
    axes.set_ylim(0, top)
    axes.set_yticks(ticks, [f"{100 * tick:.{digits}f}{labels.percent_sign}" for tick in ticks])


def show_windows(
    axes: Axes, windows: Sequence[tuple[int, date | None]], labels: Labels, *, room: float
) -> frozenset[int]:
    """Ticks at deadlines, then at the longest windows, as far as their words have room on an axis `room` inches long.

    Windows come as days from the as-of date and, where they end on one, the deadline. Returned are the days shown.
    """
    end = max(days for days, _ in windows)
    shown: dict[int, str] = {}
    for days, deadline in sorted(windows, key=lambda window: (window[1] is None, -window[0])):
        words = labels.day_tick.format(deadline) if deadline else labels.days.format(days)
        apart = ((abs(days - other) / end * room, (_width(words) + _width(text)) / 2) for other, text in shown.items())
        if all(there > needed for there, needed in apart):
            shown[days] = words
    axes.set_xticks(sorted(shown), [shown[days] for days in sorted(shown)])
    axes.set_xlim(0, end)
    return frozenset(shown)


def _width(words: str) -> float:
    """About the inches that words of a tick take, with the space after them."""
    lines = ([0.12 if east_asian_width(letter) == "W" else 0.066 for letter in line] for line in words.split("\n"))
    return 0.1 + max(map(sum, lines))


def show_legend(
    figure: Figure,
    handles: Sequence[Artist],
    words: Sequence[str],
    *,
    size: float = SMALL,
    drawn: Mapping[Artist, HandlerBase] | None = None,
) -> None:
    """A legend below the picture, in as few rows as its width holds, each as full as the others.

    Parameters
    ----------
    drawn : how to draw a handle that is more than one shape
    """
    measure = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    most = 0.95 * figure.bbox.width  # words are up to a twentieth wider at another resolution
    for columns in dict.fromkeys(-(-len(handles) // rows) for rows in range(1, len(handles) + 1)):
        legend = figure.legend(
            handles, words, loc="outside lower center", ncols=columns, fontsize=size, handler_map=drawn
        )
        if columns == 1 or legend.get_window_extent(measure).width <= most:
            return
        legend.remove()


def spread(heights: Sequence[float], apart: float, top: float) -> list[float]:
    """Heights in rising order, moved as little as keeps them apart and within 0 and `top`."""
    out: list[float] = []
    for height in heights:
        out.append(max(height, out[-1] + apart if out else apart / 2))
    ceiling = top - apart / 2
    for place in reversed(range(len(out))):
        out[place] = min(out[place], ceiling)
        ceiling = out[place] - apart
    return out
