"""Reading what analysts enter, as of a date and version by version: observations and events."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from db.read import Version, read_catalogue, read_completeness, read_history, read_observations, read_versions
from db.read_lists import (
    Asked,
    Extent,
    read_analysts,
    read_commonest,
    read_extent,
    read_observation_versions,
    read_observed_indicators,
)
from db.rows import CaseRow, EventRow, NewEvent, ObservationRow
from db.when import When
from forecast.facts.entries import (
    Change,
    ContradictionList,
    Coverage,
    Ending,
    EventDetail,
    EventEntry,
    EventList,
    EventVersion,
    ObservationList,
    ObservationVersion,
)
from forecast.record.catalogue import case_of, find_place
from forecast.record.codings import coded, contradictions
from forecast.words.numbers import counted
from indicators.case_rows import CASE_ANALYST
from indicators.disagreements import APART, standing_on

STANDS, SUPERSEDED, RETRACTED = "stands", "superseded", "retracted"
_SHOWN = 8
_NOT_COMPARED = {"case_id", "event_id", "known_on", "supersedes", "retracted", "analyst"}
_COMPARED = tuple(item.name for item in fields(NewEvent) if item.name not in _NOT_COMPARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which versions a list keeps: of these analysts, with this text in the source, between days, and of what status.

    `first` and `last` bound the day observed or begun, both included. What stands is kept in any case.
    """

    analysts: Sequence[str] = ()
    source: str = ""
    first: date | None = None
    last: date | None = None
    superseded: bool = False
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class _Filter:
    """A condition, the option that asks for it ("" if none does), and what to say of events none of which meets it."""

    option: str
    keeps: Callable[[EventRow], bool]
    on_file: Callable[[Sequence[EventRow]], str]


_NOTHING = Extent(0, None, None)

type OnFile = Callable[[Connection, Asked, Extent], str]
"""What to say of observations none of which meets a further condition."""


@dataclass(frozen=True, slots=True)
class _Step:
    """An option, and what is asked of observations with it and those before it."""

    option: str
    asked: Asked
    on_file: OnFile


def read_observation_list(
    connection: Connection,
    when: When,
    wanted: Wanted | None = None,
    *,
    indicators: Sequence[str] = (),
    limit: int | None = None,
    case_id: str | None = None,
) -> ObservationList:
    """Observations that stand as of then, and ended ones on request, newest first, at most `limit`.

    UnknownId names the nearest indicator.
    """
    wanted = wanted or Wanted()
    case = case_of(connection, when, case_id)
    every = Asked(case_id=case.case_id, when=when, superseded=wanted.superseded, retracted=wanted.retracted)
    steps = _steps(connection, every, wanted, _named_indicators(connection, case, when, indicators))
    asked = steps[-1].asked if steps else every
    matching = read_extent(connection, asked).count
    nothing = "" if matching else _why_none(connection, every, steps)
    found = read_observation_versions(connection, asked, limit) if matching else ()
    return ObservationList(when.as_of, when.as_recorded, matching, nothing, tuple(map(_observation, found)))


def read_contradictions(
    connection: Connection, when: When, *, indicators: Sequence[str] = (), case_id: str | None = None
) -> ContradictionList:
    """Codings that stand as of then and contradict each other; UnknownId names the nearest indicator."""
    case = case_of(connection, when, case_id)
    named = set(_named_indicators(connection, case, when, indicators))
    rows = standing_on(read_observations(connection, case.case_id, when), when.as_of)
    kept = [row for row in rows if not named or row.indicator_id in named]
    found = contradictions(kept)
    of = f" of {', '.join(sorted(named))}" if named else ""
    nothing = (
        f"no codings{of} of one report or one day stand {APART:g} levels or more apart as of {when.as_of}; "
        f"{counted(len(kept), 'observation')} compared"
    )
    return ContradictionList(when.as_of, when.as_recorded, "" if found else nothing, found)


def read_event_list(
    connection: Connection,
    when: When,
    wanted: Wanted | None = None,
    *,
    types: Sequence[str] = (),
    disputed: bool = False,
    case_id: str | None = None,
) -> EventList:
    """Events that stand as of then, and ended ones on request, by start, and how far the record is complete.

    Disputed events are among them; `disputed` keeps only those.
    """
    wanted = wanted or Wanted()
    case = case_of(connection, when, case_id)
    versions = read_versions(connection, EventRow, case.case_id, when)
    kept, nothing = _filtered_events(versions, wanted, _event_filters(wanted, types, disputed), when)
    kept.sort(key=lambda version: (version.row.started_on, version.row.event_id, version.row.id))
    coverage = _coverage(connection, case, when)
    complete = tuple(span for span in coverage if not types or span.type in types)
    return EventList(when.as_of, when.as_recorded, complete, tuple(_event(version) for version in kept), nothing)


