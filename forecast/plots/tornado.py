"""What each indicator could do to a number, as a tornado: a bar from where it would stand at −2 to where at +2."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from sqlalchemy import Connection

from db.engine import Database
from db.read import read_case
from forecast.facts.whatif import Swung, Tornado
from forecast.plan.reaches import Looking, reach_asked
from forecast.plan.translated import names_of, tornado_in
from forecast.plots.axes import SMALL, show_legend
from forecast.plots.indicators import wrap_words
from forecast.plots.style import BLUE, INK, LIGHT, ORANGE, WIDTH, house_style, percents
from forecast.words.language import Language
from forecast.words.numbers import signed

LETTERS = 40
"""That a line of a name has room for; letters of double width count for more."""
_WIDE = {"ja": 36, "ko": 38}
BAR = 0.62
ROW = 0.3
"""Inches."""
LOW_HATCH = "////"
"""Of the side of −2, which grey and the colour-blind tell by it."""


def read_tornado(connection: Connection, database: Database, asked: Looking, language: Language) -> Tornado:
    """What each indicator could do to the number that is asked for, as of today.

    Raises
    ------
    NoForecast
        if nothing is forecast over that window
    NoPosterior
        if nothing was published that can be used with the case as it is
    """
    from forecast.plan.standing import read_stand  # compiled code, which drawing does without
    from forecast.plan.tornado import find_tornado

    case = read_case(connection, asked.case_id)
    stand = read_stand(database, connection, case.case_id, asked.today)
    reach = stand.reaches[reach_asked(stand.reaches, asked.horizon)]
    found = find_tornado(stand, asked.target or stand.case.headline, reach)
    return tornado_in(found, names_of(stand.catalogue, stand.documents, case.case_id, language))


def shown_of(found: Tornado) -> dict[str, object]:
    """The numbers of the picture, for programs."""
    return {
        "run_ids": (found.base_run_id,),
        "as_of": found.as_of,
        "target": found.target,
        "horizon_days": found.reach.horizon_days,
        "deadline": found.reach.deadline,
        "now": found.now,
        "swings": [
            {name: getattr(one, name) for name in ("indicator", "level", "sd", "low", "high", "points")}
            for one in found.swings
        ],
    }


def draw_tornado(found: Tornado, language: Language) -> Figure:
    """The largest swing at the top: orange and hatched towards −2, blue towards +2; beside it the present level."""
    with house_style(language.labels.locale):
        figure = Figure(figsize=(WIDTH, 1.5 + ROW * len(found.swings)), layout="constrained")
        axes = figure.subplots()
        for row, one in enumerate(found.swings):
            _draw(axes, row, one, found.now, language)
        axes.axvline(found.now, color=INK, linewidth=0.8)
        _finish(axes, found, language)
        words = language.whatif
        handles = [
            Patch(facecolor=ORANGE, edgecolor="white", hatch=LOW_HATCH),
            Patch(facecolor=BLUE),
        ]
        show_legend(figure, handles, [words.label("low"), words.label("high")])
        title = wrap_words(words.tornado(found), 2 * LETTERS, 3)
        figure.suptitle(title, x=0.01, ha="left", fontsize=9)
        return figure


def _draw(axes: Axes, row: int, one: Swung, now: float, language: Language) -> None:
    """Both sides of one bar, and what each end is."""
    labels = language.labels
    for end, mark, colour, hatch in ((one.low, "−2", ORANGE, LOW_HATCH), (one.high, "+2", BLUE, "")):
        axes.barh(row, end - now, left=now, height=BAR, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
        left = end < one.high if mark == "−2" else end < one.low
        axes.annotate(
            f"{mark}: {100 * end:.1f}{labels.percent_sign}",
            (min(end, now) if left else max(end, now), row),
            (-4 if left else 4, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            fontsize=SMALL,
            color=INK,
        )
    axes.annotate(
        f"{signed(one.level, 1)} ± {one.sd:.1f}",
        (1.02, row),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=SMALL,
        color=INK,
    )


def _finish(axes: Axes, found: Tornado, language: Language) -> None:
    """Names, the head of the levels, and room for what stands at the ends of bars."""
    words, rows = language.whatif, len(found.swings)
    ends = [found.now, *(p for one in found.swings for p in (one.low, one.high))]
    low, high = min(ends), max(ends)
    room = 0.3 * (high - low) or 0.01
    axes.set_xlim(max(low - room, -0.25 * (high + room)), high + room)
    axes.set_ylim(rows - 0.4, -0.6)
    names = [wrap_words(one.name, _WIDE.get(language.code, LETTERS), 2) for one in found.swings]
    axes.set_yticks(range(rows), names)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(percents(language.labels))
    axes.set_xticks([tick for tick in axes.get_xticks() if tick >= 0 and low - room <= tick <= high + room])
    axes.grid(axis="x", color=LIGHT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel(language.labels.probability)
    axes.annotate(
        words.label("present"),
        (1.02, -0.6),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        va="bottom",
        fontsize=SMALL,
        color=INK,
    )
