"""What records look like that the model simulates, before and after it has seen the real one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.density import Density
from models.exposure import read_clock
from models.parameters import Parameters
from models.simulate import DailyLevels, simulate
from models.spec import Bools, Floats, Ints, Problem, Span

CLOSE_DAYS = 14
"""Meetings so soon after the last one count as clustered."""
YEAR = 365
COUNTS = ("meetings", "beginnings of talks", "contacts", "crises", "deals")
SHAPES = (
    "share of dry days",
    "longest gap between meetings, days",
    "median gap between meetings, days",
    f"share of meetings within {CLOSE_DAYS} days of the last",
    "variance over mean of yearly meetings",
)
STATISTICS = (*COUNTS, *SHAPES)


@dataclass(frozen=True, slots=True)
class Worlds:
    """Statistics of simulated records; nan where a record has too few meetings to have one."""

    values: Floats  # (world, statistic), in the order of STATISTICS
    refused: int  # worlds that were too crowded and do not count


def simulate_worlds(
    problem: Problem,
    density: Density,
    levels: DailyLevels,
    draws: Parameters,
    seed: int,
    report: Callable[[int, int], None] | None = None,
) -> Worlds:
    """A record for every draw of the parameters, over the observations as they are.

    ``report`` is told (worlds done, worlds in all).
    """
    span, found = common_span(problem), []
    for k in range(len(draws.unit)):
        one = draws.take(slice(k, k + 1))
        world = simulate(problem, density, levels, one, np.random.default_rng([seed, 4, k]))
        if world is not None:
            found.append(describe_record(world, span))
        if report is not None:
            report(k + 1, len(draws.unit))
    return Worlds(np.array(found).reshape(-1, len(STATISTICS)), len(draws.unit) - len(found))


def common_span(problem: Problem) -> Span:
    """The days over which events of every type are attested."""
    r = problem.record
    spans = (r.talks_span, r.contact_span, r.crisis_span, r.deal_span)
    return Span(max(span.first for span in spans), min(span.last for span in spans))


def describe_record(problem: Problem, span: Span) -> Floats:
    """The statistics of the record over a span of days, (statistic,)."""
    record, wet = problem.record, read_clock(problem, span.first, span.last).wet
    inside = _within(record.meetings.started, span)
    started, ended = record.meetings.started[inside], record.meetings.ended[inside]
    counts = (
        len(started),
        (~wet[started - span.first]).sum(),
        _within(record.contacts, span).sum(),
        _within(record.crises, span).sum(),
        record.meetings.deal[inside].sum(),
    )
    return np.array([*counts, 1 - wet.mean(), *_shapes(started, ended, span)], dtype=float)


def _shapes(started: Ints, ended: Ints, span: Span) -> tuple[float, ...]:
    """Longest gap (silence to either end of the span is one too), median gap, share of close meetings, Fano factor."""
    last = np.maximum.accumulate(ended)
    gaps = np.maximum(started[1:] - last[:-1], 0)
    longest = max(np.append(started, span.last) - np.append(span.first, last))
    whole_years = max((span.last - span.first + 1) // YEAR, 1)
    yearly = np.bincount((started - span.first) // YEAR, minlength=whole_years)[:whole_years]
    fano = yearly.var(ddof=1) / yearly.mean() if yearly.any() and whole_years > 1 else np.nan
    if len(gaps) == 0:
        return float(longest), np.nan, np.nan, float(fano)
    return float(longest), float(np.median(gaps)), float((gaps <= CLOSE_DAYS).mean()), float(fano)


def _within(day: Ints, span: Span) -> Bools:
    return (day >= span.first) & (day <= span.last)


@dataclass(frozen=True, slots=True)
class Tails:
    """Where an observed record stands among simulated ones."""

    p: Floats  # (statistic,) share of records with a larger value, ties by half; nan where the record has none
    joint: float  # share of records whose own most extreme statistic is at least as extreme


def predictive_tails(worlds: Floats, observed: Floats) -> Tails:
    """Predictive p-values of every statistic (Gelman, Meng & Stern 1996), and one for the most extreme of them.

    Parameters
    ----------
    worlds : (world, statistic), nan where a world lacks one
    observed : (statistic,)
    """
    p = _exceeding(worlds, observed)
    own = np.array([_smallest_tail(_exceeding(worlds, world)) for world in worlds])
    return Tails(p, float((own <= _smallest_tail(p) + 1e-12).mean()))


def _exceeding(worlds: Floats, value: Floats) -> Floats:
    known = np.maximum((~np.isnan(worlds)).sum(axis=0), 1)
    above, equal = (worlds > value).sum(axis=0), (worlds == value).sum(axis=0)
    return np.where(np.isnan(value), np.nan, (above + 0.5 * equal) / known)


def _smallest_tail(p: Floats) -> float:
    """The two-sided tail of the most extreme statistic."""
    return float(2 * np.nanmin(np.minimum(p, 1 - p)))
