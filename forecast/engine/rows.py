"""What a projection says, as the rows of a run: the same for a full update and a provisional one."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from db.run_rows import IndicatorStateRow, NewRun, ScenarioForecastRow, TargetForecastRow
from forecast.engine.assemble import Rows, inputs_hash
from forecast.identity import code_version, library_versions
from indicators.evidence import Evidence, last_observed
from models.exposure import read_clock
from models.spec import SCENARIOS, TARGETS, Floats, Horizon, Problem
from models.states import FilteredStates

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
_QUANTILE_NAMES = tuple(f"q{round(100 * level):02d}" for level in QUANTILES)


def new_run(rows: Rows, problem: Problem, p_dry: float, *, kind: str, seed: int, inputs: str | None = None) -> NewRun:
    """The run itself, not yet naming its posterior; `inputs` is the hash of the problem, where it is known already."""
    through = min(problem.record.talks_span.last, problem.as_of)
    clock = read_clock(problem, through + 1, through + 1)
    any_talks = len(problem.record.meetings.started) > 0
    return NewRun(
        case_id=rows.case.case_id,
        kind=kind,
        as_of=rows.as_of,
        as_recorded=rows.when.as_recorded,
        seed=seed,
        inputs_hash=inputs or inputs_hash(problem),
        case_hash=rows.case.case_hash,
        code_version=code_version(),
        versions=library_versions(),
        posterior_hash=None,
        dry=not bool(clock.wet[0]),
        days_since_talks=max(int(clock.since[0]) - 1, 0) if any_talks else None,
        complete_through=date.fromordinal(through),
        p_dry_now=probability(p_dry),
        positions=rows.positions,
    )


def target_rows(
    problem: Problem, means: Floats, errors: Floats, quantiles: Floats, beside: Mapping[str, Floats]
) -> list[TargetForecastRow]:
    """One row per target and horizon.

    Parameters
    ----------
    means, errors : (target, horizon) posterior means and their Monte-Carlo errors
    quantiles : (quantile, target, horizon) at QUANTILES
    beside : base_rate, documents_only and history_only, each (target, horizon); nan, or left out, where not known
    """
    found = []
    for t, target in enumerate(TARGETS):
        for h, horizon in enumerate(problem.horizons):
            days, deadline = reach_of(horizon)
            interval = zip(_QUANTILE_NAMES, quantiles[:, t, h], strict=True)
            others: dict[str, Any] = {name: _known_probability(values[t, h]) for name, values in beside.items()}
            found.append(
                TargetForecastRow(
                    target=target,
                    horizon_days=days,
                    deadline=deadline,
                    mean=probability(means[t, h]),
                    mcse=float(errors[t, h]),
                    **{name: probability(value) for name, value in interval},
                    **others,
                )
            )
    return found


def scenario_rows(problem: Problem, means: Floats) -> list[ScenarioForecastRow]:
    """One row per horizon and scenario, from posterior means (scenario, horizon)."""
    mean = np.clip(means, 0.0, 1.0) / np.clip(means, 0.0, 1.0).sum(axis=0)
    return [
        ScenarioForecastRow(scenario, *reach_of(horizon), float(mean[s, h]))
        for h, horizon in enumerate(problem.horizons)
        for s, scenario in enumerate(SCENARIOS)
    ]


def state_rows(rows: Rows, evidence: Evidence, problem: Problem, filtered: FilteredStates) -> list[IndicatorStateRow]:
    """The filtered level of every indicator on the as-of date."""
    day = np.array([problem.as_of])
    now = filtered.at(day, day.astype(float))
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


def reach_of(horizon: Horizon) -> tuple[int | None, date | None]:
    """(days, deadline) as rows name a horizon; one of them is None."""
    return (None, date.fromordinal(horizon.deadline)) if horizon.deadline else (horizon.days, None)


def _known_probability(value: float) -> float | None:
    return None if np.isnan(value) else probability(value)


def probability(value: float) -> float:
    """Rounding in sums over states can step over an end by 1e-16; what is not a number stays so."""
    return min(max(float(value), 0.0), 1.0)
