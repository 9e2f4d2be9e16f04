"""From draws and filtered states to probabilities of targets and scenarios.

For each draw of the parameters some paths of what is still open are simulated — the levels of the indicators from their
filtered states, the regime beyond its current knot — and the chains of talks, contact and crisis are propagated exactly
along each. P(event | draw) is their average. The random numbers depend on the seed alone (common random numbers).
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import expit

from models.exposure import MOMENTUM_DAYS, NEVER, knot_of, read_clock
from models.parameters import Parameters
from models.parts import remembered, shortness
from models.processes import BASE, PROCESSES, RECURRENT
from models.spec import SCENARIOS, TARGETS, Floats, Ints, Problem, Reports
from models.states import FilteredStates, States, predict
from models.structure import Priors, Structure, regime_root
from oracles.chain import (
    ARMS,
    DEAL,
    DENUC,
    LIMITS,
    S2,
    S3,
    S4,
    Gap,
    Situation,
    TalksRates,
    dry_paces,
    propagate_recurrent,
    propagate_talks,
    wet_paces,
)

GRID_DAYS = 7
"""Simulated levels are drawn on this grid and interpolated: the shortest half-life is a month."""
CHUNK = 250
LARGEST = 300.0
"""Logarithms beyond which intensities and odds are not told apart."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Probabilities given each draw."""

    targets: Floats  # (draw, target, horizon), in the order of TARGETS
    scenarios: Floats  # (draw, scenario, horizon)
    p_dry: Floats  # (draw,) P(dry on the as-of date)
    log_weight: Floats  # (draw,) log likelihood of what is known of the days between those attested and the as-of date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """What all draws share: the days ahead, the states expected on them, and the situation they start from."""

    days: Ints  # (day,) from the first unattested day to the last horizon
    fresh: States  # (day, indicator) as onset, contact and crisis see them
    lagged: States  # as continuation sees them
    knot: Ints  # (day,)
    windows: Ints  # (window,) sorted, unique lengths in days
    start: int


def project(
    problem: Problem,
    filtered: FilteredStates,
    parameters: Parameters,
    structure: Structure,
    *,
    paths: int,
    seed: int,
    report: Callable[[int, int], None] | None = None,
) -> Projection:
    """Project ``paths`` simulated futures for every draw.

    Parameters
    ----------
    parameters : draws of the posterior; their number is the draw dimension of the result
    paths : simulated paths of levels and regime per draw, at least 1
    seed : of the common random numbers
    report : told (jobs done, jobs in all)
    """
    first = 1 + min(problem.as_of, _last_attested(problem))
    ahead = _look_ahead(problem, filtered, first)
    draws = len(parameters.unit)
    chunks = [slice(a, min(a + CHUNK, draws)) for a in range(0, draws, CHUNK)]
    regime = _regime_paths(problem, parameters, structure, ahead, paths, seed)
    seeds = np.random.SeedSequence(seed).spawn(len(chunks) * paths)

    def one(job: tuple[int, int]) -> tuple[Floats, Floats, Floats, Floats]:
        c, r = job
        part = parameters.take(chunks[c])
        rng = np.random.default_rng(seeds[c * paths + r])
        return _project_paths(
            problem=problem,
            filtered=filtered,
            ahead=ahead,
            par=part,
            regime=regime[r, chunks[c]],
            structure=structure,
            rng=rng,
        )

    jobs, done = [(c, r) for c in range(len(chunks)) for r in range(paths)], []
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(one, jobs):
            done.append(part)
            if report is not None:
                report(len(done), len(jobs))
    # Up to the as-of date all paths of a draw are one, so that their means of the log likelihood are the number itself.
    mean = [
        tuple(np.mean([done[c * paths + r][k] for r in range(paths)], axis=0) for k in range(4))
        for c in range(len(chunks))
    ]
    targets, scenarios, p_dry, log_weight = (np.concatenate([m[k] for m in mean]) for k in range(4))
    position = np.searchsorted(ahead.windows, [h.days for h in problem.horizons])
    return Projection(targets[:, :, position], scenarios[:, :, position], p_dry, log_weight)


def _last_attested(problem: Problem) -> int:
    r = problem.record
    return min(r.talks_span.last, r.contact_span.last, r.crisis_span.last)


