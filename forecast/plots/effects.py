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
from forecast.facts.pictures import EffectsFacts, Estimate, IndicatorEffect
from forecast.facts.reasons import LEAST
from forecast.plots.axes import SMALL, show_legend
from forecast.plots.chosen import read_forecast_run
from forecast.plots.indicators import build_ladder, by_group, draw_ladder, run_name
from forecast.plots.style import AMBER, BLUE, GREEN, GREY, INK, WIDTH, house_style
from forecast.words.english.reasons import SET_BY_DOCUMENTS
from forecast.words.names import target_name
from forecast.words.numbers import counted, signed
from models.spec import EFFECT_TARGETS

SOURCES = {
    "orientation": "orientation prior",
    "documents": "prior with the documents (no events)",
    "history": "history only (no judgements, by Laplace)",
    "posterior": "posterior",
}
"""As the store names them, in the order in which they are drawn, and what they are."""
STYLES: Mapping[str, tuple[str, str, bool]] = {
    "orientation": (GREY, "o", False),
    "documents": (GREEN, "D", False),
    "history": (AMBER, "s", True),
    "posterior": (BLUE, "o", True),
}
"""Colour, marker, and whether it is filled."""
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
    effects = _effects(rows, read_catalogue(connection, case))
    unit = "log odds of a deal per level" if target == "deal" else "log intensity per level"
    return EffectsFacts(
        run_id=run.id,
        as_of=run.as_of,
        target=target,
        unit=unit,
        effects=effects,
        caption=_caption(run, target, unit, effects),
    )


def draw_effects(facts: EffectsFacts) -> Figure:
    """Up to four marks per indicator, each with its intervals, on one axis with a second one in factors."""
    ladder = build_ladder([effect.group for effect in facts.effects], heading=0.45)
    with house_style():
        figure = Figure(figsize=(WIDTH, ROW * ladder.height + 1.5), layout="constrained")
        axes = figure.subplots()
        draw_ladder(axes, ladder)
        axes.axvline(0, color=GREY, linewidth=0.8, zorder=1)
        for effect, place in zip(facts.effects, ladder.places, strict=True):
            _draw_effect(axes, effect, place)
            _draw_taught(axes, effect, place)
        if any(effect.taught is not None for effect in facts.effects):
            axes.annotate("taught", (1, 1), (4, 6), **(_BESIDE | {"xycoords": "axes fraction"}))
        axes.set_yticks(ladder.places, [effect.indicator for effect in facts.effects])
        axes.set_xlabel(f"effect on {target_name(facts.target)}: {facts.unit}")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value, 1) if value else "0"))
        _factor_axis(axes, facts.target)
        sources = [name for name in SOURCES if any(name in effect.estimates for effect in facts.effects)]
        handles = _legend(sources)
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


def _effects(rows: Sequence[EffectRow], catalogue: Sequence[IndicatorRow]) -> tuple[IndicatorEffect, ...]:
    """By group of the catalogue; what it no longer holds stands last."""
    found: dict[str, dict[str, Estimate]] = {}
    for row in rows:
        found.setdefault(row.indicator_id, {})[row.source] = Estimate(row.mean, row.sd)
    groups = {one.indicator_id: one.group_name for one in by_group(catalogue)}
    known = [name for name in groups if name in found]
    gone = [name for name in found if name not in groups]
    return tuple(
        IndicatorEffect(name, groups.get(name, "no longer in the catalogue"), found[name]) for name in (*known, *gone)
    )


def _caption(run: RunRow, target: str, unit: str, effects: Sequence[IndicatorEffect]) -> str:
    posterior = {effect.indicator: effect.estimates["posterior"] for effect in effects}
    top = max(posterior, key=lambda name: abs(posterior[name].mean))
    best = posterior[top]
    low, high = (signed(end) for end in best.interval(90))
    clear = sum(ends[0] > 0 or ends[1] < 0 for ends in (one.interval(90) for one in posterior.values()))
    shown = [name for source, name in SOURCES.items() if any(source in effect.estimates for effect in effects)]
    return (
        f"Effects of {counted(len(effects), 'indicator')} on {target_name(target)} in {run_name(run)}, {unit}: "
        f"{', '.join(shown[:-1])} and {shown[-1]}; means with 50 and 90 % intervals (normal, from mean and sd). "
        f"Largest: {top}, {signed(best.mean)} (×{np.exp(best.mean):.2f} per level; 90 % interval {low} to {high}). "
        f"{clear} of {len(effects)} 90 % intervals of the posterior {'leaves' if clear == 1 else 'leave'} out 0."
        f"{_taught_words(effects)}"
    )


def _taught_words(effects: Sequence[IndicatorEffect]) -> str:
    known = [effect.taught for effect in effects if effect.taught is not None]
    if not known:
        return ""
    by_documents = sum(share < LEAST for share in known)
    return (
        " At the right: the share of the effect's variance that events taught; documents: under "
        f"{100 * LEAST:.0f} %, {SET_BY_DOCUMENTS} ({by_documents} of {len(known)})."
    )


def _draw_effect(axes: Axes, effect: IndicatorEffect, place: float) -> None:
    shown = [source for source in SOURCES if source in effect.estimates]
    for number, source in enumerate(shown):
        one, y = effect.estimates[source], place + (number - (len(shown) - 1) / 2) * 0.8 / len(SOURCES)
        colour, main = STYLES[source][0], source == "posterior"
        axes.plot(one.interval(90), (y, y), color=colour, linewidth=1.0 if main else 0.7, zorder=2)
        axes.plot(one.interval(50), (y, y), color=colour, linewidth=3.0 if main else 1.9, zorder=2)
        axes.plot(one.mean, y, **_mark(source), zorder=3)


def _draw_taught(axes: Axes, effect: IndicatorEffect, place: float) -> None:
    """At the right edge: the share that events taught."""
    if effect.taught is None:
        return
    words = "documents" if effect.taught < LEAST else f"{100 * effect.taught:.0f} %"
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


def _factor_axis(axes: Axes, target: str) -> None:
    """The same as what one level multiplies the intensity by."""
    low, high = axes.get_xlim()
    factors = [f for f in MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]).tick_values(np.exp(low), np.exp(high)) if f > 0]
    shown = [float(f) for f in factors if low <= np.log(f) <= high]
    above = axes.secondary_xaxis("top")
    above.set_xticks([float(np.log(f)) for f in shown], [f"×{f:.3g}" for f in shown])
    above.set_xlabel(f"factor on the {'odds' if target == 'deal' else 'intensity'} per level")


def _legend(sources: Sequence[str]) -> list[Line2D]:
    marks = [Line2D([], [], **(_mark(one) | {"linestyle": "-", "linewidth": 1}), label=SOURCES[one]) for one in sources]
    lines = ((3.0, "50 % interval (normal)"), (1.0, "90 % interval (normal)"))
    return [*marks, *(Line2D([], [], color=BLUE, linewidth=width, label=label) for width, label in lines)]
