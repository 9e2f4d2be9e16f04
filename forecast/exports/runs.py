"""Rows of exports that come from runs: forecasts, scenarios, levels, effects, and the runs themselves."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from itertools import groupby
from math import inf
from typing import Any

from sqlalchemy import Connection

from db import tables
from db.read import read_case, read_catalogue
from db.read_exports import OfRuns, RunsAsked, count_unobserved, read_case_versions, read_pages_of_runs, read_run_pages
from db.rows import CaseRow
from db.run_rows import EffectRow, IndicatorStateRow, RunRow, ScenarioForecastRow, TargetForecastRow
from forecast.exports.columns import Values
from forecast.run_facts import diagnostics_of, failures_of, is_stale, issued_before_the_fact, stale_after
from forecast.words.names import SCENARIO_NAMES
from indicators.content import TARGETS

_TARGET_PLACES = {target: place for place, target in enumerate(TARGETS)}
_SOURCE_PLACES = {name: place for place, name in enumerate(("orientation", "documents", "history", "posterior"))}


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of a case: what its headline and its catalogue were for a run."""

    connection: Connection
    by_hash: Mapping[str, CaseRow]
    newest: CaseRow
    _cadences: dict[int, Mapping[str, float]] = field(default_factory=dict)

    def of(self, run: RunRow) -> CaseRow:
        """The version that the run was made with; the newest where that is not on file."""
        return self.by_hash.get(run.case_hash, self.newest)

    def cadences(self, run: RunRow) -> Mapping[str, float]:
        """Expected days between observations by indicator, in the order of the catalogue."""
        case = self.of(run)
        if case.id not in self._cadences:
            catalogue = read_catalogue(self.connection, case)
            self._cadences[case.id] = {row.indicator_id: row.expected_cadence_days for row in catalogue}
        return self._cadences[case.id]


def read_versions_of_case(connection: Connection, case_id: str) -> Versions:
    """Read the versions of a case."""
    versions = {row.case_hash: row for row in read_case_versions(connection, case_id)}
    return Versions(connection, versions, read_case(connection, case_id))


def targets_of(target: str | None, horizon: int | date | None) -> OfRuns:
    return OfRuns(tables.target_forecasts, _names(TargetForecastRow), target, horizon)


def scenarios_of(horizon: int | date | None) -> OfRuns:
    return OfRuns(tables.scenario_forecasts, _names(ScenarioForecastRow), None, horizon)


def states_of() -> OfRuns:
    return OfRuns(tables.indicator_states, _names(IndicatorStateRow))


def effects_of(target: str | None) -> OfRuns:
    return OfRuns(tables.effects, _names(EffectRow), target)


def forecast_rows(connection: Connection, asked: RunsAsked, wanted: OfRuns) -> Iterator[Values]:
    """By run, then target in the order of the catalogue, then horizon, deadlines last."""
    versions = read_versions_of_case(connection, asked.case_id)
    for runs, forecasts in read_pages_of_runs(connection, asked, wanted):
        stale = count_stale(connection, runs, versions)
        for run in runs:
            before, after = _identity(run), _situation(run, stale.get(run.id))
            headline = versions.of(run).headline
            for row in sorted(forecasts.get(run.id, ()), key=lambda row: _target_place(*row[:3])):
                yield (*before, row[0], row[0] == headline, *row[1:-1], *after)


def scenario_rows(connection: Connection, asked: RunsAsked, wanted: OfRuns) -> Iterator[Values]:
    """By run, then horizon, deadlines last, then scenario."""
    for runs, scenarios in read_pages_of_runs(connection, asked, wanted):
        for run in runs:
            before = _identity(run)
            for scenario, days, deadline, probability, _ in sorted(scenarios.get(run.id, ()), key=_by_reach):
                yield (*before, days, deadline, scenario, SCENARIO_NAMES.get(scenario, scenario), probability)


