"""Scores against the truth of simulated worlds: mean distance of a forecast from the true probability, and its bias."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.worlds.case import Truth, write_world
from benchmarks.worlds.hidden import FRAMING_CHANGE, HORIZONS, LIMITS
from db.migrate import create_database
from db.when import When
from forecast.engine.assemble import read_problem
from forecast.evaluation.forecasters import Forecaster
from forecast.evaluation.tasks import Task, run_tasks
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.exposure import read_clock
from models.scores import log_score
from models.spec import TARGETS, Bools, Floats, Horizon, Problem

STEP_MONTHS = 4
BLOCK = 5
"""Consecutive origins in a bootstrap block: twenty months."""
BIAS_AT_MOST = 0.05
TOO_GOOD = 3.0
"""Standard errors of `WorldScore.foresight` beyond which a forecast must have seen what came later."""
HELD_AT_LEAST = 0.75
"""Share of dry origins whose truth a 90 % interval must hold; the model is not the generator, so not .9."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One world as a forecaster sees it at each origin, and what is true of one target; arrays (origin, horizon)."""

    seed: int
    problems: tuple[Problem, ...]
    dry: Bools  # (origin,) by the events known on it
    true: Floats
    attainable: Floats
    outcome: Floats


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired mean difference over origins with its 90 % interval, by a bootstrap of worlds and blocks in them."""

    mean: float
    error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedScore:
    """Expected log score of one forecaster under the truth, over all origins of all worlds and over the dry ones."""

    name: str
    log: float
    log_dry: float
    from_reference: Difference  # less that of the reference, paired
    from_reference_dry: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldScore:
    """One forecaster over all origins of all worlds; errors are mean |forecast - truth|."""

    name: str
    error: float
    error_dry: float
    error_wet: float
    bias: float  # mean forecast - mean truth
    bias_dry: float
    log: float
    from_best: Difference  # error less that of the best baseline
    from_best_dry: Difference
    from_bare: Difference | None  # error less that of the same model without indicators, where its forecasts are given
    from_truth: Difference  # log score less that of the true probability
    foresight: Difference  # mean of (outcome - truth) (forecast - an honest one): 0 for who knows nothing of the future


def world_problems(
    seeds: Iterable[int], origins: int, *, leak: int = 0, change: float = FRAMING_CHANGE, target: str = LIMITS
) -> tuple[World, ...]:
    """The worlds of these seeds at their last ``origins`` origins, four months apart; made once in a process.

    With ``leak``, every problem holds what becomes known in so many days after its date: a fault, for scores to find.
    ``change`` is the probability that a meeting changes the framing of its process.
    """
    return tuple(_as_to(target, seed, origins, *_world(seed, origins, leak, change)) for seed in seeds)


def _as_to(target: str, seed: int, origins: int, truth: Truth, problems: tuple[Problem, ...]) -> World:
    at, chances = chosen_origins(truth, origins), truth.of[target]
    return World(
        seed=seed,
        problems=problems,
        dry=np.array([not read_clock(p, p.as_of + 1, p.as_of + 1).wet[0] for p in problems]),
        true=chances.true[at],
        attainable=chances.attainable[at],
        outcome=chances.outcome[at],
    )


@cache
def _world(seed: int, origins: int, leak: int, change: float) -> tuple[Truth, tuple[Problem, ...]]:
    """Write the world, install it, and read what was known at each origin (strict)."""
    horizons = tuple(Horizon(days) for days in HORIZONS)
    with (
        tempfile.TemporaryDirectory() as folder,
        create_database(f"sqlite:///{Path(folder) / 'parley.db'}") as database,
    ):
        truth = write_world(Path(folder) / "world", seed, change)
        install_case(database, read_case_folder(Path(folder) / "world"), datetime.now(UTC))
        origin = [truth.origins[i] for i in chosen_origins(truth, origins)]
        with database.read() as connection:
            read = (read_problem(connection, When(as_of=day + timedelta(days=leak)))[2] for day in origin)
            problems = (replace(problem, as_of=problem.as_of - leak, horizons=horizons) for problem in read)
            return truth, tuple(problems)


def chosen_origins(truth: Truth, origins: int) -> list[int]:
    """Places in ``truth.origins`` of the last ones, four months apart, whose longest window has ended."""
    ended = int(np.flatnonzero(~np.isnan(truth.of[LIMITS].outcome[:, -1]))[-1])
    return list(range(ended, -1, -STEP_MONTHS))[:origins][::-1]


def forecast_worlds(
    worlds: Sequence[World],
    forecasters: Mapping[str, Forecaster],
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    cached: bool = True,
    workers: int = 2,
) -> dict[str, Floats]:
    """Probabilities of every target by every forecaster, (world, origin, target, horizon).

    ``cached`` forecasts are kept from one run to the next, for the same sources of the model; ``workers`` counts
    processes.
    """
    problems = [problem for world in worlds for problem in world.problems]
    tasks = [Task(forecaster, (problem,)) for forecaster in forecasters.values() for problem in problems]
    done = run_tasks(tasks, workers=workers, cached=cached, progress=progress)
    found = np.array([forecast.targets for (forecast,) in done])
    shaped = found.reshape(len(forecasters), len(worlds), -1, len(TARGETS), len(HORIZONS))
    return dict(zip(forecasters, shaped, strict=True))


def forecasts_of(target: str, forecasts: Mapping[str, Floats]) -> dict[str, Floats]:
    """Probabilities of one target by every forecaster, (world, origin, horizon)."""
    return {name: found[:, :, TARGETS.index(target)] for name, found in forecasts.items()}


def score_worlds(
    worlds: Sequence[World],
    forecasts: Mapping[str, Floats],
    baselines: Iterable[str],
    days: int = 180,
    honest: Floats | None = None,
    bare: str | None = None,
) -> tuple[WorldScore, ...]:
    """Scores at one horizon; differences are from the baseline that is best in hindsight, over all and over dry.

    ``honest`` forecasts, (world, origin, horizon), are known to use nothing later than the origin: what is attainable
    unless given. The nearer they are to the forecasts that are scored, the finer a look ahead is seen. ``bare`` names
    the forecasts of the model without indicators.
    """
    h = HORIZONS.index(days)
    honest = np.array([world.attainable for world in worlds]) if honest is None else honest
    true, outcome, dry = (np.array([getattr(world, name) for world in worlds]) for name in ("true", "outcome", "dry"))
    true, outcome = true[..., h], outcome[..., h]
    distance = {name: np.abs(forecast[..., h] - true) for name, forecast in forecasts.items()}
    best = min((distance[name] for name in baselines), key=np.mean)
    best_dry = min((distance[name] for name in baselines), key=lambda d: d[dry].mean())
    log_of_truth, every = log_score(true, outcome), np.ones_like(dry)
    scores = []
    for name, forecast in forecasts.items():
        p, d = forecast[..., h], distance[name]
        log = log_score(p, outcome)
        scores.append(
            WorldScore(
                name=name,
                error=float(d.mean()),
                error_dry=float(d[dry].mean()),
                error_wet=float(d[~dry].mean()),
                bias=float((p - true).mean()),
                bias_dry=float((p - true)[dry].mean()),
                log=float(log.mean()),
                from_best=difference(d - best, every),
                from_best_dry=difference(d - best_dry, dry),
                from_bare=None if bare is None else difference(d - distance[bare], every),
                from_truth=difference(log - log_of_truth, every),
                foresight=difference((outcome - true) * (p - honest[..., h]), every),
            )
        )
    return tuple(scores)


def expected_scores(
    worlds: Sequence[World], forecasts: Mapping[str, Floats], reference: str, days: int = 180
) -> tuple[ExpectedScore, ...]:
    """Expected log scores at one horizon, and their paired differences from one of the forecasters.

    The truth takes the place of the outcome, so that no coin that was tossed adds to the error of a difference.
    """
    h = HORIZONS.index(days)
    true, dry = np.array([world.true[:, h] for world in worlds]), np.array([world.dry for world in worlds])
    log = {name: expected_log_score(forecast[..., h], true) for name, forecast in forecasts.items()}
    return tuple(
        ExpectedScore(
            name=name,
            log=float(of.mean()),
            log_dry=float(of[dry].mean()),
            from_reference=difference(of - log[reference], np.ones_like(dry)),
            from_reference_dry=difference(of - log[reference], dry),
        )
        for name, of in log.items()
    )


def expected_log_score(forecast: Floats, true: Floats) -> Floats:
    """Mean of the log score of q over outcomes of probability p: -(p log q + (1 - p) log(1 - q)), least at q = p."""
    yes, no = log_score(forecast, np.ones_like(true)), log_score(forecast, np.zeros_like(true))
    return np.asarray(true * yes + (1 - true) * no)


def difference(paired: Floats, kept: Bools, replicates: int = 2000, seed: int = 1) -> Difference:
    """Mean of ``paired`` (world, origin) where ``kept``, by drawing worlds and, in each, circular blocks of origins."""
    worlds, origins = paired.shape
    rng = np.random.default_rng(seed)
    draws = -(-origins // BLOCK)
    start = rng.integers(0, origins, (replicates, worlds, draws, 1))
    origin = ((start + np.arange(BLOCK)) % origins).reshape(replicates, worlds, -1)[..., :origins]
    world = rng.integers(0, worlds, (replicates, worlds, 1))
    held = kept[world, origin].astype(float)
    means = (paired[world, origin] * held).sum(axis=(1, 2)) / np.maximum(held.sum(axis=(1, 2)), 1)
    low, high = np.quantile(means, (0.05, 0.95))
    return Difference(float(paired[kept].mean()), float(means.std(ddof=1)), float(low), float(high))


def coverage(worlds: Sequence[World], low: Floats, high: Floats, days: int = 180) -> float:
    """Share of dry origins whose truth lies within the bounds, (world, origin, horizon)."""
    h = HORIZONS.index(days)
    true, dry = np.array([world.true for world in worlds]), np.array([world.dry for world in worlds])
    return float(((low <= true) & (true <= high))[dry][:, h].mean())


def faults(scores: Iterable[WorldScore], name: str, baselines: Iterable[str]) -> list[str]:
    """What is wrong with a model by its scores on worlds whose truth is known; empty when nothing is.

    Given all that is hidden on a day, an outcome departs from its true probability by chance alone. A forecast that
    departs from an honest one in the same direction, wrong as both may be, used what was not known on the day. Where
    the same model without indicators is scored beside it, its indicators must have brought it nearer the truth.
    """
    of = {score.name: score for score in scores}
    mine, found = of[name], []
    better = [baseline for baseline in baselines if of[baseline].error <= mine.error]
    if better:
        found.append(f"mean |forecast - truth| {mine.error:.3f} is not below that of {', '.join(better)}")
    if mine.from_bare is not None and mine.from_bare.mean > -mine.from_bare.error:
        gain = f"{mine.from_bare.mean:+.3f} ± {mine.from_bare.error:.3f}"
        found.append(f"its indicators carry nothing: mean |forecast - truth| less that without them is {gain}")
    if abs(mine.bias) > BIAS_AT_MOST:
        found.append(f"mean forecast - mean truth is {mine.bias:+.3f}, beyond ±{BIAS_AT_MOST}")
    if mine.foresight.mean > TOO_GOOD * mine.foresight.error:
        errors = mine.foresight.mean / mine.foresight.error
        found.append(
            f"it goes with outcomes beyond what the truth knew, by {errors:.1f} standard errors: it saw the future"
        )
    return found
