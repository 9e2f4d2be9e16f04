"""Scenarios as areas that sum to one: of one run by window, and through as-of dates."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate, pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sqlalchemy import Connection

from db.kinds import FULL_KINDS
from db.read import read_case
from db.read_forecasts import read_all_scenarios
from db.read_runs import read_targets
from db.rows import CaseRow
from db.run_rows import RunRow, ScenarioForecastRow
from forecast.errors import NoForecast
from forecast.facts.pictures import GAP_DAYS, Horizon, ScenariosFacts, Shares, days_to, stretches
from forecast.facts.reasons import siblings_of
from forecast.plots.axes import SMALL, show_dates, show_percents, show_turns, show_windows, spread
from forecast.plots.chosen import (
    EVERY,
    Span,
    horizon_of,
    horizon_words,
    leading,
    longest,
    read_forecast_run,
    read_span,
)
from forecast.plots.style import AMBER, BLUE, GREEN, INK, ORANGE, SKY, WIDTH, house_style
from forecast.structures import structure_of
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.labels import Labels
from forecast.words.names import SCENARIO_NAMES

FILLS = {
    "S0": ("#ECECEC", ""),
    "S1": (SKY, "---"),
    "S2": (BLUE, ""),
    "S3": (GREEN, "||||"),
    "S4": (AMBER, "////"),
    "S5": (ORANGE, "\\\\\\\\"),
}
"""Colour and hatching, so that neighbours differ in grey too."""
APART = 0.062
"""Between the words beside the areas, as a share of the axis."""
BAR = 0.04
"""A share of the axis: the width of a date by itself."""


def read_scenarios_shown(
    connection: Connection,
    case_id: str | None = None,
    span: Span = EVERY,
    *,
    run_id: int | None = None,
    horizon: Horizon | None = None,
) -> ScenariosFacts:
    """The scenarios of a run (None: the last full one of the span), and of the span's full runs in one window.

    Parameters
    ----------
    span
        of the history, whose runs are those that fit the model; with `run_id` it ends with that run
    horizon
        of the history; None for the longest rolling one

    Raises
    ------
    NoForecast
        if there is nothing to draw; it says what there is
    db.errors.StoreError
        if there is no run of that number
    """
    case = read_case(connection, case_id)
    runs = _history_runs(connection, case, replace(span, kinds=span.kinds or FULL_KINDS), run_id)
    said = read_all_scenarios(connection, case.case_id)
    run = runs[-1]
    windows = {horizon_of(rows[0]): _shares(run, rows) for rows in _windows(said.get(run.id, ()))}
    if not windows:
        raise NoForecast(f"run {run.id} holds no scenarios; run `parley verify`")
    wanted = horizon or longest(windows)
    drawn = ((one, rows) for one in runs for rows in _windows(said.get(one.id, ())) if horizon_of(rows[0]) == wanted)
    history = tuple(_shares(one, rows) for one, rows in drawn)
    if not history:
        there = ", ".join(map(horizon_words, windows))
        raise NoForecast(f"no run here forecast scenarios {horizon_words(wanted)}; there are forecasts {there}")
    history = history if len(history) > 1 else ()
    ordered = tuple(sorted(windows.values(), key=lambda shares: (shares.days, shares.deadline is not None)))
    targets = [row for row in read_targets(connection, run.id) if horizon_of(row) == wanted]
    siblings = siblings_of(targets, said.get(run.id, ()))
    return ScenariosFacts(
        run_id=run.id,
        kind=run.kind,
        as_of=run.as_of,
        windows=ordered,
        history=history,
        horizon=wanted,
        siblings=siblings,
        headline=case.headline,
    )


def _history_runs(connection: Connection, case: CaseRow, span: Span, run_id: int | None) -> tuple[RunRow, ...]:
    """Of each date the last full run; at the end the run asked for."""
    if run_id is None:
        runs, _ = read_span(connection, case, span)
        lead = leading(runs)
        if not lead:
            raise NoForecast("no run here fitted the model; scenarios are drawn of official, manual and backfill runs")
        return tuple(run for run in runs if run.id in lead)
    run = read_forecast_run(connection, case, run_id=run_id, when=span.when)
    runs, _ = read_span(connection, case, replace(span, first=None, last=None, kinds=()))
    lead = leading(runs)
    return (*(one for one in runs if one.id in lead and one.as_of < run.as_of and span.holds(one)), run)


def _windows(rows: Sequence[ScenarioForecastRow]) -> list[list[ScenarioForecastRow]]:
    """The scenarios of each window, S0 first."""
    out: dict[Horizon, list[ScenarioForecastRow]] = {}
    for row in sorted(rows, key=lambda row: row.scenario):
        out.setdefault(horizon_of(row), []).append(row)
    return list(out.values())


def _shares(run: RunRow, rows: Sequence[ScenarioForecastRow]) -> Shares:
    said = {row.scenario: row.probability for row in rows}
    probabilities = tuple(said.get(scenario, 0.0) for scenario in SCENARIO_NAMES)
    return Shares(
        run_id=run.id,
        as_of=run.as_of,
        days=days_to(run.as_of, horizon_of(rows[0])),
        deadline=rows[0].deadline,
        probabilities=probabilities,
        structure=structure_of(run),
    )


def draw_scenarios(facts: ScenariosFacts, labels: Labels = ENGLISH, *, apart: float = APART) -> Figure:
    """Areas with their names and numbers at the end, `apart` by that share of the axis."""
    with house_style(labels.locale):
        figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
        panels = figure.subplots(1, 2 if facts.history else 1, sharey=True, squeeze=False).flat
        _draw_windows(panels[0], facts, labels, room=2.1 if facts.history else 5.0, apart=apart)
        if facts.history:
            _draw_history(panels[1], facts, labels, apart=apart)
        return figure


def _draw_windows(axes: Axes, facts: ScenariosFacts, labels: Labels, *, room: float, apart: float) -> None:
    """From the status quo on day 0."""
    nothing_yet = (1.0, *(0.0 for _ in facts.windows[0].probabilities[1:]))
    x = [0, *(shares.days for shares in facts.windows)]
    _draw_areas(axes, x, [nothing_yet, *(shares.probabilities for shares in facts.windows)])
    show_percents(axes, 1, labels)
    axes.set_ylim(0, 1)
    show_windows(axes, [(shares.days, shares.deadline) for shares in facts.windows], labels, room=room)
    axes.set(ylabel=labels.probability, xlabel=labels.days_after.format(labels.date(facts.as_of)))
    axes.set_title(labels.heading(labels.by_window, run=facts.run_id, day=labels.date(facts.as_of)))
    end = facts.windows[-1].probabilities
    words = [
        f"{code} {name}  {labels.percent(p)}" for (code, name), p in zip(labels.scenarios.items(), end, strict=True)
    ]
    _draw_words(axes, end, words, apart)


def _draw_history(axes: Axes, facts: ScenariosFacts, labels: Labels, *, apart: float) -> None:
    """Broken where no run fell for long; a date by itself is a bar."""
    days = [shares.as_of for shares in facts.history]
    half = max(min((days[-1] - days[0]).days * BAR, GAP_DAYS / 2) / 2, 0.3)
    pieces = stretches(days, [shares.structure for shares in facts.history])
    for piece in pieces:
        x = [float(day.toordinal()) for day in days[piece]]
        shares = [one.probabilities for one in facts.history[piece]]
        if len(x) == 1:
            x, shares = [x[0] - half, x[0] + half], shares * 2
        _draw_areas(axes, x, shares)
    show_dates(axes, days[0], days[-1], labels, room=2.3)  # the labels are small
    axes.tick_params(axis="x", labelsize=SMALL)
    before, after = (half if piece.stop - piece.start == 1 else 0 for piece in (pieces[0], pieces[-1]))
    axes.set_xlim(days[0].toordinal() - before, days[-1].toordinal() + after)
    show_turns(axes, facts.turns, days[0], days[-1], labels)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(labels.as_of)
    deadline = facts.horizon if isinstance(facts.horizon, date) else None
    window = labels.window(facts.horizon if isinstance(facts.horizon, int) else None, deadline)
    axes.set_title(labels.heading(labels.by_date, window=window))
    end = facts.history[-1].probabilities
    words = [f"{code}  {labels.percent(p)}" for code, p in zip(labels.scenarios, end, strict=True)]
    _draw_words(axes, end, words, apart)


def _draw_areas(axes: Axes, x: Sequence[float], shares: Sequence[Sequence[float]]) -> None:
    edges = [[0.0] * len(x), *zip(*(accumulate(one) for one in shares), strict=True)]
    for scenario, (low, high) in zip(FILLS, pairwise(edges), strict=True):
        colour, hatch = FILLS[scenario]
        area = axes.fill_between(x, low, high, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.6)
        area.set_hatch_linewidth(0.6)


def _draw_words(axes: Axes, end: Sequence[float], words: Sequence[str], apart: float) -> None:
    """Beside the areas, each led to its own."""
    edges = [0.0, *accumulate(end)]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    for middle, height, text in zip(middles, spread(middles, apart, 1), words, strict=True):
        axes.annotate(
            text,
            (1, middle),
            (12, height),
            xycoords="axes fraction",
            textcoords=("offset points", "axes fraction"),
            va="center",
            fontsize=SMALL,
            color=INK,
            arrowprops={
                "arrowstyle": "-",
                "color": INK,
                "linewidth": 0.6,
                "shrinkA": 1,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )
