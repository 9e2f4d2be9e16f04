"""What else an entry bears on, by the word of its case: a reminder, where nothing on file speaks for it yet."""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from db.read import read_events
from db.rows import EventRow, NewEvent, NewObservation
from forecast.desk.duplicates import NEAR_DAYS
from forecast.engine.assemble import Rows
from forecast.engine.reading import Reading
from forecast.words.numbers import counted
from indicators.bearings import bearings_of
from indicators.disagreements import standing_on

type _Entry = NewObservation | NewEvent

_NEAR = timedelta(days=NEAR_DAYS)
_SHOWN = 100
_NAME = "--origin NAME"
"""Of a row without an origin: one has to be thought of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoOn:
    """One thing that an entry bears on too, of which nothing of the same origin, source or day is on file."""

    of: str
    """The indicator of the entry, or the id of the event."""
    on: date
    """The day of the entry, or the last one of the event."""
    indicator: str | None
    """What may be coded too; None where it is an event."""
    event_type: str | None
    """What may have happened too; None where it is an indicator."""
    command: str
    """What to run for it; what the analyst has to decide stands in capitals."""

    @property
    def name(self) -> str:
        return self.indicator or f"an event of type {self.event_type}"


def find_bearings(connection: Connection, before: Reading, entries: Sequence[object]) -> tuple[AlsoOn, ...]:
    """What the entries bear on, in their order and that of the catalogue; rows of one batch speak for each other."""
    rows = before.rows
    asserted = [entry for entry in entries if isinstance(entry, NewObservation | NewEvent) and not entry.retracted]
    unused = {row.indicator_id for row in rows.catalogue if not row.in_use(rows.as_of)}
    named = ((entry, each) for entry in asserted for each in _named_by_case(rows, entry))
    found = [(entry, each) for entry, each in named if each.indicator not in unused]
    if not found:
        return ()
    events = read_events(connection, rows.case.case_id, rows.when, disputed=True)
    batch = [entry for entry in asserted if isinstance(entry, NewObservation)]
    near = before.snapshot.near(batch[0], NEAR_DAYS) if asserted == batch and len(batch) == 1 else rows.observations
    file = _OnFile([*standing_on(near, rows.as_of), *batch], events)
    return tuple(dict.fromkeys(each for entry, each in found if not file.speaks(entry, each)))


def bearing_notes(found: Sequence[AlsoOn]) -> list[str]:
    """A sentence for each; where they are of several entries, a sentence for each two things with their number."""
    if len({(each.of, each.on) for each in found}) <= 1:
        return [_sentence(each) for each in found]
    groups: dict[tuple[str, str], list[AlsoOn]] = defaultdict(list)
    for each in found:
        groups[each.of, each.name].append(each)
    return [_sum(group) for group in groups.values()]


def _sum(group: Sequence[AlsoOn]) -> str:
    last = max(group, key=lambda each: each.on)
    return f"{counted(len(group), 'row')} of {last.of}, the latest of {last.on}: {_sentence(last)}"


def _sentence(each: AlsoOn) -> str:
    beside = " (if it is one report, give this entry the same --origin)" if each.command.endswith(_NAME) else ""
    return f"does it bear on {each.name} too? If so, run `{each.command}`{beside}"


def _named_by_case(rows: Rows, entry: _Entry) -> Iterator[AlsoOn]:
    if isinstance(entry, NewObservation):
        yield from _of_observation(rows, entry)
    else:
        yield from _of_event(rows, entry)


def _of_observation(rows: Rows, entry: NewObservation) -> Iterator[AlsoOn]:
    own = next(row for row in rows.catalogue if row.indicator_id == entry.indicator_id)
    text = " ".join((entry.source_title, entry.source_publisher, entry.note))
    bearings = [each for each in bearings_of(own.bears_on) if each.holds_at(entry.level) and each.holds_for(text)]
    for each in bearings:
        yield AlsoOn(
            of=entry.indicator_id,
            on=entry.observed_on,
            indicator=None if each.of_event else each.target,
            event_type=each.target if each.of_event else None,
            command=_event_command(each.target, entry) if each.of_event else _log_command(each.target, entry),
        )


def _of_event(rows: Rows, event: NewEvent) -> Iterator[AlsoOn]:
    """The indicators that name its type: at which of their levels they do is for the analyst to say."""
    text = event_text(event)
    for row in rows.catalogue:
        if any(each.target == event.type and each.holds_for(text) for each in bearings_of(row.bears_on)):
            yield AlsoOn(
                of=event.event_id,
                on=event.ended_on,
                indicator=row.indicator_id,
                event_type=None,
                command=_log_command(row.indicator_id, event),
            )


def event_text(event: NewEvent) -> str:
    """All that is said of an event in words."""
    parts = (event.level, event.format, event.venue, event.note, event.source, event.reason)
    return "; ".join(filter(None, parts))


def _log_command(indicator: str, entry: _Entry) -> str:
    if isinstance(entry, NewEvent):
        return f"parley log {indicator} LEVEL --on {entry.ended_on} {_source(entry.source)}"
    origin = f"--origin {shlex.quote(entry.origin)}" if entry.origin else _NAME
    return f"parley log {indicator} LEVEL --on {entry.observed_on} {origin}"


def _event_command(type_: str, entry: NewObservation) -> str:
    framing = " --framing FRAMING" if type_ == "talks" else ""
    return f"parley event add {type_}{framing} --on {entry.observed_on} {_source(entry.source_title)}"


def _source(title: str) -> str:
    return f"--source {shlex.quote(title) if len(title) <= _SHOWN else 'TEXT'}"


class _OnFile:
    """What is on file beside the entries, and comes with them, by indicator and by type of event."""

    def __init__(self, rows: Sequence[NewObservation], events: Sequence[EventRow]) -> None:
        self._coded: dict[str, _Coded] = defaultdict(_Coded)
        for row in rows:
            self._coded[row.indicator_id].add(row)
        self._events = events

    def speaks(self, entry: _Entry, also: AlsoOn) -> bool:
        """Whether something of the entry's origin, source or day says already what else the entry may say."""
        if also.indicator is not None:
            return self._coded[also.indicator].goes_with(entry)
        return any(_happened_with(event, entry) for event in self._events if event.type == also.event_type)


