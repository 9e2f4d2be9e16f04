"""Each indicator's level through time: on every day what the filter made of what was known on that day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerPatch
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from sqlalchemy import Connection

from db.rows import GradeRow, IndicatorRow, ObservationRow
from db.when import When
from forecast.engine.assemble import Rows, assemble, check_rows, read_rows
from forecast.errors import NothingToDraw
from forecast.facts.evidence import REACH, StatesTold
from forecast.plots.axes import BAND_50, BAND_90, show_dates, show_legend
from forecast.plots.indicators import Naming, bold, by_group, name_in, wrap_words
from forecast.plots.style import BLUE, GREY, INK, LIGHT, WIDTH, house_style
from forecast.record.catalogue import case_of, find_place
from forecast.run_facts import is_stale
from forecast.words.drawn import StatesLabels
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.labels import Labels
from forecast.words.numbers import signed
from indicators.evidence import SD_FLOOR, Evidence, form_evidence
from models.spec import Floats, Ints
from models.states import FilteredStates, filter_states

WINDOW_DAYS = 5 * 365 + 1
POINTS = 240
"""Days a path is drawn at besides those on which it jumps: more than its panel has room for."""
SHOWN_GRADES = ("A1", "B2", "C3", "F6")
LARGEST, LEAST = 5.4, 2.4
"""Points: the diameter of a dot of the smallest sd, and of one so uncertain that it would not be seen."""
BANDS = {90: BAND_90, 50: BAND_50}
STALE = "#EBEBEB"
TITLE_LETTERS = {1: 110, 2: 62, 3: 42}
"""Letters a line of a title has room for, by number of columns."""
NAME_LETTERS = {1: 100, 2: 50, 3: 33}
"""The same of an indicator's name, in bold."""
TOP = 2.8
"""Where panels end, in levels: a little beyond the outermost."""
STRIP = 0.5
"""Levels: the height of the hatched strip under stale stretches, low enough to leave bands and dots free."""
LATE_SHARE = 0.01
"""Of the window: an observation known so much later than it happened gets a tail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One coded level; `weight` is 1 / sd of its grade, `stands` is False where a later row replaced it."""

    observed_on: date
    known_on: date
    level: float
    grade: str
    weight: float
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One indicator over the window; mean and sd (in levels) are nan on days on which it is inactive."""

    indicator: str
    called: str  # the id, or the name in the language of the picture
    name: str
    group: str
    day: Ints  # ordinals
    mean: Floats
    sd: Floats
    dots: tuple[Dot, ...]
    stale: tuple[tuple[date, date], ...]  # first and last day of each stretch
    stale_days: int | None  # days unobserved on the last day, where that is stale


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesFacts:
    """The levels of some indicators from `first` to `last`."""

    as_of: date
    first: date
    last: date
    paths: tuple[Path, ...]
    grades: tuple[tuple[str, float], ...]  # of the legend, with their weights
    told: StatesTold


def read_states(
    connection: Connection,
    when: When,
    *,
    first: date | None = None,
    last: date | None = None,
    indicators: Sequence[str] = (),
    case_id: str | None = None,
    language: str = "en",
) -> StatesFacts:
    """The paths of all indicators, or of those named, by default over the five years to the as-of date.

    Raises
    ------
    UnknownId
        if an indicator is not in the catalogue
    NothingToDraw
        if the window holds no day
    """
    case = case_of(connection, when, case_id)
    rows = read_rows(connection, when, case_id=case.case_id)
    check_rows(rows)
    chosen = _chosen(rows.catalogue, indicators)
    last = min(last or when.as_of, when.as_of)
    first = first or last - timedelta(days=WINDOW_DAYS)
    if first >= last:
        raise NothingToDraw(f"levels from {first} to {last} are no stretch of days; choose a first day before the last")
    paths = _paths(rows, chosen, name_in(language, case.case_id, chosen), first, last)
    weights = {f"{row.reliability}{row.credibility}": _weight(row) for row in rows.grades}
    shown = tuple((grade, weights[grade]) for grade in SHOWN_GRADES if grade in weights)
    told = StatesTold(
        as_of=when.as_of,
        as_recorded=when.as_recorded,
        first=first,
        last=last,
        indicators=len(paths),
        observations=sum(dot.stands for path in paths for dot in path.dots),
        stale={path.called: path.stale_days for path in paths if path.stale_days is not None},
    )
    return StatesFacts(as_of=when.as_of, first=first, last=last, paths=paths, grades=shown, told=told)


def draw_states(facts: StatesFacts, labels: Labels = ENGLISH) -> Figure:
    """One small panel per indicator, all to one scale."""
    words = labels.states
    with house_style(labels.locale):
        columns = next(n for n, most in ((1, 3), (2, 8), (3, len(facts.paths))) if len(facts.paths) <= most)
        rows = -(-len(facts.paths) // columns)
        height = {1: 2.3, 2: 1.75, 3: 1.36}[columns]
        figure = Figure(figsize=(WIDTH, height * rows + 0.75), layout="constrained")
        title = words.title.format(first=labels.date(facts.first), last=labels.date(facts.last))
        figure.suptitle(title, x=0.01, ha="left", fontsize=9.5)
        panels = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, path, title in zip(panels, facts.paths, _titles(facts.paths, columns, words), strict=False):
            _draw_path(axes, path, facts, words)
            show_dates(axes, facts.first, facts.last, labels, room=1.1 * WIDTH / columns)  # the labels are small
            _write_title(axes, path, title, labels.locale, NAME_LETTERS[columns])
        for number, axes in enumerate(panels):
            axes.tick_params(labelleft=number % columns == 0)
            axes.set_ylabel("" if number % columns else words.level)
        for axes in panels[max(len(facts.paths) - columns, 0) : len(facts.paths)]:
            axes.tick_params(labelbottom=True)
        for axes in panels[len(facts.paths) :]:
            axes.remove()
        handles = _legend(facts, labels)
        drawn = {handle: _Footed() for handle in handles if handle.get_label() == words.stale}
        show_legend(figure, handles, [str(handle.get_label()) for handle in handles], drawn=drawn)
        return figure


def _chosen(catalogue: Sequence[IndicatorRow], names: Sequence[str]) -> tuple[IndicatorRow, ...]:
    known = [row.indicator_id for row in catalogue]
    wanted = {known[find_place("indicator", name, known)] for name in names} or set(known)
    return by_group(row for row in catalogue if row.indicator_id in wanted)


def _paths(rows: Rows, chosen: Sequence[IndicatorRow], naming: Naming, first: date, last: date) -> tuple[Path, ...]:
    evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
    problem = assemble(rows, evidence)
    filtered = filter_states(problem.observations, problem.catalogue)
    sd = {(row.reliability, row.credibility): _weight(row) for row in rows.grades}
    span = (first.toordinal(), last.toordinal())
    return tuple(_path(row, rows, evidence, filtered, sd, span, naming=naming) for row in chosen)


def _path(
    row: IndicatorRow,
    rows: Rows,
    evidence: Evidence,
    filtered: FilteredStates,
    weights: dict[tuple[str, int], float],
    span: tuple[int, int],
    *,
    naming: Naming,
) -> Path:
    place = filtered.catalogue.names.index(row.indicator_id)
    mine = evidence.indicator == place
    day = _days(np.concatenate([evidence.since[mine], evidence.until[mine]]), *span)
    states = filtered.at(day, day.astype(float))
    active = states.active[:, place]
    unobserved = _unobserved(evidence, place, *span)
    stale = [is_stale(days, row.expected_cadence_days) for days in unobserved]
    return Path(
        indicator=row.indicator_id,
        called=naming.indicator(row.indicator_id),
        name=row.name,
        group=naming.group(row.group_name),
        day=day,
        mean=np.where(active, states.mean[:, place], np.nan),
        sd=np.where(active, np.sqrt(states.variance[:, place]), np.nan),
        dots=tuple(_dot(one, weights, rows.as_of) for one in rows.observations if _is_shown(one, row, span)),
        stale=_stretches(stale, span[0]),
        stale_days=unobserved[-1] if stale[-1] else None,
    )


def _days(jumps: Ints, first: int, last: int) -> Ints:
    """Days to draw a path at: evenly over the window, and on both sides of every jump."""
    even = np.linspace(first, last, min(POINTS, last - first + 1)).round().astype(np.int64)
    days = np.unique(np.concatenate([even, jumps, jumps - 1]))
    return days[(first <= days) & (days <= last)]


def _unobserved(evidence: Evidence, place: int, first: int, last: int) -> list[int | None]:
    """For every day of the window, the days since what was then the last observation; None before the first."""
    mine = evidence.indicator == place
    days = np.arange(first, last + 1)
    valid = (evidence.since[mine, None] <= days) & (days < evidence.until[mine, None])
    latest = np.where(valid, evidence.observed[mine, None], -1).max(axis=0, initial=-1)
    return [int(day - seen) if seen >= 0 else None for day, seen in zip(days, latest, strict=True)]


def _stretches(flags: Sequence[bool], first: int) -> tuple[tuple[date, date], ...]:
    """First and last day of each run of days flagged, the first flag being of day `first`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.array(flags, dtype=np.int64), [0]])))
    return tuple(
        (date.fromordinal(first + int(begin)), date.fromordinal(first + int(end) - 1))
        for begin, end in edges.reshape(-1, 2)
    )