def _look_ahead(problem: Problem, filtered: FilteredStates, first: int) -> _Path:
    windows = np.unique([h.days for h in problem.horizons]).astype(np.int64)
    days = np.arange(first, problem.as_of + int(windows[-1]) + 1)
    lag = problem.catalogue.lag
    known = np.minimum(days[:, None] - np.maximum(lag, 1), problem.as_of)
    lagged = filtered.at(known, np.maximum(days[:, None] - lag, known).astype(float))
    fresh = filtered.at(np.minimum(days - 1, problem.as_of), days.astype(float))
    return _Path(
        days=days, fresh=fresh, lagged=lagged, knot=knot_of(days, problem.calendar), windows=windows, start=first
    )


def _regime_paths(
    problem: Problem, parameters: Parameters, structure: Structure, ahead: _Path, paths: int, seed: int
) -> Floats:
    """Regime on the days ahead, (path, draw, day): knots after the current one are drawn afresh for each path."""
    draws, knots = parameters.regime_z.shape
    now = int(knot_of(np.array([problem.as_of]), problem.calendar)[0])
    noise = np.random.default_rng([seed, 1]).standard_normal((paths, draws, knots))
    z = np.where(np.arange(knots) <= now, parameters.regime_z, noise) * float(structure.regime)
    needed = np.unique(ahead.knot)
    root = regime_root(knots, structure.priors)[needed]
    return np.asarray((z @ root.T)[:, :, np.searchsorted(needed, ahead.knot)])


def _project_paths(
    problem: Problem,
    filtered: FilteredStates,
    ahead: _Path,
    par: Parameters,
    regime: Floats,
    structure: Structure,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats, Floats]:
    """One path per draw: targets (draw, target, window), scenarios (draw, scenario, window), p_dry and log weight."""
    swing = _simulate_levels(problem, filtered, ahead, len(par.unit), rng)
    eta = _predictors(problem, ahead, par, swing, regime, structure)
    talks, p_dry, log_weight = _talk(problem, ahead, par, eta, structure)
    (contact, of_contact), (crisis, of_crisis) = (
        _recur(problem, ahead, _exp(eta[name]), par.momentum[:, k], name) for k, name in enumerate(RECURRENT)
    )
    return (*_collect(talks, contact, crisis), p_dry, log_weight + of_contact + of_crisis)


def _talk(
    problem: Problem, ahead: _Path, par: Parameters, eta: Mapping[str, Floats], structure: Structure
) -> tuple[Floats, Floats, Floats]:
    """Talks from the end of their attested span; meetings known after it are kept."""
    begin = min(problem.as_of, problem.record.talks_span.last) + 1
    clock = read_clock(problem, begin, begin)
    situation = Situation(
        since=int(clock.since[0]),
        framing=int(clock.framing[0]),
        dry_after=problem.calendar.dry_after,
        gap=_gap_of_talks(problem, begin),
        windows=ahead.windows,
    )
    late_eta = {name: values[:, begin - ahead.start :] for name, values in eta.items()}
    return propagate_talks(_talks_rates(situation, par, late_eta, structure.priors), situation)


def _gap_of_talks(problem: Problem, begin: int) -> Gap:
    meetings, days = problem.record.meetings, problem.as_of - begin + 1
    late = (meetings.started >= begin) & (meetings.started <= problem.as_of)
    forced, sealed = np.full(days, -1), np.zeros(days, dtype=bool)
    forced[meetings.started[late] - begin] = meetings.framing[late]
    sealed[meetings.started[late] - begin] = meetings.deal[late]
    talks = _reports(problem, "talks", days)
    return Gap(
        forced=forced,
        reported=talks.share,
        teaches=talks.teaches,
        sealed=sealed,
        sealed_reported=_reports(problem, "deal", days).share,
    )


def _reports(problem: Problem, kind: str, days: int) -> Reports:
    """What is held of the days after those attested of a type: nothing where nobody has looked."""
    if problem.looked is None:
        return Reports(np.zeros(days), np.zeros(days, dtype=bool))
    found: Reports = getattr(problem.looked, kind)
    return found


