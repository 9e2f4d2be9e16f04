"""One update, top to bottom: read as of → check → assemble → build → fit → diagnose → predict → store → summarise."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

import numpy as np
from sqlalchemy import Connection

from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database
from db.kinds import PUBLISHED
from db.posteriors import Prepared, keep, prepare
from db.progress import Progress, silent
from db.run_rows import EffectRow, NewRun, TargetForecastRow
from db.sharing import enter
from db.when import When
from forecast.clock import Clock, moment_of, utc_now
from forecast.engine.assemble import Rows, reach_of_looking, read_problem
from forecast.engine.fit import Fit, References, fit_problem, means_with_errors, references, rolling_horizons
from forecast.engine.posterior_file import name_posterior, with_forecast, write_posterior
from forecast.engine.refresh import refresh
from forecast.engine.rows import QUANTILES, new_run, reach_of, scenario_rows, state_rows, target_rows
from forecast.engine.succession import measure_change, read_predecessor
from forecast.errors import ForecastError, NotEnough
from forecast.identity import model_version, seed_of
from forecast.structures import ModelChange, change_as_json, present_structure
from indicators.evidence import Evidence
from models.gate import Verdict
from models.settings import SamplerSettings
from models.spec import EFFECT_TARGETS, Problem


def nothing_more(connection: Connection, outcome: "Outcome", now: datetime) -> None:
    """Nothing is stored beside the run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an update left behind."""

    run_id: int
    status: Verdict


type Beside = Callable[[Connection, Outcome, datetime], None]
"""Stores what belongs to the run in its transaction; what it raises undoes the run."""


def update(
    database: Database,
    when: When,
    *,
    kind: str = "manual",
    settings: SamplerSettings | None = None,
    progress: Progress = silent,
    case_id: str | None = None,
    beside: Beside = nothing_more,
    clock: Clock = utc_now,
    seed: int | None = None,
) -> Outcome:
    """Make and store the forecast from what was known and recorded by `when`.

    `beside` stores what belongs to the run with it; `seed` is that of the case unless given, and stored.
    A fit that the gate refuses twice is stored as rejected, with its diagnostics and without forecasts.

    Raises
    ------
    NotEnough
        if the rows known by then cannot carry a forecast
    db.errors.StoreError
        if the database cannot be read or written; then nothing is stored
    """
    as_of = when.as_of
    moment = moment_of(database, clock)
    if as_of > moment.today:
        raise NotEnough(
            f"{as_of} lies ahead; what will be known by then is not known: the latest as-of date is today, "
            f"{moment.today} ({moment})"
        )
    database.check_writable()
    enter(database)
    progress("reading the case", 0, 0, f"as of {as_of}")
    with database.read() as connection:
        rows, evidence, problem = read_problem(connection, when, case_id=case_id)
        read_at = when.as_recorded or clock()
        before = read_predecessor(connection, rows)
    chosen, seed = settings or SamplerSettings(), seed_of(rows.case.case_id) if seed is None else seed

    def fitted(problem: Problem, progress: Progress) -> Fit:
        return fit_problem(problem, rows.case.headline, chosen, seed, progress)

    fit = fitted(problem, progress)
    others = references(problem, fit, rows.case.headline, seed, progress) if fit.diagnostics.passed else None
    change = measure_change(before, problem, fit, fitted, progress) if before and others else None
    progress("storing", 0, 0, "")
    run = new_run(rows, problem, float(fit.weighed.mean(fit.projection.p_dry)), kind=kind, seed=seed)
    posterior = _prepare_posterior(database, run, fit)
    run = replace(run, posterior_hash=posterior.digest)
    outcome = _store(
        database=database,
        posterior=posterior,
        run=run,
        rows=rows,
        evidence=evidence,
        problem=problem,
        fit=fit,
        others=others,
        change=change,
        read_at=read_at,
        beside=beside,
        clock=clock,
    )
    if outcome.status == PUBLISHED:
        _take_in(database, rows.case.case_id, clock)
    return outcome


def _take_in(database: Database, case_id: str, clock: Clock) -> None:
    """What was entered while the fit was running gets its number at once; the run stands whether or not it can."""
    with suppress(ForecastError):
        refresh(database, case_id, clock)


def _store(
    *,
    database: Database,
    posterior: Prepared,
    run: NewRun,
    rows: Rows,
    evidence: Evidence,
    problem: Problem,
    fit: Fit,
    others: References | None,
    change: ModelChange | None,
    read_at: datetime,
    beside: Beside,
    clock: Clock,
) -> Outcome:
    """All rows in one transaction; the file they name is there and synced, or in it before them."""
    status = fit.diagnostics.verdict
    with database.write() as connection:
        now = clock()
        keep(connection, posterior)
        run_id = append_run(connection, run, now)
        append_run_status(
            connection,
            run_id,
            status,
            _detail(fit, read_at, reach_of_looking(rows), change, _assumed(problem, others)),
            now,
        )
        if others is not None:
            append_forecasts(
                connection,
                run_id,
                targets=_targets(problem, fit, others),
                scenarios=scenario_rows(problem, fit.weighed.mean(fit.projection.scenarios)),
                states=state_rows(rows, evidence, problem, fit.density.exposure.filtered),
                effects=_effects(problem, others),
                recorded_at=now,
            )
        beside(connection, Outcome(run_id, status), now)
    return Outcome(run_id, status)


def _prepare_posterior(database: Database, run: NewRun, fit: Fit) -> Prepared:
    tree = with_forecast(fit.tree, fit.problem, fit.projection, fit.weighed, fit.density.slant)
    name_posterior(tree, run)
    return prepare(database.posteriors, lambda path: write_posterior(tree, path))


def _detail(
    fit: Fit,
    read_at: datetime,
    reach: date | None,
    change: ModelChange | None,
    assumed: Sequence[Mapping[str, object]],
) -> dict[str, object]:
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
        "structure": present_structure(),
        "model_version": model_version(),
        "unattested": _unattested(fit, reach),
        **({"model_change": change_as_json(change)} if change else {}),
        **({"assumptions": assumed} if assumed else {}),
    }


def _unattested(fit: Fit, reach: date | None) -> dict[str, object]:
    """What was known of days that nobody has attested: how far somebody looked, and what it weighs."""
    return {
        "looked_through": reach.isoformat() if reach else None,
        "pareto_k": fit.weighed.k,
        "effective": fit.weighed.effective,
        "refitted": fit.density.slant is not None,
    }


def _assumed(problem: Problem, others: References | None) -> list[dict[str, object]]:
    """The headline with one assumption changed, by horizon."""
    if others is None:
        return []
    reaches = [reach_of(horizon) for horizon in rolling_horizons(problem)]
    return [
        {
            "assumption": name,
            "headline": [
                {"horizon_days": days, "deadline": deadline.isoformat() if deadline else None, "mean": float(mean)}
                for (days, deadline), mean in zip(reaches, means, strict=True)
            ],
        }
        for name, means in others.assumed.items()
    ]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _targets(problem: Problem, fit: Fit, others: References) -> list[TargetForecastRow]:
    means, errors = means_with_errors(fit)
    stands_beside = {name: getattr(others, name) for name in ("base_rate", "documents_only", "history_only")}
    return target_rows(problem, means, errors, fit.weighed.quantile(fit.projection.targets, QUANTILES), stands_beside)


def _effects(problem: Problem, others: References) -> Sequence[EffectRow]:
    names = problem.catalogue.names
    return [
        EffectRow(target, names[i], source, float(mean[t, i]), float(sd[t, i]))
        for source, (mean, sd) in others.effects.items()
        for t, target in enumerate(EFFECT_TARGETS)
        for i in range(len(names))
    ]
