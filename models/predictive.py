"""What records look like that the model simulates, before and after it has seen the real one."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.density import Density
from models.exposure import Clock, read_clock
from models.parameters import Parameters
from models.simulate import DailyLevels, simulate
from models.spec import Bools, Floats, Ints, Meetings, Problem, Span

CLOSE_DAYS = 14
"""Meetings so soon after the last one count as clustered."""
YEAR = 365
FORGOTTEN_DAYS = 400
"""Silences at least so long are told apart where a beginning is compared with the framing before it."""
SILENCE_TO = (180, 365, 730, 1825)
"""Last day of each length of silence at which beginnings are counted; the last length is open."""
COUNTS = (
    "meetings",
    "beginnings of talks",
    "contacts",
    "crises",
    "deals",
    "changes of framing within a spell",
)
SHAPES = (
    "share of dry days",
    "longest gap between meetings, days",
    "median gap between meetings, days",
    f"share of meetings within {CLOSE_DAYS} days of the last",
    "variance over mean of yearly meetings",
)
SUCCESSIONS = (
    f"share of beginnings in another framing, under {FORGOTTEN_DAYS} days of silence",
    f"share of beginnings in another framing, {FORGOTTEN_DAYS} days or more",
)
ONSETS = (
    f"beginnings a year of silence, to {SILENCE_TO[0]} days",
    *(f"beginnings a year of silence, {a + 1} to {b} days" for a, b in pairwise(SILENCE_TO)),
    f"beginnings a year of silence, over {SILENCE_TO[-1]} days",
)
STATISTICS = (*COUNTS, *SHAPES, *SUCCESSIONS, *ONSETS)


@dataclass(frozen=True, slots=True)
class Worlds:
    """Statistics of simulated records; nan where a record has none: too few meetings, or no such silence."""

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
    record, clock = problem.record, read_clock(problem, span.first, span.last)
    inside = _within(record.meetings.started, span)
    started, ended = record.meetings.started[inside], record.meetings.ended[inside]
    at, heard = started - span.first, _heard(record.meetings, clock)
    wet, silence = clock.wet[at], clock.since[at]
    changed = heard[at] & (record.meetings.framing[inside] != clock.framing[at])
    begun = heard[at] & ~wet
    counts = (
        len(started),
        (~wet).sum(),
        _within(record.contacts, span).sum(),
        _within(record.crises, span).sum(),
        record.meetings.deal[inside].sum(),
        (changed & wet).sum(),
    )
    shapes = 1 - clock.wet.mean(), *_shapes(started, ended, span)
    onsets = _onsets(clock.since[heard & ~clock.wet], silence[begun])
    return np.array([*counts, *shapes, *_successions(silence[begun], changed[begun]), *onsets], dtype=float)


def _heard(meetings: Meetings, clock: Clock) -> Bools:
    """Days after the first meeting ever, on which the silence and the last framing are known, (day,)."""
    days = clock.first + np.arange(len(clock.wet))
    return np.asarray(days > meetings.started[0]) if len(meetings.started) else np.zeros(len(days), dtype=bool)


def _successions(silence: Ints, changed: Bools) -> tuple[float, ...]:
    """Share of beginnings whose framing is not that of the meeting before, after shorter and longer silences."""
    forgotten = silence >= FORGOTTEN_DAYS
    return tuple(float(changed[kept].mean()) if kept.any() else np.nan for kept in (~forgotten, forgotten))


def _onsets(exposed: Ints, begun: Ints) -> Floats:
    """Beginnings a year at each length of silence, from the silence on every dry day and at every beginning."""
    days, counts = (np.bincount(_length(s), minlength=len(ONSETS)) for s in (exposed, begun))
    return np.asarray(np.divide(365.25 * counts, days, out=np.full(len(ONSETS), np.nan), where=days > 0))


def _length(silence: Ints) -> Ints:
    return np.searchsorted(SILENCE_TO, silence)


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

    p: Floats  # (statistic,) share of records with a larger value, ties by half; nan where there is none to compare
    joint: float  # share of records at least as extreme in their most extreme statistics


def predictive_tails(worlds: Floats, observed: Floats) -> Tails:
    """Predictive p-values of every statistic (Gelman, Meng & Stern 1996), and one for the most extreme of them.

    The observed record counts among the records, tied with itself: where few of them have a statistic, no value of it
    is extreme. Jointly, records are compared by their most extreme statistic, then the next one and so on: among many
    statistics several records reach the utmost rank in one.

    Parameters
    ----------
    worlds : (world, statistic), nan where a world lacks one
    observed : (statistic,)
    """
    records = np.vstack([worlds, observed])
    own = _tails(records, observed)
    joint = np.mean([_tails(records, world) <= own for world in worlds])
    p = np.where(np.isnan(worlds).all(axis=0), np.nan, _exceeding(records, observed))
    return Tails(p, float(joint))


def _exceeding(records: Floats, value: Floats) -> Floats:
    known = np.maximum((~np.isnan(records)).sum(axis=0), 1)
    above, equal = (records > value).sum(axis=0), (records == value).sum(axis=0)
    return np.where(np.isnan(value), np.nan, (above + 0.5 * equal) / known)


def _tails(records: Floats, value: Floats) -> tuple[float, ...]:
    """Two-sided tails of the statistics of one record, the most extreme first; 1 for one it does not have."""
    p = _exceeding(records, value)
    return tuple(np.sort(np.nan_to_num(2 * np.minimum(p, 1 - p), nan=1.0)).round(12).tolist())