class _Coded:
    """The rows of one indicator: their days, origins, and the days of each source."""

    def __init__(self) -> None:
        self._days: set[date] = set()
        self._origins: set[str] = set()
        self._sources: dict[str, set[date]] = defaultdict(set)

    def add(self, row: NewObservation) -> None:
        self._days.add(row.observed_on)
        self._origins.add(row.origin.casefold())
        for source in _sources(row):
            self._sources[source].add(row.observed_on)

    def goes_with(self, entry: _Entry) -> bool:
        first, last = _days(entry)
        if any(first <= day <= last for day in self._days) if first < last else first in self._days:
            return True
        if isinstance(entry, NewObservation) and entry.origin and entry.origin.casefold() in self._origins:
            return True
        dated = [day for source in _sources(entry) for day in self._sources.get(source, ())]
        return any(first - _NEAR <= day <= last + _NEAR for day in dated)


def _happened_with(event: EventRow, entry: _Entry) -> bool:
    (first, last), (begun, ended) = _days(entry), _days(event)
    near = begun <= last + _NEAR and first <= ended + _NEAR
    return (begun <= last and first <= ended) or (near and not _sources(event).isdisjoint(_sources(entry)))


def _days(row: _Entry) -> tuple[date, date]:
    return (row.observed_on, row.observed_on) if isinstance(row, NewObservation) else (row.started_on, row.ended_on)


def _sources(row: _Entry) -> frozenset[str]:
    """What it was taken from, by title and address."""
    named = (row.source,) if isinstance(row, NewEvent) else (row.source_title, row.source_url)
    return frozenset(name.casefold() for name in named if name)