def _is_shown(one: ObservationRow, row: IndicatorRow, span: tuple[int, int]) -> bool:
    return one.indicator_id == row.indicator_id and span[0] <= one.observed_on.toordinal() <= span[1]


def _dot(one: ObservationRow, weights: dict[tuple[str, int], float], as_of: date) -> Dot:
    return Dot(
        observed_on=one.observed_on,
        known_on=one.known_on,
        level=one.level,
        grade=f"{one.reliability}{one.credibility}",
        weight=weights[one.reliability, one.credibility],
        stands=one.valid_until is None or one.valid_until > as_of,
    )


def _weight(row: GradeRow) -> float:
    return 1 / max(row.sd_levels, SD_FLOOR)


def _draw_path(axes: Axes, path: Path, facts: StatesFacts, words: StatesLabels) -> None:
    axes.set(ylim=(-TOP, TOP), autoscale_on=False)
    axes.hlines((-2, -1, 1, 2), *_ends(facts), color=LIGHT, linewidth=0.5, zorder=0.5)
    axes.hlines(0, *_ends(facts), color=GREY, linewidth=0.5, zorder=0.5)
    stale = [(begin.toordinal(), (end - begin).days + 1) for begin, end in path.stale]
    axes.broken_barh(stale, (-TOP, 2 * TOP), facecolor=STALE, linewidth=0, zorder=0)
    axes.broken_barh(stale, (-TOP, STRIP), facecolor="white", **_HATCH, zorder=2)
    for level, colour in BANDS.items():
        half = REACH[level] * path.sd
        axes.fill_between(path.day, path.mean - half, path.mean + half, color=colour, linewidth=0, zorder=1)
    axes.plot(path.day, path.mean, color=BLUE, linewidth=1.1, zorder=3)
    _draw_dots(axes, path.dots, facts)
    if not path.dots and np.isnan(path.mean).all():
        axes.text(0.5, 0.5, words.not_observed, transform=axes.transAxes, ha="center", va="center", color=GREY)
    axes.set_yticks((-2, 0, 2), [signed(level, 0) for level in (-2, 0, 2)])
    axes.tick_params(labelsize=7, length=2.5, labelbottom=False)
    for inside in (*axes.lines, *axes.collections):
        inside.set_in_layout(False)  # none reaches beyond its panel, and to measure each takes seconds


