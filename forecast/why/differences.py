"""What one run had read and another had not: rows, fact by fact, and the rows as they were with only some of these.

Of a fact both versions are compared: a row that was entered and revised since is one difference. Attestations are not
among them, since they make up time and silence; nothing here depends on the numbers of rows or the order of entry.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from sqlalchemy import Connection

from db.read import by_content, read_first_rows
from db.rows import DocumentRow, EventRow, JudgementRow, ObservationRow
from forecast.engine.assemble import Rows
from forecast.facts.why import (
    CORRECTION,
    DOCUMENT,
    EVENT,
    LATE,
    NEW,
    OBSERVATION,
    RETRACTED,
    REVISED,
    REVISED_SINCE,
    WITHDRAWN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One fact of which two runs had read different versions."""

    cls: str
    kind: str
    key: tuple[str, ...]
    """By content: unique, and in an order in which nothing but content counts."""
    origin: str
    """What it is one piece of evidence with; "" where it stands alone."""
    before: tuple[ObservationRow, ...] | tuple[EventRow, ...] | tuple[JudgementRow, ...]
    """What the earlier run had read of it, current and superseded versions among them."""
    after: tuple[ObservationRow, ...] | tuple[EventRow, ...] | tuple[JudgementRow, ...]
    document: DocumentRow | None = None
    """Whose judgements these are, as the later run had read it, or else the earlier one."""

    @property
    def row(self) -> ObservationRow | EventRow | JudgementRow:
        """The version that says most of it: the newest the later run had read, or the last of the earlier one."""
        last: ObservationRow | EventRow | JudgementRow = (*self.before, *self.after)[-1]
        return last

    @property
    def group(self) -> str:
        """The indicator, type of event or document that it is of."""
        row = self.row
        if isinstance(row, ObservationRow):
            return row.indicator_id
        return row.type if isinstance(row, EventRow) else row.document_id

    @property
    def known_on(self) -> date:
        """When the version that says most became known; documents, with their judgements, when they were published."""
        row = self.row
        if isinstance(row, JudgementRow):
            return date.min if self.document is None else _known(self.document)
        return row.known_on


def find_differences(connection: Connection, before: Rows, after: Rows) -> tuple[Difference, ...]:
    """All of them, in an order that depends on content alone."""
    case_id = after.case.case_id
    found = (
        *_of_observations(before, after, read_first_rows(connection, ObservationRow, case_id)),
        *_of_events(before, after),
        *_of_documents(before, after),
    )
    return tuple(sorted(found, key=lambda one: one.key))


def _of_observations(before: Rows, after: Rows, first: Mapping[int, int]) -> list[Difference]:
    old, new = (_by_fact(rows.observations, first) for rows in (before, after))
    found = []
    for fact in old.keys() | new.keys():
        was, now = tuple(old.get(fact, ())), tuple(new.get(fact, ()))
        if [(row.id, row.valid_until) for row in was] == [(row.id, row.valid_until) for row in now]:
            continue
        row = (*was, *now)[-1]
        found.append(
            Difference(
                cls=CORRECTION if was else OBSERVATION,
                kind=_kind_of(was, now, before.as_of),
                key=_key_of(row, (*was, *now)),
                origin=row.origin,
                before=was,
                after=now,
            )
        )
    return found


def _key_of(row: ObservationRow, versions: Sequence[ObservationRow]) -> tuple[str, ...]:
    days = row.observed_on.isoformat(), row.known_on.isoformat()
    return "observations", row.indicator_id, *days, *(version.row_key for version in versions)


