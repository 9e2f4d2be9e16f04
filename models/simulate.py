"""Worlds drawn from the model: parameters from the prior, then judgements and a record from the parameters.

Observations, and with them the filtered states, stay as they are: the model is conditional on them.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from models.density import Density, normal_priors
from models.exposure import MOMENTUM_DAYS, NEVER, knot_of, pace_of
from models.parameters import Parameters, draw_durations, unpack, unsoft
from models.parts import remembered, shortness
from models.processes import BASE, PROCESSES
from models.spec import Floats, Ints, Judgements, Meetings, Problem, Record, Span
from models.structure import Priors, directions_of, judgement_covariance, whiten_judgements

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
    reference, s = density.reference, density.layout.slices
    theta = np.empty(density.layout.size)
    theta[: density.layout.normal] = rng.normal(*normal_priors(density))
    theta[s["soft_duration"]] = unsoft(draw_durations(reference.duration, 1, rng))
    theta[s["logit_change"]] = logit(rng.beta(*reference.change))
    theta[s["log_judgement_sd"]] = np.log(np.abs(rng.normal(0, density.structure.priors.judgement_sd[1])))
    return unpack(theta[None, :], density.layout, density.structure)


def daily_levels(problem: Problem, density: Density) -> DailyLevels:
    span, lag = problem.record.talks_span, problem.catalogue.lag
    days = np.arange(span.first, span.last + 1)
    filtered = density.exposure.filtered
    fresh = filtered.at(days - 1, days.astype(float)).mean
    known = days[:, None] - np.maximum(lag, 1)
    return DailyLevels(days, fresh, filtered.at(known, (days[:, None] - lag).astype(float)).mean)


def simulate(
    problem: Problem,
    density: Density,
    levels: DailyLevels,
    parameters: Parameters,
    rng: np.random.Generator,
    *,
    keep_judgements: bool = False,
) -> Problem | None:
    """The problem with judgements and events drawn from the first draw of ``parameters``.

    What points the index follows from the judgements: those drawn, or those of the problem where they are kept.
    Meetings last a day. Returns None where the drawn world is too crowded for cells of days.
    """
    said = problem.judgements if keep_judgements else _judge(problem.judgements, density, parameters, rng)
    priors, size = density.structure.priors, density.layout.indicators
    aimed = parameters.aimed(directions_of(whiten_judgements(said, size, priors), priors))
    rate = _daily_rates(problem, density, levels, aimed)
    boost = np.exp(parameters.momentum[0])
    pace = np.exp(np.concatenate([[0.0], parameters.pace[0]]))
    going_on = np.stack([rate[p.name] for p in PROCESSES if p.rows == "continuation"], axis=1)
    contact, crisis = rate["contact"], rate["crisis"]
    soonest = rate["onset"].max() * np.exp(parameters.duration[0] * shortness(np.zeros(1), priors)[0])
    if max(soonest, going_on.max() * pace.max(), contact.max() * boost[0], crisis.max() * boost[1]) > CROWDED:
        return None
    span = Span(int(levels.days[0]), int(levels.days[-1]))
    talks = _Talks(
        onset=rate["onset"],
        odds=rate["framing"],
        going_on=going_on,
        pace=pace,
        mark=rate["deal"] / (1 + rate["deal"]),
        parameters=parameters,
        priors=priors,
    )
    record = Record(
        meetings=_meetings(problem, levels.days, talks, rng),
        contacts=_recurrent(levels.days, contact, boost[0], rng),
        crises=_recurrent(levels.days, crisis, boost[1], rng),
        talks_span=span,
        contact_span=span,
        crisis_span=span,
        deal_span=span,
    )
    return replace(problem, record=record, judgements=said)


def _daily_rates(problem: Problem, density: Density, levels: DailyLevels, parameters: Parameters) -> dict[str, Floats]:
    """Intensity or odds of every process on every day of the record, (day,), without its terms."""
    regime = (density.root @ parameters.regime_z[0])[knot_of(levels.days, problem.calendar)]
    out = {}
    for process in PROCESSES:
        if process.base not in BASE:
            continue
        effect = np.array(process.effect) @ parameters.effect[0]
        scale = getattr(parameters, process.scale)[0] if process.scale else 1.0
        level = levels.lagged if process.lagged else levels.fresh
        eta = parameters.base[0, BASE[process.base]] + scale * level @ effect
        with np.errstate(over="ignore"):
            out[process.name] = np.exp(eta + regime if density.structure.has_regime(process) else eta)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talks:
    """Daily intensities of talks, (day,), without their terms, and what those are made of."""

    onset: Floats
    odds: Floats  # of arms control
    going_on: Floats  # (day, framing)
    pace: Floats  # (pace,) factors
    mark: Floats
    parameters: Parameters
    priors: Priors

    def beginnings(self, t: int, since: int, last: float, rng: np.random.Generator) -> list[int]:
        """Framings of the meetings of a dry day."""
        p, silence = self.parameters, np.array([float(since)])
        count = rng.poisson(self.onset[t] * np.exp(p.duration[0] * shortness(silence, self.priors)[0]))
        odds = self.odds[t] * np.exp(p.memory[0] * last * remembered(silence, self.priors)[0])
        return [int(rng.random() >= odds / (1 + odds)) for _ in range(count)]

    def later(self, t: int, since: int, framing: int, rng: np.random.Generator) -> list[int]:
        """Framings of the meetings of a wet day."""
        count = rng.poisson(self.going_on[t, framing] * self.pace[pace_of(np.array([since]))[0]])
        return [framing ^ int(rng.random() < self.parameters.change[0]) for _ in range(count)]


def _meetings(problem: Problem, days: Ints, talks: _Talks, rng: np.random.Generator) -> Meetings:
    """Day by day; a meeting before the record, if there is one, sets the clock."""
    before = problem.record.meetings.started < days[0]
    last = int(problem.record.meetings.ended[before][-1]) if before.any() else -NEVER
    framing = int(problem.record.meetings.framing[before][-1]) if before.any() else 0
    found: list[tuple[int, int, bool]] = []
    for t, day in enumerate(days):
        since = int(day) - last
        if since <= problem.calendar.dry_after:
            kinds = talks.later(t, since, framing, rng)
        else:
            kinds = talks.beginnings(t, since, 1.0 - 2.0 * framing if since < NEVER else 0.0, rng)
        for kind in kinds:
            found.append((int(day), kind, bool(rng.random() < talks.mark[t])))
            last, framing = int(day), kind
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