def _ends(facts: StatesFacts) -> tuple[int, int]:
    return facts.first.toordinal(), facts.last.toordinal() + 1


_HATCH: dict[str, Any] = {"edgecolor": "#6A6A6A", "hatch": "////////", "linewidth": 0, "hatch_linewidth": 0.4}


def _draw_dots(axes: Axes, dots: Sequence[Dot], facts: StatesFacts) -> None:
    """Larger ones and those replaced behind; a tail to the day on which it was known, where that was much later."""
    late = [one for one in dots if one.known_on - one.observed_on > LATE_SHARE * (facts.last - facts.first)]
    for dot in late:
        tail = dot.observed_on.toordinal(), min(dot.known_on, facts.last).toordinal()
        axes.hlines(dot.level, *tail, color=INK, linewidth=0.6, zorder=4)
    for stands in (False, True):
        mine = sorted((dot for dot in dots if dot.stands is stands), key=lambda dot: -dot.weight)
        days, levels = [dot.observed_on.toordinal() for dot in mine], [dot.level for dot in mine]
        sizes = [_diameter(dot.weight) ** 2 for dot in mine]
        axes.scatter(days, levels, sizes, **_FILLS[stands], zorder=4.5 + stands / 2)


_FILLS: dict[bool, dict[str, Any]] = {
    True: {"facecolor": INK, "edgecolor": "white", "linewidth": 0.4},
    False: {"facecolor": "white", "edgecolor": GREY, "linewidth": 0.7},
}
"""Of observations that stand, and of those since replaced."""


