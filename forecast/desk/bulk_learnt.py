"""Documents and judgements in bulk: which rows of a file are on file already, and which contradict what is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from sqlalchemy import Connection

from db.read import Version, read_versions
from db.rows import DocumentRow, JudgementRow, NewDocument, NewJudgement
from db.when import WHENEVER
from forecast.desk.batch import Remarks, Sifted
from forecast.desk.documents import taken_sentence
from forecast.desk.entries import cells_of
from forecast.desk.judgements import judged_sentence
from forecast.desk.session import Stored
from forecast.engine.assemble import Rows
from forecast.words.numbers import counted
from indicators.coding import Rules
from indicators.errors import CaseError
from indicators.foreign import Table
from indicators.judging import (
    DAYS,
    DOCUMENT_COLUMNS,
    JUDGEMENT_COLUMNS,
    USUAL,
    new_document,
    new_judgement,
    next_document_id,
)
from indicators.missing import is_missing
from indicators.tables import Problems, Row
from indicators.texts import read_text

_WHO = ("reason", "analyst")
_DOCUMENT = tuple(name for name in DOCUMENT_COLUMNS if name not in _WHO)
_JUDGEMENT = tuple(name for name in JUDGEMENT_COLUMNS if name not in _WHO)
type _OnFile = Version[DocumentRow] | Version[JudgementRow] | NewDocument | NewJudgement
_IDS = ("document_id", "indicator_id", "target", "basis", "directness")


@dataclass(frozen=True, slots=True)
class Made[E]:
    """A row of a file, the entry it makes, and what is wrong with it otherwise: it may yet be one that is on file."""

    row: Row
    entry: E | None
    wrong: tuple[str, ...]

    def says(self, cells: Mapping[str, str]) -> bool:
        """Whether the row says what these cells do."""
        return all(self._cell(name) == _plain(name, cell) for name, cell in cells.items())

    def _cell(self, name: str) -> str:
        """What a cell says once it is read: a day however it is written, and what an empty one stands for."""
        day = getattr(self.entry, name, None) if name in DAYS else None
        return str(day) if day else _plain(name, self.row.text(name)) or USUAL.get(name, "")


@dataclass(frozen=True, slots=True)
class DocumentBatch:
    """The documents of a file in their order."""

    made: Sequence[Made[NewDocument]]

    @property
    def number(self) -> int:
        return len(self.made)

    @property
    def entries(self) -> Sequence[NewDocument]:
        return [each.entry for each in self.made if each.entry is not None]

    def sift(self, connection: Connection, rows: Rows) -> Sifted[NewDocument]:
        """Those that are not there, each with an id; CaseError where a row is wrong, or its id is another's."""
        file: dict[str, list[Version[DocumentRow] | NewDocument]] = {}
        for version in read_versions(connection, DocumentRow, rows.case.case_id, WHENEVER):
            file.setdefault(version.row.document_id.casefold(), []).append(version)
        new: list[NewDocument] = []
        lines: list[str] = []
        there: list[Version[DocumentRow] | NewDocument] = []
        for each in self.made:
            id_ = _plain("document_id", each.row.text("document_id"))
            known = file.get(id_, []) if id_ else [*chain.from_iterable(file.values())]
            same = next((one for one in known if each.says(_said(one, named=bool(id_)))), None)
            if same is not None:
                there.append(same)
            elif each.entry is None:
                lines += each.wrong
            elif id_ and known:
                lines.append(f"{each.row.place('document_id')}: {taken_sentence(each.entry.document_id)}")
            else:
                entry = each.entry if id_ else _with_free_id(each.entry, file)
                file.setdefault(entry.document_id.casefold(), []).append(entry)
                new.append(entry)
        if lines:
            raise CaseError(lines)
        return Sifted(new, _notes(there))


