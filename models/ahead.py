"""What lies ahead of the as-of date, as the compiled code of the projection takes it: days, expected levels, terms."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from models.chain import dry_paces, wet_paces
from models.exposure import NEVER, Clock, knot_of, read_clock
from models.parameters import Parameters
from models.parts import remembered, shortness
from models.predictors import LARGEST, PREDICTORS, Levels, Swings, Terms
from models.processes import BASE, PROCESSES
from models.spec import Bools, Floats, Ints, Problem
from models.states import FilteredStates, States, predict
from models.structure import Priors, Structure, regime_root

GRID_DAYS = 7
"""Simulated levels are drawn on this grid and interpolated: the shortest half-life is a month."""
FRESH = PREDICTORS.index("continuation, arms_control")
"""Of the predictors, how many see the levels without a lag: the first ones."""
MOVED = tuple(next(p for p in PROCESSES if p.name == name) for name in PREDICTORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What all draws share: the days ahead and the states expected on them."""

    days: Ints  # (day,) from the first unattested day to the last horizon
    fresh: States  # (day, indicator) as all see them but continuation
    lagged: States  # as continuation sees them
    now: States  # (1, indicator) on the as-of date
    windows: Ints  # (window,) sorted, unique lengths in days


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Of each draw what its predictors are made of."""

    base: Floats  # (draw, predictor)
    own: Floats  # (draw, predictor, indicator) effects per level
    scale: Floats  # (draw, predictor) of what the indicators add


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """Of each draw what multiplies its intensities and odds, whatever the levels."""

    slow: Floats  # (draw, dry pace) of beginnings
    pull: Floats  # (framing of the last meeting, draw, dry pace) of the odds of arms control
    change: Floats  # (draw,) P(a meeting while wet has another framing than the last)
    boost: Floats  # (draw, recurrent) after an event


def look_ahead(problem: Problem, filtered: FilteredStates, indicators: Iterable[int] | None = None) -> Ahead:
    """The path, with the states of the indicators that are asked for, or of all."""
    windows = np.unique([h.days for h in problem.horizons]).astype(np.int64)
    days = np.arange(first_day(problem), problem.as_of + int(windows[-1]) + 1)
    lag, today = problem.catalogue.lag, np.array([problem.as_of])
    known = np.minimum(days[:, None] - np.maximum(lag, 1), problem.as_of)
    return Ahead(
        days=days,
        fresh=filtered.at(np.minimum(days - 1, problem.as_of), days.astype(float), indicators),
        lagged=filtered.at(known, np.maximum(days[:, None] - lag, known).astype(float), indicators),
        now=filtered.at(today, today.astype(float), indicators),
        windows=windows,
    )


def look_again(ahead: Ahead, problem: Problem, before: FilteredStates, after: FilteredStates) -> Ahead:
    """The same path with the states of another filter, of which those that differ are predicted anew."""
    changed = after.changed_from(before)
    anew = look_ahead(problem, after, changed)

    def exchanged(old: States, new: States) -> States:
        arrays = [getattr(old, name).copy() for name in States.__slots__]
        for array, name in zip(arrays, States.__slots__, strict=True):
            array[:, changed] = getattr(new, name)[:, changed]
        return States(*arrays)

    return replace(
        ahead,
        fresh=exchanged(ahead.fresh, anew.fresh),
        lagged=exchanged(ahead.lagged, anew.lagged),
        now=exchanged(ahead.now, anew.now),
    )


def suppose(ahead: Ahead, problem: Problem, indicator: int, mean: float, variance: float) -> Ahead:
    """The same path had an indicator this state on the as-of date, by what became known on that day."""
    catalogue = problem.catalogue
    lag, fades, half_life = catalogue.lag[indicator], catalogue.fades[indicator], catalogue.half_life[indicator]

    def moved(states: States, known: Bools, elapsed: Floats) -> States:
        changed = States(states.mean.copy(), states.variance.copy(), states.active.copy())
        at = known, indicator
        changed.mean[at], changed.variance[at] = predict(np.array(mean), np.array(variance), elapsed, fades, half_life)
        changed.active[at] = True
        return changed

    later = (ahead.days - problem.as_of).astype(float)
    unlagged, lagged = later > 0, later >= max(lag, 1)
    return replace(
        ahead,
        fresh=moved(ahead.fresh, unlagged, later[unlagged]),
        lagged=moved(ahead.lagged, lagged, np.maximum(later[lagged] - lag, 0.0)),
        now=moved(ahead.now, np.array([True]), np.zeros(1)),
    )


def first_day(problem: Problem) -> int:
    """The first day that is not attested of some type."""
    r = problem.record
    return 1 + min(problem.as_of, r.talks_span.last, r.contact_span.last, r.crisis_span.last)


def begin_of_talks(problem: Problem) -> tuple[int, Clock]:
    """The first day that is not attested of talks, and the clock as it begins."""
    begin = min(problem.as_of, problem.record.talks_span.last) + 1
    return begin, read_clock(problem, begin, begin)


def grid_days(problem: Problem, ahead: Ahead) -> int:
    """Days of the grid on which levels are simulated, the as-of date among them."""
    return 1 + int(np.ceil((ahead.days[-1] - problem.as_of) / GRID_DAYS))


def regime_paths(
    problem: Problem, parameters: Parameters, structure: Structure, ahead: Ahead, paths: int, seed: int
) -> Floats:
    """Regime on the knots that the days ahead meet, (path, draw, knot): those after the current one are drawn."""
    draws, knots = parameters.regime_z.shape
    now = int(knot_of(np.array([problem.as_of]), problem.calendar)[0])
    noise = np.random.default_rng([seed, 1]).standard_normal((paths, draws, knots))
    z = np.where(np.arange(knots) <= now, parameters.regime_z, noise) * float(structure.regime)
    met = np.unique(knot_of(ahead.days, problem.calendar))
    return np.asarray(z @ regime_root(knots, structure.priors)[met].T)


def effects_of(parameters: Parameters, structure: Structure) -> Effects:
    """The predictors of the draws as far as no day and no path changes them."""
    effect, one = parameters.effect * float(structure.indicators), np.ones(len(parameters.unit))
    return Effects(
        base=parameters.base[:, [BASE[p.base] for p in MOVED]],
        own=np.einsum("pt,dti->dpi", np.array([p.effect for p in MOVED]), effect),
        scale=np.stack([getattr(parameters, p.scale) if p.scale else one for p in MOVED], axis=1),
    )


def expected_of(problem: Problem, ahead: Ahead, effects: Effects, structure: Structure, indicators: Ints) -> Floats:
    """What some indicators are expected to add to the predictors, (day, predictor, draw).

    The fit takes filtered means; simulated levels are compensated so that the mean intensity stays the fitted one.
    """
    own, scale, lag = effects.own[:, :, indicators], effects.scale[:, :, None], problem.catalogue.lag[indicators]
    factors = np.concatenate([scale * own, scale * own**2], axis=2).transpose(2, 1, 0)
    expected = np.empty((len(ahead.days), len(MOVED) * len(own)))
    for lagged, states in ((False, ahead.fresh), (True, ahead.lagged)):
        variance = states.variance[:, indicators] * (not structure.moment_term)
        unseen = np.where(ahead.days[:, None] > problem.as_of + lagged * lag, variance, 0.0)
        mine = slice(FRESH, None) if lagged else slice(FRESH)
        by_draw = np.ascontiguousarray(factors[:, mine]).reshape(len(factors), -1)
        out = expected[:, FRESH * len(own) :] if lagged else expected[:, : FRESH * len(own)]
        np.matmul(np.concatenate([states.mean[:, indicators], -0.5 * unseen], axis=1), by_draw, out=out)
    return expected.reshape(len(ahead.days), len(MOVED), len(own))


def levels_of(problem: Problem, ahead: Ahead, effects: Effects, regime: Floats, structure: Structure) -> Levels:
    """The predictors with nothing expected of any indicator yet, and the regime of the paths (path, draw, knot)."""
    knot = knot_of(ahead.days, problem.calendar)
    return Levels(
        base=effects.base,
        expected=np.zeros((len(ahead.days), len(MOVED), len(effects.base))),
        ruled=np.array([structure.has_regime(p) for p in MOVED]),
        regime=regime,
        knot=np.searchsorted(np.unique(knot), knot),
    )


def swings_of(problem: Problem, ahead: Ahead, effects: Effects, noise: Floats) -> Swings:
    """How levels deviate on the way, from noise (path, grid day, draw, indicator).

    The first grid day is the as-of date itself, drawn from the filtered state.
    """
    lag = np.array([[p.lagged] for p in MOVED]) * problem.catalogue.lag
    pairs = np.stack([np.broadcast_to(np.arange(len(MOVED))[:, None], lag.shape), lag], axis=2)
    columns, column = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    on = ahead.days - columns[:, 1:] - problem.as_of
    at = np.clip(on, 0, None) / GRID_DAYS
    low = np.minimum(at.astype(np.int64), grid_days(problem, ahead) - 2)
    left, step = _steps(problem, ahead)
    return Swings(
        noise=noise,
        left=left,
        step=step,
        effect=effects.own * effects.scale[:, :, None],
        column=column.reshape(lag.shape),
        owner=np.ascontiguousarray(columns[:, 0]),
        low=low,
        share=at - low,
        ahead=on > 0,
    )


def _steps(problem: Problem, ahead: Ahead) -> tuple[Floats, Floats]:
    """Share of a deviation left on the next grid day, (indicator,), and sd of what is new, (grid day, indicator)."""
    catalogue, variance = problem.catalogue, ahead.now.variance[0]
    left = np.where(catalogue.fades, np.exp2(-GRID_DAYS / catalogue.half_life), 1.0)
    later = GRID_DAYS * np.arange(grid_days(problem, ahead), dtype=float)[:, None]
    _, path = predict(np.zeros_like(variance), variance, later, catalogue.fades, catalogue.half_life)
    new = np.concatenate([variance[None], path[1:] - left**2 * path[:-1]])
    return left, np.sqrt(np.maximum(new, 0.0)) * ahead.now.active[0]


def terms_of(problem: Problem, ahead: Ahead, par: Parameters, priors: Priors) -> Terms:
    """What silence, the last framing and the pace add to the predictors."""
    begin, clock = begin_of_talks(problem)
    silence = int(clock.since[0]) + (ahead.days - begin).astype(float)
    last = 1.0 - 2.0 * int(clock.framing[0]) if clock.since[0] < NEVER else 0.0
    pace = np.concatenate([np.zeros((len(par.unit), 1)), par.pace], axis=1)
    return Terms(
        duration=par.duration,
        shortness=shortness(silence, priors),
        memory=par.memory,
        remembered=last * remembered(silence, priors),
        pace=np.exp(pace[:, : len(wet_paces(problem.calendar.dry_after))]),
    )


def factors_of(problem: Problem, ahead: Ahead, par: Parameters, priors: Priors) -> Factors:
    """Of dried-up mass, whose silence begins on the path, by pace; of meetings while wet; and after events."""
    begin, _ = begin_of_talks(problem)
    edges = dry_paces(problem.calendar.dry_after, int(ahead.days[-1]) - begin + 1)
    short, left = (
        np.array([of(np.arange(a, b, dtype=float), priors).mean() for a, b in pairwise(edges)])
        for of in (shortness, remembered)
    )
    pulled = par.memory[:, None] * left
    return Factors(
        slow=_exp(par.duration[:, None] * short),
        pull=_exp(np.stack([pulled, -pulled])),
        change=par.change,
        boost=np.exp(par.momentum),
    )


def _exp(log: Floats) -> Floats:
    """Held where products of two of them are still finite numbers: far beyond what is certain."""
    return np.asarray(np.exp(np.clip(log, -LARGEST, LARGEST)))
