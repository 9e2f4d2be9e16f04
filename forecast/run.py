"""One update, top to bottom: read as of → check → assemble → build → fit → diagnose → predict → store → summarise."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

import numpy as np

from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database
from db.posteriors import check_store, store_file
from db.rows import EffectRow, NewRun, TargetForecastRow
from forecast.assemble import Rows, read_problem
from forecast.engine import Fit, Progress, References, fit_problem, references
from forecast.errors import NotEnough
from forecast.identity import seed_of
from forecast.run_rows import QUANTILES, new_run, scenario_rows, state_rows, target_rows
from indicators.evidence import Evidence
from models.effects import effect_summaries
from models.gate import mean_and_error
from models.settings import SamplerSettings
from models.spec import EFFECT_TARGETS, Problem
from models.structure import SHIPPED


def silent(stage: str, done: int, total: int, remark: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an update left behind."""

    run_id: int
    status: str  # published or rejected


def update(
    database: Database,
    as_of: date,
    *,
    kind: str = "manual",
    settings: SamplerSettings | None = None,
    progress: Progress = silent,
    case_id: str | None = None,
) -> Outcome:
    """Make and store the forecast as of a date.

    A fit that the gate refuses twice is stored as rejected, with its diagnostics and without forecasts.

    Raises
    ------
    NotEnough
        if the rows known by then cannot carry a forecast
    db.errors.StoreError
        if the database cannot be read or written; then nothing is stored
    """
    if as_of > datetime.now(UTC).date():
        raise NotEnough(f"{as_of} lies ahead; what will be known by then is not known: the latest as-of date is today")
    check_store(database.folder)
    progress("reading the case", 0, 0, f"as of {as_of}")
    with database.read() as connection:
        rows, evidence, problem = read_problem(connection, as_of, case_id=case_id)
        read_at = datetime.now(UTC)
    seed = seed_of(rows.case.case_id)
    fit = fit_problem(problem, rows.case.headline, settings or SamplerSettings(), seed, progress)
    beside = references(problem, fit, seed, progress) if fit.diagnostics.passed else None
    progress("storing", 0, 0, "")
    return _store(database, rows, evidence, problem, fit, beside, kind, seed, read_at)


def _store(
    database: Database,
    rows: Rows,
    evidence: Evidence,
    problem: Problem,
    fit: Fit,
    beside: References | None,
    kind: str,
    seed: int,
    read_at: datetime,
) -> Outcome:
    """File first, synced; then all rows in one transaction."""
    run = new_run(rows, problem, float(fit.projection.p_dry.mean()), kind=kind, seed=seed)
    posterior = _store_posterior(database, run, fit)
    run = replace(run, posterior_hash=posterior)
    status = "rejected" if beside is None else "published"
    now = datetime.now(UTC)
    with database.write() as connection:
        run_id = append_run(connection, run, now)
        append_run_status(connection, run_id, status, _detail(fit, read_at), now)
        if beside is not None:
            append_forecasts(
                connection,
                run_id,
                _targets(problem, fit, beside),
                scenario_rows(problem, fit.projection.scenarios.mean(axis=0)),
                state_rows(rows, evidence, problem, fit.density.exposure.filtered),
                _effects(problem, fit, seed),
                now,
            )
    return Outcome(run_id, status)


def _store_posterior(database: Database, run: NewRun, fit: Fit) -> str:
    """The DataTree beside the database, its provenance in its attributes."""
    tree = fit.tree
    tree.attrs.update(
        {
            "case_id": run.case_id,
            "as_of": run.as_of.isoformat(),
            "seed": str(run.seed),
            "inputs_hash": run.inputs_hash,
            "case_hash": run.case_hash,
            "code_version": run.code_version,
            "versions": ", ".join(f"{name} {number}" for name, number in sorted(run.versions.items())),
            "structure": repr(SHIPPED),
        }
    )
    tree.attrs.pop("created_at", None)  # a time of day would give the same posterior another hash
    for group in tree.subtree:
        group.attrs.pop("created_at", None)
        group.attrs.pop("sampling_time", None)
    encoding = {"/posterior": {name: {"zlib": True} for name in tree["posterior"].data_vars}}
    return store_file(database.folder, lambda path: tree.to_netcdf(path, encoding=encoding))


def _detail(fit: Fit, read_at: datetime) -> dict[str, object]:
    """`read_at`: what was recorded later is not in the forecast, though it may be recorded before the run."""
    d = asdict(fit.diagnostics)
    return {
        "diagnostics": {
            "rhat_max": _finite(d["rhat_max"]),
            "ess_bulk_min": _finite(d["ess_bulk_min"]),
            "ess_tail_min": _finite(d["ess_tail_min"]),
            "divergences": d["divergences"],
            "draws": d["draws"],
            "ebfmi_min": _finite(d["ebfmi_min"]),
        },
        "failures": list(d["failures"]),
        "attempts": fit.attempts,
        "read_at": read_at.isoformat(),
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _targets(problem: Problem, fit: Fit, beside: References) -> list[TargetForecastRow]:
    values, chains = fit.projection.targets, fit.tree["posterior"].sizes["chain"]
    _, targets, horizons = values.shape
    found = [[mean_and_error(values[:, t, h], chains) for h in range(horizons)] for t in range(targets)]
    means, errors = np.moveaxis(np.array(found), -1, 0)
    others = (beside.base_rate, beside.documents_only, beside.history_only)
    return target_rows(problem, means, errors, np.quantile(values, QUANTILES, axis=0), others)


def _effects(problem: Problem, fit: Fit, seed: int) -> Sequence[EffectRow]:
    names = problem.catalogue.names
    return [
        EffectRow(target, names[i], source, float(mean[t, i]), float(sd[t, i]))
        for source, (mean, sd) in effect_summaries(problem, fit.density, fit.tree, seed).items()
        for t, target in enumerate(EFFECT_TARGETS)
        for i in range(len(names))
    ]
