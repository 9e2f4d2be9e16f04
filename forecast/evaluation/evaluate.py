"""One backtest, top to bottom: read → origins → problems → forecast → resolve → score → store."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

import numpy as np

from db.append import append_evaluation
from db.engine import Database
from db.posteriors import keep, prepare
from db.progress import Progress, silent
from db.read_evaluations import read_evaluations
from db.rows import CaseRow
from db.run_rows import EvaluationRow, NewEvaluation
from db.sharing import enter
from db.when import When
from forecast.clock import utc_now
from forecast.engine.assemble import inputs_hash, read_problem
from forecast.errors import NotEnough
from forecast.evaluation.forecasters import MODEL, Forecaster, shipped_forecasters
from forecast.evaluation.lfo import ExactModel, LeaveFutureOut
from forecast.evaluation.origins import Backtest, daily_origins, monthly_origins, problems_at, run_backtest, to_dataset
from forecast.evaluation.report import payload
from forecast.identity import code_version, model_version, seed_of
from models.outcomes import attested_through
from models.spec import Horizon, Problem
from models.structure import SHIPPED

ENGINES = ("laplace", "psis", "nuts")
FORECASTERS = tuple(shipped_forecasters(SHIPPED))
YEARS_BEFORE_FIRST = 5
"""Record that lies before the first origin unless another is asked for."""
_STEP = re.compile(r"([1-9][0-9]{0,3})([dm])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to score, when and how; None for what the case decides."""

    first: date | None = None
    last: date | None = None
    every: str = "1m"  # Nd: every N days; Nm: the first of every N-th month
    horizons: tuple[int, ...] = (30, 90, 180, 365)
    models: tuple[str, ...] = FORECASTERS
    kind: str = "strict"
    engine: str = "laplace"  # of Parley itself; reductions and documents only are always by Laplace

    @property
    def standard(self) -> bool:
        """Whether this is the backtest that every reader is shown."""
        return replace(self, last=None) == Plan()


def parse_step(text: str) -> tuple[int, str]:
    """The number and the unit of a step; ValueError says what would be right."""
    match = _STEP.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a step between origins; write 30d for days or 1m for months")
    return int(match[1]), match[2]


def evaluate(
    database: Database,
    as_of: date,
    plan: Plan,
    *,
    workers: int = 2,
    dask: str | None = None,
    progress: Progress = silent,
    case_id: str | None = None,
) -> EvaluationRow:
    """Backtest, score and store; what was forecast before, from the same inputs by the same code, is not done again.

    Raises
    ------
    NotEnough
        if no origin of the plan has a year of record before it and a window attested to its end
    NoWorkers
        if the work finds no worker
    """
    database.check_writable()
    enter(database)
    progress("reading the case", 0, 0, f"as of {as_of}")
    horizons = tuple(Horizon(days) for days in sorted(plan.horizons))
    with database.read() as connection:
        today, _, latest = read_problem(connection, When(as_of=as_of), case_id=case_id)
        truth = replace(latest, horizons=horizons)
        origins = _origins(plan, today.case, truth)
        problems = []
        for problem in problems_at(connection, origins, horizons, plan.kind, today):
            problems.append(problem)
            progress("reading what was known", len(problems), len(origins), str(date.fromordinal(problem.as_of)))
    backtest = run_backtest(
        problems,
        truth,
        _forecasters(plan, seed_of(today.case.case_id)),
        plan.kind,
        workers=workers,
        dask=dask,
        cached=True,
        progress=_watch(progress),
    )
    progress("scoring", 0, 0, "")
    return _store(database, today.case, as_of, plan, [*problems, truth], backtest)


def _watch(progress: Progress) -> Callable[[int, int], None]:
    """Progress of the tasks; the first report is of those kept from before."""
    kept: list[int] = []

    def report(done: int, total: int) -> None:
        if not kept:
            kept.append(done)
        progress("forecasting", done, total, f"{kept[0]} of {total} kept from before")

    return report


def _origins(plan: Plan, case: CaseRow, truth: Problem) -> tuple[date, ...]:
    """From five years (at least one) into the record to the last day whose shortest window is attested."""
    attested = date.fromordinal(attested_through(truth.record)) - timedelta(days=min(plan.horizons))
    first = plan.first or case.record_from.replace(year=case.record_from.year + YEARS_BEFORE_FIRST)
    last = min(plan.last or attested, attested)
    earliest = case.record_from + timedelta(days=365)
    if first < earliest:
        raise NotEnough(f"before {first} the record holds less than a year; choose --from {earliest} or later")
    number, unit = parse_step(plan.every)
    origins = monthly_origins(first, last, number) if unit == "m" else daily_origins(first, last, number)
    if not origins:
        raise NotEnough(
            f"no origin lies between {first} and {last}, the last day whose {min(plan.horizons)}-day window is "
            "attested; choose an earlier --from, or attest completeness (`parley event none --through DATE`)"
        )
    return origins


def _forecasters(plan: Plan, seed: int) -> dict[str, Forecaster | LeaveFutureOut]:
    chosen: dict[str, Forecaster | LeaveFutureOut] = {
        name: forecaster for name, forecaster in shipped_forecasters(SHIPPED).items() if name in plan.models
    }
    if MODEL in chosen and plan.engine != "laplace":
        chosen[MODEL] = ExactModel(SHIPPED, seed) if plan.engine == "nuts" else LeaveFutureOut(SHIPPED, seed)
    return chosen


def _store(
    database: Database, case: CaseRow, as_of: date, plan: Plan, problems: Sequence[Problem], backtest: Backtest
) -> EvaluationRow:
    """The file first; then its row."""
    dataset = to_dataset(backtest)
    dataset.attrs |= {"case_id": case.case_id, "model_version": model_version(), "case_hash": case.case_hash}
    encoding = {name: {"zlib": True} for name in dataset.data_vars}
    file = prepare(database.posteriors, lambda path: dataset.to_netcdf(path, encoding=encoding))
    digest = hashlib.sha256("".join(inputs_hash(problem) for problem in problems).encode()).hexdigest()
    evaluation = NewEvaluation(
        case_id=case.case_id,
        kind="backtest",
        as_of=as_of,
        code_version=code_version(),
        model_version=model_version(),
        case_hash=case.case_hash,
        inputs_hash=digest,
        settings=_settings(plan, backtest),
        result=payload(backtest, case.headline) | _reweighted(plan, backtest),
        file_hash=file.digest,
    )
    with database.write() as connection:
        keep(connection, file)
        append_evaluation(connection, evaluation, utc_now())
        return read_evaluations(connection, case.case_id, kind="backtest", limit=1)[0]


def _reweighted(plan: Plan, backtest: Backtest) -> dict[str, object]:
    """How often Parley was fitted anew where its draws were reweighted, and the largest k that passed."""
    if plan.engine != "psis" or MODEL not in backtest.pareto_k:
        return {}
    k = backtest.pareto_k[MODEL]
    kept = k[~np.isnan(k)]
    return {"refits": int(np.isnan(k).sum()), "pareto_k_max": float(kept.max()) if len(kept) else None}


def _settings(plan: Plan, backtest: Backtest) -> dict[str, object]:
    stated = asdict(plan) | {"first": str(backtest.origins[0]), "last": str(backtest.origins[-1])}
    return stated | {"standard": plan.standard, "horizons": list(plan.horizons), "models": list(plan.models)}
