"""From what was asked for to an export: which rows, how many, and what to say where there are none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Table

from db import tables
from db.read import read_case
from db.read_exports import (
    Extent,
    FactsAsked,
    OfRuns,
    RunsAsked,
    bound_memory,
    count_of_runs,
    count_runs,
    count_versions,
    read_horizons,
    read_targets_of,
)
from db.rows import CaseRow
from db.when import When
from forecast.errors import NothingToExport
from forecast.exports.columns import Export, Values
from forecast.exports.contents import CONTENTS, Content
from forecast.exports.explanations import Asked, count_explanations, explanation_rows, extent_of
from forecast.exports.facts import TABLES, indicator_rows, version_rows
from forecast.exports.runs import (
    effect_rows,
    effects_of,
    forecast_rows,
    run_rows,
    scenario_rows,
    scenarios_of,
    state_rows,
    states_of,
    targets_of,
)
from forecast.facts.news import Overtaken
from forecast.identity import code_version
from forecast.record.overtaken import read_overtaken
from forecast.words.english.news import overtaken_lines
from indicators.tables import suggest

EXPLANATIONS = "explanations"

type Rows = Callable[[Connection, RunsAsked, OfRuns, Content], Iterator[Values]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export: a word of `CONTENTS`, what may be used, and which rows; those that do not apply stay empty."""

    what: str
    when: When
    first: date | None = None
    last: date | None = None
    target: str | None = None
    horizon: int | date | None = None
    kinds: tuple[str, ...] = ()
    today: date | None = None
    """The day it is, where the rows are to be those of now: then the export says what has overtaken them."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows on their way, and how many."""

    count: int
    rows: Iterator[Values]


def read_export(connection: Connection, wanted: Wanted, *, case_id: str | None = None) -> Export:
    """The export; its rows are read as they are gone through, so `connection` must stay open meanwhile.

    Raises
    ------
    NothingToExport
        if there are no such rows; says what was asked for and what there is
    NotEnough
        if the levels of indicators cannot be filtered as of the date
    db.errors.StoreError
        if there is no such case
    """
    bound_memory(connection)
    case = read_case(connection, case_id)
    content = CONTENTS[wanted.what]
    found = _find(connection, case, wanted, content)
    if not found.count:
        raise NothingToExport(_nothing(connection, case, wanted, content))
    title = f"{case.name}: {wanted.what}, one row per {content.row}"
    about = {**_about(case, wanted), "code_version": code_version()}
    overtaken = _overtaken(connection, case, wanted)
    if overtaken is not None:
        about["since"] = " ".join(overtaken_lines(overtaken))
    return Export(
        what=wanted.what,
        title=title,
        columns=content.columns,
        count=found.count,
        rows=found.rows,
        shared=content.shared,
        about=about,
        overtaken=overtaken,
    )


def _overtaken(connection: Connection, case: CaseRow, wanted: Wanted) -> Overtaken | None:
    """Of numbers of runs alone: facts are what they are."""
    if wanted.today is None or wanted.what in TABLES or wanted.what == "indicators":
        return None
    return read_overtaken(connection, case.case_id, wanted.today)


def _find(connection: Connection, case: CaseRow, wanted: Wanted, content: Content) -> _Found:
    if wanted.what in TABLES:
        facts = _facts(case, wanted, content)
        return _Found(count_versions(connection, facts).count, version_rows(connection, facts, content))
    if wanted.what == "indicators":
        rows = indicator_rows(connection, case.case_id, wanted.when, content)
        return _Found(len(rows), iter(rows))
    if wanted.what == EXPLANATIONS:
        steps = _steps(case, wanted)
        return _Found(count_explanations(connection, steps), explanation_rows(connection, steps))
    runs = _runs(case, wanted)
    if wanted.what == "runs":
        return _Found(count_runs(connection, runs).count, run_rows(connection, runs, content))
    read, of_runs = _of_runs(wanted)
    return _Found(count_of_runs(connection, runs, of_runs), read(connection, runs, of_runs, content))


