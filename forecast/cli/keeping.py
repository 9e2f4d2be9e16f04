"""Commands that keep what is stored: verify, backup, doctor; and what they print."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from db.anchors import SHORTEST, Continuation, Head, continue_from, count_up_to, read_head
from db.backup import Backup, write_backup
from db.errors import BrokenChain
from db.verify import Verification, verify_store
from forecast.cli.console import Json, case_id, database_url, opened, print_json, shown
from forecast.cli.outputs import written_as
from forecast.cli.progress import watched
from forecast.cli.streams import answering
from forecast.cli.tables import bold, emit, facts, paragraph
from forecast.doctor.examine import Examination, examine
from forecast.doctor.finding import PROBLEM, Finding
from forecast.words.numbers import counted, minute

ELSEWHERE = "keep this hash somewhere else: it stands for everything stored so far"


def parse_digits(text: str) -> str:
    """The first digits of a head, or all, as they were copied from where they stand."""
    digits = "".join(text.split()).rstrip("….").casefold()
    if re.fullmatch(rf"[0-9a-f]{{{SHORTEST},64}}", digits):
        return digits
    right = f"write {SHORTEST} to 64 hexadecimal digits, as a brief or `parley verify --head` gives them"
    raise typer.BadParameter(f"{shown(text)} is not a head; {right}")


def verify(
    digits: Annotated[
        str | None,
        typer.Argument(parser=parse_digits, metavar="HASH", help="With --head: a head that you kept elsewhere."),
    ] = None,
    head: Annotated[
        bool,
        typer.Option(
            "--head", help="Print the head, to keep elsewhere; with HASH, check that the record continues from it."
        ),
    ] = False,
    json_: Json = False,
) -> None:
    """Verify everything stored. It checks each row's hash, the seals, the triggers and each posterior file.

    Exit code 1 means damage. `--head` prints the hash that stands for everything stored, and checks nothing. `--head
    HASH`, with a head that you kept or that a brief bears, also checks that what was stored then is still unchanged.
    """
    if digits is not None and not head:
        raise typer.BadParameter(f"needs --head; write `parley verify --head {digits}`", param_hint="'HASH'")
    if head and digits is None:
        _tell_head(json_)
        return
    with opened() as database, watched() as report, database.read() as connection:
        found = verify_store(connection, database.posteriors, report)
        kept = None if digits is None else continue_from(connection, digits, found.broken)
    if json_:
        about = {} if kept is None else {"anchor": _anchor(kept)}
        print_json({"database": database.url, "sound": found.sound, **asdict(found), **about})
    else:
        print_verification(database.url, found)
        emit([] if kept is None else _continuation(kept))
    _refuse(database.url, found, kept)


def _tell_head(json_: bool) -> None:
    """The head of what is stored, of its last seal; nothing is walked."""
    with opened() as database, database.read() as connection:
        head = read_head(connection)
        rows = 0 if head is None else count_up_to(connection, head)
    if json_:
        print_json({"database": database.url, **_head(head), "rows": rows})
    else:
        print_head(database.url, head, rows)


def _head(head: Head | None) -> dict[str, Any]:
    if head is None:
        return {"head": "", "short": "", "seal": None, "recorded_at": None}
    return {"head": head.hash, "short": head.short, "seal": head.seal, "recorded_at": head.recorded_at}


def _anchor(kept: Continuation) -> dict[str, Any]:
    counts = {"rows": kept.rows, "rows_since": kept.rows_since, "broken": [asdict(one) for one in kept.broken]}
    return {"asked": kept.asked, "continues": kept.continues, **_head(kept.head), **counts}


def _refuse(database: str, found: Verification, kept: Continuation | None) -> None:
    """Raise BrokenChain where something is damaged, or the record is another than the one whose head was kept."""
    if kept is not None and not kept.continues:
        unknown = "it never had that head, so it is an older copy or another record"
        what = unknown if kept.head is None else "rows stored before that head have changed since"
        right = "check the hash, and which database PARLEY_DATABASE_URL names"
        raise BrokenChain(
            f"{database} does not continue from {kept.asked}; {what}; {right}; if both are right, set this database "
            "aside and restore a backup"
        )
    if not found.sound:
        raise BrokenChain(f"{database} is damaged; {found.remedy}")


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
    """Back everything up into one ZIP file. The copy is checked, and others can go on working meanwhile.

    `parley restore` fills an empty SQLite or PostgreSQL database from it; `unzip FILE` in an empty folder also gives a
    working Parley, with SQLite. If the store is damaged, what is left is backed up unless FILE exists (exit code 1).
    """
    with opened() as database, watched() as report:
        made = write_backup(database, file, force=force, report=report)
    with answering(f"wrote {made.file}{'' if made.contents.sound else ', from a damaged database'}"):
        if json_:
            about = {"file": made.file, "bytes": made.size, "schema": made.schema, "runs": made.runs}
            print_json({**about, "sound": made.contents.sound, **asdict(made.contents)})
        else:
            print_backup(made)
    if not made.contents.sound:
        raise BrokenChain(f"{database.url} is damaged, and {file} holds what is left of it; {made.contents.remedy}")


def doctor(json_: Json = False) -> None:
    """Find problems and say how to fix them. Exit code 1 means that there is a problem."""
    found = examine(database_url(), datetime.now(UTC), case_id=case_id())
    if json_:
        print_json(found)
    else:
        print_examination(found)
    if found.problems:
        raise typer.Exit(1)


def print_verification(database: str, found: Verification) -> None:
    title = "Everything is as it was stored" if found.sound else "Damaged"
    emit([bold(f"{title}: {database}"), *facts(contents_of(found)), *_findings(found)])


def print_head(database: str, head: Head | None, rows: int) -> None:
    if head is None:
        emit([bold(f"No head yet: {database}"), "nothing is stored; run `parley init`"])
        return
    about = [
        ("head", head.hash),
        ("stands for", f"{counted(rows, 'row')}, the last recorded {minute(head.recorded_at)}"),
        ("to check", f"parley verify --head {head.short}"),
    ]
    emit([bold(f"Head of the record: {database}"), *facts(about), ELSEWHERE])


def _continuation(kept: Continuation) -> Iterator[str]:
    yield ""
    if kept.head is None:
        yield f"Head {kept.asked}: this database does not continue from it; it never had that head."
        return
    said = f"Head {kept.head.short}, of {minute(kept.head.recorded_at)}: {counted(kept.rows, 'row')} up to it"
    if kept.broken:
        yield f"{said}; {counted(len(kept.broken), 'finding')} above concern them: they have changed since."
    else:
        yield f"{said} are unchanged; {counted(kept.rows_since, 'row')} came after it."


def print_backup(made: Backup) -> None:
    size = f"{made.size / 1e6:.1f} MB, schema {made.schema}, {counted(made.runs, 'run')}"
    holds = facts([("holds", size), *contents_of(made.contents)])
    emit([bold(f"Backup {made.file}"), *holds, *_findings(made.contents)])
    file = shlex.quote(str(Path(made.file).absolute()))
    emit(["", f"To restore: `parley restore {file} --to URL`, or `unzip {file}` in an empty folder."])


def print_examination(found: Examination) -> None:
    checked = f"Checked {found.database}: {', '.join(found.checked)}."
    if not found.findings:
        emit([bold("No problems found."), *paragraph(checked)])
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


def contents_of(found: Verification) -> list[tuple[str, str]]:
    """Name and value of how much was checked, and the head of it."""
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