def _by_fact(rows: Sequence[ObservationRow], first: Mapping[int, int]) -> dict[int, list[ObservationRow]]:
    """Versions of each fact in the order in which they came to hold."""
    found: defaultdict[int, list[ObservationRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.id):
        found[first.get(row.id, row.id)].append(row)
    return found


def _kind_of(was: Sequence[ObservationRow], now: Sequence[ObservationRow], then: date) -> str:
    stands = any(row.valid_until is None for row in now)
    if was:
        return REVISED if stands else RETRACTED
    if not stands:
        return WITHDRAWN
    if len(now) > 1:
        return REVISED_SINCE
    return LATE if now[-1].known_on <= then else NEW


def _of_events(before: Rows, after: Rows) -> list[Difference]:
    old, new = ({row.event_id: row for row in rows.events} for rows in (before, after))
    found = []
    for event in old.keys() | new.keys():
        was, now = old.get(event), new.get(event)
        if was and now and was.id == now.id:
            continue
        late = now is not None and now.known_on <= before.as_of
        found.append(
            Difference(
                cls=EVENT,
                kind=(REVISED if now else RETRACTED) if was else LATE if late else NEW,
                key=("events", event),
                origin="",
                before=(was,) if was else (),
                after=(now,) if now else (),
            )
        )
    return found


def _of_documents(before: Rows, after: Rows) -> list[Difference]:
    old, new = (_by_document(rows.judgements) for rows in (before, after))
    documents = {row.document_id: row for row in (*before.documents, *after.documents)}
    found = []
    for document in old.keys() | new.keys():
        was, now = old.get(document, ()), new.get(document, ())
        if [row.id for row in was] == [row.id for row in now]:
            continue
        kind = (REVISED if now else RETRACTED) if was else LATE if _known(documents[document]) <= before.as_of else NEW
        found.append(
            Difference(
                cls=DOCUMENT,
                kind=kind,
                key=("documents", document),
                origin="",
                before=was,
                after=now,
                document=documents[document],
            )
        )
    return found


def _known(document: DocumentRow) -> date:
    return document.known_on or document.published_on


def _by_document(rows: Sequence[JudgementRow]) -> dict[str, tuple[JudgementRow, ...]]:
    found: defaultdict[str, list[JudgementRow]] = defaultdict(list)
    for row in rows:
        found[row.document_id].append(row)
    return {document: tuple(mine) for document, mine in found.items()}


def rows_with(ground: Rows, differences: Sequence[Difference], taken: Collection[tuple[str, ...]]) -> Rows:
    """The rows of `ground` with the differences taken, by key, and none of the others; in the order of reading.

    Its documents are those of the later run: one that only untaken differences know is added to them.
    """
    versions = [(one.cls, one.after if one.key in taken else one.before) for one in differences]
    of_class = {
        cls: tuple(chain.from_iterable(rows for found, rows in versions if found in classes))
        for cls, classes in ((OBSERVATION, (OBSERVATION, CORRECTION)), (EVENT, (EVENT,)), (DOCUMENT, (DOCUMENT,)))
    }
    changed = {
        row.id for one in differences if one.cls in (OBSERVATION, CORRECTION) for row in (*one.before, *one.after)
    }
    happened = {one.key[1] for one in differences if one.cls == EVENT}
    published = {one.key[1] for one in differences if one.cls == DOCUMENT}
    observations = [row for row in ground.observations if row.id not in changed]
    events = [row for row in ground.events if row.event_id not in happened]
    judgements = [row for row in ground.judgements if row.document_id not in published]
    gone = [one.document for one in differences if one.document and one.before and one.key not in taken]
    known = {row.document_id: row for row in (*gone, *ground.documents)}
    return replace(
        ground,
        observations=tuple(sorted((*observations, *_only(of_class[OBSERVATION], ObservationRow)), key=by_content)),
        events=tuple(
            sorted((*events, *_only(of_class[EVENT], EventRow)), key=lambda row: (row.started_on, row.event_id))
        ),
        documents=tuple(sorted(known.values(), key=lambda row: row.document_id)),
        judgements=tuple(
            sorted(
                (*judgements, *_only(of_class[DOCUMENT], JudgementRow)),
                key=lambda row: (row.document_id, row.indicator_id, row.target),
            )
        ),
    )


def _only[R: (ObservationRow, EventRow, JudgementRow)](rows: Sequence[object], kind: type[R]) -> tuple[R, ...]:
    return tuple(row for row in rows if isinstance(row, kind))