def read_event(connection: Connection, when: When, name: str, *, case_id: str | None = None) -> EventDetail:
    """One event, retracted or not, with its source and its history by then; UnknownId names the nearest one."""
    case = case_of(connection, when, case_id)
    versions = read_versions(connection, EventRow, case.case_id, when)
    newest = list({version.row.event_id: version for version in versions}.values())
    version = newest[find_place("event", name, [each.row.event_id for each in newest])]
    history = read_history(connection, EventRow, version.row.id, when)
    return EventDetail(when.as_of, when.as_recorded, _event(version), version.row.source, _history(history))


def _named_indicators(connection: Connection, case: CaseRow, when: When, names: Sequence[str]) -> list[str]:
    """Of the catalogue, and of rows that outlived their indicator's place in it; UnknownId names the nearest one."""
    if not names:
        return []
    catalogue = {row.indicator_id for row in read_catalogue(connection, case)}
    ids = sorted(catalogue | read_observed_indicators(connection, case.case_id, when))
    return [ids[find_place("indicator", name, ids)] for name in names]


def _of_status(versions: Iterable[Version[EventRow]], wanted: Wanted) -> list[Version[EventRow]]:
    asked = {STANDS: True, SUPERSEDED: wanted.superseded, RETRACTED: wanted.retracted}
    return [version for version in versions if asked[_status(version.ended_by)]]


def _filtered_events(
    on_file: Sequence[Version[EventRow]], wanted: Wanted, filters: Iterable[_Filter], when: When
) -> tuple[list[Version[EventRow]], str]:
    """What passes every filter; if nothing does, which filter leaves nothing and what is on file."""
    versions = _of_status(on_file, wanted)
    if not versions:
        return [], _none_stands("event", len(on_file), when)
    passed: list[str] = []
    for each in filter(lambda each: each.option, filters):
        kept = [version for version in versions if each.keeps(version.row)]
        if not kept:
            return [], _none_left(each.option, "event", len(versions), passed, each.on_file([v.row for v in versions]))
        versions = kept
        passed.append(each.option)
    return versions, ""


def _none_stands(noun: str, ever: int, when: When) -> str:
    if ever:
        return f"no {noun} stands as of {when.as_of}; --superseded --retracted lists {ever} that did"
    return f"no {noun} is on file as of {when.as_of}; name a later day, or log one"


def _none_left(option: str, noun: str, number: int, passed: Sequence[str], on_file: str) -> str:
    left = f"{counted(number, noun)} {' '.join(['with', *passed]) if passed else 'on file'}"
    return f"{option} leaves none of {left}; {on_file}"


def _why_none(connection: Connection, asked: Asked, steps: Sequence[_Step]) -> str:
    """Which step from all that is asked of leaves nothing, and what is on file; the last one does if none before it."""
    before, left = asked, read_extent(connection, asked)
    if not left.count:
        ever = read_extent(connection, replace(asked, superseded=True, retracted=True))
        return _none_stands("observation", ever.count, asked.when)
    passed: list[str] = []
    for step in steps:
        found = read_extent(connection, step.asked) if step is not steps[-1] else _NOTHING
        if not found.count:
            on_file = step.on_file(connection, before, left)
            return _none_left(step.option, "observation", left.count, passed, on_file)
        before, left = step.asked, found
        passed.append(step.option)
    return ""


def _steps(connection: Connection, asked: Asked, wanted: Wanted, indicators: Sequence[str]) -> list[_Step]:
    """From all that is asked of to what is wanted, one filter after the other."""
    steps: list[_Step] = []

    def add(option: str, on_file: OnFile, **narrowed: Any) -> None:
        before = steps[-1].asked if steps else asked
        steps.append(_Step(option, replace(before, **narrowed), on_file))

    if indicators:
        add(_options("--indicator", indicators), _observed_are, indicators=tuple(indicators))
    if wanted.analysts:
        names = {_folded(name) for name in wanted.analysts}
        known = tuple(sorted(name for name in read_analysts(connection, asked.case_id) if _folded(name) in names))
        add(_options("--analyst", wanted.analysts), _entered_by_whom, analysts=known)
    if part := _folded(wanted.source):
        add(f"--source {wanted.source!r}", _published_by, told=lambda texts: _is_in(part, texts))
    if wanted.first:
        add(f"--from {wanted.first}", lambda _, __, left: f"the last was observed on {left.last}", first=wanted.first)
    if wanted.last:
        add(f"--to {wanted.last}", lambda _, __, left: f"the first was observed on {left.first}", last=wanted.last)
    return steps


def _observed_are(connection: Connection, asked: Asked, _: Extent) -> str:
    return f"observed are {_first_of(read_commonest(connection, asked, 'indicator_id'))}"


def _entered_by_whom(connection: Connection, asked: Asked, _: Extent) -> str:
    return f"they were entered by {_first_of(read_commonest(connection, asked, 'analyst'))}"


def _published_by(connection: Connection, asked: Asked, _: Extent) -> str:
    return f"they were published by {_first_of(read_commonest(connection, asked, 'source_publisher'))}"


