"""The figures of the trust page, as SVG that stands inside HTML: the same input gives the same text."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from forecast.evaluation.scoreboard import CHOSEN_BEFORE
from forecast.facts.quality import Calibration, Comparison, Timeline
from forecast.plots.axes import show_legend
from forecast.plots.style import BLUE, GREY, LIGHT, ORANGE, WIDTH, as_drawing, house_style, percents
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.labels import Labels


def draw_reliability(calibrations: Sequence[Calibration], labels: Labels = ENGLISH) -> str:
    """The figure of reliability, to stand in the page."""
    return as_drawing(reliability_figure(calibrations, labels), "reliability")


def reliability_figure(calibrations: Sequence[Calibration], labels: Labels = ENGLISH) -> Figure:
    """Each curve in its band, over a histogram of the forecasts."""
    with house_style(labels.locale):
        rows = (len(calibrations) + 1) // 2
        figure = Figure(figsize=(WIDTH, 3.05 * rows), layout="constrained")
        cells = figure.subfigures(rows, 2, squeeze=False).flat
        for cell, calibration in zip(cells, calibrations, strict=False):
            curve, histogram = cell.subplots(2, 1, sharex=True, height_ratios=(4, 1))
            _draw_curve(curve, calibration, labels)
            _draw_histogram(histogram, calibration, labels)
        return figure


def _draw_curve(axes: Axes, calibration: Calibration, labels: Labels) -> None:
    curve, words = calibration.curve, labels.backtest
    band = words.band.format(f"{100 * calibration.level:.0f}{labels.percent_sign}")
    axes.fill_between(curve.forecast, curve.low, curve.high, color=LIGHT, label=band)
    axes.plot((0, 1), (0, 1), color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), label=words.perfect)
    axes.plot(curve.forecast, curve.frequency, color=BLUE, linewidth=1.6, label="Parley", marker=".", markersize=3)
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), ylabel=words.came_true, aspect="auto")
    axes.set_title(
        words.curve.format(
            target=labels.target(calibration.target),
            situation=words.situations[calibration.situation],
            days=calibration.horizon_days,
            n=calibration.n,
            side=words.sides[calibration.inside],
        )
    )
    axes.yaxis.set_major_formatter(percents(labels))
    axes.legend(loc="upper left", fontsize=7.5)


def _draw_histogram(axes: Axes, calibration: Calibration, labels: Labels) -> None:
    axes.hist(calibration.curve.forecast, bins=[i / 20 for i in range(21)], weights=calibration.curve.count, color=GREY)
    axes.set(xlabel=labels.backtest.said, ylabel=labels.backtest.origins)
    axes.xaxis.set_major_formatter(percents(labels))
    axes.xaxis.set_major_locator(MultipleLocator(0.2))


def draw_differences(comparisons: Sequence[Comparison], labels: Labels = ENGLISH) -> str:
    """Mean log score less that of the best naive forecast, by horizon; hollow where there is too little to tell."""
    found = [one for one in comparisons if one.era == "all" and one.situation in ("all", "dry")]
    targets = list(dict.fromkeys(one.target for one in found))
    days, words = sorted({one.horizon_days for one in found}), labels.backtest
    with house_style(labels.locale):
        figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
        panels = figure.subplots(1, len(targets), sharey=True, squeeze=False).flat
        for axes, target in zip(panels, targets, strict=True):
            mine = [one for one in found if one.target == target]
            for one in mine:
                _draw_difference(axes, one, days.index(one.horizon_days))
            axes.margins(y=0.14)
            axes.axhline(0, color=GREY, linewidth=0.8)
            for height, better in ((0.97, words.naive_better), (0.03, words.parley_better)):
                axes.text(0.02, height, better, transform=axes.transAxes, va="center", fontsize=7, color=GREY)
            axes.set_xticks(range(len(days)), [labels.days.format(d) for d in days])
            axes.set(xlim=(-0.5, len(days) - 0.5), xlabel=words.window, title=labels.target(target))
        figure.axes[0].set_ylabel(words.difference)
        _difference_legend(figure, labels)
        return as_drawing(figure, "differences")


def _draw_difference(axes: Axes, one: Comparison, place: int) -> None:
    dry, value = one.situation == "dry", one.difference
    colour, x = (ORANGE, place + 0.18) if dry else (BLUE, place - 0.18)
    low, high = (value.value if end is None else end for end in (value.low, value.high))
    axes.plot((x, x), (low, high), color=colour, linewidth=1.2, linestyle="--" if dry else "-")
    fill = colour if value.enough else "white"
    axes.plot(x, value.value, "s" if dry else "o", color=colour, markerfacecolor=fill, markersize=5.5)
    at, paper = (x, max(high, value.value)), {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    axes.annotate(str(one.n), at, (0, 5), textcoords="offset points", ha="center", fontsize=6.5, color=GREY, bbox=paper)


def _difference_legend(figure: Figure, labels: Labels) -> None:
    axes, words = figure.axes[0], labels.backtest
    handles = [
        axes.plot([], [], "o-", color=BLUE, markerfacecolor="white", label=words.all_origins)[0],
        axes.plot([], [], "s--", color=ORANGE, markerfacecolor="white", label=words.when_dry)[0],
        axes.plot([], [], "o", color=GREY, label=words.enough)[0],
    ]
    show_legend(figure, handles, [str(handle.get_label()) for handle in handles])


def draw_timelines(timelines: Sequence[Timeline], labels: Labels = ENGLISH) -> str:
    """The figure of timelines, to stand in the page."""
    return as_drawing(timelines_figure(timelines, labels), "timelines")


def timelines_figure(timelines: Sequence[Timeline], labels: Labels = ENGLISH) -> Figure:
    """What was said at each origin, under ticks where it came true and over ticks where it did not."""
    with house_style(labels.locale):
        figure = Figure(figsize=(WIDTH, 2.7 * len(timelines)), layout="constrained")
        for axes, timeline in zip(figure.subplots(len(timelines), 1, squeeze=False).flat, timelines, strict=True):
            _draw_timeline(axes, timeline, labels)
        figure.axes[-1].set_xlabel(labels.backtest.origin)
        show_legend(figure, *figure.axes[0].get_legend_handles_labels())
        return figure


def _draw_timeline(axes: Axes, timeline: Timeline, labels: Labels) -> None:
    words = labels.backtest
    days = np.array(timeline.origin, dtype="datetime64[D]")
    wet = ~np.array(timeline.dry)
    axes.fill_between(days, 0, 1, where=wet, step="post", color=LIGHT, linewidth=0, label=words.wet)
    axes.step(days, timeline.probability, where="post", color=BLUE, linewidth=1.3, label="Parley")
    axes.step(
        days, timeline.naive_probability, where="post", color=GREY, linewidth=0.9, linestyle=":", label=words.best_naive
    )
    for outcome, height, marker, label in ((True, 1.07, "|", words.true), (False, -0.07, "|", words.did_not)):
        at = [day for day, one in zip(days, timeline.outcome, strict=True) if one is outcome]
        colour = ORANGE if outcome else GREY
        axes.plot(at, np.full(len(at), height), marker, color=colour, markersize=6, linestyle="none", label=label)
    if timeline.origin[0] < CHOSEN_BEFORE < timeline.origin[-1]:
        axes.plot(
            np.array([CHOSEN_BEFORE] * 2, dtype="datetime64[D]"), (0, 1.2), color=GREY, linewidth=0.8, linestyle="--"
        )
        axes.annotate(
            words.held_out.format(year=CHOSEN_BEFORE.year),
            (np.datetime64(CHOSEN_BEFORE), 1.17),
            (3, 0),
            textcoords="offset points",
            fontsize=7,
            color=GREY,
        )
    axes.set(ylim=(-0.14, 1.24), ylabel=labels.probability)
    axes.set_title(words.timeline.format(target=labels.target(timeline.target), days=timeline.horizon_days))
    axes.set_xlim(days[0], days[-1] + np.timedelta64(timedelta(days=40)))
    axes.set_yticks((0, 0.25, 0.5, 0.75, 1))
    axes.yaxis.set_major_formatter(percents(labels))
