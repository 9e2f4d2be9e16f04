"""What each indicator does to one target: orientation prior, with the documents, history only, and the posterior."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from sqlalchemy import Connection

from db.read import read_case, read_catalogue
from db.read_runs import read_effects as read_effect_rows
from db.rows import IndicatorRow
from db.run_rows import EffectRow, RunRow
from db.when import WHENEVER, When
from forecast.errors import NoForecast, NothingToDraw
from forecast.facts.evidence import SOURCES, EffectsFacts, Estimate, IndicatorEffect
from forecast.facts.reasons import LEAST
from forecast.plots.axes import SMALL, show_legend
from forecast.plots.chosen import read_forecast_run
from forecast.plots.indicators import Ladder, Naming, build_ladder, by_group, draw_ladder, name_in, wrap_words
from forecast.plots.style import AMBER, BLUE, GREEN, GREY, INK, WIDTH, house_style
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.labels import Labels
from forecast.words.numbers import signed
from models.spec import EFFECT_TARGETS

STYLES: Mapping[str, tuple[str, str, bool]] = {
    "orientation": (GREY, "o", False),
    "documents": (GREEN, "D", False),
    "history": (AMBER, "s", True),
    "posterior": (BLUE, "o", True),
}
"""Colour, marker, and whether it is filled."""
LETTERS = 36
"""That a line of an indicator's name has room for."""
ROW = 0.4
"""Inches: the height of an indicator's row."""
_BESIDE: dict[str, Any] = {
    "xycoords": ("axes fraction", "data"),
    "textcoords": "offset points",
    "va": "center",
    "fontsize": SMALL,
    "color": INK,
}


def read_effects(
    connection: Connection,
    *,
    run_id: int | None = None,
    target: str | None = None,
    case_id: str | None = None,
    when: When = WHENEVER,
    language: str = "en",
) -> EffectsFacts:
    """The effects of a run (None: the last fit published by then) on a target (None: the headline).

    Raises
    ------
    NothingToDraw
        if no indicator acts on the target itself, or the run keeps no effects
    NoForecast
        if there is no such run
    """
    case = read_case(connection, case_id)
    target = target or (case.headline if case.headline in EFFECT_TARGETS else EFFECT_TARGETS[0])
    if target not in EFFECT_TARGETS:
        raise NothingToDraw(f"no effects on {target}: indicators act on {', '.join(EFFECT_TARGETS)}; name one of these")
    run = read_forecast_run(connection, case, run_id=run_id, when=when)
    rows = [row for row in read_effect_rows(connection, run.id) if row.target == target]
    if not rows:
        raise NothingToDraw(_no_effects(connection, run))
    catalogue = read_catalogue(connection, case)
    effects = _effects(rows, catalogue, name_in(language, case.case_id, catalogue))
    return EffectsFacts(run_id=run.id, kind=run.kind, as_of=run.as_of, target=target, effects=effects)


def draw_effects(facts: EffectsFacts, labels: Labels = ENGLISH) -> Figure:
    """Up to four marks per indicator, each with its intervals, on one axis with a second one in factors."""
    words = labels.effects
    ladder = build_ladder([effect.group or words.gone for effect in facts.effects], heading=0.45)
    with house_style(labels.locale):
        figure = Figure(figsize=(WIDTH, ROW * ladder.height + 1.5), layout="constrained")
        axes = figure.subplots()
        draw_ladder(axes, ladder)
        axes.axvline(0, color=GREY, linewidth=0.8, zorder=1)
        for effect, place in zip(facts.effects, ladder.places, strict=True):
            _draw_effect(axes, effect, place)
            _draw_taught(axes, effect, place, labels)
        if any(effect.taught is not None for effect in facts.effects):
            axes.annotate(words.taught, (1, 1), (4, 6), **(_BESIDE | {"xycoords": "axes fraction"}))
        _write_names(axes, facts, ladder)
        of = "odds" if facts.odds else "intensity"
        axes.set_xlabel(words.effect.format(target=labels.target(facts.target), unit=words.units[of]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value, 1) if value else "0"))
        _factor_axis(axes, words.factor[of])
        handles = _legend(facts.sources, labels)
        show_legend(figure, handles, [str(handle.get_label()) for handle in handles])
        return figure