def _event_filters(wanted: Wanted, types: Sequence[str], disputed: bool) -> list[_Filter]:
    names, part = {_folded(name) for name in wanted.analysts}, _folded(wanted.source)
    first, last = wanted.first, wanted.last
    return [
        _Filter(
            _options("--type", types),
            lambda row: row.type in types,
            lambda rows: f"they are of type {_most(row.type for row in rows)}",
        ),
        _Filter(
            _options("--analyst", wanted.analysts),
            lambda row: _folded(_entered_by(row)) in names,
            lambda rows: f"they were entered by {_most(map(_entered_by, rows))}",
        ),
        _Filter(
            f"--source {wanted.source!r}" if part else "",
            lambda row: _is_in(part, [row.source]),
            lambda rows: "`parley events ID` shows the source of one",
        ),
        _Filter(
            f"--from {first}" if first else "",
            lambda row: first is None or row.started_on >= first,
            lambda rows: f"the last began on {max(row.started_on for row in rows)}",
        ),
        _Filter(
            f"--to {last}" if last else "",
            lambda row: last is None or row.started_on <= last,
            lambda rows: f"the first began on {min(row.started_on for row in rows)}",
        ),
        _Filter("--disputed" if disputed else "", lambda row: row.disputed, lambda rows: "none of them is in dispute"),
    ]


def _options(option: str, values: Iterable[str]) -> str:
    return " ".join(f"{option} {value}" for value in values)


def _most(values: Iterable[str]) -> str:
    """The commonest values, most frequent first."""
    return _first_of([name for name, _ in Counter(filter(None, values)).most_common()])


def _first_of(names: Sequence[str]) -> str:
    more = f", … ({len(names)} in all)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more if names else "no one named"


def _folded(text: str) -> str:
    """Text as compared: composed alike, whatever keyboard or file it came from, and without case."""
    return unicodedata.normalize("NFC", text).casefold()


def _is_in(part: str, texts: Iterable[str]) -> bool:
    """Whether any of the texts holds the folded part; no text holds a null character."""
    return part in _folded("\0".join(texts))


def _entered_by(row: EventRow) -> str:
    return row.analyst or CASE_ANALYST


def _status(ended_by: ObservationRow | EventRow | None) -> str:
    if ended_by is None:
        return STANDS
    return RETRACTED if ended_by.retracted else SUPERSEDED


def _ending(ended_by: ObservationRow | EventRow | None) -> Ending | None:
    if ended_by is None:
        return None
    return Ending(ended_by.id, ended_by.known_on, ended_by.reason, ended_by.analyst or CASE_ANALYST)


def _observation(version: Version[ObservationRow]) -> ObservationVersion:
    row, ended_by = version.row, version.ended_by
    return ObservationVersion(
        **coded(row), indicator=row.indicator_id, status=_status(ended_by), ending=_ending(ended_by)
    )


def _event(version: Version[EventRow]) -> EventEntry:
    row, ended_by = version.row, version.ended_by
    return EventEntry(
        row=row.id,
        id=row.event_id,
        type=row.type,
        framing=row.framing,
        started_on=row.started_on,
        ended_on=row.ended_on,
        known_on=row.known_on,
        date_precision=row.date_precision,
        level=row.level,
        format=row.format,
        venue=row.venue,
        source=row.source,
        confidence=row.confidence,
        note=row.note,
        disputed=row.disputed,
        reason=row.reason,
        analyst=_entered_by(row),
        status=_status(ended_by),
        ending=_ending(ended_by),
    )


def _history(rows: Iterable[EventRow]) -> tuple[EventVersion, ...]:
    """What each version says otherwise than the last one that was not a retraction."""
    out: list[EventVersion] = []
    before: EventRow | None = None
    for row in rows:
        what = _what(row, before, after_retraction=bool(out) and out[-1].what == RETRACTED)
        changes = () if before is None or row.retracted else _changes(before, row)
        reason = row.reason if row.retracted else ""
        out.append(
            EventVersion(
                row=row.id,
                recorded_at=row.recorded_at,
                known_on=row.known_on,
                analyst=_entered_by(row),
                what=what,
                reason=reason,
                changes=changes,
            )
        )
        before = before if row.retracted else row
    return tuple(out)


def _what(row: EventRow, before: EventRow | None, *, after_retraction: bool) -> str:
    if row.retracted:
        return RETRACTED
    if before is None:
        return "entered"
    return "restored" if after_retraction else "revised"


def _changes(before: EventRow, after: EventRow) -> tuple[Change, ...]:
    pairs = ((name, str(getattr(before, name)), str(getattr(after, name))) for name in _COMPARED)
    return tuple(Change(name, was, is_) for name, was, is_ in pairs if was != is_)


def _coverage(connection: Connection, case: CaseRow, when: When) -> tuple[Coverage, ...]:
    """Per type the attestation that reaches furthest: the last one read."""
    rows = read_completeness(connection, case.case_id, when)
    furthest = {row.type: row for row in rows if row.complete_from <= when.as_of}
    return tuple(
        Coverage(row.type, row.complete_from, min(row.complete_through, when.as_of), row.id, row.attested_by)
        for row in furthest.values()
    )
