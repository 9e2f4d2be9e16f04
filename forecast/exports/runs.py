"""Rows of exports that come from runs: forecasts, scenarios, levels, effects, and the runs themselves."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from itertools import groupby
from math import inf
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from db import tables
from db.read import read_case, read_catalogue
from db.read_exports import OfRuns, RunsAsked, count_unobserved, read_case_versions, read_pages_of_runs, read_run_pages
from db.read_runs import read_run_names
from db.rows import CaseRow
from db.run_rows import EffectRow, IndicatorStateRow, RunRow, ScenarioForecastRow, TargetForecastRow
from forecast.exports.columns import Values, bind, read_cells
from forecast.exports.contents import Content
from forecast.exports.run_columns import About, Level, Line
from forecast.facts.reasons import share_taught
from forecast.run_facts import is_stale, stale_after
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


def forecast_rows(connection: Connection, asked: RunsAsked, wanted: OfRuns, content: Content) -> Iterator[Values]:
    """By run, then target in the order of the catalogue, then horizon, deadlines last."""
    versions = read_versions_of_case(connection, asked.case_id)
    read, key = bind(content.own, wanted.columns), _pick(wanted, "target", "horizon_days", "deadline")
    for runs, forecasts in read_pages_of_runs(connection, asked, wanted):
        stale = count_stale(connection, runs, versions)
        for run in runs:
            about = About(run, versions.of(run).headline, stale.get(run.id))
            before, after = read_cells(content.before, about), read_cells(content.after, about)
            for row in sorted(forecasts.get(run.id, ()), key=lambda row: _target_place(*key(row))):
                yield (*before, *read(row, Line(row, about)), *after)


def scenario_rows(connection: Connection, asked: RunsAsked, wanted: OfRuns, content: Content) -> Iterator[Values]:
    """By run, then horizon, deadlines last, then scenario."""
    read, key = bind(content.own, wanted.columns), _pick(wanted, "horizon_days", "deadline", "scenario")
    for runs, scenarios in read_pages_of_runs(connection, asked, wanted):
        for run in runs:
            about = About(run)
            before = read_cells(content.before, about)
            for row in sorted(scenarios.get(run.id, ()), key=lambda row: _by_reach(*key(row))):
                yield (*before, *read(row, Line(row, about)))


def state_rows(connection: Connection, asked: RunsAsked, wanted: OfRuns, content: Content) -> Iterator[Values]:
    """By run, then indicator in the order of the catalogue."""
    versions = read_versions_of_case(connection, asked.case_id)
    read, state = bind(content.own, Level._fields), _pick(wanted, *(item.name for item in fields(IndicatorStateRow)))
    for runs, states in read_pages_of_runs(connection, asked, wanted):
        for run in runs:
            before, cadences = read_cells(content.before, About(run)), versions.cadences(run)
            places = _places(cadences)
            levels = (_level(run, cadences, *state(row)) for row in states.get(run.id, ()))
            for level in sorted(levels, key=lambda level: _by_place(level.indicator_id, places)):
                yield (*before, *read(level, level))


def effect_rows(connection: Connection, asked: RunsAsked, wanted: OfRuns, content: Content) -> Iterator[Values]:
    """By run, then target and indicator in the order of the catalogue, then source from prior to posterior."""
    versions = read_versions_of_case(connection, asked.case_id)
    read, key = bind(content.own, wanted.columns), _pick(wanted, "target", "indicator_id", "source")
    sd = wanted.columns.index("sd")
    for runs, effects in read_pages_of_runs(connection, asked, wanted):
        for run in runs:
            places, rows = _places(versions.cadences(run)), effects.get(run.id, ())
            before, sds = read_cells(content.before, About(run)), {key(row): row[sd] for row in rows}
            for row in sorted(rows, key=lambda row: _by_effect(places, *key(row))):
                yield (*before, *read(row, _taught(sds, *key(row))))


def _taught(sds: Mapping[tuple[Any, ...], float], target: str, indicator: str, source: str) -> float | None:
    """What events taught of a posterior effect, by the standard deviations of all effects of its run."""
    documents = sds.get((target, indicator, "documents"))
    if source != "posterior" or documents is None:
        return None
    return share_taught(documents, sds[target, indicator, source])


def run_rows(connection: Connection, asked: RunsAsked, content: Content) -> Iterator[Values]:
    """Runs whatever became of them."""
    versions = read_versions_of_case(connection, asked.case_id)
    for runs in read_run_pages(connection, asked):
        stale = count_stale(connection, runs, versions)
        names = read_run_names(connection, [run.id for run in runs], asked.when)
        for run in runs:
            about = About(run, versions.of(run).headline, stale.get(run.id), names.get(run.id, ()))
            yield read_cells(content.columns, about)


def count_stale(connection: Connection, runs: Sequence[RunRow], versions: Versions) -> dict[int, int]:
    """How many indicators were stale on the as-of date, by run; runs without levels are left out."""
    counts: dict[int, int] = {}
    for cadences, some in groupby(runs, key=versions.cadences):
        days = {indicator: stale_after(cadence) for indicator, cadence in cadences.items()}
        counts |= count_unobserved(connection, [run.id for run in some], days)
    return counts


def _names(kind: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))


def _pick(wanted: OfRuns, *names: str) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """What gives some values of a row, by their names."""
    return itemgetter(*(wanted.columns.index(name) for name in names))


def _level(
    run: RunRow,
    cadences: Mapping[str, float],
    indicator: str,
    mean: float,
    sd: float,
    active: bool,
    last: date | None,
) -> Level:
    days = _days(run, last)
    return Level(
        indicator_id=indicator,
        mean=mean,
        sd=sd,
        active=active,
        last_observed_on=last,
        stale_days=days,
        stale=is_stale(days, cadences.get(indicator, inf)),
    )


def _days(run: RunRow, last: date | None) -> int | None:
    return None if last is None else (run.as_of - last).days


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


@cache
def _target_place(target: str, days: int | None, deadline: date | None) -> tuple[tuple[float, str], bool, int, date]:
    return _by_place(target, _TARGET_PLACES), deadline is not None, days or 0, deadline or date.min


def _by_reach(days: int | None, deadline: date | None, scenario: str) -> tuple[bool, int, date, str]:
    return deadline is not None, days or 0, deadline or date.min, scenario


def _by_place(name: str, places: Mapping[str, int]) -> tuple[float, str]:
    return places.get(name, inf), name


def _by_effect(
    places: Mapping[str, int], target: str, indicator: str, source: str
) -> tuple[tuple[float, str], tuple[float, str], int]:
    return _by_place(target, _TARGET_PLACES), _by_place(indicator, places), _SOURCE_PLACES[source]
