"""What verify, backup and doctor found, as tables."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from db.backup import Backup
from db.verify import Verification
from forecast.cli.tables import bold, emit, facts, paragraph
from forecast.doctor.examine import PROBLEM, Examination, Finding
from forecast.words.numbers import counted

ELSEWHERE = "keep this hash elsewhere: it stands for everything stored so far"


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
