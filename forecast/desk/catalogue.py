"""Indicators at the desk: added and retired. Each is a new version of the case, made of rows, never of a folder.

An indicator added today has its place in the model from the next full update on, and no past: as of earlier days
nothing of it counts, so that what was forecast then stays as it was. One that is retired keeps its history on file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from db.append import append_case
from db.read import read_deadline_rows
from db.rows import IndicatorRow
from forecast.desk.entries import rules_of, said_text
from forecast.desk.learning import learnt_later
from forecast.desk.outcome import REFUSED, unchanged
from forecast.desk.session import Desk, Receipt, submit
from forecast.engine.assemble import Rows
from forecast.engine.reading import Reading
from forecast.errors import NotOnFile
from forecast.words.numbers import counted
from indicators.amendments import amended
from indicators.case_rows import indicator_row
from indicators.content import LEVELS
from indicators.entries import Entry, read_entries
from indicators.folder import read_indicators
from indicators.tables import Problems, suggest_id
from indicators.texts import mending_notes, read_text

type Values = Mapping[str, Any]
"""Tables by the id of an indicator, as they stand in `indicators.toml`."""
type Confirm = Callable[[Sequence[IndicatorRow]], bool]
"""Whether to store indicators."""


def add_indicators(
    desk: Desk,
    said: Path | Values,
    reason: str,
    *,
    confirm: Confirm | None = None,
    dry_run: bool = False,
) -> Receipt:
    """Add indicators to the case, from a file in the form of `indicators.toml` or from tables; they count from today.

    Each level needs its criterion. `confirm` sees what is to be added before it is stored.
    """
    with desk.database.read() as connection:
        planned, notes = _read(desk.reading(connection).rows, said, reason, desk)
    if confirm is not None and not confirm(planned):
        return unchanged(tuple(planned), None, REFUSED, table="indicators")
    made: list[IndicatorRow] = []

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        added, _ = _read(before.rows, said, reason, desk)
        made.extend(added)
        return [_append(connection, before.rows, (*before.rows.catalogue, *added), desk, at)]

    stored = submit(desk, append, dry_run=dry_run)
    notes += [f"{row.indicator_id} has no observation yet: log one with `parley log`" for row in made]
    return learnt_later(desk, stored, "added", "indicators", made, notes, dry_run=dry_run)


def retire_indicator(desk: Desk, indicator: str, reason: str, *, dry_run: bool = False) -> Receipt:
    """Retire an indicator from today on: its history stays on file, and as of today and later none of it counts."""
    problems = Problems()
    why = said_text(reason, "reason", problems)
    if not why and not problems.lines:
        problems.add("reason", "is empty; say why the indicator is retired")
    problems.raise_any()
    made: list[IndicatorRow] = []
    notes = mending_notes([{"reason": reason}])

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        old = _in_catalogue(before.rows, indicator)
        gone = replace(old, retired_on=desk.today(), analyst=desk.analyst, reason=why)
        made.append(gone)
        notes.append(_left_behind(before.rows, old))
        catalogue = [gone if row is old else row for row in before.rows.catalogue]
        return [_append(connection, before.rows, catalogue, desk, at)]

    stored = submit(desk, append, dry_run=dry_run)
    return learnt_later(desk, stored, "retired", "indicators", made, notes, dry_run=dry_run)


def check_indicator(desk: Desk, values: Values) -> tuple[str, ...]:
    """What is wrong with the tables of indicators as far as they are filled in."""
    problems = Problems()
    with desk.database.read() as connection:
        rows = desk.reading(connection).rows
    _indicators(rows, Entry("", (), _cleaned(values, problems), {}, problems), desk)
    return tuple(problems.lines)


def _append(connection: Connection, rows: Rows, catalogue: Sequence[IndicatorRow], desk: Desk, at: datetime) -> int:
    deadlines = read_deadline_rows(connection, rows.case)
    version = amended(rows.case, catalogue, grades=rows.grades, deadlines=deadlines, analyst=desk.analyst)
    return append_case(connection, version, at)


def _read(rows: Rows, said: Path | Values, reason: str, desk: Desk) -> tuple[list[IndicatorRow], list[str]]:
    """The indicators as rows, and what was changed about their texts; CaseError with everything that is wrong."""
    problems = Problems()
    why = said_text(reason, "reason", problems)
    if not why and not problems.lines:
        problems.add("reason", "is empty; say why the indicator is added")
    if isinstance(said, Path) and not said.is_file():
        problems.add(str(said), "does not exist; `parley indicator add --example` prints a file to fill in")
        problems.raise_any()
    entry = read_entries(said, problems) if isinstance(said, Path) else Entry("", (), dict(said), {}, problems)
    problems.raise_any()
    assert entry is not None
    notes = mending_notes([{"reason": reason}, *_texts(entry.values)])
    found = _indicators(rows, replace(entry, values=_cleaned(entry.values, problems)), desk)
    problems.raise_any()
    return [replace(row, added_on=desk.today(), analyst=desk.analyst, reason=why) for row in found], notes


def _indicators(rows: Rows, entry: Entry, desk: Desk) -> list[IndicatorRow]:
    """Held against the catalogue; what is wrong stands among the problems of `entry`."""
    taken = {row.indicator_id: row for row in rows.catalogue}
    read = read_indicators(entry, frozenset(row.document_id for row in rows.documents), tuple(taken))
    why_not = rules_of(rows, desk).out_of_use
    for one in read:
        table = entry.table(one.id)
        if table is None:
            continue
        if one.id in taken:
            right = why_not.get(one.id, f"{one.id!r} is already an indicator ({taken[one.id].name}); choose another id")
            table.refuse("id", right)
        without = [str(level) for level in LEVELS if level not in dict(one.levels)]
        if one.levels and without:
            table.refuse("levels", f"no criterion for {', '.join(without)}; write one for each level from -2 to 2")
    return [indicator_row(one) for one in read]


def _in_catalogue(rows: Rows, indicator: str) -> IndicatorRow:
    found = {row.indicator_id.casefold(): row for row in rows.catalogue}.get(indicator.strip().casefold())
    if found is None:
        ids = tuple(sorted(row.indicator_id for row in rows.catalogue))
        raise NotOnFile(f"unknown indicator {indicator!r}; {suggest_id(indicator, ids)}")
    if found.retired_on is not None:
        raise NotOnFile(
            f"{found.indicator_id} was already retired on {found.retired_on} by {found.analyst} ({found.reason}); "
            "`parley indicators` lists those in use"
        )
    return found


def _left_behind(rows: Rows, old: IndicatorRow) -> str:
    observed = sum(row.indicator_id == old.indicator_id for row in rows.observations)
    judged = sum(row.indicator_id == old.indicator_id for row in rows.judgements)
    kept = f"its {counted(observed, 'observation')} and {counted(judged, 'judgement')} stay on file"
    return f"{kept}; from today they no longer count"


def _cleaned(values: Values, problems: Problems) -> dict[str, Any]:
    """The same with every text as it is stored."""
    return {name: _clean(name, value, problems) for name, value in values.items()}


def _clean(name: str, value: Any, problems: Problems) -> Any:
    if isinstance(value, str):
        text, wrong = read_text(value, "note")
        if wrong:
            problems.add(name, wrong)
        return text
    if isinstance(value, list):
        return [_clean(name, each, problems) for each in value]
    return _cleaned(value, problems) if isinstance(value, dict) else value


def _texts(values: Values) -> list[dict[str, str]]:
    """The texts of each table, for what is to be said of them."""
    tables = [table for table in values.values() if isinstance(table, dict)]
    levels = [table["levels"] for table in tables if isinstance(table.get("levels"), dict)]
    return [{name: text for name, text in table.items() if isinstance(text, str)} for table in (*tables, *levels)]
