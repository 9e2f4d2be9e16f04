"""Events in bulk: ids given and taken, which rows of a file are on file already, and what is asked of the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from db.read import read_newest, read_versions
from db.rows import EventRow, NewEvent
from db.when import WHENEVER
from forecast.desk.batch import LOOKED_AT, Remarks, Sifted
from forecast.desk.entries import event_cells, event_notes
from forecast.desk.questions import event_questions
from forecast.desk.session import Stored
from forecast.engine.assemble import Rows
from forecast.words.numbers import counted
from indicators.coding import Rules, new_event, next_event_id
from indicators.errors import CaseError
from indicators.foreign import Table
from indicators.missing import is_missing
from indicators.tables import Problems, Row
from indicators.texts import without_invisible

_NOT_COMPARED = ("known_on", "analyst")
"""Cells of which an event on file need not have the same: who enters it, and where it is not said, since when."""
_ASSERTED = tuple(
    item.name for item in fields(NewEvent) if item.name not in (*_NOT_COMPARED, "event_id", "supersedes", "retracted")
)
_TOLD = 20


@dataclass(frozen=True, slots=True)
class Made:
    """A row of a file, the event it makes, and what is wrong with it otherwise: it may yet be one that is on file."""

    row: Row
    event: NewEvent | None
    wrong: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id that the row gives, folded; "" where it gives none."""
        return without_invisible(self.row.text("id")).strip().casefold()

    def says(self, old: NewEvent) -> bool:
        """Whether the row says what a version on file says: all of its cells, or what they are read as."""
        known = self.row.text("known_on")
        since = str(self.event.known_on) if self.event is not None else known
        if known and since != str(old.known_on):
            return False
        if self.event is not None and _asserted(self.event) == _asserted(old):
            return True
        cells = event_cells({}, old)
        compared = [name for name in self.row.cells if name not in _NOT_COMPARED]
        return all(_known(self.row.cells[name]) == _known(cells[name]) for name in compared)


@dataclass(frozen=True, slots=True)
class EventBatch:
    """The rows of a file in their order."""

    made: Sequence[Made]

    @property
    def number(self) -> int:
        return len(self.made)

    @property
    def entries(self) -> Sequence[NewEvent]:
        return [each.event for each in self.made if each.event is not None]

    def sift(self, connection: Connection, rows: Rows) -> Sifted[NewEvent]:
        """Those that are not there, each with an id; CaseError where a row is wrong, or its id is another event's."""
        case_id = rows.case.case_id
        newest = {row.event_id.casefold(): row for row in read_newest(connection, EventRow, case_id)}
        versions: dict[str, list[NewEvent]] = {}
        for version in read_versions(connection, EventRow, case_id, WHENEVER):
            versions.setdefault(version.row.event_id.casefold(), []).append(version.row)
        return _sift(self.made, newest, versions)


def _sift(made: Sequence[Made], newest: dict[str, EventRow], versions: dict[str, list[NewEvent]]) -> Sifted[NewEvent]:
    by_content = {_asserted(row): id_ for id_, rows in versions.items() for row in rows}
    new: list[NewEvent] = []
    lines: list[str] = []
    there: set[str] = set()
    twice = 0
    ids = _Ids(newest)
    for each in made:
        id_ = each.id or (by_content.get(_asserted(each.event), "") if each.event is not None else "")
        known = versions.get(id_, [])
        if any(each.says(old) for old in known):
            there.add(id_)
            twice += id_ not in newest
        elif each.event is None:
            lines += each.wrong
        elif known and each.id:
            lines.append(_taken(each, newest.get(id_)))
        else:
            event = each.event if each.id else replace(each.event, event_id=ids.next(each.event))
            ids.add(event.event_id)
            versions.setdefault(event.event_id.casefold(), []).append(event)
            by_content[_asserted(event)] = event.event_id.casefold()
            new.append(event)
    if lines:
        raise CaseError(lines)
    gone = sum(row.retracted for id_, row in newest.items() if id_ in there)
    return Sifted(new, [*_notes(twice, gone)])


def _taken(made: Made, old: EventRow | None) -> str:
    """That an id names another event, and the ways out."""
    id_ = made.row.text("id")
    place = made.row.place("id")
    if old is None:
        return f"{place}: {id_!r} is used for different events in this file; give each its own id"
    differs = [name for name in _ASSERTED if getattr(old, name) != getattr(made.event, name)] or ["known_on"]
    way = f"correct that one with `parley event revise {old.event_id}`, or leave the id empty to get the next free one"
    return f"{place}: {id_!r} is taken by an event that differs in {', '.join(differs)}; {way}"


def _notes(twice: int, gone: int) -> Iterator[str]:
    if twice:
        stand = "is repeated and counts" if twice == 1 else "are repeated and count"
        yield f"{counted(twice, 'row')} of the file {stand} once"
    if gone:
        yield f"{counted(gone, 'row')} of the file had been retracted; that stays as it is"


def _asserted(event: NewEvent) -> tuple[Any, ...]:
    """What an event says, apart from its id, from who says it and since when."""
    values = (getattr(event, name) for name in _ASSERTED)
    return tuple(_known(value) if isinstance(value, str) else value for value in values)


def _known(text: str) -> str:
    """A text as a file would say it: a marker of what is missing, such as "unknown", says nothing."""
    return "" if is_missing(text) else text


class _Ids:
    """The ids in use, by year, so that the next free one is found among few."""

    def __init__(self, used: Iterable[str]) -> None:
        self._by_year: dict[str, set[str]] = {}
        for id_ in used:
            self.add(id_)

    def add(self, id_: str) -> None:
        self._by_year.setdefault(self._year(id_), set()).add(id_.casefold())

    def next(self, event: NewEvent) -> str:
        return next_event_id(event.type, event.started_on, self._by_year.get(str(event.started_on.year), ()))

    def _year(self, id_: str) -> str:
        return id_[1:5]


def read_event_rows(table: Table, rules: Rules, told: Callable[[int], None]) -> EventBatch:
    """The events of the rows of a table; what is wrong with a row is told once it is known not to be on file."""
    made = []
    for number, row in enumerate(table.rows, start=1):
        problems = Problems()
        event = new_event(replace(row, problems=problems), rules)
        made.append(Made(row, event, tuple(problems.lines)))
        told(number)
    return EventBatch(made)


def remarks_on_events(stored: Stored, added: Sequence[NewEvent]) -> Remarks:
    """What is asked of each event, and what is to be known of it, beside the others of the file."""
    rows = stored.before.rows
    now = datetime.now(UTC)
    notes, questions = [], []
    events = [EventRow(**_values(each), id=0, recorded_at=now) for each in added[:LOOKED_AT]]
    for event in events:
        beside = replace(rows, events=(*rows.events, *(each for each in events if each is not event)))
        asked = event_questions(beside, event)
        questions += [f"{event.event_id}: {each}" for each in asked]
        notes += [f"{event.event_id}: {each}" for each in (*asked, *event_notes(beside, event))]
    return Remarks(notes=_first(notes), questions=_first(questions))


def _values(event: NewEvent) -> dict[str, Any]:
    return {item.name: getattr(event, item.name) for item in fields(NewEvent)}


def _first(said: Sequence[str]) -> tuple[str, ...]:
    """The first of many."""
    more = len(said) - _TOLD
    return (*said[:_TOLD], *([f"and {counted(more, 'more remark')} on events of the file"] if more > 0 else ()))
