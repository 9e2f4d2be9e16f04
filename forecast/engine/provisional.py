"""A provisional forecast: the filter and the projection, with the posterior of the last full update.

An observation moves the levels at once and the effects hardly at all, so its answer needs no fit. To come in a
fraction of a second the projection takes a hundred of the posterior's draws, weighted so that, for what the full update
had read, they say what it said (`models.raking`). Old and new use the same draws, weights and random numbers: what an
entry moves is known far better than the level it moves from.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from db.errors import StoreError
from db.posteriors import path_of
from db.read_runs import read_standing, read_targets
from db.run_rows import IndicatorStateRow, NewRun, RunRow, ScenarioForecastRow, TargetForecastRow
from forecast.engine.assemble import Rows, assemble, check_rows, inputs_hash, read_problem
from forecast.engine.draws import read_draws
from forecast.engine.rows import QUANTILES, new_run, reach_of, scenario_rows, state_rows, target_rows
from forecast.errors import NoPosterior, NotEnough
from forecast.run_facts import read_when
from forecast.structures import is_present, other_model, structure_of
from indicators.evidence import Evidence, form_evidence
from models.baselines import base_rate
from models.parameters import Parameters
from models.projection import Projection, project, weighted_error
from models.raking import rake
from models.spec import TARGETS, Floats, Observations, Problem
from models.states import FilteredStates, filter_states
from models.structure import SHIPPED

DRAWS, PATHS = 100, 2
"""Draws of the posterior, and simulated paths of each: as many as in a full update, so that intervals mean the same."""
_EXACT = 1e-6
"""How closely the headline of the full update is met: far below what is shown."""
_KEPT = 8
_NO_DAYS = np.empty(0, np.int64)
_NONE = Observations(
    indicator=_NO_DAYS,
    observed=_NO_DAYS,
    entered=_NO_DAYS,
    since=_NO_DAYS,
    until=_NO_DAYS,
    level=np.empty(0),
    variance=np.empty(0),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is on file, and the problem it makes."""

    rows: Rows
    evidence: Evidence
    problem: Problem | None
    lacking: str = ""
    """Why there is no problem to solve."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the forecast stands for what is on file."""

    problem: Problem
    filtered: FilteredStates
    projection: Projection
    base_rate: Floats  # (target, horizon)
    record: str  # name of what the base rate depends on


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Some draws of a published posterior, with the weights under which they say what it said."""

    run: RunRow
    parameters: Parameters
    weights: Floats  # (draw,)
    base: Projection | None  # for what the run had read; None where that cannot be rebuilt, and weights are equal
    errors: Floats  # (target, horizon) Monte-Carlo errors of the run's own means
    kept: "OrderedDict[str, Standing]" = field(default_factory=OrderedDict)  # by inputs hash, the latest few

    def stand(self, problem: Problem) -> Standing:
        """Filter and project; what has been asked for lately is kept."""
        name = inputs_hash(problem)
        if name not in self.kept:
            filtered = filter_states(problem.observations, problem.catalogue)
            projection = project(problem, filtered, self.parameters, SHIPPED, paths=PATHS, seed=self.run.seed)
            record = inputs_hash(replace(problem, observations=_NONE))
            known = next((each.base_rate for each in self.kept.values() if each.record == record), None)
            rates = base_rate(problem) if known is None else known
            self.kept[name] = Standing(problem, filtered, projection, rates, record)
            while len(self.kept) > _KEPT:
                self.kept.popitem(last=False)
        return self.kept[name]


@dataclass(frozen=True, slots=True)
class Shift:
    """A target at one horizon before and after; `error` is the Monte-Carlo error of the difference."""

    horizon_days: int | None
    deadline: date | None
    old: float
    new: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisional:
    """The forecast after an entry, and what it was before it."""

    headline: str
    source: int
    """The run whose posterior it uses."""
    structure: int
    """That of this run."""
    anchored: bool
    """Whether its level is tied to that run's; if not, `error` holds for the differences alone."""
    by_target: Mapping[str, tuple[Shift, ...]]
    run: NewRun
    targets: tuple[TargetForecastRow, ...]
    scenarios: tuple[ScenarioForecastRow, ...]
    states: tuple[IndicatorStateRow, ...]

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """Those of the headline."""
        return self.by_target[self.headline]


def take_reading(rows: Rows) -> Reading:
    """Form the evidence and assemble the problem, where the rows make one."""
    evidence = form_evidence(rows.observations, rows.catalogue, rows.grades)
    try:
        check_rows(rows)
    except NotEnough as error:
        return Reading(rows, evidence, None, str(error))
    return Reading(rows, evidence, assemble(rows, evidence))


