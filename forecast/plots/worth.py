"""What finding something out is worth: by how much it is expected to move a number, against what it costs."""

from collections.abc import Sequence
from math import ceil, floor, log10

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from forecast.facts.plan import ATTESTATION, Candidate, Plan
from forecast.plots.axes import DASHED, SMALL, show_legend, spread
from forecast.plots.indicators import wrap_words
from forecast.plots.style import BLUE, GREY, INK, LIGHT, ORANGE, WIDTH, house_style
from forecast.words.language import Language
from forecast.words.why_numbers import size_text

LETTERS = 40
"""That a line of a name has room for; letters of double width count for more."""
_WIDE = {"ja": 36, "ko": 38}
ROW = 0.27
"""Inches that a name takes, of two lines at most."""
MOST_LINES = 3
"""Lines of equal worth."""


def draw_worth(found: Plan, language: Language) -> Figure:
    """A mark for each indicator, another for the open days; names stand at the right, by what they are worth."""
    rows = [one for one in found.ranked if one.movement > 0]
    with house_style(language.labels.locale):
        figure = Figure(figsize=(WIDTH, 1.7 + ROW * max(len(rows), 6)), layout="constrained")
        axes = figure.subplots()
        top = 108 * max((one.movement for one in rows), default=0.01)
        costs = [one.cost for one in rows] or [1.0]
        _set_axes(axes, costs, top, language)
        _draw_lines(axes, rows, top, language)
        for one in rows:
            days = one.kind == ATTESTATION
            axes.plot(
                one.cost,
                100 * one.movement,
                marker="D" if days else "o",
                color=ORANGE if days else BLUE,
                markeredgecolor=INK,
                markeredgewidth=0.5,
                markersize=6,
                linestyle="",
                zorder=3,
            )
        _name(axes, rows, top, language)
        _show_marks(figure, language, attested=any(one.kind == ATTESTATION for one in rows))
        title = wrap_words(language.plan.title(found), 2 * LETTERS, 3)
        figure.suptitle(title, x=0.01, ha="left", fontsize=9)
        return figure


def _set_axes(axes: Axes, costs: Sequence[float], top: float, language: Language) -> None:
    """Costs by their ratio where they differ much."""
    low, high = min(costs), max(costs)
    if high >= 5 * low:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.5, high * 1.5)
        shown = [k * 10.0**power for power in range(floor(log10(low)), ceil(log10(high)) + 1) for k in (1, 2, 5)]
        axes.set_xticks([cost for cost in shown if low / 1.5 <= cost <= high * 1.5])
        axes.set_xticks([], minor=True)
        axes.xaxis.set_major_formatter("{x:g}")
    else:
        room = 0.25 * (high - low) or 0.5 * high
        axes.set_xlim(low - room, high + room)
    axes.set_ylim(0, top)
    axes.grid(color=LIGHT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel(language.plan.label("cost"))
    axes.set_ylabel(language.plan.label("movement"))


def _draw_lines(axes: Axes, rows: Sequence[Candidate], top: float, language: Language) -> None:
    """Where everything is worth the same for its cost; none where all costs are alike."""
    if len({one.cost for one in rows}) < 2:
        return
    left, right = axes.get_xlim()
    best = max(100 * one.per_cost for one in rows)
    for power in range(MOST_LINES):
        rate = 10.0 ** (floor(log10(best)) - power)
        costs = [left * (right / left) ** (k / 60) for k in range(61)]
        points = [(cost, rate * cost) for cost in costs if rate * cost <= top]
        if len(points) < 2:
            continue
        axes.plot(*zip(*points, strict=True), color=GREY, linewidth=0.7, linestyle=DASHED, zorder=1)
        axes.annotate(
            language.plan.label("line").format(f"{rate:g}"),
            points[-1],
            (-3, 1),
            textcoords="offset points",
            ha="right",
            va="bottom" if points[-1][0] == costs[-1] else "top",
            fontsize=SMALL,
            color=GREY,
        )


def _name(axes: Axes, rows: Sequence[Candidate], top: float, language: Language) -> None:
    """Names beside the picture, as near to their marks as they keep apart, with a line to each."""
    rising = sorted(rows, key=lambda one: one.movement)
    heights = spread([100 * one.movement for one in rising], top / max(len(rows), 1) * 0.98, top)
    right = axes.get_xlim()[1]
    for one, height in zip(rising, heights, strict=True):
        worth = size_text(100 * one.movement)
        axes.plot([one.cost, right], [100 * one.movement, height], color=LIGHT, linewidth=0.6, zorder=0.5)
        axes.annotate(
            wrap_words(f"{worth}  {language.plan.candidate(one)}", _WIDE.get(language.code, LETTERS), 2),
            (right, height),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            color=INK,
            annotation_clip=False,
        )


def _show_marks(figure: Figure, language: Language, *, attested: bool) -> None:
    kinds = [("o", BLUE, "observe"), *([("D", ORANGE, "attest")] if attested else ())]
    handles = [
        Line2D([], [], marker=marker, color=colour, markeredgecolor=INK, markeredgewidth=0.5, linestyle="")
        for marker, colour, _ in kinds
    ]
    show_legend(figure, handles, [language.plan.label(name) for *_, name in kinds])
