"""Cumulative probabilities of one run by horizon, a panel a target."""

from collections.abc import Sequence
from datetime import date

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sqlalchemy import Connection

from db.read import read_case
from db.read_runs import read_targets
from db.run_rows import RunRow, TargetForecastRow
from db.when import WHENEVER, When
from forecast.errors import NoForecast
from forecast.facts.pictures import Curve, HorizonPoint, HorizonsFacts, days_to
from forecast.plots.axes import BAND_50, BAND_90, DASHED, PAPER, SMALL, show_legend, show_percents, show_windows
from forecast.plots.chosen import horizon_of, read_forecast_run
from forecast.plots.indicators import wrap_words
from forecast.plots.numbers import Number, place_numbers
from forecast.plots.style import BLUE, INK, WIDTH, house_style
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.labels import Labels
from forecast.words.names import TARGET_NAMES

SIDE = 3
"""Panels on a side of the figure; the headline's takes four of them."""
TITLE_LETTERS = 28
"""That the title of a small panel has room for."""


def read_horizons(
    connection: Connection,
    case_id: str | None = None,
    *,
    run_id: int | None = None,
    when: When = WHENEVER,
) -> HorizonsFacts:
    """The curves of a run (None: the last full one published by then).

    Raises
    ------
    NoForecast
        if there is no such run, or it was not published
    db.errors.StoreError
        if there is no run of that number
    """
    case = read_case(connection, case_id)
    run = read_forecast_run(connection, case, run_id=run_id, when=when)
    rows = read_targets(connection, run.id)
    if not rows:
        raise NoForecast(f"run {run.id} holds no forecast of a target; run `parley verify`")
    order = list(dict.fromkeys((case.headline, *TARGET_NAMES, *(row.target for row in rows))))
    targets = sorted({row.target for row in rows}, key=order.index)
    curves = tuple(_curve(run, target, rows) for target in targets)
    return HorizonsFacts(run.id, run.kind, run.as_of, curves)


def _curve(run: RunRow, target: str, rows: Sequence[TargetForecastRow]) -> Curve:
    points = (_point(run, row) for row in rows if row.target == target)
    return Curve(target, tuple(sorted(points, key=lambda point: (point.days, point.deadline is not None))))


def _point(run: RunRow, row: TargetForecastRow) -> HorizonPoint:
    days = days_to(run.as_of, horizon_of(row))
    return HorizonPoint(
        days=days,
        deadline=row.deadline,
        mean=row.mean,
        q05=row.q05,
        q25=row.q25,
        q75=row.q75,
        q95=row.q95,
        base_rate=row.base_rate,
    )


def draw_horizons(facts: HorizonsFacts, labels: Labels = ENGLISH) -> Figure:
    """The first target large, with its numbers; the others small, on a scale of their own."""
    main, *others = facts.curves
    with house_style(labels.locale):
        figure = Figure(figsize=(WIDTH, 4.9), layout="constrained")
        large, *small = _panels(figure, len(facts.curves))
        _draw_curve(large, main, labels, top=_highest([main]))
        shown = show_windows(large, _windows(main), labels, room=4.0)
        numbers = _draw_numbers(large, [point for point in main.points if point.days in shown], labels)
        large.set_ylabel(labels.at_least_once)
        large.set_xlabel(labels.days_after.format(labels.date(facts.as_of)))
        large.title.set_fontsize(11)
        for axes, curve in zip(small, others, strict=True):
            _draw_curve(axes, curve, labels, top=_highest(others))
            show_windows(axes, _windows(curve), labels, room=1.5)
            numbers += _draw_numbers(axes, curve.points[-1:], labels)
            axes.set_title(wrap_words(axes.get_title(loc="left"), TITLE_LETTERS, 2))
        show_legend(figure, *large.get_legend_handles_labels())
        place_numbers(figure, numbers)
        return figure


def _panels(figure: Figure, number: int) -> list[Axes]:
    """A large panel and, around its lower right corner, the small ones."""
    if number == 1:
        return [figure.subplots()]
    grid = figure.add_gridspec(SIDE, SIDE)
    small = [(row, column) for row in range(SIDE) for column in range(SIDE) if SIDE - 1 in (row, column)]
    return [figure.add_subplot(grid[:-1, :-1]), *(figure.add_subplot(grid[place]) for place in small[: number - 1])]


def _windows(curve: Curve) -> list[tuple[int, date | None]]:
    return [(point.days, point.deadline) for point in curve.points]


def _highest(curves: Sequence[Curve]) -> float:
    return max(max(point.q95, point.base_rate or 0) for curve in curves for point in curve.points)


def _draw_curve(axes: Axes, curve: Curve, labels: Labels, *, top: float) -> None:
    """From nothing at day 0; windows up to a deadline end in a square."""
    points = curve.points
    x = [0, *(point.days for point in points)]
    for low, high, level, colour in (("q05", "q95", 90, BAND_90), ("q25", "q75", 50, BAND_50)):
        lows, highs = ([0, *(getattr(point, name) for point in points)] for name in (low, high))
        axes.fill_between(x, lows, highs, color=colour, linewidth=0, label=labels.level(level))
    axes.plot(x, [0, *(point.mean for point in points)], color=BLUE, linewidth=1.4, label=labels.mean)
    base = [(point.days, point.base_rate) for point in points if point.base_rate is not None]
    if base:
        axes.plot(*zip((0, 0), *base, strict=True), color=INK, linewidth=1, linestyle=DASHED, label=labels.base_rate)
    for point in points:
        axes.plot(
            point.days, point.mean, "s" if point.deadline else "o", color=BLUE, markersize=3.5, clip_on=False, zorder=3
        )
    show_percents(axes, top, labels)
    axes.set_title(labels.heading("{target}", target=labels.target(curve.target)))


def _draw_numbers(axes: Axes, points: Sequence[HorizonPoint], labels: Labels) -> list[Number]:
    """In the colour of the curve, each at its point; `place_numbers` gives them room."""
    return [
        Number(
            axes.annotate(
                labels.percent(point.mean),
                (point.days, point.mean),
                (0, 0),
                textcoords="offset points",
                color=BLUE,
                fontsize=SMALL,
                bbox=PAPER,
            ),
            axes,
            ends=point is points[-1],
        )
        for point in points
    ]