def _no_effects(connection: Connection, run: RunRow) -> str:
    """Which run to name instead of one without effects."""
    case = read_case(connection, run.case_id)
    try:
        fitted = read_forecast_run(connection, case, run_id=None)
    except NoForecast as error:
        return f"run {run.id} is {run.kind} and keeps no effects: {error}"
    return f"run {run.id} is {run.kind} and keeps no effects; name one that was fitted: the last is run {fitted.id}"


def _effects(
    rows: Sequence[EffectRow], catalogue: Sequence[IndicatorRow], naming: Naming
) -> tuple[IndicatorEffect, ...]:
    """By group of the catalogue; what it no longer holds stands last."""
    found: dict[str, dict[str, Estimate]] = {}
    for row in rows:
        found.setdefault(row.indicator_id, {})[row.source] = Estimate(row.mean, row.sd)
    groups = {one.indicator_id: one.group_name for one in by_group(catalogue)}
    known = [name for name in groups if name in found]
    gone = [name for name in found if name not in groups]
    return tuple(
        IndicatorEffect(id_, naming.indicator(id_), naming.group(groups.get(id_, "")), found[id_])
        for id_ in (*known, *gone)
    )


def _write_names(axes: Axes, facts: EffectsFacts, ladder: Ladder) -> None:
    """Ids as they are; names smaller, and on more than a line where they are long."""
    if all(effect.name == effect.indicator for effect in facts.effects):
        axes.set_yticks(ladder.places, [effect.indicator for effect in facts.effects])
    else:
        names = [wrap_words(effect.name, LETTERS, 3) for effect in facts.effects]
        axes.set_yticks(ladder.places, names, fontsize=SMALL)


def _draw_effect(axes: Axes, effect: IndicatorEffect, place: float) -> None:
    shown = [source for source in SOURCES if source in effect.estimates]
    for number, source in enumerate(shown):
        one, y = effect.estimates[source], place + (number - (len(shown) - 1) / 2) * 0.8 / len(SOURCES)
        colour, main = STYLES[source][0], source == "posterior"
        axes.plot(one.interval(90), (y, y), color=colour, linewidth=1.0 if main else 0.7, zorder=2)
        axes.plot(one.interval(50), (y, y), color=colour, linewidth=3.0 if main else 1.9, zorder=2)
        axes.plot(one.mean, y, **_mark(source), zorder=3)


def _draw_taught(axes: Axes, effect: IndicatorEffect, place: float, labels: Labels) -> None:
    """At the right edge: the share that events taught."""
    if effect.taught is None:
        return
    share = f"{100 * effect.taught:.0f}{labels.percent_sign}"
    words = labels.effects.by_documents if effect.taught < LEAST else share
    axes.annotate(words, (1, place), (4, 0), **_BESIDE)


def _mark(source: str) -> dict[str, Any]:
    colour, marker, filled = STYLES[source]
    return {
        "marker": marker,
        "linestyle": "none",
        "color": colour,
        "markersize": 5 if source == "posterior" else 3.6,
        "markerfacecolor": colour if filled else "white",
        "markeredgecolor": INK if filled else colour,
        "markeredgewidth": 0.5 if filled else 0.9,
    }


def _factor_axis(axes: Axes, words: str) -> None:
    """The same as what one level multiplies the intensity by."""
    low, high = axes.get_xlim()
    factors = [f for f in MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]).tick_values(np.exp(low), np.exp(high)) if f > 0]
    shown = [float(f) for f in factors if low <= np.log(f) <= high]
    above = axes.secondary_xaxis("top")
    above.set_xticks([float(np.log(f)) for f in shown], [f"×{f:.3g}" for f in shown])
    above.set_xlabel(words)


def _legend(sources: Sequence[str], labels: Labels) -> list[Line2D]:
    words = labels.effects
    marks = [
        Line2D([], [], **(_mark(one) | {"linestyle": "-", "linewidth": 1}), label=words.sources[one]) for one in sources
    ]
    lines = ((3.0, 50), (1.0, 90))
    levels = [(width, words.interval.format(f"{level}{labels.percent_sign}")) for width, level in lines]
    return [*marks, *(Line2D([], [], color=BLUE, linewidth=width, label=label) for width, label in levels)]
