"""Rolling origins: what would have been forecast on past dates, from what was known on them, and how it turned out.

Two kinds, named wherever shown. *Strict*: only judgements published by the origin. *Retrospective*: today's judgements
applied to the past. In both, observations, events and completeness are as of the origin. Catalogue, criteria and
half-lives were made in 2026, so neither is a track record.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context

import numpy as np
from sqlalchemy import Connection

from forecast.assemble import Rows, assemble, read_rows
from indicators.evidence import form_evidence
from models.baselines import BASELINES, events_of, outcomes
from models.density import Density, Parameters
from models.effects import without_judgements
from models.exposure import read_clock
from models.laplace import build_density, fit_laplace
from models.projection import project
from models.reference import documents_only_parameters
from models.scores import auc, block_bootstrap_error, brier, log_score
from models.spec import TARGETS, Floats, Horizon, Problem
from models.structure import Structure

DRAWS = 200
BLOCK_DAYS = 548
"""Length of a bootstrap block: eighteen months, longer than any window scored with it."""

Forecaster = Callable[[Problem], Floats]
"""A model or a baseline: (target, horizon) probabilities from what is known as of the problem's date."""


@dataclass(frozen=True, slots=True)
class LaplaceModel:
    """The model by Laplace's approximation; the same random numbers at every origin."""

    structure: Structure
    seed: int = 1

    def __call__(self, problem: Problem) -> Floats:
        density = build_density(problem, self.structure)
        parameters = fit_laplace(density).draw(DRAWS, self.seed)
        return _mean_of(problem, density, parameters, self.structure, self.seed)


@dataclass(frozen=True, slots=True)
class HistoryOnly:
    """The model without any judgement."""

    structure: Structure
    seed: int = 1

    def __call__(self, problem: Problem) -> Floats:
        return LaplaceModel(self.structure, self.seed)(without_judgements(problem))


@dataclass(frozen=True, slots=True)
class DocumentsOnly:
    """Base rates moved by what the documents say, no effect learned from events."""

    structure: Structure
    seed: int = 1

    def __call__(self, problem: Problem) -> Floats:
        density = build_density(problem, self.structure)
        parameters = documents_only_parameters(problem, density, DRAWS, self.seed)
        return _mean_of(problem, density, parameters, self.structure, self.seed)


def _mean_of(problem: Problem, density: Density, parameters: Parameters, structure: Structure, seed: int) -> Floats:
    out = project(problem, density.exposure.filtered, parameters, structure, paths=1, seed=seed)
    return np.asarray(out.targets.mean(axis=0))


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts and outcomes at every origin; nan where the window is not yet attested to its end."""

    kind: str  # strict or retrospective
    origins: tuple[date, ...]
    horizons: tuple[Horizon, ...]
    dry: np.ndarray[tuple[int], np.dtype[np.bool_]]  # (origin,) as of the origin
    outcome: Floats  # (origin, target, horizon)
    forecasts: Mapping[str, Floats]  # name -> (origin, target, horizon)


@dataclass(frozen=True, slots=True)
class Score:
    """One line of a table: means over origins, and differences from the reference with their errors."""

    name: str
    n: int
    brier: float
    log: float
    bias: float  # mean forecast minus observed frequency
    auc: float
    log_difference: float
    log_difference_error: float


def monthly_origins(first: date, last: date, step: int = 2) -> tuple[date, ...]:
    """The first of every ``step``-th month from the month of ``first`` to ``last``."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month, step)
    return tuple(day for day in (date(m // 12, m % 12 + 1, 1) for m in months) if first <= day <= last)


def problems_at(
    connection: Connection, origins: Sequence[date], horizons: tuple[Horizon, ...], kind: str, today: Rows
) -> Iterator[Problem]:
    """The problem at each origin. A retrospective one takes the judgements of ``today``."""
    for origin in origins:
        rows = read_rows(connection, origin, case_id=today.case.case_id)
        if kind == "retrospective":
            rows = replace(rows, documents=today.documents, judgements=today.judgements)
        evidence = form_evidence(rows.observations, rows.catalogue, rows.grades)
        yield replace(assemble(rows, evidence), horizons=horizons)


def run_backtest(
    problems: Sequence[Problem],
    truth: Problem,
    forecasters: Mapping[str, Forecaster],
    kind: str,
    *,
    workers: int = 2,
    progress: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> Backtest:
    """Forecast every problem with every forecaster; ``truth`` is the latest problem, whose record resolves them."""
    horizons = problems[0].horizons
    forecasts = {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for name, forecaster in forecasters.items():
            found = []
            for done, forecast in enumerate(pool.map(forecaster, problems, chunksize=4), start=1):
                found.append(forecast)
                progress(name, done, len(problems))
            forecasts[name] = np.array(found)
    return Backtest(
        kind,
        tuple(date.fromordinal(p.as_of) for p in problems),
        horizons,
        np.array([not read_clock(p, p.as_of + 1, p.as_of + 1).wet[0] for p in problems]),
        np.array([_outcome(p.as_of, truth, horizons) for p in problems]),
        forecasts,
    )


def _outcome(origin: int, truth: Problem, horizons: Sequence[Horizon]) -> Floats:
    """1 or 0 per (target, horizon); nan where the window ends after the attested span."""
    out = np.full((len(TARGETS), len(horizons)), np.nan)
    for t, target in enumerate(TARGETS):
        events, span = events_of(truth, target)
        for h, horizon in enumerate(horizons):
            if origin + horizon.days <= span.last:
                out[t, h] = outcomes(events, np.array([origin]), horizon.days)[0]
    return out


def score_table(
    backtest: Backtest, target: str, days: int, *, situation: str = "all", reference: str | None = None
) -> tuple[Score, ...]:
    """Scores of every forecaster on one target and horizon, over all origins or those ``dry`` or ``wet``."""
    t = TARGETS.index(target)
    h = [horizon.days for horizon in backtest.horizons].index(days)
    y = backtest.outcome[:, t, h]
    kept = ~np.isnan(y) & {"all": True, "dry": backtest.dry, "wet": ~backtest.dry}[situation]
    base = backtest.forecasts[reference or next(iter(backtest.forecasts))][:, t, h]
    block = _block(backtest)
    return tuple(
        _score(name, values[kept, t, h], y[kept], base[kept], block) for name, values in backtest.forecasts.items()
    )


def _block(backtest: Backtest) -> int:
    step = (backtest.origins[-1] - backtest.origins[0]).days / max(len(backtest.origins) - 1, 1)
    return int(np.ceil(BLOCK_DAYS / step))


def _score(name: str, p: Floats, y: Floats, base: Floats, block: int) -> Score:
    difference = log_score(p, y) - log_score(base, y)
    return Score(
        name,
        len(y),
        float(brier(p, y).mean()),
        float(log_score(p, y).mean()),
        float(p.mean() - y.mean()),
        auc(p, y),
        float(difference.mean()),
        block_bootstrap_error(difference, block),
    )


def shipped_forecasters(structure: Structure) -> dict[str, Forecaster]:
    """The naive baselines and the variants every report shows."""
    return {
        **BASELINES,
        "documents only": DocumentsOnly(structure),
        "history only": HistoryOnly(structure),
        "no indicators": LaplaceModel(replace(structure, indicators=False)),
        "no regime": LaplaceModel(replace(structure, regime=False)),
        "Parley": LaplaceModel(structure),
    }
