"""The model by NUTS at rolling origins: exact refits, or leave-future-out by importance sampling between refits.

Draws of the posterior as of an earlier origin are reweighted by the ratio of the two posterior densities, so that every
row that has become known since counts, late ones and newly published judgements included. Pareto smoothing bounds the
weights; where its shape k passes the bound, or too few draws remain effective, the model is fitted again. Bürkner,
Gabry & Vehtari (2020), doi:10.1080/00949655.2020.1783262; Vehtari et al. (2024), arXiv:1507.02646.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.density import Density
from models.gradient import CompiledDensity, compile_density
from models.importance import is_trusted, smoothed_weights
from models.laplace import build_density
from models.parameters import Parameters, pack
from models.projection import project
from models.sampling import parameters_of, sample
from models.settings import SamplerSettings
from models.spec import Floats, Forecast, Problem
from models.structure import Structure

SETTINGS = SamplerSettings(chains=4, draws=500, tune=500, cores=1)
TOLERANCE = 0.03
"""How far a reweighted probability may lie from an exact one: four Monte-Carlo errors of the difference between means
over 1000 effective and 2000 draws with an sd of 0.2. `benchmarks.lfo` measures it."""


@dataclass(frozen=True, slots=True)
class ExactModel:
    """The model by NUTS, fitted afresh at every origin."""

    structure: Structure
    seed: int = 1
    settings: SamplerSettings = SETTINGS

    def __call__(self, problem: Problem) -> Forecast:
        return _Fit(self, problem).forecast()


@dataclass(frozen=True, slots=True)
class LeaveFutureOut:
    """The model by NUTS at the first of ``stretch`` consecutive origins, reweighted at the others while it can be."""

    structure: Structure
    seed: int = 1
    settings: SamplerSettings = SETTINGS
    stretch: int = 12

    def series(self, problems: Sequence[Problem]) -> Iterator[Forecast]:
        """Forecasts at consecutive origins; the first is exact."""
        exact = ExactModel(self.structure, self.seed, self.settings)
        fit = _Fit(exact, problems[0])
        yield fit.forecast()
        for problem in problems[1:]:
            density = build_density(problem, self.structure)
            weight, k = fit.weights(compile_density(density))
            if is_trusted(weight, k):
                yield replace(mean_over(problem, density, fit.parameters, weight, self.seed), pareto_k=k)
            else:
                fit = _Fit(exact, problem)
                yield fit.forecast()


def mean_over(problem: Problem, density: Density, parameters: Parameters, weight: Floats, seed: int) -> Forecast:
    """Weighted average over draws; the weights, (draw,), sum to 1."""
    out = project(problem, density.exposure.filtered, parameters, density.structure, paths=1, seed=seed)
    return Forecast(np.tensordot(weight, out.targets, axes=1), np.tensordot(weight, out.scenarios, axes=1))


class _Fit:
    """Draws as of one origin, with their log posterior there."""

    def __init__(self, model: ExactModel, problem: Problem) -> None:
        self.problem, self.seed = problem, model.seed
        self.density = build_density(problem, model.structure)
        self.parameters = parameters_of(sample(problem, self.density, model.settings, model.seed), model.structure)
        self.theta = pack(self.parameters, model.structure)
        self.log_posterior = _log_posterior(compile_density(self.density), self.theta)

    def forecast(self) -> Forecast:
        even = np.full(len(self.theta), 1 / len(self.theta))
        return mean_over(self.problem, self.density, self.parameters, even, self.seed)

    def weights(self, later: CompiledDensity) -> tuple[Floats, float]:
        """Weights of the draws under a later posterior; see `smoothed_weights`."""
        return smoothed_weights(_log_posterior(later, self.theta) - self.log_posterior)


def _log_posterior(evaluate: CompiledDensity, theta: Floats) -> Floats:
    return np.array([evaluate(row)[0] for row in theta])