def read_anchor(connection: Connection, folder: Path, case_id: str, today: date, kept: Anchor | None = None) -> Anchor:
    """The last published full run; `kept` is returned as it is while that is still its run.

    Raises
    ------
    NoPosterior
        if nothing was published yet, or what was published cannot be used with the case as it is now
    """
    run = read_standing(connection, case_id, today)
    if run is None or run.posterior_hash is None:
        raise NoPosterior("no forecast has been published yet; `parley update` will give one")
    if kept is not None and kept.run.id == run.id:
        return kept
    if not is_present(run):  # before its posterior is read, which may hold other parameters
        raise NoPosterior(f"run {run.id} is {other_model(structure_of(run))}")
    try:
        drawn = read_draws(path_of(folder, run.posterior_hash), DRAWS)
    except StoreError as error:
        raise NoPosterior(f"no provisional forecast: {error}") from None
    if drawn.parameters is None:
        raise NoPosterior(f"run {run.id} was made by another model; run `parley update` for a forecast by this one")
    return _anchored(connection, run, drawn.parameters)


def _anchored(connection: Connection, run: RunRow, parameters: Parameters) -> Anchor:
    """Weights that reproduce the run, if what it had read can be read again."""
    equal = np.full(len(parameters.unit), 1 / len(parameters.unit))
    rows, _, problem = read_problem(connection, read_when(run), case_id=run.case_id)
    published = {(row.target, row.horizon_days, row.deadline): row for row in read_targets(connection, run.id)}
    found = [[published.get((target, *reach_of(horizon))) for horizon in problem.horizons] for target in TARGETS]
    if inputs_hash(problem) != run.inputs_hash or not all(all(line) for line in found):
        return Anchor(
            run=run,
            parameters=parameters,
            weights=equal,
            base=None,
            errors=np.zeros((len(TARGETS), len(problem.horizons))),
        )
    means = np.array([[row.mean if row else 0.0 for row in line] for line in found])
    errors = np.array([[row.mcse if row else 0.0 for row in line] for line in found])
    anchor = Anchor(run=run, parameters=parameters, weights=equal, base=None, errors=errors)
    base = anchor.stand(problem).projection
    tolerance = np.maximum(errors, 1e-4)
    tolerance[TARGETS.index(rows.case.headline)] = _EXACT
    weights = rake(base.targets.reshape(len(equal), -1), means.ravel(), tolerance.ravel())
    return replace(anchor, weights=weights, base=base)


def shift(anchor: Anchor, before: Reading, after: Reading, recorded_at: datetime | None) -> Provisional:
    """The forecast from `after`, and what it moved from.

    Raises
    ------
    NoPosterior
        if the rows make no problem, or the case is no longer the one the posterior was made for
    """
    if before.problem is None or after.problem is None:
        raise NoPosterior(f"no provisional forecast: {before.lacking or after.lacking}")
    _check_case(anchor, after.rows)
    old, new = anchor.stand(before.problem), anchor.stand(after.problem)
    headline, values = after.rows.case.headline, new.projection.targets
    quantiles = np.quantile(values, QUANTILES, axis=0, weights=anchor.weights, method="inverted_cdf")
    p_dry = float(anchor.weights @ new.projection.p_dry)
    run = new_run(after.rows, new.problem, p_dry, kind="provisional", seed=anchor.run.seed)
    means, beside = _mean(anchor, values), {"base_rate": new.base_rate}
    return Provisional(
        headline=headline,
        source=anchor.run.id,
        structure=structure_of(anchor.run),
        anchored=anchor.base is not None,
        by_target={target: _shifts(anchor, old, new, t) for t, target in enumerate(TARGETS)},
        run=replace(run, posterior_hash=anchor.run.posterior_hash, as_recorded=recorded_at),
        targets=tuple(target_rows(new.problem, means, _level_error(anchor, new), quantiles, beside)),
        scenarios=tuple(scenario_rows(new.problem, _mean(anchor, new.projection.scenarios))),
        states=tuple(state_rows(after.rows, after.evidence, new.problem, new.filtered)),
    )


def _check_case(anchor: Anchor, rows: Rows) -> None:
    names = tuple(row.indicator_id for row in rows.catalogue)
    if rows.case.case_hash != anchor.run.case_hash or anchor.parameters.weight.shape[2] != len(names):
        raise NoPosterior(f"the case has changed since run {anchor.run.id}; run `parley update` for a forecast")


def _mean(anchor: Anchor, values: Floats) -> Floats:
    return np.asarray(np.einsum("d,dkh->kh", anchor.weights, values))


def _shifts(anchor: Anchor, old: Standing, new: Standing, t: int) -> tuple[Shift, ...]:
    before, after = old.projection.targets[:, t], new.projection.targets[:, t]
    error = weighted_error(anchor.weights, after - before)
    rows = zip(new.problem.horizons, anchor.weights @ before, anchor.weights @ after, error, strict=True)
    return tuple(Shift(*reach_of(horizon), float(a), float(b), float(e)) for horizon, a, b, e in rows)


def _level_error(anchor: Anchor, new: Standing) -> Floats:
    """Monte-Carlo error of the means, (target, horizon): the full run's own, and that of the way from there."""
    if anchor.base is None or anchor.base.targets.shape != new.projection.targets.shape:
        return weighted_error(anchor.weights, new.projection.targets)
    return np.hypot(anchor.errors, weighted_error(anchor.weights, new.projection.targets - anchor.base.targets))
