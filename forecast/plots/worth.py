"""What finding something out is worth: by how much it is expected to move a number, against what it costs."""

from collections.abc import Sequence
from math import ceil, floor, log10

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from sqlalchemy import Connection

from db.engine import Database
from db.progress import Progress, silent
from db.read import read_case
from forecast.facts.plan import ATTESTATION, Candidate, Plan
from forecast.plan.reaches import Looking, reach_asked
from forecast.plan.translated import plan_in
from forecast.plots.axes import DASHED, PAPER, SMALL, show_legend, spread
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
SPAN = 30
"""How many times less than the most what lies at the foot is worth, or more times."""
FOOT = 1.25
"""Room below the lowest mark, as a ratio."""
NEAR = 0.5
"""A share of the axis of costs, before which words stand after their line."""
LINE = "#BBBBBB"
"""From a mark to its name."""


def read_worth(
    connection: Connection, database: Database, asked: Looking, language: Language, progress: Progress = silent
) -> Plan:
    """What finding out is worth for the number that is asked for, as of today, all costs alike.

    Raises
    ------
    NoForecast
        if nothing is forecast over that window
    NoPosterior
        if nothing was published that can be used with the case as it is
    """
    from forecast.plan.planner import find_plan  # compiled code, which drawing does without
    from forecast.plan.standing import read_stand

    case = read_case(connection, asked.case_id)
    stand = read_stand(database, connection, case.case_id, asked.today)
    reach = stand.reaches[reach_asked(stand.reaches, asked.horizon)]
    found = find_plan(stand, asked.target or stand.case.headline, reach, progress=progress)
    return plan_in(found, stand.catalogue, language)


def shown_of(found: Plan) -> dict[str, object]:
    """The numbers of the picture, for programs."""
    names = ("kind", "indicator", "grade", "movement", "cost", "per_cost")
    return {
        "run_ids": (found.base_run_id,),
        "as_of": found.as_of,
        "target": found.target,
        "horizon_days": found.reach.horizon_days,
        "deadline": found.reach.deadline,
        "now": found.now.rolling,
        "candidates": [{name: getattr(one, name) for name in names} for one in found.ranked],
    }


def draw_worth(found: Plan, language: Language) -> Figure:
    """A mark for each indicator, another for the open days; names stand at the right, by what they are worth."""
    rows = [one for one in found.ranked if one.movement > 0]
    with house_style(language.labels.locale):
        figure = Figure(figsize=(WIDTH, 1.7 + ROW * max(len(rows), 6)), layout="constrained")
        axes = figure.subplots()
        _set_axes(axes, rows, language)
        _draw_lines(axes, rows, language)
        for one in rows:
            days = one.kind == ATTESTATION
            axes.plot(
                one.cost,
                _height(axes, one),
                marker="D" if days else "o",
                color=ORANGE if days else BLUE,
                markeredgecolor=INK,
                markeredgewidth=0.5,
                markersize=6,
                linestyle="",
                zorder=3,
            )
        _name(axes, rows, language)
        _show_marks(figure, language, attested=any(one.kind == ATTESTATION for one in rows))
        title = wrap_words(language.plan.title(found), 2 * LETTERS, 3)
        figure.suptitle(title, x=0.01, ha="left", fontsize=9)
        return figure


def _height(axes: Axes, one: Candidate) -> float:
    """In points; what is worth next to nothing lies at the foot."""
    return max(100 * one.movement, axes.get_ylim()[0] * FOOT)


def _set_axes(axes: Axes, rows: Sequence[Candidate], language: Language) -> None:
    """Both by their ratio: then what is worth the same for its cost lies on a straight line."""
    costs = [one.cost for one in rows] or [1.0]
    points = [100 * one.movement for one in rows] or [1.0]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(costs) / 1.6, max(costs) * 1.6)
    axes.set_ylim(max(min(points), max(points) / SPAN) / FOOT, max(points) * 1.25)
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        axis.set_ticks(_ticks(*ends) or sorted({costs[0]}))
        axis.set_ticks([], minor=True)
        axis.set_major_formatter("{x:g}")
    if min(costs) == max(costs):
        axes.set_xticks([costs[0]])
    axes.grid(color=LIGHT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel(language.plan.label("cost"))
    axes.set_ylabel(language.plan.label("movement"))


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of every power of ten between the ends."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    return [tick for power in powers for k in (1, 2, 5) if low <= (tick := k * 10.0**power) <= high]


def _draw_lines(axes: Axes, rows: Sequence[Candidate], language: Language) -> None:
    """Where everything is worth the same for its cost; none where all costs are alike."""
    if len({one.cost for one in rows}) < 2:
        return
    (left, right), (foot, top) = axes.get_xlim(), axes.get_ylim()
    best = max(100 * one.per_cost for one in rows)
    for power in range(MOST_LINES):
        rate = 10.0 ** (floor(log10(best)) - power)
        ends = [(cost, rate * cost) for cost in (max(left, foot / rate), min(right, top / rate))]
        if ends[0][0] >= ends[1][0]:
            continue
        axes.plot(*zip(*ends, strict=True), color=GREY, linewidth=0.7, linestyle=DASHED, zorder=1)
        begins = log10(ends[1][0] / left) < NEAR * log10(right / left)
        axes.annotate(
            language.plan.label("line").format(f"{rate:g}"),
            ends[1],
            (4 if begins else -4, -2),
            textcoords="offset points",
            ha="left" if begins else "right",
            va="top" if begins else "bottom",
            fontsize=SMALL,
            color=GREY,
            bbox=PAPER,
        )


def _name(axes: Axes, rows: Sequence[Candidate], language: Language) -> None:
    """Names beside the picture, as near to their marks as they keep apart, with a line to each."""
    foot, top = map(log10, axes.get_ylim())
    rising = sorted(rows, key=lambda one: one.movement)
    near = [log10(_height(axes, one)) - foot for one in rising]
    heights = spread(near, 0.98 * (top - foot) / max(len(rows), 1), top - foot)
    right = axes.get_xlim()[1]
    for one, above in zip(rising, heights, strict=True):
        height = 10 ** (foot + above)
        axes.plot([one.cost, right], [_height(axes, one), height], color=LINE, linewidth=0.6, zorder=0.5)
        axes.annotate(
            wrap_words(
                f"{size_text(100 * one.movement)}  {language.plan.candidate(one)}",
                _WIDE.get(language.code, LETTERS),
                2,
            ),
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
