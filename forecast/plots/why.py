"""A forecast that moved, as a waterfall: from what it was to what it is, a bar for every cause."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.progress import Progress, silent
from db.read import read_case, read_catalogue
from forecast.facts.causes import Explained
from forecast.facts.why import (
    CHANCE,
    ENTRIES,
    LEARNING,
    REST,
    TIME,
    VERSION,
    Explanation,
    Line,
    total,
)
from forecast.plots.axes import SMALL
from forecast.plots.indicators import wrap_words
from forecast.plots.style import BLUE, GREY, INK, LIGHT, ORANGE, WIDTH, house_style
from forecast.why.found import find, place_asked
from forecast.why.pairs import choose_pair
from forecast.why.translated import in_language
from forecast.words.language import ENGLISH, Language
from forecast.words.why_numbers import points_text

MOST = 10
"""Bars of entries; the others are one."""
LETTERS = 46
"""That a line of a label has room for; letters of double width count for two."""
_WIDE = {"ja": 36, "ko": 40}
BAR = 0.62


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    points: float
    plain: bool
    """Whether it is neither cause nor end: chance, and what a few draws lose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Which two runs are compared, as `forecast.why.pairs` chooses them, and for which number."""

    today: date
    run_id: int | None = None
    """The later run; None for the newest."""
    since: date | str | None = None
    target: str | None = None
    horizon: int | date | None = None


def read_why(
    connection: Connection,
    posteriors: Posteriors,
    pair: Pair,
    *,
    case_id: str | None = None,
    language: Language = ENGLISH,
    progress: Progress = silent,
) -> Explained:
    """What moved a number from one run to the other: what is stored of it, or made anew.

    Raises
    ------
    NoForecast
        if there are no such runs, or not both forecast the window
    NotExplained
        if the difference cannot be split
    """
    case = read_case(connection, case_id)
    before, after = choose_pair(connection, case.case_id, pair.today, after=pair.run_id, since=pair.since)
    found = find(connection, posteriors, before, after, progress=progress)
    told = in_language(found, read_catalogue(connection, case), language)
    target = told.place if pair.target is None else told.targets.index(pair.target)
    return Explained(told, target, place_asked(told, pair.horizon))


def shown_of(explained: Explained) -> dict[str, object]:
    """The numbers of the picture, for programs: both ends, what chance is expected to make, and every line."""
    found, target, reach = explained.explanation, explained.target, explained.reach
    window, chance = found.reaches[reach], found.expected_chance
    return {
        "run_ids": (found.before.run_id, found.after.run_id),
        "as_of": found.after.as_of,
        "target": found.targets[target],
        "horizon_days": window.horizon_days,
        "deadline": window.deadline,
        "before": explained.before,
        "after": explained.after,
        "expected_chance": None if chance is None else chance[target][reach],
        "lines": [
            {"class": line.cls, "kind": line.kind, "subject": asdict(line.subject), "points": line.at(target, reach)}
            for line in found.lines
        ],
    }


def draw_why(found: Explanation, target: int, reach: int, language: Language) -> Figure:
    """The bars from top to bottom, in the order of lines: orange to the left, blue to the right."""
    bars = _bars(found, target, reach, language)
    before, after = (100 * end.mean[target][reach] for end in (found.before, found.after))
    with house_style(language.labels.locale):
        figure = Figure(figsize=(WIDTH, 1.1 + 0.36 * (len(bars) + 2)), layout="constrained")
        axes = figure.subplots()
        chance = found.expected_chance
        expected = 0.0 if chance is None else chance[target][reach]
        _draw(axes, bars, before, after, expected, language)
        title = wrap_words(language.why.title(found, target, reach), 2 * LETTERS, 3)
        figure.suptitle(title, x=0.01, ha="left", fontsize=9)
        return figure


def _bars(found: Explanation, target: int, reach: int, language: Language) -> list[_Bar]:
    words = language.why

    def bar(lines: tuple[Line, ...], label: str, plain: bool = False) -> _Bar:
        return _Bar(label, total(lines, target, reach), plain)

    entries = sorted(found.of(*ENTRIES), key=lambda line: -abs(line.at(target, reach)))
    moving = [line for line in entries if abs(line.at(target, reach)) > 0]
    shown, left = moving[:MOST], tuple(moving[MOST:])
    bars = [bar((line,), words.line_label(line)) for line in found.of(VERSION)]
    if found.of(TIME):
        bars.append(bar(found.of(TIME), words.class_label(TIME)))
    bars += [bar((line,), words.line_label(line)) for line in shown]
    if left:
        bars.append(bar(left, words.label("others").format(len(left))))
    bars += [bar((line,), words.line_label(line)) for line in found.of(LEARNING)]
    bars += [bar((line,), words.class_label(line.cls), plain=True) for line in found.of(REST, CHANCE)]
    return bars


def _letters(language: Language) -> int:
    return _WIDE.get(language.code, LETTERS)


def _draw(axes: Axes, bars: list[_Bar], before: float, after: float, expected: float, language: Language) -> None:
    """Bars and what they say; about where the last one begins, how large chance is expected to be."""
    rows = len(bars) + 2
    here = before
    places, lows = [(before, f"{before:.2f}")], [before]
    for row, one in enumerate(bars, start=1):
        colour = LIGHT if one.plain else BLUE if one.points > 0 else ORANGE
        axes.barh(row, one.points, left=here, height=BAR, color=colour, edgecolor=INK, linewidth=0.4)
        axes.plot([here, here], [row - 1 + BAR / 2, row - BAR / 2], color=INK, linewidth=0.5)
        beyond = here + expected if row == len(bars) else here
        places.append((max(here, here + one.points, beyond), points_text(one.points)))
        here += one.points
        lows.append(here)
    if expected:
        begin = here - bars[-1].points
        axes.errorbar(begin, len(bars), xerr=expected, color=INK, linewidth=0.8, capsize=2)
    axes.plot([here, here], [rows - 2 + BAR / 2, rows - 1 - BAR / 2], color=INK, linewidth=0.5)
    places.append((after, f"{after:.2f}"))
    high, low = max(x for x, _ in places), min(before, after, *lows)
    for row, (x, text) in enumerate(places):
        axes.annotate(text, (x, row), (4, 0), textcoords="offset points", va="center", fontsize=SMALL, color=INK)
    words = language.why
    labels = [words.label("before"), *(one.label for one in bars), words.label("after")]
    axes.set_yticks(range(rows), [wrap_words(label, _letters(language), 2) for label in labels])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    left = _left(low, high)
    axes.set_xlim(left, high + 0.15 * (high - left))
    _draw_ends(axes, {0: before, rows - 1: after}, whole=left == 0.0)
    axes.set_xlabel(language.labels.probability + f" ({language.labels.percent_sign.strip()})")


def _draw_ends(axes: Axes, ends: Mapping[int, float], *, whole: bool) -> None:
    """What both runs said: bars, or where the axis does not begin at nothing, marks that have no length."""
    for row, value in ends.items():
        if whole:
            axes.barh(row, value, height=BAR, color=GREY)
        else:
            axes.plot([value, value], [row - BAR / 2, row + BAR / 2], color=GREY, linewidth=3)


def _left(low: float, high: float) -> float:
    """From nothing, unless all of it is far from nothing."""
    return 0.0 if low < 2 * (high - low) or high == low else low - 0.2 * (high - low)
