"""Commands that keep what is stored: verify, backup, doctor; and what they print."""

import shlex
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from db.backup import Backup, write_backup
from db.errors import BrokenChain
from db.verify import Verification, verify_store
from forecast.cli.console import Json, case_id, database_url, opened, print_json
from forecast.cli.outputs import written_as
from forecast.cli.progress import watched
from forecast.cli.streams import answering
from forecast.cli.tables import bold, emit, facts, paragraph
from forecast.doctor.examine import Examination, examine
from forecast.doctor.finding import PROBLEM, Finding
from forecast.words.numbers import counted

ELSEWHERE = "keep this hash elsewhere: it stands for everything stored so far"


def verify(json_: Json = False) -> None:
    """Check everything stored. Each row's hash, the seals, the triggers, each posterior file; exit 1 if damaged."""
    with opened() as database, watched() as report, database.read() as connection:
        found = verify_store(connection, database.folder, report)
    if json_:
        print_json({"database": database.url, "sound": found.sound, **asdict(found)})
    else:
        print_verification(database.url, found)
    if not found.sound:
        raise BrokenChain(f"{database.url} is damaged; {found.remedy}")


def backup(
    file: Annotated[
        Path,
        typer.Argument(
            parser=written_as(".zip", example="backup"), metavar="FILE", help="The ZIP file to write: .zip."
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    json_: Json = False,
) -> None:
    """Back up into one ZIP file. The database and its posteriors, checked, also while others work.

    `unzip FILE` in an empty folder gives a working Parley: an SQLite database, whatever this one is. Of a damaged store
    what is left is kept, unless FILE exists; exit 1 then.
    """
    with opened() as database, watched() as report:
        made = write_backup(database, file, force=force, report=report)
    with answering(f"wrote {made.file}{'' if made.contents.sound else ', of a database that is damaged'}"):
        if json_:
            about = {"file": made.file, "bytes": made.size, "schema": made.schema, "runs": made.runs}
            print_json({**about, "sound": made.contents.sound, **asdict(made.contents)})
        else:
            print_backup(made)
    if not made.contents.sound:
        raise BrokenChain(f"{file} holds what is left of {database.url}, which is damaged; {made.contents.remedy}")


def doctor(json_: Json = False) -> None:
    """See whether all is in order. And what to run for each finding; exit 1 if there is a problem."""
    found = examine(database_url(), datetime.now(UTC), case_id=case_id())
    if json_:
        print_json(found)
    else:
        print_examination(found)
    if found.problems:
        raise typer.Exit(1)


def print_verification(database: str, found: Verification) -> None:
    title = "Everything is as it was stored" if found.sound else "Damaged"
    emit([bold(f"{title}: {database}"), *facts(_contents(found)), *_findings(found)])


def print_backup(made: Backup) -> None:
    size = f"{made.size / 1e6:.1f} MB, schema {made.schema}, {counted(made.runs, 'run')}"
    emit([bold(f"Backup {made.file}"), *facts([("holds", size), *_contents(made.contents)]), *_findings(made.contents)])
    emit(["", f"To restore: `unzip {shlex.quote(str(Path(made.file).absolute()))}` in an empty folder."])


def print_examination(found: Examination) -> None:
    checked = f"Checked {found.database}: {', '.join(found.checked)}."
    if not found.findings:
        emit([bold("All is well."), *paragraph(checked)])
        return
    emit(line for finding in found.findings for line in _finding(finding))
    notices = len(found.findings) - found.problems
    emit(["", bold(f"{counted(found.problems, 'problem')}, {counted(notices, 'notice')}."), *paragraph(checked)])


def _finding(finding: Finding) -> Iterator[str | Text]:
    mark = f"{finding.severity:<9}{finding.check:<14}"
    first, *others = paragraph(finding.what, indent=mark, hanging=" " * len(mark))
    yield bold(first) if finding.severity == PROBLEM else first
    yield from others
    yield f"{' ' * len(mark)}→ {finding.run}"  # in one line, however long: it is there to be copied


def _contents(found: Verification) -> list[tuple[str, str]]:
    what = f"{counted(found.rows, 'row')} in {counted(found.tables, 'table')}, {counted(found.files, 'posterior file')}"
    head = found.head or "none: nothing is stored yet"
    return [("checked", what), ("head", head), ("", ELSEWHERE if found.sound and found.head else "")]


def _findings(found: Verification) -> list[str]:
    """Every finding, a line or more each."""
    said = [*map(str, found.broken), *found.damaged]
    if not said:
        return []
    lines = [line for one in said for line in paragraph(one, indent="- ", hanging="  ")]
    return ["", f"{counted(len(said), 'finding')}:", *lines]
