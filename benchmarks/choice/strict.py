"""Strict origins of the shipped case, and the first model's forecasts at them."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import xarray as xr

from db.migrate import create_database
from db.when import When
from forecast.engine.assemble import read_rows
from forecast.errors import NoBacktest
from forecast.evaluation.forecasters import MODEL, Forecaster
from forecast.evaluation.origins import Backtest, from_dataset, problems_at, run_backtest
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.spec import Horizon

FIRST_MODEL = Path(__file__).parent.parent / "first_model.nc"
"""The strict backtest the first model was shipped with: every forecaster, in single precision."""
FIRST = "first model"
HORIZONS = (Horizon(30), Horizon(90), Horizon(180), Horizon(365))
TODAY = date(2026, 11, 30)
"""As of which day the shipped record resolves forecasts."""


def read_file(path: Path) -> Backtest:
    """A strict backtest that holds Parley, as `parley backtest` stores it.

    Raises
    ------
    NoBacktest
        if the file cannot be read, is no backtest, is not strict or lacks Parley
    """
    example = "give a file that `parley backtest` stored, or forecast/shipped_backtest.nc"
    try:
        backtest = from_dataset(xr.load_dataset(path))
    except (OSError, ValueError, KeyError) as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else "it cannot be read as a backtest"
        raise NoBacktest(f"{path}: {reason}; {example}") from None
    if MODEL not in backtest.forecasts:
        raise NoBacktest(f"{path} holds {', '.join(backtest.forecasts)} and no {MODEL}; {example}")
    if backtest.kind != "strict":
        raise NoBacktest(f"{path} is a {backtest.kind} backtest; the first model's is strict: {example}")
    return backtest


def strict_backtest(origins: Sequence[date], forecasters: Mapping[str, Forecaster], workers: int) -> Backtest:
    """The forecasters at strict origins of the shipped case; forecasts made before by the same code are kept."""
    with (
        tempfile.TemporaryDirectory() as folder,
        create_database(f"sqlite:///{Path(folder) / 'parley.db'}") as database,
    ):
        install_case(database, read_case_folder(shipped_case()), datetime.now(UTC))
        with database.read() as connection:
            today = read_rows(connection, When(as_of=TODAY))
            problems = list(problems_at(connection, origins, HORIZONS, "strict", today))
            (truth,) = problems_at(connection, (TODAY,), HORIZONS, "strict", today)
    return run_backtest(problems, truth, forecasters, "strict", workers=workers, cached=True, progress=_progress)


def _progress(done: int, total: int) -> None:
    print(f"\r{done}/{total} forecasts", end="\n" if done == total else "", file=sys.stderr, flush=True)


def beside(backtest: Backtest, other: Backtest, names: Mapping[str, str]) -> Backtest:
    """Forecasters of another backtest joined, under the new ``names`` of those that are wanted.

    Origins and windows are those that both have; outcomes, and which origins are dry, are as ``backtest`` has them.

    Raises
    ------
    NoBacktest
        if they have no origin or no window in common
    """
    origins = tuple(origin for origin in backtest.origins if origin in set(other.origins))
    horizons = tuple(horizon for horizon in backtest.horizons if horizon in set(other.horizons))
    if not origins or not horizons:
        raise NoBacktest(
            f"origins of {_reach(backtest)} and of {_reach(other)} have none in common; "
            "make a backtest at the same origins: `parley backtest`"
        )
    mine, theirs = narrowed(backtest, origins, horizons), narrowed(other, origins, horizons)
    return replace(
        mine,
        forecasts={**mine.forecasts, **{new: theirs.forecasts[old] for old, new in names.items()}},
        scenarios={**mine.scenarios, **{new: theirs.scenarios[old] for old, new in names.items()}},
        pareto_k={**mine.pareto_k, **{new: theirs.pareto_k[old] for old, new in names.items()}},
    )


def _reach(backtest: Backtest) -> str:
    windows = "/".join(map(str, backtest.days()))
    return f"{backtest.origins[0]} … {backtest.origins[-1]} ({windows} days)"


def narrowed(backtest: Backtest, origins: tuple[date, ...], horizons: tuple[Horizon, ...]) -> Backtest:
    """The same at these origins and windows alone, which it has."""
    at = np.array([backtest.origins.index(origin) for origin in origins])
    windows = np.array([backtest.horizons.index(horizon) for horizon in horizons])
    return replace(
        backtest,
        origins=origins,
        horizons=horizons,
        dry=backtest.dry[at],
        outcome=backtest.outcome[at][..., windows],
        scenario=backtest.scenario[at][..., windows],
        forecasts={name: values[at][..., windows] for name, values in backtest.forecasts.items()},
        scenarios={name: values[at][..., windows] for name, values in backtest.scenarios.items()},
        pareto_k={name: values[at] for name, values in backtest.pareto_k.items()},
    )
