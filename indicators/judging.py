"""What an analyst reads: documents and judgements, typed or from a file, held against the rules of case folders.

The columns are those of a folder's `documents.csv` and `judgements.csv`, so that the same cells make the same rows
either way, and two more: why it is entered, and by whom. What is entered here counts from the day of its entry, or from
that of its publication where that is later: nobody at this desk knew it before.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from itertools import count

from db.rows import NewDocument, NewJudgement
from indicators.case_rows import document_row, judgement_row
from indicators.coding import FIRST_YEAR, Rules, by_casefold, lies_ahead, signed_by
from indicators.days import read_day
from indicators.folder import COLUMNS, Known, read_document, read_judgement
from indicators.tables import Row, parse_day
from indicators.texts import read_text

_WHY = ("reason", "analyst")
DOCUMENT_COLUMNS = (*COLUMNS["documents.csv"], *_WHY)
DOCUMENT_REQUIRED = ("author", "title", "published_on")
JUDGEMENT_COLUMNS = (*COLUMNS["judgements.csv"], *_WHY)
JUDGEMENT_REQUIRED = ("document_id", "indicator_id", "target", "weight", "basis")

USUAL = {"directness": "medium"}
"""What an empty cell stands for."""
_CLOSED = ("directness", "basis", "target")
"""Columns of a closed list, whose words mean the same in whatever case they are typed."""
DAYS = ("published_on", "information_cutoff")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9],[0-9]{1,2}")
_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def new_document(row: Row, rules: Rules, taken: Collection[str] = ()) -> NewDocument | None:
    """The document of a row with the cells of `DOCUMENT_COLUMNS`; None when it has a problem.

    `taken` are the ids that are in use: one of them is refused, and an id left empty is the next free one of its author
    and year. A correction keeps its id, and leaves `taken` empty.
    """
    before = len(row.problems.lines)
    kept = _kept(row, DOCUMENT_COLUMNS, rules)
    if len(row.problems.lines) > before:
        return None
    cells = kept.cells
    if not cells["document_id"]:
        cells["document_id"] = next_document_id(cells["author"], cells["published_on"], taken)
    said = read_document(kept)
    _check_day(kept, rules)
    _check_id(kept, taken)
    analyst = signed_by(kept, "analyst", rules.analyst)
    if len(row.problems.lines) > before:
        return None
    made = document_row(rules.case_id, said)
    return replace(made, known_on=rules.moment.today, reason=cells["reason"], analyst=analyst)


def new_judgement(row: Row, rules: Rules) -> NewJudgement | None:
    """The judgement of a row with the cells of `JUDGEMENT_COLUMNS`; None when it has a problem."""
    before = len(row.problems.lines)
    kept = _kept(row, JUDGEMENT_COLUMNS, rules)
    if len(row.problems.lines) > before:
        return None
    _spell_ids(kept, rules)
    said = read_judgement(kept, Known(frozenset(rules.indicators), frozenset(rules.documents)))
    if said.indicator_id in rules.out_of_use:
        row.refuse("indicator_id", rules.out_of_use[said.indicator_id])
    analyst = signed_by(kept, "analyst", rules.analyst)
    if len(row.problems.lines) > before:
        return None
    made = judgement_row(rules.case_id, said)
    return replace(made, known_on=rules.moment.today, reason=kept.cells["reason"], analyst=analyst)


def next_document_id(author: str, published_on: str, taken: Collection[str]) -> str:
    """The first free id of the first author's name and the year, such as lankov-2025, then lankov-2025-2."""
    first = re.split(r"\(|;|&|\band\b", author)[0].split(",")[0]
    plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode().casefold()
    name = (re.findall(r"[a-z0-9]+", plain) or ["document"])[-1]
    day = parse_day(published_on)
    stem, used = f"{name}-{day.year}" if day else name, {id_.casefold() for id_ in taken}
    ids = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(id_ for id_ in ids if id_ not in used)


def _kept(row: Row, columns: tuple[str, ...], rules: Rules) -> Row:
    """The row with its cells as they are stored, days as YYYY-MM-DD and weights with a point."""
    cells = {}
    for column in columns:
        text, wrong = read_text(row.text(column), column)
        if not wrong and text and column in DAYS:
            found = read_day(text, latest=rules.moment.latest)
            if found.day:
                text = found.day.isoformat()
            elif found.wrong:
                wrong = f"{text!r} {found.wrong}"
        if wrong:
            row.refuse(column, wrong)
        cells[column] = (_word(text) if column in _CLOSED else text) or USUAL.get(column, "")
    if "weight" in cells:  # Japanese and Korean keyboards write full-width
        plain = unicodedata.normalize("NFKC", cells["weight"]).replace("\u2212", "-")
        cells["weight"] = plain.replace(",", ".") if _DECIMAL_COMMA.fullmatch(plain) else plain
    return replace(row, cells=cells)


def _word(text: str) -> str:
    """A word of a closed list as it is written there: `Arms-control talks` is arms_control_talks."""
    return re.sub(r"[-\s]+", "_", text.casefold())


def _spell_ids(row: Row, rules: Rules) -> None:
    """Ids mean the same in whatever case they are typed; one that is not known is left for the reader to refuse."""
    for column, ids in (("indicator_id", rules.indicators), ("document_id", rules.documents)):
        row.cells[column] = by_casefold(ids).get(row.cells[column].casefold(), row.cells[column])


def _check_day(row: Row, rules: Rules) -> None:
    """It was published on a day that has begun somewhere on earth."""
    day = parse_day(row.cells["published_on"])
    if day is not None and day > rules.moment.latest:
        row.refuse("published_on", lies_ahead(day, rules.moment))
    elif day is not None and day.year < FIRST_YEAR:
        row.refuse("published_on", f"{day} lies before {FIRST_YEAR}; write a later year")


def _check_id(row: Row, taken: Collection[str]) -> None:
    id_ = row.cells["document_id"]
    if not _ID.fullmatch(id_):
        row.refuse("document_id", f"{id_!r} is not an id; write letters, digits, - and ., such as lankov-2025")
    elif id_.casefold() in {other.casefold() for other in taken}:
        right = "leave it empty to get the next free one, or revise that document"
        row.refuse("document_id", f"{id_!r} is taken; {right}")
