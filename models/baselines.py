"""Naive forecasts that a model must beat, fitted as of the same day on the same record.

All count windows: for every attested day s with s + h attested too, did at least one event begin in (s, s + h]?
Overlapping windows are one piece of evidence per length h, so a window of h days weighs 1/h of an observation.
"""

from collections.abc import Callable

import numpy as np

from models.exposure import Clock, read_clock
from models.outcomes import attested_through, events_of, outcomes, scenarios_of
from models.spec import SCENARIOS, TARGETS, Bools, Floats, Forecast, Ints, Problem

RECENCY_HALF_LIFE = 3 * 365.25
"""Half-life in days of the weights of the recency-weighted dry/wet climatology."""


def climatology(problem: Problem) -> Floats:
    """Share of past windows with an event, (target, horizon)."""
    return _fill(problem, lambda y, s, dry, now, h: _shrunk(y, np.ones(len(y)), h))


def dry_wet_climatology(problem: Problem) -> Floats:
    """The same among windows that began in today's situation, dry or wet."""
    return _fill(problem, lambda y, s, dry, now, h: _shrunk(y, (dry == now).astype(float), h))


def recent_dry_wet_climatology(problem: Problem) -> Floats:
    """The same with a window's weight halved for every three years that it is old."""
    return _fill(problem, lambda y, s, dry, now, h: _shrunk(y, (dry == now) * _recency(problem, s), h))


def logistic_since_talks(problem: Problem) -> Floats:
    """Logistic regression of the window on log(1 + days since talks), every tenth day, ridge prior sd 2.5."""
    since = read_clock(problem, problem.calendar.record_from, problem.as_of + 1).since

    def one(y: Floats, s: Ints, dry: Bools, now: bool, h: int) -> float:
        x = np.log1p(since[s + 1 - problem.calendar.record_from])
        return _logistic(x[::10], y[::10], 10 / h, float(np.log1p(since[-1])))

    return _fill(problem, one)


def base_rate(problem: Problem) -> Floats:
    """The base rate shown beside every forecast, (target, horizon).

    Talks: dry/wet climatology with a three-year half-life. Contact and crisis: a Poisson rate. Deal: climatology.
    Coherent like the forecast: no longer window has less, and what talks on limits contain is not above them.
    """
    out, plain = recent_dry_wet_climatology(problem), climatology(problem)
    out[TARGETS.index("deal")] = plain[TARGETS.index("deal")]
    for target in ("contact", "crisis"):
        events, span = events_of(problem, target)
        rate = (np.sum((events >= span.first) & (events <= span.last)) + 0.5) / max(span.last - span.first + 1, 1)
        out[TARGETS.index(target)] = [-np.expm1(-rate * h.days) for h in problem.horizons]
    order = np.argsort([h.days for h in problem.horizons], kind="stable")
    out[:, order] = np.maximum.accumulate(out[:, order], axis=1)
    for contained in ("arms_control_talks", "denuclearisation_talks", "deal"):
        row = TARGETS.index(contained)
        out[row] = np.minimum(out[row], out[TARGETS.index("limits_talks")])
    return out


BASELINES = {
    "climatology": climatology,
    "dry/wet climatology": dry_wet_climatology,
    "dry/wet climatology, 3-year half-life": recent_dry_wet_climatology,
    "logistic on log days since talks": logistic_since_talks,
}


def naive_forecast(problem: Problem, name: str) -> Forecast:
    """Targets of the baseline of this name, and scenarios that share out its probability of talks on limits.

    Among scenarios with talks, and among those without, the shares are those of past windows, weighted as the baseline
    weights them, each label counting half an observation more.
    """
    targets = BASELINES[name](problem)
    clock = read_clock(problem, problem.calendar.record_from, problem.as_of + 1)
    scenarios = np.empty((len(SCENARIOS), len(problem.horizons)))
    talks = np.isin(SCENARIOS, ("S2", "S3", "S4"))
    for j, horizon in enumerate(problem.horizons):
        share = _scenario_weights(problem, clock, name, horizon.days)
        limits = targets[TARGETS.index("limits_talks"), j]
        scenarios[:, j] = np.where(talks, limits / share[talks].sum(), (1 - limits) / share[~talks].sum()) * share
    return Forecast(targets, scenarios)


def _scenario_weights(problem: Problem, clock: Clock, name: str, days: int) -> Floats:
    """Past windows by label, in observations, (scenario,)."""
    first = problem.calendar.record_from
    s = np.arange(first, attested_through(problem.record) - days + 1)
    dry = ~clock.wet[s + 1 - first]
    weight = np.ones(len(s)) if name == "climatology" else (dry == (not clock.wet[-1])).astype(float)
    if name == "dry/wet climatology, 3-year half-life":
        weight *= _recency(problem, s)
    label = scenarios_of(problem.record, s, days)
    return np.asarray(np.bincount(label, weight, minlength=len(SCENARIOS)) / days + 0.5)


Estimate = Callable[[Floats, Ints, Bools, bool, int], float]
"""(outcomes of past windows, their first days, dry at them, dry today, length in days) -> probability."""


def _fill(problem: Problem, one: Estimate) -> Floats:
    out = np.empty((len(TARGETS), len(problem.horizons)))
    clock = read_clock(problem, problem.calendar.record_from, problem.as_of + 1)
    now = not bool(clock.wet[-1])
    for i, target in enumerate(TARGETS):
        events, span = events_of(problem, target)
        for j, horizon in enumerate(problem.horizons):
            s = np.arange(max(span.first, problem.calendar.record_from), span.last - horizon.days + 1)
            y = outcomes(events, s, horizon.days).astype(float)
            dry = ~clock.wet[s + 1 - problem.calendar.record_from]
            out[i, j] = one(y, s, dry, now, horizon.days)
    return out


def _shrunk(y: Floats, weight: Floats, days: int) -> float:
    """Weighted share, shrunk towards one half by one observation (Jeffreys)."""
    n, k = weight.sum() / days, (weight * y).sum() / days
    return float((k + 0.5) / (n + 1.0))


def _recency(problem: Problem, s: Ints) -> Floats:
    return np.exp2(-(problem.as_of - s) / RECENCY_HALF_LIFE)


def _logistic(x: Floats, y: Floats, weight: float, at: float) -> float:
    design = np.stack([np.ones(len(x)), x - 5.0], axis=1)
    theta, precision = np.zeros(2), np.diag([1 / 2.5**2, 1 / 2.5**2])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ theta))
        gradient = weight * design.T @ (y - p) - precision @ theta
        step = np.linalg.solve(weight * (design.T * (p * (1 - p))) @ design + precision, gradient)
        theta = theta + step
        if np.abs(step).max() < 1e-10:
            break
    return float(1 / (1 + np.exp(-(theta[0] + theta[1] * (at - 5.0)))))
