"""What can be scored: the model, its reductions and the naive baselines, all with one interface."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from models.baselines import BASELINES, naive_forecast
from models.density import Density
from models.effects import without_judgements
from models.laplace import build_density, fit_laplace
from models.parameters import Parameters
from models.projection import project
from models.reference import constant_rates, documents_only_parameters
from models.spec import Forecast, Problem
from models.structure import Structure
from models.unattested import weigh_draws

DRAWS = 200
MODEL = "Parley"

Forecaster = Callable[[Problem], Forecast]
"""A model or a baseline: what it says from what is known as of the problem's date."""


@dataclass(frozen=True, slots=True)
class LaplaceModel:
    """The model by Laplace's approximation; the same random numbers at every origin."""

    structure: Structure
    seed: int = 1

    def __call__(self, problem: Problem) -> Forecast:
        density = build_density(problem, self.structure)
        parameters = fit_laplace(density).draw(DRAWS, self.seed)
        return mean_forecast(problem, density, parameters, self.seed)


@dataclass(frozen=True, slots=True)
class HistoryOnly:
    """The model without any judgement."""

    structure: Structure
    seed: int = 1

    def __call__(self, problem: Problem) -> Forecast:
        return LaplaceModel(self.structure, self.seed)(without_judgements(problem))


@dataclass(frozen=True, slots=True)
class DocumentsOnly:
    """Base rates moved by what the documents say, no effect learned from events."""

    structure: Structure
    seed: int = 1

    def __call__(self, problem: Problem) -> Forecast:
        density = build_density(problem, self.structure)
        parameters = documents_only_parameters(problem, density, DRAWS, self.seed)
        return mean_forecast(problem, density, parameters, self.seed)


@dataclass(frozen=True, slots=True)
class ConstantRates:
    """One constant rate of talks while dry and one while wet, fitted as of the day; nothing else."""

    structure: Structure

    def __call__(self, problem: Problem) -> Forecast:
        constant = replace(self.structure, regime=False, indicators=False)
        density = build_density(problem, constant)
        return mean_forecast(problem, density, constant_rates(problem, density), seed=0)


@dataclass(frozen=True, slots=True)
class Naive:
    """One of `models.baselines.BASELINES`, by name."""

    name: str

    def __call__(self, problem: Problem) -> Forecast:
        return naive_forecast(problem, self.name)


def mean_forecast(problem: Problem, density: Density, parameters: Parameters, seed: int) -> Forecast:
    """Mean over draws of the projection, one path for each, weighed by what is known of unattested days."""
    out = project(problem, density.exposure.filtered, parameters, density.structure, paths=1, seed=seed)
    weighed = weigh_draws(problem, density, parameters)
    return Forecast(weighed.mean(out.targets), weighed.mean(out.scenarios))


def baselines(structure: Structure) -> dict[str, Forecaster]:
    """The forecasts that need no judgement and no indicator: what a model must beat."""
    naive: dict[str, Forecaster] = {name: Naive(name) for name in BASELINES}
    return {**naive, "dry/wet constant rates": ConstantRates(structure)}


def shipped_forecasters(structure: Structure) -> dict[str, Forecaster]:
    """The naive baselines, the model's reductions and the model, in the order of every report."""
    return {
        **baselines(structure),
        "documents only": DocumentsOnly(structure),
        "history only": HistoryOnly(structure),
        "no regime": LaplaceModel(replace(structure, regime=False)),
        "no indicators": LaplaceModel(replace(structure, indicators=False)),
        MODEL: LaplaceModel(structure),
    }
