"""What can be scored: the model, its reductions and the naive baselines, all with one interface."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol, runtime_checkable

from forecast.engine.assemble import inputs_hash
from models.baselines import BASELINES, naive_forecast
from models.density import Density
from models.effects import without_judgements
from models.exposure import Exposure, build_exposure
from models.laplace import build_density, fit_laplace
from models.parameters import Parameters
from models.projection import project
from models.reference import constant_rates, documents_only_parameters
from models.spec import Forecast, Problem
from models.structure import Structure
from models.unattested import weigh_draws

DRAWS = 200
MODEL = "Parley"
STRETCH = 12
"""Origins from the first of which on searches are carried on: a fixed number, so that results do not depend on who does
which of them, and a run that was stopped loses little."""

Forecaster = Callable[[Problem], Forecast]
"""A model or a baseline: what it says from what is known as of the problem's date."""


@runtime_checkable
class Serial(Protocol):
    """What carries something from each of up to ``stretch`` consecutive origins to the next."""

    @property
    def stretch(self) -> int: ...

    def series(self, problems: Sequence[Problem]) -> Iterator[Forecast]:
        """Forecasts at consecutive origins; the first carries nothing."""


@dataclass(frozen=True, slots=True)
class LaplaceModel:
    """The model by Laplace's approximation; the same random numbers at every origin.

    Within a stretch of origins the search for each mode starts from that of the origin before.
    """

    structure: Structure
    seed: int = 1
    stretch: int = STRETCH

    def __call__(self, problem: Problem) -> Forecast:
        return next(self.series((problem,)))

    def series(self, problems: Sequence[Problem]) -> Iterator[Forecast]:
        fit = None
        for problem in problems:
            fit = fit_laplace(_density(problem, self.structure), near=fit)
            yield mean_forecast(problem, fit.density, fit.draw(DRAWS, self.seed), self.seed)


@dataclass(frozen=True, slots=True)
class HistoryOnly:
    """The model without any judgement."""

    structure: Structure
    seed: int = 1
    stretch: int = STRETCH

    @property
    def model(self) -> LaplaceModel:
        """What forecasts, once the judgements are left out."""
        return LaplaceModel(self.structure, self.seed, self.stretch)

    def __call__(self, problem: Problem) -> Forecast:
        return next(self.series((problem,)))

    def series(self, problems: Sequence[Problem]) -> Iterator[Forecast]:
        return self.model.series([without_judgements(problem) for problem in problems])


@dataclass(frozen=True, slots=True)
class DocumentsOnly:
    """Base rates moved by what the documents say, no effect learned from events."""

    structure: Structure
    seed: int = 1

    def __call__(self, problem: Problem) -> Forecast:
        density = _density(problem, self.structure)
        parameters = documents_only_parameters(problem, density, DRAWS, self.seed)
        return mean_forecast(problem, density, parameters, self.seed)


@dataclass(frozen=True, slots=True)
class ConstantRates:
    """One constant rate of talks while dry and one while wet, fitted as of the day; nothing else."""

    structure: Structure

    def __call__(self, problem: Problem) -> Forecast:
        constant = replace(self.structure, regime=False, indicators=False)
        density = _density(problem, constant)
        return mean_forecast(problem, density, constant_rates(problem, density), seed=0)


@dataclass(frozen=True, slots=True)
class Naive:
    """One of `models.baselines.BASELINES`, by name."""

    name: str

    def __call__(self, problem: Problem) -> Forecast:
        return naive_forecast(problem, self.name)


@dataclass(frozen=True, slots=True)
class _Known:
    """A problem by the hash of all that its exposure is cut from."""

    digest: str
    problem: Problem = field(compare=False)


@lru_cache(maxsize=2 * STRETCH)
def _exposure(known: _Known) -> Exposure:
    return build_exposure(known.problem)


def _density(problem: Problem, structure: Structure) -> Density:
    """The density; the record of an origin is filtered and cut once for all forecasters of a process."""
    known = _Known(inputs_hash(without_judgements(problem)), problem)
    return build_density(problem, structure, _exposure(known))


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