def _of_runs(wanted: Wanted) -> tuple[Rows, OfRuns]:
    """How the rows of runs are read, and which."""
    readers: dict[str, tuple[Rows, OfRuns]] = {
        "forecasts": (forecast_rows, targets_of(wanted.target, wanted.horizon)),
        "scenarios": (scenario_rows, scenarios_of(wanted.horizon)),
        "states": (state_rows, states_of()),
        "effects": (effect_rows, effects_of(wanted.target)),
    }
    return readers[wanted.what]


def _steps(case: CaseRow, wanted: Wanted) -> Asked:
    return Asked(
        case_id=case.case_id,
        when=wanted.when,
        first=wanted.first,
        last=wanted.last,
        target=wanted.target,
        horizon=wanted.horizon,
    )


def _runs(case: CaseRow, wanted: Wanted) -> RunsAsked:
    return RunsAsked(
        case_id=case.case_id,
        when=wanted.when,
        kinds=wanted.kinds,
        first=wanted.first,
        last=wanted.last,
        published=wanted.what != "runs",
    )


def _facts(case: CaseRow, wanted: Wanted, content: Content) -> FactsAsked:
    return FactsAsked(
        table=TABLES[wanted.what],
        dated_by=content.dated_by,
        case_id=case.case_id,
        when=wanted.when,
        first=wanted.first,
        last=wanted.last,
        target=wanted.target,
    )


def _about(case: CaseRow, wanted: Wanted) -> dict[str, str]:
    """The case, and what was asked for, as text."""
    as_recorded = wanted.when.as_recorded
    asked = {
        "as_of": wanted.when.as_of,
        "as_recorded": as_recorded and as_recorded.isoformat(),
        "from": wanted.first,
        "to": wanted.last,
        "target": wanted.target,
        "horizon": wanted.horizon,
        "kind": " ".join(wanted.kinds) or None,
    }
    return {"case": case.case_id, **{name: str(value) for name, value in asked.items() if value is not None}}


def _nothing(connection: Connection, case: CaseRow, wanted: Wanted, content: Content) -> str:
    """What was asked for, and what there is instead."""
    on_file = _on_file(connection, case, wanted, content)
    if not on_file.count:
        return f"no {wanted.what} are on file; {content.begin}"
    unknown = _unknown(connection, case, wanted)
    if unknown:
        return unknown
    asked = " ".join(
        f"--{name.replace('_', '-')} {value}" for name, value in _about(case, wanted).items() if name != "case"
    )
    nouns = {**dict.fromkeys(TABLES, "versions"), "runs": "runs", EXPLANATIONS: "steps"}
    noun = nouns.get(wanted.what, "published runs")
    has = f"{on_file.count} {noun} from {on_file.first} to {on_file.last}"
    return f"no {wanted.what} match {asked}; on file: {has} (by {content.dated_by})"


def _on_file(connection: Connection, case: CaseRow, wanted: Wanted, content: Content) -> Extent:
    """All that there is of a kind, whenever known."""
    if wanted.what in TABLES:
        everything = FactsAsked(table=TABLES[wanted.what], dated_by=content.dated_by, case_id=case.case_id)
        return count_versions(connection, everything)
    if wanted.what == "indicators":
        return Extent(0, None, None)
    if wanted.what == EXPLANATIONS:
        return Extent(*extent_of(connection, case.case_id))
    return count_runs(connection, RunsAsked(case_id=case.case_id, published=wanted.what != "runs"))


def _unknown(connection: Connection, case: CaseRow, wanted: Wanted) -> str:
    """What is wrong with a horizon or target that nothing on file is of; "" where both are known."""
    table = TABLES[wanted.what] if wanted.what in TABLES else _table_of_runs(wanted)
    if wanted.horizon is not None:
        horizons = read_horizons(connection, case.case_id, table)
        if wanted.horizon not in horizons:
            return f"no {wanted.what} have horizon {wanted.horizon}; use one of {', '.join(map(str, horizons))}"
    if wanted.target is not None:
        targets = read_targets_of(connection, case.case_id, table)
        if wanted.target not in targets:
            return f"no {wanted.what} have target {wanted.target!r}; {suggest(wanted.target, targets)}"
    return ""


def _table_of_runs(wanted: Wanted) -> Table:
    if wanted.what == EXPLANATIONS:
        return tables.target_forecasts
    return tables.runs if wanted.what == "runs" else _of_runs(wanted)[1].table
