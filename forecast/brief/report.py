"""Writing a brief: the file and the row that says so, both or neither; only the file where no row can be written."""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from db.anchors import Head, head_of_report, read_head
from db.append import append_report
from db.engine import Database
from db.errors import DatabaseUnwritable
from db.read import read_case
from db.report_numbers import next_number
from db.run_rows import NewReport
from db.zone import Moment, read_zone
from forecast.brief.facts import read_brief
from forecast.brief.page import Sheet, lay_out, render
from forecast.engine.refresh import refresh
from forecast.errors import NoPosterior, NotEnough
from forecast.facts.brief import Brief
from forecast.identity import code_version
from forecast.writing import check_place, write_file, written


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A brief that was written."""

    number: int | None
    """Forms of one brief share it; None where it was not recorded, and the next brief does not compare with it."""
    row: int | None
    """Of this form, in the record."""
    unrecorded: str
    """Why it was not recorded; "" where it was."""
    file: Path
    language: str
    format: str
    sha256: str
    head: Head | None
    """Of the record before the first form of this brief was; of one that is not recorded, as it was written."""
    brief: Brief


@dataclass(frozen=True, slots=True)
class _Content:
    """The text of a form, its number and row in the record, and the head of the record before the brief."""

    text: bytes
    head: Head | None
    number: int | None = None
    row: int | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text).hexdigest()


def write_report(
    database: Database,
    path: Path,
    now: datetime,
    *,
    language: str = "en",
    short: bool = False,
    run_id: int | None = None,
    since: date | int | None = None,
    force: bool = False,
    case_id: str | None = None,
    owed: date | None = None,
) -> Report:
    """Write a brief of a run (None: the last published full one), as HTML or Markdown by the ending of `path`.

    It is recorded, unless the database can only be read.

    Parameters
    ----------
    now : the instant of writing; the track record is of its day
    language : a code of `forecast.words.language.LANGUAGES`
    short : on one page
    since : a date or the number of a run to compare with; None for the run of the last brief
    owed : as of which day the last forecast should be by now; None where that is not to be judged

    Raises
    ------
    NoForecast
        if there is no such run, or none before it where `since` asks for one
    NotWritten
        if the file cannot be written there; then no report is recorded
    db.errors.StoreError
        if the report cannot be recorded; then there is no file
    """
    format_ = path.suffix.removeprefix(".").casefold()
    check_place(path, force=force, example=f"brief.{format_}")
    brief = read_current(database, now, run_id=run_id, since=since, case_id=case_id, owed=owed)
    sheet = lay_out(brief, language, format_, short=short)
    why = database.unwritable
    made = _write_alone(database, path, sheet, force) if why else _write(database, path, sheet, now, force=force)
    return Report(
        number=made.number,
        row=made.row,
        unrecorded=why,
        file=path,
        language=language,
        format=sheet.form,
        sha256=made.sha256,
        head=made.head,
        brief=brief,
    )


def read_current(
    database: Database,
    now: datetime,
    *,
    run_id: int | None,
    since: date | int | None,
    case_id: str | None,
    owed: date | None,
) -> Brief:
    """What a brief says now; where no run is named, with what came after the last, as far as that can be told."""
    with database.read() as connection:
        case, today = read_case(connection, case_id).case_id, Moment(instant=now, zone=read_zone(connection)).today
    if run_id is None:
        with suppress(NoPosterior, NotEnough, DatabaseUnwritable):  # then the brief says what it does not take in
            refresh(database, case, lambda: now)
    with database.read() as connection:
        return read_brief(
            connection, database.posteriors, today, run_id=run_id, since=since, case_id=case_id, owed=owed
        )


def _write_alone(database: Database, path: Path, sheet: Sheet, force: bool) -> _Content:
    with database.read() as connection:
        head = read_head(connection)
    made = _Content(render(sheet, None, head=head).encode(), head)
    write_file(made.text, path, force=force)
    return made


def _write(database: Database, path: Path, sheet: Sheet, now: datetime, *, force: bool) -> _Content:
    """The content is on the disk before the row is, under a name of its own; it takes its place once the row stands."""
    with written([path], force=force) as (file,), database.write() as connection:
        form = row_of(sheet)
        number = next_number(connection, form.case_id, form.run_id, form.since_run_id)
        head = head_of_report(connection, number)
        made = _Content(render(sheet, number, head=head).encode(), head, number)
        file.write(made.text)
        file.flush()
        os.fsync(file.fileno())
        row = append_report(connection, replace(form, sha256=made.sha256), now)
    return replace(made, row=row)


def row_of(sheet: Sheet) -> NewReport:
    """Without the hash of the file, which holds the number of the report."""
    run, since = sheet.brief.run, sheet.brief.changes.since.run
    return NewReport(
        case_id=run.case_id,
        run_id=run.id,
        since_run_id=since.id if since else None,
        language=sheet.language,
        format=sheet.form,
        sha256="",
        code_version=code_version(),
    )
