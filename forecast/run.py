"""One update, top to bottom: read as of → check → assemble → build → fit → diagnose → predict → store → summarise."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

import numpy as np

from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database
from db.posteriors import check_store, store_file
from db.rows import EffectRow, IndicatorStateRow, NewRun, ScenarioForecastRow, TargetForecastRow
from forecast.assemble import Rows, inputs_hash, read_problem
from forecast.engine import SHIPPED, Fit, Progress, References, fit_problem, references
from forecast.errors import NotEnough
from forecast.identity import code_version, library_versions, seed_of
from indicators.evidence import Evidence, last_observed
from models.effects import effect_summaries
from models.exposure import read_clock
from models.gate import mean_and_error
from models.settings import SamplerSettings
from models.spec import EFFECT_TARGETS, SCENARIOS, TARGETS, Horizon, Problem

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)


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
    seed = seed_of(rows.case.case_id)
    fit = fit_problem(problem, rows.case.headline, settings or SamplerSettings(), seed, progress)
    beside = references(problem, fit, seed, progress) if fit.diagnostics.passed else None
    progress("storing", 0, 0, "")
    return _store(database, rows, evidence, problem, fit, beside, kind, seed)


def _store(
    database: Database,
    rows: Rows,
    evidence: Evidence,
    problem: Problem,
    fit: Fit,
    beside: References | None,
    kind: str,
    seed: int,
) -> Outcome:
    """File first, synced; then all rows in one transaction."""
    run = _new_run(rows, problem, fit, kind, seed)
    posterior = _store_posterior(database, run, fit)
    run = replace(run, posterior_hash=posterior)
    status = "rejected" if beside is None else "published"
    now = datetime.now(UTC)
    with database.write() as connection:
        run_id = append_run(connection, run, now)
        append_run_status(connection, run_id, status, _detail(fit), now)
        if beside is not None:
            append_forecasts(
                connection,
                run_id,
                _targets(problem, fit, beside),
                _scenarios(problem, fit),
                _states(rows, evidence, problem, fit),
                _effects(problem, fit, seed),
                now,
            )
    return Outcome(run_id, status)


def _new_run(rows: Rows, problem: Problem, fit: Fit, kind: str, seed: int) -> NewRun:
    through = min(problem.record.talks_span.last, problem.as_of)
    clock = read_clock(problem, through + 1, through + 1)
    any_talks = len(problem.record.meetings.started) > 0
    return NewRun(
        case_id=rows.case.case_id,
        kind=kind,
        as_of=rows.as_of,
        as_recorded=rows.as_recorded,
        seed=seed,
        inputs_hash=inputs_hash(problem),
        case_hash=rows.case.case_hash,
        code_version=code_version(),
        versions=library_versions(),
        posterior_hash=None,
        dry=not bool(clock.wet[0]),
        days_since_talks=max(int(clock.since[0]) - 1, 0) if any_talks else None,
        complete_through=date.fromordinal(through),
        p_dry_now=_probability(fit.projection.p_dry.mean()),
    )


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


def _detail(fit: Fit) -> dict[str, object]:
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
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _probability(value: float) -> float:
    """Rounding in sums over states can step over an end by 1e-16."""
    return float(np.clip(value, 0.0, 1.0))


def _reach(horizon: Horizon) -> tuple[int | None, date | None]:
    return (None, date.fromordinal(horizon.deadline)) if horizon.deadline else (horizon.days, None)


def _targets(problem: Problem, fit: Fit, beside: References) -> list[TargetForecastRow]:
    out, chains = [], fit.tree["posterior"].sizes["chain"]
    for t, target in enumerate(TARGETS):
        for h, horizon in enumerate(problem.horizons):
            values = fit.projection.targets[:, t, h]
            mean, error = mean_and_error(values, chains)
            quantiles = (_probability(q) for q in np.quantile(values, QUANTILES))
            others = (beside.base_rate[t, h], beside.documents_only[t, h], beside.history_only[t, h])
            references_ = (None if np.isnan(p) else _probability(p) for p in others)
            out.append(TargetForecastRow(target, *_reach(horizon), _probability(mean), error, *quantiles, *references_))
    return out


def _scenarios(problem: Problem, fit: Fit) -> list[ScenarioForecastRow]:
    mean = fit.projection.scenarios.mean(axis=0)
    mean = np.clip(mean, 0.0, 1.0) / np.clip(mean, 0.0, 1.0).sum(axis=0)
    return [
        ScenarioForecastRow(scenario, *_reach(horizon), float(mean[s, h]))
        for h, horizon in enumerate(problem.horizons)
        for s, scenario in enumerate(SCENARIOS)
    ]


def _states(rows: Rows, evidence: Evidence, problem: Problem, fit: Fit) -> list[IndicatorStateRow]:
    day = np.array([problem.as_of])
    now = fit.density.exposure.filtered.at(day, day.astype(float))
    last = last_observed(evidence, problem.as_of)
    return [
        IndicatorStateRow(
            row.indicator_id,
            float(now.mean[0, i]),
            float(np.sqrt(now.variance[0, i])),
            bool(now.active[0, i]),
            date.fromordinal(int(last[i])) if last[i] >= 0 else None,
        )
        for i, row in enumerate(rows.catalogue)
    ]


def _effects(problem: Problem, fit: Fit, seed: int) -> Sequence[EffectRow]:
    names = problem.catalogue.names
    return [
        EffectRow(target, names[i], source, float(mean[t, i]), float(sd[t, i]))
        for source, (mean, sd) in effect_summaries(problem, fit.density, fit.tree, seed).items()
        for t, target in enumerate(EFFECT_TARGETS)
        for i in range(len(names))
    ]
