"""Documents at the desk: added, revised, withdrawn. What they say is learnt in a fit, so that no answer comes at once.

receipt = add_document(desk, "Bread first", author="F. Tarlenheim", published_on=date(2026, 11, 20))
receipt.counts_from  # the first day as of which it counts
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from db.append import append_documents
from db.read import Version, read_judgements, read_newest, read_versions
from db.rows import DocumentRow, NewDocument
from db.when import WHENEVER
from forecast.desk.draft import DocumentDraft, Said, columns_of, draft_of
from forecast.desk.entries import cells_of, retraction, rules_of
from forecast.desk.learning import learnt_later
from forecast.desk.outcome import REFUSED, unchanged
from forecast.desk.session import Desk, Receipt, submit
from forecast.engine.assemble import Rows
from forecast.engine.reading import Reading
from forecast.errors import NotOnFile
from forecast.words.numbers import counted
from indicators.errors import CaseError
from indicators.judging import DOCUMENT_COLUMNS, new_document
from indicators.likeness import title_key
from indicators.tables import Problems, Row, suggest_id
from indicators.texts import mending_notes

type Confirm = Callable[[NewDocument, tuple[str, ...]], bool]
"""Whether to store a document, given what is to be known of it."""

_SAID = tuple(name for name in DOCUMENT_COLUMNS if name not in ("reason", "analyst"))


def add_document(
    desk: Desk,
    title: DocumentDraft | str,
    *,
    confirm: Confirm | None = None,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Store a document; it counts from today, or from the day it was published where that is later.

    It is given as a draft, or as its title with the other parts of `DocumentDraft` by name. The very same document
    again is not stored twice; `confirm` sees it, and documents it may be one with, before it is stored.
    """
    draft = draft_of(DocumentDraft, title, parts, first="title")
    cells = cells_of(columns_of(draft), DOCUMENT_COLUMNS)
    with desk.database.read() as connection:
        planned, there = _planned(connection, desk.reading(connection).rows, cells, desk)
        alike = duplicate_notes(connection, planned)
    if there is not None:
        note = f"the same document is already on file as {there.document_id} (row {there.id}); nothing was added"
        return unchanged((planned,), None, note, table="documents", rows=(there.id,))
    if confirm is not None and not confirm(planned, alike):
        return unchanged((planned,), None, REFUSED, table="documents")
    made: list[NewDocument] = []
    notes = mending_notes([cells])

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        entry, again = _planned(connection, before.rows, cells, desk)
        if again is None:
            made.append(entry)
            notes.extend((*duplicate_notes(connection, entry), f"enter what it says with {_next(entry)}"))
        return append_documents(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    return learnt_later(desk, stored, "logged", "documents", made, notes, dry_run=dry_run)


def revise_document(
    desk: Desk,
    document_id: str,
    changes: DocumentDraft | None = None,
    *,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Supersede a document by one that differs in `changes`, from today on; its judgements stay as they are."""
    changed = columns_of(draft_of(DocumentDraft, changes, parts))
    made: list[NewDocument] = []
    mended = mending_notes([{name: said for name, said in changed.items() if isinstance(said, str)}])

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        old = standing_document(connection, before.rows.case.case_id, document_id)
        cells = cells_of({**{name: getattr(old, name) for name in _SAID}, **changed}, DOCUMENT_COLUMNS)
        entry = _read(before.rows, cells, desk)
        if _asserts(entry) == _asserts(old):
            raise NotOnFile(
                f"document {old.document_id} already says all of this; give what should change, such as --caveats"
            )
        made.append(replace(entry, supersedes=old.id, known_on=_from_today(desk, old)))
        return append_documents(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    return learnt_later(desk, stored, "revised", "documents", made, mended, dry_run=dry_run)


def retract_document(desk: Desk, document_id: str, reason: str, *, dry_run: bool = False) -> Receipt:
    """Withdraw a document, and with it what it says, from today on."""
    made: list[NewDocument] = []
    notes = mending_notes([{"reason": reason}])

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        old = standing_document(connection, before.rows.case.case_id, document_id)
        made.append(retraction(old, reason, _from_today(desk, old), desk))
        said = read_judgements(connection, old.case_id, before.rows.when)
        number = sum(row.document_id == old.document_id for row in said)
        if number:
            notes.append(f"its {counted(number, 'judgement')} no longer count{'s' if number == 1 else ''}")
        return append_documents(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    return learnt_later(desk, stored, "retracted", "documents", made, notes, dry_run=dry_run)


def check_document(desk: Desk, name: str, text: str) -> tuple[str, ...]:
    """What is wrong with one part of a document, the others apart."""
    said = columns_of(draft_of(DocumentDraft, None, {name: text}))
    problems = Problems()
    with desk.database.read() as connection:
        rules = rules_of(desk.reading(connection).rows, desk)
    new_document(Row("", 0, cells_of(said, DOCUMENT_COLUMNS), problems), rules)
    return tuple(line for line in problems.lines if line.startswith(tuple(f"{column}:" for column in said)))


def standing_document(connection: Connection, case_id: str, document_id: str) -> DocumentRow:
    """The newest version of a document, if it may be corrected."""
    newest = {row.document_id.casefold(): row for row in read_newest(connection, DocumentRow, case_id)}
    found = newest.get(document_id.strip().casefold())
    if found is None:
        ids = tuple(sorted(row.document_id for row in newest.values()))
        raise NotOnFile(f"unknown document {document_id!r}; {suggest_id(document_id, ids)}")
    if found.retracted:
        raise NotOnFile(
            f"document {found.document_id} was retracted as row {found.id} ({found.reason}); "
            "add it again under another id"
        )
    return found


def duplicate_notes(connection: Connection, entry: NewDocument) -> tuple[str, ...]:
    """That other documents have its title, author and day."""
    alike = [
        row.document_id
        for row in read_newest(connection, DocumentRow, entry.case_id)
        if not row.retracted and _likeness(row) == _likeness(entry) and row.document_id != entry.document_id
    ]
    if not alike:
        return ()
    way_out = f"if it is the same text, run `parley document retract {entry.document_id} --reason TEXT`"
    return (f"likely duplicate of {', '.join(alike)} (same title, author and day): {way_out}",)


def _planned(
    connection: Connection, rows: Rows, cells: Mapping[str, str], desk: Desk
) -> tuple[NewDocument, DocumentRow | None]:
    """The document that cells make, and the one on file that says the very same; CaseError where its id is taken."""
    file = _by_id(connection, rows.case.case_id)
    entry = _read(rows, cells, desk, [version.row.document_id for versions in file.values() for version in versions])
    named = bool(cells["document_id"])
    standing = [one.row for versions in file.values() for one in versions if one.ended_by is None]
    same = next((row for row in standing if _asserts(row, named) == _asserts(entry, named)), None)
    if same is None and named and entry.document_id.casefold() in file:
        raise CaseError([f"document_id: {taken_sentence(entry.document_id)}"])
    return entry, same


def _read(rows: Rows, cells: Mapping[str, str], desk: Desk, taken: Sequence[str] = ()) -> NewDocument:
    problems = Problems()
    free = () if cells["document_id"] else taken
    entry = new_document(Row("", 0, dict(cells), problems), rules_of(rows, desk), free)
    problems.raise_any()
    assert entry is not None
    return entry


def _by_id(connection: Connection, case_id: str) -> dict[str, list[Version[DocumentRow]]]:
    found: dict[str, list[Version[DocumentRow]]] = {}
    for version in read_versions(connection, DocumentRow, case_id, WHENEVER):
        found.setdefault(version.row.document_id.casefold(), []).append(version)
    return found


def taken_sentence(document_id: str) -> str:
    """That an id means another document, and the ways out."""
    revise = f"run `parley document revise {document_id}`"
    return f"{document_id!r} is already the id of another document or version; {revise}, or choose another id"


def _asserts(row: NewDocument, named: bool = True) -> tuple[object, ...]:
    """What a row says, apart from who says it since when; without its id where that was left open."""
    return tuple(getattr(row, name) for name in _SAID if named or name != "document_id")


def _likeness(row: NewDocument) -> tuple[object, ...]:
    return title_key(row.title), title_key(row.author), row.published_on


def _from_today(desk: Desk, old: DocumentRow) -> date:
    """A correction acts from today, and not before what it corrects."""
    return max(desk.today(), old.known_on or old.published_on)


def _next(entry: NewDocument) -> str:
    return f"`parley judgement add {entry.document_id} INDICATOR TARGET WEIGHT --basis WORD`"