def _diameter(weight: float) -> float:
    """Points: its area is in proportion to the weight, as long as it can be seen."""
    return max(LARGEST * sqrt(weight * SD_FLOOR), LEAST)


def _dot_handle(weight: float, stands: bool, label: str) -> Line2D:
    fill = _FILLS[stands]
    return Line2D(
        [], [], marker="o", linestyle="none", markersize=_diameter(weight), markerfacecolor=fill["facecolor"],
        markeredgecolor=fill["edgecolor"], markeredgewidth=fill["linewidth"], label=label,
    )  # fmt: skip


def _titles(paths: Sequence[Path], columns: int, words: StatesLabels) -> list[str]:
    """What stands under the bold words, each on as many lines as the longest takes."""
    titles = [wrap_words(_below(path, words), TITLE_LETTERS[columns], 2) for path in paths]
    lines = max(title.count("\n") for title in titles)
    return [title + "\n" * (lines - title.count("\n")) for title in titles]


def _below(path: Path, words: StatesLabels) -> str:
    return words.path.format(group=path.group, name=path.name, id=path.indicator)


def _write_title(axes: Axes, path: Path, below: str, locale: str, letters: int) -> None:
    """What the indicator is called, in bold over its group and its name or id."""
    axes.set_title(below, fontsize=6.3, color=GREY, pad=4, linespacing=1.05)
    lift = 6 + 7.2 * (below.count("\n") + 1)
    where: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
    called = path.called if path.called == path.indicator else wrap_words(path.called, letters, 2)
    axes.annotate(called, (0, 1), (0, lift), **where, fontsize=7.5, **bold(locale))


class _Footed(HandlerPatch):
    """A stale stretch in the legend: as in a panel, a pale band on a hatched foot."""

    def create_artists(self, *args: Any) -> list[Artist]:
        (band,) = super().create_artists(*args)
        assert isinstance(band, Rectangle)
        foot = Rectangle(band.get_xy(), band.get_width(), band.get_height() / 2, facecolor="white", **_HATCH)
        foot.set_transform(args[-1])
        return [band, foot]


def _legend(facts: StatesFacts, labels: Labels) -> list[Artist]:
    words = labels.states
    handles: list[Artist] = [
        Line2D([], [], color=BLUE, linewidth=1.1, label=labels.mean),
        *(Patch(facecolor=BANDS[n], label=words.band.format(f"{n}{labels.percent_sign}")) for n in (50, 90)),
        Patch(facecolor=STALE, label=words.stale),
        *(_dot_handle(weight, True, words.grade.format(grade)) for grade, weight in facts.grades),
    ]
    if any(not dot.stands for path in facts.paths for dot in path.dots):
        handles.append(_dot_handle(1 / SD_FLOOR, False, words.replaced))
    return handles
