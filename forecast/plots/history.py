"""The probability of one target through as-of dates, with what happened meanwhile."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.progress import Progress
from db.read import read_case, read_events
from db.read_forecasts import read_all_targets
from db.rows import CaseRow, EventRow
from db.run_rows import RunRow, TargetForecastRow
from db.when import When
from forecast.errors import NoForecast
from forecast.facts.pictures import (
    Context,
    EventMark,
    HistoryFacts,
    HistoryPoint,
    Horizon,
    Recomputed,
    stretches,
)
from forecast.plots.axes import (
    BAND_50,
    BAND_90,
    DASHED,
    PAPER,
    SMALL,
    show_dates,
    show_legend,
    show_percents,
    show_turns,
)
from forecast.plots.beside import draw_beside, windows_of
from forecast.plots.chosen import (
    EVERY,
    Span,
    horizon_of,
    horizon_words,
    leading,
    longest,
    read_span,
)
from forecast.plots.context import FEW, read_context
from forecast.plots.indicators import moved
from forecast.plots.recomputed import recompute
from forecast.plots.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, WIDTH, house_style
from forecast.structures import structure_of
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.labels import Labels
from forecast.words.names import target_name
from indicators.content import EVENT_TYPES, NO_FRAMING

LANE = 0.19
"""Inches."""
MARKED = 40
"""Of one kind of run; of more, every second, third … is marked."""
KIND_MARKERS = {"official": "o", "manual": "s", "backfill": "D", "provisional": "+"}
EVENT_COLOURS = {"talks": BLUE, "contact": SKY, "deal": GREEN, "crisis": ORANGE}
ALONE = 3
"""With fewer dates, and nothing behind them, there is no history to draw."""
NEAR = 0.02
"""A share of the axis: a band so narrow would not be seen."""
ASIDE = 6.5
"""Points: how far a provisional run stands before the mark of another run of its date."""
HOLLOW = "denuclearisation"
"""The framing whose talks and deals are drawn hollow."""
_TICK = [(-0.35, -1), (0.35, -1), (0.35, 1), (-0.35, 1), (-0.35, -1)]


def read_history(
    connection: Connection,
    case_id: str | None = None,
    span: Span = EVERY,
    *,
    target: str | None = None,
    horizon: Horizon | None = None,
    posteriors: Posteriors | None = None,
    recomputing: Progress | None = None,
) -> HistoryFacts:
    """The history of a target (None: the headline) at a horizon (None: the longest rolling one), with its events.

    Parameters
    ----------
    posteriors
        of the database: from a backtest there, or the one shipped, too short a history gets a context; without one,
        a run alone is told by window. None to draw the runs and nothing else
    recomputing
        told how far it is, where the last days are to be computed anew by the present structure of the model

    Raises
    ------
    NoForecast
        if there is nothing to draw; it says what there is
    """
    case = read_case(connection, case_id)
    target = target or case.headline
    runs, unpublished = read_span(connection, case, span)
    said = read_all_targets(connection, case.case_id)
    rows = {run.id: [row for row in said.get(run.id, ()) if row.target == target] for run in runs}
    wanted = _find_horizon(target, horizon, [row for mine in rows.values() for row in mine])
    shown = [(run, row) for run in runs for row in rows[run.id] if horizon_of(row) == wanted]
    ordered = [run for run, _ in shown]
    lead = leading(ordered) or frozenset({run.as_of: run.id for run in ordered}.values())
    points = tuple(_point(run, row, run.id in lead) for run, row in shown)
    ends = points[0].as_of, points[-1].as_of
    dates = len({point.as_of for point in points})
    context = _context(connection, posteriors, case, span, shown) if posteriors and dates < FEW else None
    again: Recomputed = ()
    if recomputing is not None:
        last = When(as_of=ends[1], as_recorded=span.when.as_recorded)
        again = recompute(connection, case.case_id, target, wanted, last, recomputing)
    alone = posteriors is not None and not (context or again) and dates < ALONE and any(point.leads for point in points)
    windows = windows_of(rows[shown[-1][0].id]) if alone else ()
    begin = context.origins[0] if context else ends[0]
    events = read_events(connection, case.case_id, span.when)
    during = [event for event in events if event.started_on <= ends[1] and event.ended_on >= begin]
    return HistoryFacts(
        target=target,
        horizon_days=shown[0][1].horizon_days,
        deadline=shown[0][1].deadline,
        points=points,
        unpublished=tuple(run.as_of for run in unpublished if ends[0] <= run.as_of <= ends[1]),
        events=tuple(map(_mark, during)),
        context=context,
        windows=windows,
        recomputed=again,
    )


def _context(
    connection: Connection,
    posteriors: Posteriors,
    case: CaseRow,
    span: Span,
    shown: Sequence[tuple[RunRow, TargetForecastRow]],
) -> Context | None:
    """None also where what was on file by an instant is asked for: a backtest may have come later."""
    run, row = shown[0]
    if row.horizon_days is None or span.when.as_recorded is not None:
        return None
    return read_context(connection, posteriors, case, row.target, row.horizon_days, first=span.first, last=run.as_of)


def _find_horizon(target: str, horizon: Horizon | None, rows: Sequence[TargetForecastRow]) -> Horizon:
    """The horizon asked for, where some run has it."""
    found = {horizon_of(row) for row in rows}
    if not found:
        raise NoForecast(f"no run here forecast {target_name(target)}; name another target")
    wanted = horizon or longest(found)
    if wanted not in found:
        there = ", ".join(map(horizon_words, sorted(found, key=lambda one: (isinstance(one, date), one))))
        raise NoForecast(
            f"no run here forecast {target_name(target)} {horizon_words(wanted)}; there are forecasts {there}"
        )
    return wanted


def _point(run: RunRow, row: TargetForecastRow, leads: bool) -> HistoryPoint:
    return HistoryPoint(
        run_id=run.id,
        as_of=run.as_of,
        kind=run.kind,
        leads=leads,
        mean=row.mean,
        q05=row.q05,
        q25=row.q25,
        q75=row.q75,
        q95=row.q95,
        base_rate=row.base_rate,
        structure=structure_of(run),
    )


def _mark(event: EventRow) -> EventMark:
    return EventMark(event.type, event.framing, event.started_on, event.ended_on)


def draw_history(facts: HistoryFacts, labels: Labels = ENGLISH) -> Figure:
    """Line, bands and marks of runs, over a strip of events where there were any; too short a history by window."""
    if facts.windows:
        return draw_beside(facts.target, facts.points[-1].as_of, facts.windows, labels)
    lanes = [type_ for type_ in EVENT_TYPES if any(event.type == type_ for event in facts.events)]
    strip = LANE * len(lanes)
    with house_style(labels.locale):
        figure = Figure(figsize=(WIDTH, 3.2 + strip), layout="constrained")
        ratios = (2.4, strip) if lanes else (1,)
        panels = list(figure.subplots(len(ratios), 1, sharex=True, height_ratios=ratios, squeeze=False).flat)
        _draw_line(panels[0], facts, labels)
        _draw_runs(panels[0], facts, labels)
        if lanes:
            _draw_events(panels[-1], facts.events, lanes, labels)
        show_dates(panels[-1], facts.first, facts.points[-1].as_of, labels, room=WIDTH - 0.8)
        panels[-1].set_xlabel(labels.as_of)
        handles, words = zip(*(pair for axes in panels for pair in _legend(axes)), strict=True)
        show_legend(figure, handles, words)
        return figure


def _legend(axes: Axes) -> list[tuple[Artist, str]]:
    return list(zip(*axes.get_legend_handles_labels(), strict=True))


def _draw_line(axes: Axes, facts: HistoryFacts, labels: Labels) -> None:
    line = facts.line
    days = [point.as_of for point in line]
    pieces = [line[piece] for piece in stretches(days, [point.structure for point in line])]
    length = (days[-1] - facts.first).days if days else 0
    if facts.context:
        origins = [origin.toordinal() for origin in facts.context.origins]
        label = labels.backtests[facts.context.kind]
        axes.plot(origins, facts.context.said, color=GREY, linewidth=1.1, marker=".", markersize=3, label=label)
    if any(_has_length(piece, length) for piece in pieces):
        axes.plot([], [], color=BLUE, linewidth=1.4, label=labels.mean)
    for low, high, level, colour in (("q05", "q95", 90, BAND_90), ("q25", "q75", 50, BAND_50)):
        axes.fill_between([], [], color=colour, linewidth=0, label=labels.level(level))
        for piece in pieces:
            _draw_band(axes, piece, low, high, colour, length=length)
    if any(point.base_rate is not None for point in line):
        axes.plot([], [], color=INK, linewidth=1, linestyle=DASHED, label=labels.base_rate)
    reach = max(length * 0.012, 0) if length else 15
    for piece in pieces:
        x = [float(point.as_of.toordinal()) for point in piece]
        axes.plot(x, [point.mean for point in piece], color=BLUE, linewidth=1.4)
        base = [(at, point.base_rate) for at, point in zip(x, piece, strict=True) if point.base_rate is not None]
        if not _has_length(piece, length):
            base = [(at + side, rate) for at, rate in base[-1:] for side in (-reach, reach)]
        if base:
            axes.plot(*zip(*base, strict=True), color=INK, linewidth=1, linestyle=DASHED)
    if facts.recomputed:
        at, said = zip(*facts.recomputed, strict=True)
        style: dict[str, Any] = {"color": ORANGE, "linewidth": 1.2, "linestyle": DASHED, "marker": ".", "markersize": 4}
        axes.plot([day.toordinal() for day in at], said, label=labels.recomputed, **style)
    highest = max(
        [value for point in facts.points for value in (point.q95 if point.leads else point.mean, point.base_rate or 0)]
        + list(facts.context.said if facts.context else ())
        + [said for _, said in facts.recomputed]
    )
    show_percents(axes, highest, labels)
    show_turns(axes, facts.turns, facts.first, facts.points[-1].as_of, labels)
    window = labels.window(facts.horizon_days, facts.deadline)
    axes.set_ylabel(labels.probability)
    axes.set_title(labels.heading(labels.at_least_one, target=labels.target(facts.target), window=window))


def _has_length(piece: Sequence[HistoryPoint], length: int) -> bool:
    """Whether a line through runs would be seen, on an axis of so many days."""
    return (piece[-1].as_of - piece[0].as_of).days > NEAR * length


def _draw_band(axes: Axes, piece: Sequence[HistoryPoint], low: str, high: str, colour: str, *, length: int) -> None:
    """A band through several runs; a bar at a single one, or at the last of some that are too near to be told apart."""
    x = [point.as_of.toordinal() for point in piece]
    lows, highs = ([getattr(point, name) for point in piece] for name in (low, high))
    if _has_length(piece, length):
        axes.fill_between(x, lows, highs, color=colour, linewidth=0)
    else:
        axes.vlines(x[-1:], lows[-1:], highs[-1:], color=colour, linewidth=7)


def _draw_runs(axes: Axes, facts: HistoryFacts, labels: Labels) -> None:
    """Each kind by its mark; one that a later run of its day replaced is hollow."""
    beside = axes.transData + moved(axes, -ASIDE / 72)
    for kind, marker in KIND_MARKERS.items():
        mine = [point for point in facts.points if point.kind == kind]
        if kind == "provisional":  # of one date they hardly differ, and would hide each other
            mine = list({point.as_of: point for point in mine}.values())
        if not mine:
            continue
        step = -(-len(mine) // MARKED)
        name = labels.kinds[kind]
        label = labels.thinned.format(kind=name, step=step) if step > 1 else name
        size, colour = (5, GREY) if kind == "provisional" else (4, BLUE)
        style: dict[str, Any] = {"marker": marker, "markersize": size, "color": colour, "linestyle": "none"}
        axes.plot([], [], label=label, **style)
        for point in mine[::-step]:
            fill = colour if point.leads else "white"
            where = beside if kind == "provisional" and not point.leads else axes.transData
            day = point.as_of.toordinal()
            axes.plot(day, point.mean, markerfacecolor=fill, clip_on=False, zorder=3, transform=where, **style)
    if facts.unpublished:
        x = [day.toordinal() for day in facts.unpublished]
        axes.plot(x, [0] * len(x), "X", color=ORANGE, markersize=6, clip_on=False, label=labels.not_published, zorder=4)
    if facts.line:
        end = facts.line[-1]
        place = (end.as_of.toordinal(), end.mean)
        axes.annotate(
            labels.percent(end.mean),
            place,
            (6, 0),
            textcoords="offset points",
            va="center",
            color=BLUE,
            bbox=PAPER,
        )


def _draw_events(axes: Axes, events: Sequence[EventMark], lanes: Sequence[str], labels: Labels) -> None:
    """A lane per type; talks and deals are filled by framing."""
    for event in events:
        place, colour = len(lanes) - 1 - lanes.index(event.type), EVENT_COLOURS[event.type]
        x = event.started_on.toordinal(), event.ended_on.toordinal()
        axes.plot(x, (place, place), color=colour, linewidth=2.5, solid_capstyle="butt")
        fill = "white" if event.framing == HOLLOW else colour
        axes.plot(x[0], place, marker=_TICK, color=colour, markerfacecolor=fill, markersize=8, markeredgewidth=0.8)
    for framing in sorted({event.framing for event in events} - {NO_FRAMING}):
        fill, name = "white" if framing == HOLLOW else BLUE, labels.events.get(framing, framing)
        axes.plot([], [], marker=_TICK, linestyle="none", color=BLUE, markerfacecolor=fill, markersize=8, label=name)
    axes.set_yticks(range(len(lanes)), [labels.events[type_] for type_ in lanes[::-1]], fontsize=SMALL)
    axes.set_ylim(-0.6, len(lanes) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
