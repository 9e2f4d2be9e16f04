"""What verify, backup and doctor found, as tables."""

from collections.abc import Iterator

from rich.text import Text

from db.backup import Backup
from db.verify import Verification
from forecast.cli.tables import bold, emit, facts, paragraph
from forecast.doctor import PROBLEM, Examination, Finding
from forecast.words import counted

ELSEWHERE = "keep this hash elsewhere: it stands for everything stored so far"


def print_verification(database: str, found: Verification) -> None:
    title = "Everything is as it was stored" if found.sound else "Damaged"
    emit([bold(f"{title}: {database}"), *_contents(found), *_findings(found)])


def print_backup(made: Backup) -> None:
    size = ("size", f"{made.size / 1e6:.1f} MB, schema {made.schema}, {counted(made.runs, 'run')}")
    restore = "To restore: `unzip FILE` in an empty folder, and run `parley` there."
    emit([bold(f"Backup {made.file}"), *facts([size]), *_contents(made.contents), *_findings(made.contents)])
    emit(["", *paragraph(restore.replace("FILE", made.file))])


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
    yield from paragraph(f"→ {finding.run}", indent=" " * len(mark), hanging=" " * (len(mark) + 2))


def _contents(found: Verification) -> list[str]:
    what = f"{counted(found.rows, 'row')} in {counted(found.tables, 'table')}, {counted(found.files, 'posterior file')}"
    return facts([("checked", what), ("head", found.head or "none: nothing is stored yet"), ("", ELSEWHERE)])


def _findings(found: Verification) -> list[str]:
    """Every finding, a line or more each."""
    said = [*map(str, found.broken), *found.damaged]
    if not said:
        return []
    lines = [line for one in said for line in paragraph(one, indent="- ", hanging="  ")]
    return ["", f"{counted(len(said), 'finding')}:", *lines]