def _talks_rates(situation: Situation, par: Parameters, eta: Mapping[str, Floats], priors: Priors) -> TalksRates:
    """Intensities and framings for the chain, from predictors (draw, day) without their terms."""
    days, since = eta["onset"].shape[1], situation.since
    silence = since + np.arange(days, dtype=float)
    last = 1.0 - 2.0 * situation.framing if since < NEVER else 0.0
    duration, memory = par.duration[:, None], par.memory[:, None]
    edges = dry_paces(situation.dry_after, days)
    short, left = (
        np.array([of(np.arange(a, b, dtype=float), priors).mean() for a, b in pairwise(edges)])
        for of in (shortness, remembered)
    )
    pace = np.concatenate([np.zeros((len(par.unit), 1)), par.pace], axis=1)[:, : len(wet_paces(situation.dry_after))]
    level = np.stack([eta[p.name] for p in PROCESSES if p.rows == "continuation"], axis=2)
    return TalksRates(
        begin=_exp(eta["onset"] + duration * shortness(silence, priors)),
        arms=expit(eta["framing"] + memory * last * remembered(silence, priors)),
        calm=_exp(eta["onset"]),
        odds=_exp(eta["framing"]),
        slow=_exp(duration * short),
        pull=_exp(memory * left),
        going_on=_exp(level[:, :, :, None] + pace[:, None, None, :]),
        change=par.change,
        mark=expit(eta["deal"]),
    )


def _exp(log: Floats) -> Floats:
    """Held where products of two of them are still finite numbers: far beyond what is certain."""
    return np.asarray(np.exp(np.clip(log, -LARGEST, LARGEST)))


def _collect(talks: Floats, contact: Floats, crisis: Floats) -> tuple[Floats, Floats]:
    """Targets in the order of TARGETS and scenarios in the order of SCENARIOS."""
    of_target = {
        "arms_control_talks": talks[:, :, ARMS],
        "denuclearisation_talks": talks[:, :, DENUC],
        "limits_talks": talks[:, :, LIMITS],
        "contact": contact,
        "deal": talks[:, :, DEAL],
        "crisis": crisis,
    }
    none = 1 - talks[:, :, LIMITS]
    of_scenario = {
        "S0": none * (1 - crisis) * (1 - contact),
        "S1": none * (1 - crisis) * contact,
        "S2": talks[:, :, S2],
        "S3": talks[:, :, S3],
        "S4": talks[:, :, S4],
        "S5": none * crisis,
    }
    return (
        np.stack([of_target[t] for t in TARGETS], axis=1),
        np.stack([of_scenario[s] for s in SCENARIOS], axis=1),
    )


def _recur(problem: Problem, ahead: _Path, calm: Floats, momentum: Floats, kind: str) -> tuple[Floats, Floats]:
    """Contact or crisis from the end of its own attested span."""
    record = problem.record
    events, span = {
        "contact": (record.contacts, record.contact_span),
        "crisis": (record.crises, record.crisis_span),
    }[kind]
    begin = min(problem.as_of, span.last) + 1
    days, before = problem.as_of - begin + 1, events[events < begin]
    forced = np.full(days, -1)
    forced[events[(events >= begin) & (events <= problem.as_of)] - begin] = 0
    reports = _reports(problem, kind, days)
    gap = Gap(
        forced=forced,
        reported=reports.share,
        teaches=reports.teaches,
        sealed=np.zeros(days, dtype=bool),
        sealed_reported=np.zeros(days),
    )
    return propagate_recurrent(
        np.ascontiguousarray(calm[:, begin - ahead.start :]),
        np.exp(momentum),
        gap,
        since=int(begin - before[-1]) if len(before) else 10**6,
        memory=MOMENTUM_DAYS,
        windows=ahead.windows,
    )


