"""Reading what is on file, as of a date: indicators and runs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection

from db.errors import StoreError
from db.kinds import FULL_KINDS, PUBLISHED
from db.read import read_case, read_observations
from db.read_runs import count_runs, read_effects, read_run_names, read_runs, read_targets
from db.rows import CaseRow, IndicatorRow, ObservationRow
from db.run_rows import RunRow
from db.when import When
from forecast.engine.assemble import Rows, assemble, check_rows, read_rows
from forecast.errors import NoForecast, UnknownId
from forecast.facts.entries import (
    Criterion,
    IndicatorDetail,
    IndicatorEntry,
    IndicatorList,
    ObservationEntry,
    RunEntry,
    RunList,
)
from forecast.record.codings import coded, contradictions
from forecast.record.taught import read_taught, taught_json
from forecast.run_facts import diagnostics_of, failures_of, is_stale
from forecast.structures import structure_of
from forecast.words.language import ENGLISH, Language
from forecast.words.numbers import counted
from indicators.evidence import form_evidence, last_observed
from indicators.languages import in_language
from indicators.tables import suggest_id
from models.states import States, filter_states


def read_indicator_list(
    connection: Connection, when: When, *, case_id: str | None = None, language: str = "en"
) -> IndicatorList:
    """Every indicator of the catalogue with its filtered level."""
    rows = _rows(connection, when, case_id, language)
    entries = _with_effects(connection, rows, _indicator_entries(rows, _on_file(connection, rows)))
    return IndicatorList(when.as_of, when.as_recorded, entries, contradictions(_standing(rows.observations, when)))


def indicators_json(found: IndicatorList | IndicatorDetail, language: Language = ENGLISH) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    said = asdict(found)
    if isinstance(found, IndicatorDetail):
        said["indicator"]["effects"] = [taught_json(one, language) for one in found.indicator.effects]
        return said
    for entry, one in zip(said["indicators"], found.indicators, strict=True):
        entry["effects"] = [taught_json(effect, language) for effect in one.effects]
    return said


def read_indicator(
    connection: Connection, when: When, name: str, *, last: int | None, case_id: str | None = None, language: str = "en"
) -> IndicatorDetail:
    """One indicator, with its `last` newest observations (None: all); UnknownId names the nearest one."""
    rows = _rows(connection, when, case_id, language)
    on_file = _on_file(connection, rows)
    entries = _with_effects(connection, rows, _indicator_entries(rows, on_file))
    place = find_place("indicator", name, [entry.id for entry in entries])
    row, entry = rows.catalogue[place], entries[place]
    standing = sorted(
        _standing(on_file, when, entry.id), key=lambda o: (o.observed_on, o.known_on, o.row_key), reverse=True
    )
    shown, others = standing[:last], standing[len(standing[:last]) :]
    oldest = shown[-1].observed_on if shown else None
    return IndicatorDetail(
        as_of=when.as_of,
        as_recorded=when.as_recorded,
        indicator=entry,
        orientation=row.orientation,
        typical_sources=row.typical_sources,
        documents=row.documents,
        document_refs=row.document_refs,
        note=row.note,
        bears_on=row.bears_on or (),
        levels=tuple(Criterion(level.level, level.criterion) for level in row.levels),
        last_observations=tuple(ObservationEntry(**coded(one)) for one in shown),
        also_that_day=sum(one.observed_on == oldest for one in others),
        disagreements=contradictions(standing),
    )


def read_run_list(
    connection: Connection,
    *,
    kinds: Sequence[str] = (),
    statuses: Sequence[str] = (),
    as_of: date | None = None,
    limit: int | None = None,
    case_id: str | None = None,
) -> RunList:
    """Runs, newest as-of date first; empty `kinds` and `statuses` keep all, `as_of` keeps those of one date."""
    case = read_case(connection, case_id)
    asked: dict[str, Any] = {"kinds": kinds or None, "statuses": statuses or None, "as_of": as_of}
    runs = read_runs(connection, case.case_id, limit=limit, **asked)
    names = read_run_names(connection, [run.id for run in runs])
    shown = tuple(_run(connection, run, case.headline, names.get(run.id, ())) for run in runs)
    given = [*(("--kind", kind) for kind in kinds), *(("--status", status) for status in statuses)]
    options = " ".join(f"{option} {value}" for option, value in [*given, ("--as-of", as_of)] if value)
    nothing = "" if runs else _no_runs(read_runs(connection, case.case_id), options)
    return RunList(case.headline, shown, count_runs(connection, case.case_id, **asked), nothing)


def _no_runs(on_file: Sequence[RunRow], options: str) -> str:
    """Why a list of runs is empty, and what is on file."""
    if not on_file:
        return "nothing has been run yet; run `parley update`"
    days, kinds = sorted(run.as_of for run in on_file), Counter(f"{run.kind}, {run.status}" for run in on_file)
    there = "; ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    return f"{options} leaves none of {counted(len(on_file), 'run')} on file, as of {days[0]} to {days[-1]}: {there}"


def case_of(connection: Connection, when: When, case_id: str | None) -> CaseRow:
    """The case; refused where nothing had been recorded by the instant."""
    case = read_case(connection, case_id)
    if when.as_recorded is not None:
        try:
            read_case(connection, case.case_id, when)
        except StoreError:
            instant = when.as_recorded.isoformat(timespec="seconds")
            raise NoForecast(
                f"nothing of case {case.case_id} was recorded by {instant}; name a later instant"
            ) from None
    return case


def _rows(connection: Connection, when: When, case_id: str | None, language: str) -> Rows:
    case = case_of(connection, when, case_id)
    rows = read_rows(connection, when, case_id=case.case_id)
    check_rows(rows)
    return replace(rows, catalogue=in_language(rows.catalogue, case.case_id, language))


def find_place(kind: str, name: str, ids: Sequence[str]) -> int:
    """Place of an id, whatever its case."""
    places = {id_.casefold(): place for place, id_ in enumerate(ids)}
    if name.casefold() not in places:
        raise UnknownId(f"unknown {kind} {name!r}; {suggest_id(name, tuple(sorted(ids)))}")
    return places[name.casefold()]


def _on_file(connection: Connection, rows: Rows) -> Sequence[ObservationRow]:
    """The observations, those of indicators that are not in use among them."""
    if all(row.in_use(rows.as_of) for row in rows.catalogue):
        return rows.observations
    return read_observations(connection, rows.case.case_id, rows.when)


def _indicator_entries(rows: Rows, on_file: Sequence[ObservationRow]) -> tuple[IndicatorEntry, ...]:
    evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
    problem = assemble(rows, evidence)
    day = np.array([problem.as_of])
    now = filter_states(problem.observations, problem.catalogue).at(day, day.astype(float))
    last = last_observed(evidence, problem.as_of)
    unused = {row.indicator_id for row in rows.catalogue if not row.in_use(rows.as_of)}
    days = zip(rows.catalogue, last.tolist(), strict=True)
    seen = {row.indicator_id: date.fromordinal(day) for row, day in days if day >= 0}
    standing = list(_standing(on_file, rows.when))
    for row in standing:
        if row.indicator_id in unused:
            seen[row.indicator_id] = max(row.observed_on, seen.get(row.indicator_id, date.min))
    count = Counter(row.indicator_id for row in standing)
    return tuple(
        _indicator(row, now, place, seen.get(row.indicator_id), rows.as_of, count)
        for place, row in enumerate(rows.catalogue)
    )


def _with_effects(
    connection: Connection, rows: Rows, entries: tuple[IndicatorEntry, ...]
) -> tuple[IndicatorEntry, ...]:
    """The same with what the last fit published by then says of their effects."""
    runs = read_runs(connection, rows.case.case_id, kinds=FULL_KINDS, statuses=(PUBLISHED,), until=rows.as_of)
    run = next((run for run in runs if rows.when.recorded(run.issued_at)), None)
    effects = read_taught(read_effects(connection, run.id)) if run else ()
    return tuple(
        replace(one, effects=tuple(effect for effect in effects if effect.indicator_id == one.id)) for one in entries
    )


def _indicator(
    row: IndicatorRow, now: States, place: int, last: date | None, as_of: date, count: Counter[str]
) -> IndicatorEntry:
    days = (as_of - last).days if last else None
    return IndicatorEntry(
        id=row.indicator_id,
        name=row.name,
        question=row.question,
        group=row.group_name,
        kind=row.kind,
        half_life_days=row.half_life_days,
        lag_days=row.lag_days,
        expected_cadence_days=row.expected_cadence_days,
        contested=row.contested,
        mean=float(now.mean[0, place]),
        sd=float(np.sqrt(now.variance[0, place])),
        active=bool(now.active[0, place]),
        last_observed_on=last,
        stale_days=days,
        stale=row.in_use(as_of) and is_stale(days, row.expected_cadence_days),
        observations=count[row.indicator_id],
        added_on=row.added_on,
        retired_on=row.retired_on,
        analyst=row.analyst,
        reason=row.reason,
    )


def _standing(
    observations: Iterable[ObservationRow], when: When, indicator_id: str | None = None
) -> Iterable[ObservationRow]:
    """Those that neither a revision nor a retraction has replaced by then."""
    return (
        row
        for row in observations
        if (indicator_id is None or row.indicator_id == indicator_id)
        and (row.valid_until is None or row.valid_until > when.as_of)
    )


def _run(connection: Connection, run: RunRow, headline: str, names: tuple[str, ...]) -> RunEntry:
    rolling = [row for row in read_targets(connection, run.id) if row.target == headline and row.horizon_days]
    longest = max(rolling, key=lambda row: row.horizon_days or 0, default=None)
    diagnostics = diagnostics_of(run)
    return RunEntry(
        id=run.id,
        as_of=run.as_of,
        kind=run.kind,
        status=run.status,
        issued_at=run.issued_at,
        horizon_days=longest.horizon_days if longest else None,
        headline=longest.mean if longest else None,
        rhat_max=diagnostics["rhat_max"],
        ess_bulk_min=diagnostics["ess_bulk_min"],
        divergences=diagnostics["divergences"],
        draws=diagnostics["draws"],
        failures=failures_of(run),
        structure=structure_of(run),
        names=names,
        thinned=run.thinned_hash is not None,
    )
