"""Backtests made without a model: every forecast is right, or wrong on purpose."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import numpy as np
from scipy.stats import norm

from db.append import append_evaluation
from db.engine import Database
from db.posteriors import store_file
from db.read import read_case
from db.run_rows import NewEvaluation
from forecast.evaluation.origins import Backtest, daily_origins, to_dataset
from forecast.evaluation.report import quality_sentence
from forecast.identity import code_version, model_version
from models.processes import STRUCTURE
from models.reliability import overlap_root
from models.spec import SCENARIOS, TARGETS, Floats, Horizon

STORED = datetime(2020, 1, 3, 12, tzinfo=UTC)
DAYS = (30, 90, 180, 365)
NAIVE = "climatology"


def make_backtest(
    *, first: date = date(1820, 1, 1), last: date = date(2019, 12, 1), step: int = 182, bias: float = 0.0, seed: int = 1
) -> Backtest:
    """Parley knows the probability of each window, plus ``bias``; climatology says the mean.

    Of 182 days' step the windows of 180 days do not overlap, and their outcomes are independent. While dry events are
    rarer. Outcomes are not of real events: they need only agree with the probabilities.
    """
    origins, random = daily_origins(first, last, step), np.random.default_rng(seed)
    day = np.array([float(origin.toordinal()) for origin in origins])
    dry = np.sin(day / 700) + 0.5 * np.sin(day / 230) > -0.3
    swing = overlap_root(day, 900) @ random.standard_normal(len(day))
    truth = _probabilities(norm.cdf(-1.0 - 0.7 * dry + 0.8 * swing))
    outcome = (_draws(day, random) < truth).astype(float)
    said = np.clip(truth + bias, 0.001, 0.999)
    naive = np.broadcast_to(truth.mean(axis=0), said.shape).copy()
    label, shares = _scenarios(len(origins), random)
    return Backtest(
        kind="strict",
        origins=origins,
        horizons=tuple(Horizon(days) for days in DAYS),
        dry=dry,
        outcome=outcome,
        scenario=label,
        forecasts={NAIVE: naive, "Parley": said},
        scenarios={NAIVE: np.broadcast_to(shares.mean(axis=0), shares.shape).copy(), "Parley": shares},
        pareto_k={name: np.full(len(origins), np.nan) for name in (NAIVE, "Parley")},
    )


def _probabilities(monthly: Floats) -> Floats:
    """The same for every target, (origin, target, horizon)."""
    of_windows = np.stack([1 - (1 - monthly) ** (days / 30) for days in DAYS], axis=1)
    return np.repeat(of_windows[:, None, :], len(TARGETS), axis=1)


def _draws(day: Floats, random: np.random.Generator) -> Floats:
    """What resolves the windows, as alike as they overlap, (origin, target, horizon)."""
    normal = [overlap_root(day, days) @ random.standard_normal((len(day), len(TARGETS))) for days in DAYS]
    return np.stack([norm.cdf(z) for z in normal], axis=2)


def _scenarios(n: int, random: np.random.Generator) -> tuple[np.ndarray, Floats]:
    shares = random.dirichlet(np.arange(len(SCENARIOS), 0, -1), (n, len(DAYS))).transpose(0, 2, 1)
    draw = random.random((n, 1, len(DAYS)))
    return (shares.cumsum(axis=1)[:, :-1] < draw).sum(axis=1), shares


def store_backtest(
    database: Database,
    backtest: Backtest,
    *,
    settings: Mapping[str, object] | None = None,
    version: str | None = None,
    changes: Mapping[str, object] | None = None,
) -> int:
    """Store it as `forecast.evaluation.evaluate` would, of its scores the sentence alone; its number."""
    digest = store_file(database.posteriors.folder, lambda path: to_dataset(backtest).to_netcdf(path))
    with database.write() as connection:
        case = read_case(connection)
        evaluation = NewEvaluation(
            case_id=case.case_id,
            kind="backtest",
            as_of=date(2020, 1, 1),
            code_version=code_version(),
            model_version=version or model_version(),
            case_hash=case.case_hash,
            inputs_hash="1" * 64,
            settings={"standard": True, "engine": "laplace", "every": "1m"} | dict(settings or {}),
            result={"quality": quality_sentence(backtest), "structure": STRUCTURE} | dict(changes or {}),
            file_hash=digest,
        )
        return append_evaluation(connection, evaluation, STORED)


def store_checks(database: Database, checks: list[dict[str, object]]) -> int:
    """Store results of checks as `forecast.checks.run` would."""
    with database.write() as connection:
        case = read_case(connection)
        evaluation = NewEvaluation(
            case_id=case.case_id,
            kind="check",
            as_of=date(2020, 1, 1),
            code_version=code_version(),
            model_version=model_version(),
            case_hash=case.case_hash,
            inputs_hash="1" * 64,
            settings={},
            result={"checks": checks},
        )
        return append_evaluation(connection, evaluation, STORED)
