"""Reading the documents on file, as of a date, with what they say, who entered it and from when it counts."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection

from db.read import Version, read_judgements, read_versions
from db.rows import DocumentRow, JudgementRow
from db.when import When
from forecast.facts.entries import DocumentDetail, DocumentEntry, DocumentList, Ending, JudgementEntry
from forecast.record.catalogue import case_of, find_place
from indicators.case_rows import CASE_ANALYST
from indicators.content import TARGETS


def read_document_list(
    connection: Connection, when: When, *, retracted: bool = False, case_id: str | None = None
) -> DocumentList:
    """Every document published by then, oldest first; with `retracted` also those that were withdrawn by then."""
    id_ = case_of(connection, when, case_id).case_id
    versions = read_versions(connection, DocumentRow, id_, when)
    counts, basis = _counts_from(versions), _bases(connection, id_, when)
    entries = [_document(one, counts, basis) for one in _shown(versions, retracted)]
    return DocumentList(when.as_of, when.as_recorded, tuple(sorted(entries, key=lambda e: (e.published_on, e.id))))


def read_document(
    connection: Connection, when: When, name: str, *, retracted: bool = False, case_id: str | None = None
) -> DocumentDetail:
    """One document with its judgements; UnknownId names the nearest one."""
    id_ = case_of(connection, when, case_id).case_id
    versions = read_versions(connection, DocumentRow, id_, when)
    shown = _shown(versions, retracted)
    found = shown[find_place("document", name, [one.row.document_id for one in shown])]
    counts = _counts_from(versions)
    said = read_versions(connection, JudgementRow, id_, when)
    own = [one for one in said if one.row.document_id == found.row.document_id]
    judgements = [_judgement(one, own, counts[found.row.document_id]) for one in _shown(own, retracted)]
    row = found.row
    return DocumentDetail(
        as_of=when.as_of,
        as_recorded=when.as_recorded,
        document=_document(found, counts, _bases(connection, id_, when)),
        title=row.title,
        publisher=row.publisher,
        language=row.language,
        information_cutoff=row.information_cutoff,
        caveats=row.caveats,
        judgements=tuple(sorted(judgements, key=_by_target)),
    )


def _shown[R: (DocumentRow, JudgementRow)](versions: Iterable[Version[R]], retracted: bool) -> list[Version[R]]:
    """Those that stand and, where asked for, those that were retracted as they last stood."""
    return [one for one in versions if one.ended_by is None or (retracted and one.ended_by.retracted)]


def _counts_from(versions: Iterable[Version[DocumentRow]]) -> dict[str, date]:
    """By document the day from which its first version could be known."""
    found: dict[str, date] = {}
    for one in versions:
        found.setdefault(one.row.document_id, one.row.known_on or one.row.published_on)
    return found


def _bases(connection: Connection, case_id: str, when: When) -> Counter[tuple[str, str]]:
    """How many judgements of each basis a document carries by then."""
    return Counter((row.document_id, row.basis) for row in read_judgements(connection, case_id, when))


def _document(version: Version[DocumentRow], counts: dict[str, date], bases: Counter[tuple[str, str]]) -> DocumentEntry:
    row = version.row
    return DocumentEntry(
        id=row.document_id,
        author=row.author,
        published_on=row.published_on,
        directness=row.directness,
        explicit=bases[row.document_id, "explicit"],
        inferred=bases[row.document_id, "inferred"],
        row=row.id,
        counts_from=counts[row.document_id],
        analyst=row.analyst or CASE_ANALYST,
        status="stands" if version.ended_by is None else "retracted",
        ending=_ending(version.ended_by),
    )


def _judgement(version: Version[JudgementRow], own: Iterable[Version[JudgementRow]], published: date) -> JudgementEntry:
    row = version.row
    return JudgementEntry(
        target=row.target,
        indicator=row.indicator_id,
        weight=row.weight,
        basis=row.basis,
        location=row.location,
        note=row.note,
        row=row.id,
        counts_from=max(published, _first(version, own).known_on or date.min),
        analyst=row.analyst or CASE_ANALYST,
        status="stands" if version.ended_by is None else "retracted",
        ending=_ending(version.ended_by),
    )


def _first(version: Version[JudgementRow], own: Iterable[Version[JudgementRow]]) -> JudgementRow:
    """The first version of a judgement since it was last entered anew after a withdrawal."""
    row = version.row
    same = [one for one in own if (one.row.indicator_id, one.row.target) == (row.indicator_id, row.target)]
    ends = (one.ended_by.id for one in same if one.ended_by and one.ended_by.retracted)
    anew = max((end for end in ends if end < row.id), default=0)
    return min((one.row for one in same if one.row.id > anew), key=lambda one: one.id)


def _ending(row: DocumentRow | JudgementRow | None) -> Ending | None:
    if row is None:
        return None
    return Ending(row.id, row.known_on or date.min, row.reason, row.analyst or CASE_ANALYST)


def _by_target(one: JudgementEntry) -> tuple[int, str]:
    return (TARGETS.index(one.target) if one.target in TARGETS else len(TARGETS), one.indicator)
