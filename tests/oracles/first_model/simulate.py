"""Worlds drawn from the model: parameters from the prior, then judgements and a record from the parameters.

Observations, and with them the filtered states, stay as they are: the model is conditional on them.
"""

from dataclasses import dataclass, replace

import numpy as np

from oracles.first_model.density import (
    CONTACT,
    CONTACT_BASE,
    CONTINUATION,
    CRISIS,
    CRISIS_BASE,
    DEAL,
    DEAL_BASE,
    Density,
    Parameters,
    unpack,
)
from oracles.first_model.exposure import MOMENTUM_DAYS, knot_of, pace_of
from oracles.first_model.gradient import normal_priors
from oracles.first_model.spec import FRAMINGS, Floats, Ints, Judgements, Meetings, Problem, Record, Span
from oracles.first_model.structure import judgement_covariance

CROWDED = 20.0
"""Events per day above which a drawn world is refused: no cell of the model is meant for it."""


@dataclass(frozen=True, slots=True)
class DailyLevels:
    """Filtered means on every day of the record, (day, indicator): as onset sees them, and lagged."""

    days: Ints
    fresh: Floats
    lagged: Floats


def draw_prior(density: Density, rng: np.random.Generator) -> Parameters:
    """One draw from the prior, with a draw dimension of one."""
    mean, sd = normal_priors(density)
    theta = rng.normal(mean, sd)
    theta[-1] = np.log(np.abs(rng.normal(0, density.structure.priors.judgement_sd[1])))
    return unpack(theta[None, :], density.layout, density.structure)


def daily_levels(problem: Problem, density: Density) -> DailyLevels:
    span, lag = problem.record.talks_span, problem.catalogue.lag
    days = np.arange(span.first, span.last + 1)
    filtered = density.exposure.filtered
    fresh = filtered.at(days - 1, days.astype(float)).mean
    known = days[:, None] - np.maximum(lag, 1)
    return DailyLevels(days, fresh, filtered.at(known, (days[:, None] - lag).astype(float)).mean)


def simulate(
    problem: Problem, density: Density, levels: DailyLevels, parameters: Parameters, rng: np.random.Generator
) -> Problem | None:
    """The problem with judgements and events drawn from the first draw of ``parameters``.

    Meetings last a day. Returns None where the drawn world is too crowded for cells of days.
    """
    effect, base = parameters.effect[0], parameters.base[0]
    regime = (density.root @ parameters.regime_z[0])[knot_of(levels.days, problem.calendar)]
    with np.errstate(over="ignore"):
        onset = np.exp(base[:2] + levels.fresh @ effect[:2].T + regime[:, None])
        going_on = np.exp(base[CONTINUATION] + parameters.fraction[0] * levels.lagged @ effect[:2].T)
        contact = np.exp(base[CONTACT_BASE] + levels.fresh @ effect[CONTACT] + regime)
        crisis = np.exp(base[CRISIS_BASE] + levels.fresh @ effect[CRISIS])
    pace = np.exp(np.concatenate([[0.0], parameters.pace[0]]))
    boost = np.exp(parameters.momentum[0])
    if max(onset.max(), going_on.max() * pace.max(), contact.max() * boost[0], crisis.max() * boost[1]) > CROWDED:
        return None
    odds = np.exp(base[DEAL_BASE] + levels.fresh @ effect[DEAL])
    days, span = levels.days, Span(int(levels.days[0]), int(levels.days[-1]))
    record = Record(
        meetings=_meetings(
            problem=problem, days=days, onset=onset, going_on=going_on, pace=pace, mark=odds / (1 + odds), rng=rng
        ),
        contacts=_recurrent(days, contact, boost[0], rng),
        crises=_recurrent(days, crisis, boost[1], rng),
        talks_span=span,
        contact_span=span,
        crisis_span=span,
        deal_span=span,
    )
    return replace(problem, record=record, judgements=_judge(problem.judgements, density, parameters, rng))


def _meetings(
    problem: Problem, days: Ints, onset: Floats, going_on: Floats, pace: Floats, mark: Floats, rng: np.random.Generator
) -> Meetings:
    """Day by day; a meeting before the record, if there is one, sets the clock."""
    before = problem.record.meetings.started < days[0]
    last = int(problem.record.meetings.ended[before][-1]) if before.any() else -(10**6)
    framing = int(problem.record.meetings.framing[before][-1]) if before.any() else 0
    found: list[tuple[int, int, bool]] = []
    for t, day in enumerate(days):
        since = int(day) - last
        if since > problem.calendar.dry_after:
            counts = rng.poisson(onset[t])
        else:
            counts = np.zeros(len(FRAMINGS), dtype=np.int64)
            counts[framing] = rng.poisson(going_on[t, framing] * pace[pace_of(np.array([since]))[0]])
        for kind in np.repeat(np.arange(len(FRAMINGS)), counts):
            found.append((int(day), int(kind), bool(rng.random() < mark[t])))
            last, framing = int(day), int(kind)
    old = [(int(s), int(k), False) for s, k in zip(*_early(problem, before), strict=True)]
    day_, kind_, deal_ = (np.array(column) for column in zip(*(old + found), strict=True)) if old + found else _none()
    return Meetings(day_.astype(np.int64), day_.astype(np.int64), kind_.astype(np.int64), deal_.astype(bool))


def _early(problem: Problem, before: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[Ints, Ints]:
    return problem.record.meetings.ended[before], problem.record.meetings.framing[before]


def _none() -> tuple[Ints, Ints, Ints]:
    return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)


def _recurrent(days: Ints, calm: Floats, boost: float, rng: np.random.Generator) -> Ints:
    found: list[int] = []
    for t, day in enumerate(days):
        recent = bool(found) and day - found[-1] <= MOMENTUM_DAYS
        found.extend([int(day)] * int(rng.poisson(calm[t] * (boost if recent else 1.0))))
    return np.array(found, dtype=np.int64)


def _judge(said: Judgements, density: Density, parameters: Parameters, rng: np.random.Generator) -> Judgements:
    """The same authors speak on the same questions; only what they say is drawn."""
    covariance = judgement_covariance(said, density.layout.indicators, density.structure.priors)
    truth = parameters.weight[0][said.target, said.indicator]
    noise = np.linalg.cholesky(covariance) @ rng.standard_normal(len(truth)) if len(truth) else np.empty(0)
    return replace(said, weight=truth + float(parameters.judgement_sd[0]) * noise)