@dataclass(frozen=True, slots=True)
class JudgementBatch:
    """The judgements of a file in their order."""

    made: Sequence[Made[NewJudgement]]

    @property
    def number(self) -> int:
        return len(self.made)

    @property
    def entries(self) -> Sequence[NewJudgement]:
        return [each.entry for each in self.made if each.entry is not None]

    def sift(self, connection: Connection, rows: Rows) -> Sifted[NewJudgement]:
        """Those that are not there; CaseError where a row is wrong, or says otherwise what is judged already."""
        file: dict[tuple[str, ...], list[Version[JudgementRow] | NewJudgement]] = {}
        for version in read_versions(connection, JudgementRow, rows.case.case_id, WHENEVER):
            file.setdefault(_key(_said(version)), []).append(version)
        new: list[NewJudgement] = []
        lines: list[str] = []
        there: list[Version[JudgementRow] | NewJudgement] = []
        for each in self.made:
            key = _key(each.row.cells)
            known = file.get(key, [])
            same = next((one for one in known if each.says(_said(one))), None)
            if same is not None:
                there.append(same)
            elif each.entry is None:
                lines += each.wrong
            elif known and (stands := _standing(known[-1])) is not None:
                lines.append(f"{each.row.place('weight')}: {stands}")
            else:
                entry = _after(each.entry, known)
                file.setdefault(key, []).append(entry)
                new.append(entry)
        if lines:
            raise CaseError(lines)
        return Sifted(new, _notes(there))


def read_document_rows(table: Table, rules: Rules, told: Callable[[int], None]) -> DocumentBatch:
    """The documents of the rows of a table; what is wrong with a row is told once it is known not to be on file."""
    return DocumentBatch(_read(table, lambda row: new_document(row, rules), told))


def read_judgement_rows(table: Table, rules: Rules, told: Callable[[int], None]) -> JudgementBatch:
    """The judgements of the rows of a table, likewise."""
    return JudgementBatch(_read(table, lambda row: new_judgement(row, rules), told))


def no_remarks(stored: Stored, added: Sequence[NewDocument] | Sequence[NewJudgement]) -> Remarks:
    """Of what only a fit takes in there is nothing to say yet."""
    return Remarks()


def _read[E](table: Table, make: Callable[[Row], E | None], told: Callable[[int], None]) -> list[Made[E]]:
    made = []
    for number, row in enumerate(table.rows, start=1):
        problems = Problems()
        made.append(Made(row, make(replace(row, problems=problems)), tuple(problems.lines)))
        told(number)
    return made


def _said(
    one: Version[DocumentRow] | Version[JudgementRow] | NewDocument | NewJudgement, *, named: bool = True
) -> dict[str, str]:
    """What is on file, as the cells of a row; without its id where the row of the file gives none."""
    row = one.row if isinstance(one, Version) else one
    names = _DOCUMENT if isinstance(row, NewDocument) else _JUDGEMENT
    cells = cells_of({name: getattr(row, name) for name in names}, names)
    return {name: cell for name, cell in cells.items() if named or name != "document_id"}


def _plain(name: str, text: str) -> str:
    """A cell as it is compared: a marker of what is missing says nothing, 1.0 and 1 are one weight."""
    kept = read_text(text, name)[0]
    if name == "weight":
        try:
            return f"{float(kept.replace('\u2212', '-').replace(',', '.')):.12g}"
        except ValueError:
            return kept
    if name in _IDS:
        return kept.casefold()
    return "" if is_missing(kept) else kept


def _key(cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_plain(name, cells.get(name, "")) for name in ("document_id", "indicator_id", "target"))


def _with_free_id(entry: NewDocument, file: Mapping[str, object]) -> NewDocument:
    return replace(entry, document_id=next_document_id(entry.author, entry.published_on.isoformat(), [*file]))


def _standing(last: Version[JudgementRow] | NewJudgement) -> str | None:
    """Why a judgement cannot be entered beside the last one there is; None where that was withdrawn."""
    if not isinstance(last, Version):
        return "is in the file more than once, with different values; keep one of them"
    return judged_sentence(last.row) if last.ended_by is None else None


def _after(entry: NewJudgement, known: Sequence[Version[JudgementRow] | NewJudgement]) -> NewJudgement:
    """The entry, after the withdrawal of one like it as its successor."""
    last = known[-1] if known else None
    ended = last.ended_by if isinstance(last, Version) else None
    return entry if ended is None else replace(entry, supersedes=ended.id)


def _notes(there: Iterable[object]) -> list[str]:
    """What is to be said of rows that are there."""
    found = list(there)
    gone = sum(isinstance(one, Version) and one.ended_by is not None and one.ended_by.retracted for one in found)
    twice = sum(not isinstance(one, Version) for one in found)
    return [
        *([f"{counted(twice, 'row')} of the file repeated; each counts once"] if twice else []),
        *([f"{counted(gone, 'row')} of the file had been retracted; that stays as it is"] if gone else []),
    ]