def state_rows(connection: Connection, asked: RunsAsked, wanted: OfRuns) -> Iterator[Values]:
    """By run, then indicator in the order of the catalogue."""
    versions = read_versions_of_case(connection, asked.case_id)
    for runs, states in read_pages_of_runs(connection, asked, wanted):
        for run in runs:
            before, cadences = _identity(run), versions.cadences(run)
            places = _places(cadences)
            for indicator, *state, _ in sorted(states.get(run.id, ()), key=lambda row: _by_place(row[0], places)):
                yield (*before, indicator, *_level(run, cadences.get(indicator, inf), *state))


def effect_rows(connection: Connection, asked: RunsAsked, wanted: OfRuns) -> Iterator[Values]:
    """By run, then target and indicator in the order of the catalogue, then source from prior to posterior."""
    versions = read_versions_of_case(connection, asked.case_id)
    for runs, effects in read_pages_of_runs(connection, asked, wanted):
        for run in runs:
            before, places = _identity(run), _places(versions.cadences(run))
            for effect in sorted(effects.get(run.id, ()), key=lambda row: _by_effect(row, places)):
                yield (*before, *effect[:-1])


def run_rows(connection: Connection, asked: RunsAsked) -> Iterator[Values]:
    """Runs whatever became of them."""
    versions = read_versions_of_case(connection, asked.case_id)
    for runs in read_run_pages(connection, asked):
        stale = count_stale(connection, runs, versions)
        for run in runs:
            status = run.status, run.status_at, as_text(failures_of(run))
            yield (*_identity(run), *status, *_situation(run, stale.get(run.id)))


def count_stale(connection: Connection, runs: Sequence[RunRow], versions: Versions) -> dict[int, int]:
    """How many indicators were stale on the as-of date, by run; runs without levels are left out."""
    counts: dict[int, int] = {}
    for cadences, some in groupby(runs, key=versions.cadences):
        days = {indicator: stale_after(cadence) for indicator, cadence in cadences.items()}
        counts |= count_unobserved(connection, [run.id for run in some], days)
    return counts


def as_text(value: object) -> str:
    """JSON in one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _names(kind: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


def _identity(run: RunRow) -> Values:
    return run.id, run.case_id, run.kind, run.as_of, run.recorded_at


def _situation(run: RunRow, stale: int | None) -> Values:
    diagnostics = diagnostics_of(run)
    return (
        run.dry,
        run.days_since_talks,
        run.complete_through,
        max((run.as_of - run.complete_through).days, 0),
        run.p_dry_now,
        stale,
        issued_before_the_fact(run),
        *(_number(diagnostics[name]) for name in ("rhat_max", "ess_bulk_min", "ess_tail_min")),
        diagnostics["divergences"],
        diagnostics["draws"],
        run.seed,
        run.as_recorded,
        run.inputs_hash,
        run.case_hash,
        run.posterior_hash,
        run.code_version,
        as_text(run.versions),
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _level(
    run: RunRow, cadence_days: float, mean: float, sd: float, active: bool, last: date | None
) -> tuple[float | None, float | None, bool, date | None, int | None, bool]:
    """The level; what stands in for one before the first observation is no level, and is left out."""
    days = _days(run, last)
    return mean if active else None, sd if active else None, active, last, days, is_stale(days, cadence_days)


def _days(run: RunRow, last: date | None) -> int | None:
    return None if last is None else (run.as_of - last).days


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


@cache
def _target_place(target: str, days: int | None, deadline: date | None) -> tuple[tuple[float, str], bool, int, date]:
    return _by_place(target, _TARGET_PLACES), deadline is not None, days or 0, deadline or date.min


def _by_reach(row: Sequence[Any]) -> tuple[bool, int, date, str]:
    scenario, days, deadline = row[:3]
    return deadline is not None, days or 0, deadline or date.min, scenario


def _by_place(name: str, places: Mapping[str, int]) -> tuple[float, str]:
    return places.get(name, inf), name


def _by_effect(row: Sequence[Any], places: Mapping[str, int]) -> tuple[tuple[float, str], tuple[float, str], int]:
    target, indicator, source = row[:3]
    return _by_place(target, _TARGET_PLACES), _by_place(indicator, places), _SOURCE_PLACES[source]
