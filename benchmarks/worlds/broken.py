"""Models broken on purpose, which the scores must find out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.worlds.hidden import FRAMING_CHANGE, LIMITS
from benchmarks.worlds.scoring import coverage, forecast_worlds, forecasts_of, world_problems
from forecast.evaluation.forecasters import DRAWS, Forecaster, LaplaceModel
from models.laplace import build_density, fit_laplace
from models.projection import project
from models.spec import Floats, Forecast, Problem
from models.structure import Structure
from models.unattested import weigh_draws

LEAK_DAYS = 180
SHUFFLED, LEAKED, BARE = "states shuffled", f"{LEAK_DAYS} days leaked", "without indicators"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ShuffledStates:
    """A model told every level of another indicator on another day."""

    model: Forecaster
    seed: int = 1

    def __call__(self, problem: Problem) -> Forecast:
        rows = problem.observations
        order = np.random.default_rng(self.seed).permutation(len(rows.level))
        mixed = replace(rows, level=rows.level[order], variance=rows.variance[order])
        return self.model(replace(problem, observations=mixed))


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile over draws of P(event | draw) in place of the mean: the ends of the model's intervals."""

    structure: Structure
    level: float
    seed: int = 1

    def __call__(self, problem: Problem) -> Forecast:
        density = build_density(problem, self.structure)
        parameters = fit_laplace(density).draw(DRAWS, self.seed)
        out = project(problem, density.exposure.filtered, parameters, self.structure, paths=1, seed=self.seed)
        weighed = weigh_draws(problem, density, parameters)
        return Forecast(weighed.quantile(out.targets, (self.level,))[0], weighed.mean(out.scenarios))


def broken_forecasts(
    seeds: Iterable[int],
    origins: int,
    structure: Structure,
    progress: Progress = lambda done, total: None,
    *,
    change: float = FRAMING_CHANGE,
    workers: int = 2,
) -> dict[str, Floats]:
    """The model with its states shuffled, with the rows of the next ``LEAK_DAYS`` leaked to it, and without indicators.

    The last is not broken: one whose indicators carry something is nearer the truth. Probabilities of every target,
    (world, origin, target, horizon).
    """
    seeds, model = tuple(seeds), LaplaceModel(structure)
    mixed = world_problems(seeds, origins, change=change)
    ahead = world_problems(seeds, origins, leak=LEAK_DAYS, change=change)
    shuffled = {SHUFFLED: ShuffledStates(model), BARE: LaplaceModel(replace(structure, indicators=False))}
    return forecast_worlds(mixed, shuffled, progress, cached=False, workers=workers) | forecast_worlds(
        ahead, {LEAKED: model}, progress, cached=False, workers=workers
    )


def interval_coverage(
    seeds: Iterable[int],
    origins: int,
    structure: Structure,
    progress: Progress = lambda done, total: None,
    *,
    change: float = FRAMING_CHANGE,
    workers: int = 2,
) -> tuple[float, float]:
    """Share of dry origins whose truth the model's 90 % interval holds, and that of the same interval halved.

    For talks on limits within 180 days.
    """
    worlds = world_problems(seeds, origins, change=change)
    ends = {name: Quantile(structure, level) for name, level in (("low", 0.05), ("high", 0.95))}
    found = forecasts_of(LIMITS, forecast_worlds(worlds, ends, progress, cached=False, workers=workers))
    low, high = found["low"], found["high"]
    middle, quarter = (low + high) / 2, (high - low) / 4
    return coverage(worlds, low, high), coverage(worlds, middle - quarter, middle + quarter)
