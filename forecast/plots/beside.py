"""One run's forecast of a target by window, beside its base rate and what documents or history alone would say.

Drawn in place of a history that has too few dates to be one, where no backtest stands behind it either.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from db.run_rows import TargetForecastRow
from forecast.facts.pictures import Beside
from forecast.plots.axes import BAND_50, BAND_90, show_legend, show_percents
from forecast.plots.style import AMBER, BLUE, GREEN, INK, WIDTH, house_style
from forecast.words.labels import Labels

MARKS = {
    "base_rate": ("_", INK, 16, 0.0),
    "documents_only": ("^", AMBER, 6, -0.16),
    "history_only": ("D", GREEN, 5, 0.16),
}
"""Marker, colour, size and distance of what stands beside the forecast."""


def windows_of(rows: Iterable[TargetForecastRow]) -> tuple[Beside, ...]:
    """The windows of one target in one run, from short to long, deadlines last."""
    ordered = sorted(rows, key=lambda row: (row.deadline is not None, row.horizon_days or 0, row.deadline or date.min))
    return tuple(
        Beside(
            horizon_days=row.horizon_days,
            deadline=row.deadline,
            mean=row.mean,
            q05=row.q05,
            q25=row.q25,
            q75=row.q75,
            q95=row.q95,
            base_rate=row.base_rate,
            documents_only=row.documents_only,
            history_only=row.history_only,
        )
        for row in ordered
    )


def draw_beside(target: str, as_of: date, windows: Sequence[Beside], labels: Labels) -> Figure:
    """A column per window: bars for the intervals, and marks."""
    with house_style(labels.locale):
        figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
        axes = figure.subplots()
        places = range(len(windows))
        _draw_intervals(axes, windows, labels)
        axes.plot(places, [one.mean for one in windows], "o", color=BLUE, markersize=5, zorder=4, label=labels.mean)
        for name, (marker, colour, size, aside) in MARKS.items():
            found = [(at, value) for at, one in enumerate(windows) if (value := getattr(one, name)) is not None]
            if found:
                axes.plot(
                    [at + aside for at, _ in found],
                    [value for _, value in found],
                    marker,
                    color=colour,
                    markersize=size,
                    markeredgewidth=1.6 if marker == "_" else 0.5,
                    label=getattr(labels, name),
                    zorder=3,
                )
        for at, one in enumerate(windows):
            place, words = (at, one.q95), labels.percent(one.mean)
            axes.annotate(words, place, (0, 3), textcoords="offset points", ha="center", va="bottom", color=BLUE)
        show_percents(axes, 1.06 * max(max(one.q95, one.base_rate or 0) for one in windows), labels)
        axes.set_xticks(places, [labels.window(one.horizon_days, one.deadline) for one in windows])
        axes.set_xlim(-0.6, len(windows) - 0.4)
        axes.set_ylabel(labels.probability)
        day = labels.date(as_of)
        axes.set_title(labels.heading(labels.beside_windows, target=labels.target(target), day=day))
        show_legend(figure, *axes.get_legend_handles_labels())
        return figure


def _draw_intervals(axes: Axes, windows: Sequence[Beside], labels: Labels) -> None:
    for low, high, level, colour in (("q05", "q95", 90, BAND_90), ("q25", "q75", 50, BAND_50)):
        lows, highs = ([getattr(one, name) for one in windows] for name in (low, high))
        axes.vlines(range(len(windows)), lows, highs, color=colour, linewidth=11, label=labels.level(level))
