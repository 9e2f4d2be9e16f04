"""What a change of the model's structure alone does to the numbers: the present one on what the last run had read.

It is computed once, by the first update after the change. The fit has the settings and the seed of that update, so
that the line is of the model and not of luck; where the old rows give no sound fit the forecast stands without it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from db.kinds import FULL_KINDS
from db.progress import Progress
from db.read_runs import last_published, read_targets
from db.run_rows import RunRow, TargetForecastRow
from forecast.engine.assemble import Rows, inputs_hash, read_problem
from forecast.engine.fit import Fit, means_with_errors
from forecast.engine.rows import probability, reach_of
from forecast.errors import NotEnough
from forecast.run_facts import read_when
from forecast.structures import ModelChange, ModelLine, is_present, present_structure, structure_of
from models.laplace import NoMode
from models.spec import TARGETS, Problem

type Fitting = Callable[[Problem, Progress], Fit]
"""Fits a problem as the update fits its own: the same settings, seed and gate."""


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The last published full run, by another structure, and what it had read."""

    run: RunRow
    said: tuple[TargetForecastRow, ...]
    problem: Problem | None
    lacking: str = ""
    """Why what it had read makes no problem now."""


def read_predecessor(connection: Connection, rows: Rows) -> Predecessor | None:
    """The run that a forecast from these rows follows; None without one, or where it is of the present structure."""
    case_id = rows.case.case_id
    run = last_published(connection, case_id, rows.as_of, kinds=FULL_KINDS)
    if run is None or is_present(run):
        return None
    said = read_targets(connection, run.id)
    try:
        _, _, problem = read_problem(connection, read_when(run), case_id=case_id)
    except NotEnough as error:  # what cannot be compared must not cost the forecast
        return Predecessor(run, said, None, str(error))
    return Predecessor(run, said, problem)


def measure_change(before: Predecessor, problem: Problem, fit: Fit, fitted: Fitting, progress: Progress) -> ModelChange:
    """The present structure on what `before` had read, less what it said; `fit` is of `problem`, the rows of today."""
    if before.problem is None:
        return _change(before, lacking=before.lacking)
    remark = f"the new model on what run {before.run.id} had read"
    progress("comparing models", 0, 0, remark)
    if inputs_hash(before.problem) == inputs_hash(problem):
        return _change(before, _lines(before.said, before.problem, fit))
    try:
        again = fitted(before.problem, _remarking(progress, remark))
    except NoMode as error:
        return _change(before, lacking=str(error))
    if not again.diagnostics.passed:
        return _change(before, lacking="; ".join(again.diagnostics.failures))
    return _change(before, _lines(before.said, before.problem, again))


def _change(before: Predecessor, lines: tuple[ModelLine, ...] = (), lacking: str = "") -> ModelChange:
    return ModelChange(
        from_run=before.run.id,
        from_structure=structure_of(before.run),
        to_structure=present_structure(),
        lines=lines,
        lacking=lacking,
    )


def _lines(said: tuple[TargetForecastRow, ...], problem: Problem, fit: Fit) -> tuple[ModelLine, ...]:
    """One for every target and horizon that both have."""
    means, errors = means_with_errors(fit)
    horizons = [reach_of(horizon) for horizon in problem.horizons]
    found = []
    for row in said:
        reach = row.horizon_days, row.deadline
        if row.target in TARGETS and reach in horizons:
            place = TARGETS.index(row.target), horizons.index(reach)
            found.append(
                ModelLine(
                    target=row.target,
                    horizon_days=row.horizon_days,
                    deadline=row.deadline,
                    old=row.mean,
                    new=probability(means[place]),
                    mcse=float(np.nan_to_num(errors[place])),
                )
            )
    return tuple(found)


def _remarking(progress: Progress, remark: str) -> Progress:
    """Progress of the second fit, which says what it is of."""

    def tell(stage: str, done: int, total: int, said: str) -> None:
        progress(stage, done, total, f"{remark}: {said}" if said else remark)

    return tell
