"""Reading what analysts enter, as of a date and version by version: observations and events."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import Connection

from db.read import Version, read_catalogue, read_completeness, read_history, read_versions
from db.rows import CaseRow, EventRow, NewEvent, ObservationRow
from db.when import When
from forecast.record.catalogue import case_of, find_place
from forecast.record.codings import coded, contradictions
from forecast.record.payloads import (
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
from forecast.words.numbers import counted
from indicators.case_rows import CASE_ANALYST
from indicators.disagreements import APART

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
class _Filter[R]:
    """A condition, the option that asks for it ("" if none does), and what to say of rows none of which meets it."""

    option: str
    keeps: Callable[[R], bool]
    on_file: Callable[[Sequence[R]], str]


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
    versions = read_versions(connection, ObservationRow, case.case_id, when)
    ids = _indicator_ids(connection, case, versions)
    named = [ids[find_place("indicator", name, ids)] for name in indicators]
    kept, nothing = _filtered(versions, wanted, _observation_filters(wanted, named), "observation", when)
    kept.sort(key=lambda version: (version.row.observed_on, version.row.known_on, version.row.id), reverse=True)
    return ObservationList(
        when.as_of, when.as_recorded, len(kept), nothing, tuple(_observation(version) for version in kept[:limit])
    )


def read_contradictions(
    connection: Connection, when: When, *, indicators: Sequence[str] = (), case_id: str | None = None
) -> ContradictionList:
    """Codings that stand as of then and contradict each other; UnknownId names the nearest indicator."""
    case = case_of(connection, when, case_id)
    versions = read_versions(connection, ObservationRow, case.case_id, when)
    ids = _indicator_ids(connection, case, versions)
    named = {ids[find_place("indicator", name, ids)] for name in indicators}
    standing = [version.row for version in versions if version.ended_by is None]
    kept = [row for row in standing if not named or row.indicator_id in named]
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
    filters = _event_filters(wanted, types, disputed)
    kept, nothing = _filtered(versions, wanted, filters, "event", when)
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


def _indicator_ids(connection: Connection, case: CaseRow, versions: Iterable[Version[ObservationRow]]) -> Sequence[str]:
    """Of the catalogue, and of rows that outlived their indicator's place in it."""
    catalogue = {row.indicator_id for row in read_catalogue(connection, case)}
    return sorted(catalogue | {version.row.indicator_id for version in versions})


def _of_status[R: (ObservationRow, EventRow)](versions: Iterable[Version[R]], wanted: Wanted) -> list[Version[R]]:
    asked = {STANDS: True, SUPERSEDED: wanted.superseded, RETRACTED: wanted.retracted}
    return [version for version in versions if asked[_status(version.ended_by)]]


def _filtered[R: (ObservationRow, EventRow)](
    on_file: Sequence[Version[R]], wanted: Wanted, filters: Iterable[_Filter[R]], noun: str, when: When
) -> tuple[list[Version[R]], str]:
    """What passes every filter; if nothing does, which filter leaves nothing and what is on file."""
    versions = _of_status(on_file, wanted)
    if not versions and on_file:
        return [], f"no {noun} stands as of {when.as_of}; --superseded --retracted lists {len(on_file)} that did"
    if not versions:
        return [], f"no {noun} is on file as of {when.as_of}; name a later day, or log one"
    passed: list[str] = []
    for each in filter(lambda each: each.option, filters):
        kept = [version for version in versions if each.keeps(version.row)]
        if not kept:
            left = f"{counted(len(versions), noun)} {' '.join(['with', *passed]) if passed else 'on file'}"
            return [], f"{each.option} leaves none of {left}; {each.on_file([version.row for version in versions])}"
        versions = kept
        passed.append(each.option)
    return versions, ""


def _observation_filters(wanted: Wanted, indicators: Sequence[str]) -> list[_Filter[ObservationRow]]:
    return [
        _Filter(
            _options("--indicator", indicators),
            lambda row: row.indicator_id in indicators,
            lambda rows: f"observed are {_most(row.indicator_id for row in rows)}",
        ),
        _by_analyst(wanted, lambda row: row.analyst),
        _by_source(
            wanted,
            lambda row: (row.source_title, row.source_publisher, row.source_url, row.origin),
            lambda rows: f"they were published by {_most(row.source_publisher for row in rows)}",
        ),
        *_by_day(wanted, "was observed", lambda row: row.observed_on),
    ]


def _event_filters(wanted: Wanted, types: Sequence[str], disputed: bool) -> list[_Filter[EventRow]]:
    return [
        _Filter(
            _options("--type", types),
            lambda row: row.type in types,
            lambda rows: f"they are of type {_most(row.type for row in rows)}",
        ),
        _by_analyst(wanted, _entered_by),
        _by_source(wanted, lambda row: (row.source,), lambda rows: "`parley events ID` shows the source of one"),
        *_by_day(wanted, "began", _begun_on),
        _Filter("--disputed" if disputed else "", lambda row: row.disputed, lambda rows: "none of them is in dispute"),
    ]


def _by_analyst[R: (ObservationRow, EventRow)](wanted: Wanted, analyst: Callable[[R], str]) -> _Filter[R]:
    names = {_folded(name) for name in wanted.analysts}
    return _Filter(
        _options("--analyst", wanted.analysts),
        lambda row: _folded(analyst(row)) in names,
        lambda rows: f"they were entered by {_most(map(analyst, rows))}",
    )


def _by_source[R: (ObservationRow, EventRow)](
    wanted: Wanted, texts: Callable[[R], Iterable[str]], on_file: Callable[[Sequence[R]], str]
) -> _Filter[R]:
    part = _folded(wanted.source)
    return _Filter(
        f"--source {wanted.source!r}" if part else "",
        lambda row: any(part in _folded(text) for text in texts(row)),
        on_file,
    )


def _by_day[R: (ObservationRow, EventRow)](wanted: Wanted, verb: str, day: Callable[[R], date]) -> list[_Filter[R]]:
    first, last = wanted.first, wanted.last
    return [
        _Filter(
            f"--from {first}" if first else "",
            lambda row: first is None or day(row) >= first,
            lambda rows: f"the last {verb} on {max(map(day, rows))}",
        ),
        _Filter(
            f"--to {last}" if last else "",
            lambda row: last is None or day(row) <= last,
            lambda rows: f"the first {verb} on {min(map(day, rows))}",
        ),
    ]


def _options(option: str, values: Iterable[str]) -> str:
    return " ".join(f"{option} {value}" for value in values)


def _most(values: Iterable[str]) -> str:
    """The commonest values, most frequent first."""
    names = [name for name, _ in Counter(filter(None, values)).most_common()]
    more = f", … ({len(names)} in all)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more if names else "no one named"


def _folded(text: str) -> str:
    """Text as compared: composed alike, whatever keyboard or file it came from, and without case."""
    return unicodedata.normalize("NFC", text).casefold()


def _begun_on(row: EventRow) -> date:
    return row.started_on


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