def _simulate_levels(
    problem: Problem, filtered: FilteredStates, ahead: _Path, draws: int, rng: np.random.Generator
) -> Floats:
    """Deviations of simulated from expected levels after the as-of date, (draw, grid day, indicator).

    The first grid day is the as-of date itself, drawn from the filtered state.
    """
    now = filtered.at(np.array([problem.as_of]), np.array([float(problem.as_of)]))
    steps = int(np.ceil((ahead.days[-1] - problem.as_of) / GRID_DAYS))
    catalogue, variance = problem.catalogue, now.variance[0]
    out = np.empty((draws, steps + 1, catalogue.size))
    # Drawn day by day: a later end of the path then leaves the noise of the days before it as it was.
    noise = rng.standard_normal((steps + 1, draws, catalogue.size))
    out[:, 0] = np.sqrt(variance) * noise[0]
    left = np.where(catalogue.fades, np.exp2(-GRID_DAYS / catalogue.half_life), 1.0)
    for k in range(1, steps + 1):
        _, later = predict(
            np.zeros_like(variance), variance, np.full_like(variance, GRID_DAYS), catalogue.fades, catalogue.half_life
        )
        step = np.sqrt(np.maximum(later - left**2 * variance, 0)) * now.active[0]
        out[:, k] = left * out[:, k - 1] + step * noise[k]
        variance = np.where(now.active[0], later, 0.0)
    return out


def _predictors(
    problem: Problem, ahead: _Path, par: Parameters, swing: Floats, regime: Floats, structure: Structure
) -> dict[str, Floats]:
    """Log intensity or log odds of every process along the path, (draw, day), without its terms."""
    effect, out = par.effect, {}
    for lagged in (False, True):
        mine = [p for p in PROCESSES if p.lagged == lagged and p.base in BASE]
        own = np.einsum("pt,dti->dpi", np.array([p.effect for p in mine]), effect)
        levels = _levels(problem, ahead, own, swing, structure, lagged=lagged)
        for k, process in enumerate(mine):
            scale = getattr(par, process.scale)[:, None] if process.scale else 1.0
            out[process.name] = scale * levels[:, k] + par.base[:, BASE[process.base], None]
            if structure.has_regime(process):
                out[process.name] += regime
    return out


def _levels(
    problem: Problem, ahead: _Path, effect: Floats, swing: Floats, structure: Structure, *, lagged: bool
) -> Floats:
    """What the levels add, (draw, process, day), for effects (draw, process, indicator).

    The fit takes filtered means; simulated levels are compensated so that the mean intensity stays the fitted one.
    """
    if not structure.indicators:
        return np.zeros((*effect.shape[:2], len(ahead.days)))
    states = ahead.lagged if lagged else ahead.fresh
    lag = problem.catalogue.lag if lagged else np.zeros_like(problem.catalogue.lag)
    away = np.zeros((*effect.shape[:2], len(ahead.days)))
    for days in np.unique(lag):
        mine = lag == days
        deviation = np.einsum("dki,dgi->dkg", effect[:, :, mine], swing[:, :, mine], optimize=True)
        away += _interpolate(deviation, ahead.days - days - problem.as_of)
    out = effect @ states.mean.T + away
    if structure.moment_term:
        return np.asarray(out)
    unseen = np.where(ahead.days[:, None] - lag > problem.as_of, states.variance, 0.0)
    return np.asarray(out - 0.5 * effect**2 @ unseen.T)


def _interpolate(grid: Floats, ahead: Ints) -> Floats:
    """Linear interpolation along the last axis at ``ahead`` days from the first grid day; 0 before it."""
    at = np.clip(ahead, 0, None) / GRID_DAYS
    low = np.minimum(at.astype(np.int64), grid.shape[-1] - 2)
    share = at - low
    values = grid[..., low] * (1 - share) + grid[..., low + 1] * share
    return np.asarray(np.where(ahead > 0, values, 0.0))


def mean_with_error(values: Floats, chains: int) -> tuple[float, float]:
    """Mean of P(event | draw) over the draws of all chains, (draw,), and its Monte-Carlo standard error.

    sd / sqrt(effective sample size), since draws of a chain depend on each other. Vehtari et al. (2021),
    doi:10.1214/20-BA1221.
    """
    from arviz_stats import mcse  # half a second that a projection without a fit does without

    return float(values.mean()), float(mcse(values.reshape(chains, -1), method="mean"))


def weighted_error(weights: Floats, values: Floats) -> Floats:
    """Monte-Carlo standard error of weighted means over independent draws, the first dimension of `values`.

    sqrt(Σ w² (x - Σ w x)²) for weights that sum to 1, (draw,).
    """
    away = values - np.tensordot(weights, values, axes=1)
    return np.asarray(np.sqrt(np.tensordot(weights**2, away**2, axes=1)))
