"""Judgements at the desk: what a document says of an indicator and a target; added, revised, withdrawn."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from db.append import append_judgements
from db.read import read_newest
from db.rows import JudgementRow, NewJudgement
from forecast.desk.documents import standing_document
from forecast.desk.draft import JudgementDraft, Said, columns_of, draft_of
from forecast.desk.entries import cells_of, retraction, rules_of
from forecast.desk.learning import learnt_later
from forecast.desk.outcome import REFUSED, unchanged
from forecast.desk.session import Desk, Receipt, submit
from forecast.engine.assemble import Rows
from forecast.engine.reading import Reading
from forecast.errors import NotOnFile
from forecast.words.names import target_name
from forecast.words.numbers import counted, level_text
from indicators.judging import JUDGEMENT_COLUMNS, new_judgement
from indicators.tables import Problems, Row
from indicators.texts import mending_notes

type Confirm = Callable[[NewJudgement], bool]
"""Whether to store a judgement."""
type Key = tuple[str, str, str]
"""Document, indicator and target, in whatever case they are typed."""

_SAID = tuple(name for name in JUDGEMENT_COLUMNS if name not in ("reason", "analyst"))
_CONTENT = ("weight", "basis", "location", "note")


def add_judgement(
    desk: Desk,
    document: JudgementDraft | str,
    *,
    confirm: Confirm | None = None,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Store what a document says of an indicator and a target; it counts from today on.

    It is given as a draft, or as the document's id with the other parts of `JudgementDraft` by name. What is judged
    already is to be revised; one that was withdrawn can be entered anew.
    """
    draft = draft_of(JudgementDraft, document, parts, first="document")
    cells = cells_of(columns_of(draft), JUDGEMENT_COLUMNS)
    with desk.database.read() as connection:
        planned = _planned(connection, desk.reading(connection).rows, cells, desk)
    if confirm is not None and not confirm(planned):
        return unchanged((planned,), None, REFUSED, table="judgements")
    made: list[NewJudgement] = []
    notes = mending_notes([cells])

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        made.append(_planned(connection, before.rows, cells, desk))
        notes.append(bearing_note(before.rows, made[0]))
        return append_judgements(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    return learnt_later(desk, stored, "logged", "judgements", made, notes, dry_run=dry_run)


def revise_judgement(
    desk: Desk,
    document: str,
    indicator: str,
    target: str,
    changes: JudgementDraft | None = None,
    *,
    dry_run: bool = False,
    **parts: Said,
) -> Receipt:
    """Supersede a judgement by one that differs in `changes`, from today on."""
    changed = columns_of(draft_of(JudgementDraft, changes, parts))
    made: list[NewJudgement] = []
    mended = mending_notes([{name: said for name, said in changed.items() if isinstance(said, str)}])

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        old = standing_judgement(connection, before.rows, document, indicator, target)
        cells = cells_of({**{name: getattr(old, name) for name in _SAID}, **changed}, JUDGEMENT_COLUMNS)
        entry = _read(before.rows, cells, desk)
        if _asserts(entry) == _asserts(old):
            raise NotOnFile(f"{_named(old)} already says all of this; give what should change, such as --weight")
        made.append(replace(entry, supersedes=old.id, known_on=_from_today(desk, old)))
        return append_judgements(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    return learnt_later(desk, stored, "revised", "judgements", made, mended, dry_run=dry_run)


def retract_judgement(
    desk: Desk, document: str, indicator: str, target: str, reason: str, *, dry_run: bool = False
) -> Receipt:
    """Withdraw a judgement, from today on."""
    made: list[NewJudgement] = []
    mended = mending_notes([{"reason": reason}])

    def append(connection: Connection, before: Reading, at: datetime) -> list[int]:
        old = standing_judgement(connection, before.rows, document, indicator, target)
        made.append(retraction(old, reason, _from_today(desk, old), desk))
        return append_judgements(connection, made, at)

    stored = submit(desk, append, dry_run=dry_run)
    return learnt_later(desk, stored, "retracted", "judgements", made, mended, dry_run=dry_run)


def check_judgement(desk: Desk, name: str, text: str) -> tuple[str, ...]:
    """What is wrong with one part of a judgement, the others apart."""
    said = columns_of(draft_of(JudgementDraft, None, {name: text}))
    problems = Problems()
    with desk.database.read() as connection:
        rules = rules_of(desk.reading(connection).rows, desk)
    new_judgement(Row("", 0, cells_of(said, JUDGEMENT_COLUMNS), problems), rules)
    return tuple(line for line in problems.lines if line.startswith(tuple(f"{column}:" for column in said)))


def standing_judgement(connection: Connection, rows: Rows, document: str, indicator: str, target: str) -> JudgementRow:
    """The newest version of a judgement, if it may be corrected."""
    wanted = _key(document, indicator, target)
    newest = {_key_of(row): row for row in read_newest(connection, JudgementRow, rows.case.case_id)}
    found = newest.get(wanted)
    if found is None:
        standing_document(connection, rows.case.case_id, document)
        of = [f"{row.indicator_id} for {row.target}" for key, row in newest.items() if key[0] == wanted[0]]
        said = f"it judges {', '.join(sorted(of))}" if of else "it has no judgements yet"
        raise NotOnFile(f"document {document} has no judgement of {indicator} for {target}; {said}")
    if found.retracted:
        raise NotOnFile(
            f"the judgement of {_named(found)} was retracted as row {found.id} ({found.reason}); enter it again with "
            "`parley judgement add`"
        )
    return found


def bearing_note(rows: Rows, entry: NewJudgement) -> str:
    """What it will bear on, and through how much."""
    days = [row.observed_on for row in rows.observations if row.indicator_id == entry.indicator_id]
    seen = (
        f"{counted(len(days), 'observation')} on file, the latest of {max(days)}"
        if days
        else "no observation yet, so it has no effect until one is logged"
    )
    return f"it will bear on {target_name(entry.target)} through {entry.indicator_id}: {seen}"


def _planned(connection: Connection, rows: Rows, cells: Mapping[str, str], desk: Desk) -> NewJudgement:
    """The judgement that cells make, after a withdrawal as its successor; refused where one stands."""
    entry = _read(rows, cells, desk)
    there = {_key_of(row): row for row in read_newest(connection, JudgementRow, entry.case_id)}.get(_key_of(entry))
    if there is None:
        return entry
    if there.retracted:
        return replace(entry, supersedes=there.id)
    raise NotOnFile(f"{_named(entry)}: {judged_sentence(there)}")


def _read(rows: Rows, cells: Mapping[str, str], desk: Desk) -> NewJudgement:
    problems = Problems()
    entry = new_judgement(Row("", 0, dict(cells), problems), rules_of(rows, desk))
    problems.raise_any()
    assert entry is not None
    return entry


def judged_sentence(row: JudgementRow) -> str:
    """That a document has said what it says of an indicator and a target, and how to correct it."""
    revise = f"parley judgement revise {row.document_id} {row.indicator_id} {row.target}"
    said = f"is already judged: {level_text(row.weight)}, {row.basis} (row {row.id}, by {row.analyst or 'the case'})"
    return f"{said}; run `{revise} --weight WEIGHT`"


def _named(row: NewJudgement) -> str:
    return f"{row.document_id} on {row.indicator_id} for {row.target}"


def _asserts(row: NewJudgement) -> tuple[object, ...]:
    return (*_key_of(row), *(getattr(row, name) for name in _CONTENT))


def _key_of(row: NewJudgement) -> Key:
    return _key(row.document_id, row.indicator_id, row.target)


def _key(document: str, indicator: str, target: str) -> Key:
    return document.strip().casefold(), indicator.strip().casefold(), target.strip().casefold().replace("-", "_")


def _from_today(desk: Desk, old: JudgementRow) -> date:
    """A correction acts from today, and not before what it corrects."""
    return max(desk.today(), old.known_on or date.min)
