"""Lists of observations read whole and then cut, as they were before the database cut them: slow and plain."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from db.read import Version, read_catalogue, read_versions
from db.rows import CaseRow, ObservationRow
from db.when import When
from forecast.facts.entries import Ending, ObservationList, ObservationVersion
from forecast.record.catalogue import case_of, find_place
from forecast.record.codings import coded
from forecast.record.entries import Wanted
from forecast.words.numbers import counted

STANDS, SUPERSEDED, RETRACTED = "stands", "superseded", "retracted"
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition, the option that asks for it ("" if none does), and what to say of rows none of which meets it."""

    option: str
    keeps: Callable[[ObservationRow], bool]
    on_file: Callable[[Sequence[ObservationRow]], str]


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


def _indicator_ids(connection: Connection, case: CaseRow, versions: Iterable[Version[ObservationRow]]) -> Sequence[str]:
    """Of the catalogue, and of rows that outlived their indicator's place in it."""
    catalogue = {row.indicator_id for row in read_catalogue(connection, case)}
    return sorted(catalogue | {version.row.indicator_id for version in versions})


def _of_status(versions: Iterable[Version[ObservationRow]], wanted: Wanted) -> list[Version[ObservationRow]]:
    asked = {STANDS: True, SUPERSEDED: wanted.superseded, RETRACTED: wanted.retracted}
    return [version for version in versions if asked[_status(version.ended_by)]]


def _filtered(
    on_file: Sequence[Version[ObservationRow]], wanted: Wanted, filters: Iterable[Filter], noun: str, when: When
) -> tuple[list[Version[ObservationRow]], str]:
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


def _observation_filters(wanted: Wanted, indicators: Sequence[str]) -> list[Filter]:
    return [
        Filter(
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


def _by_analyst(wanted: Wanted, analyst: Callable[[ObservationRow], str]) -> Filter:
    names = {_folded(name) for name in wanted.analysts}
    return Filter(
        _options("--analyst", wanted.analysts),
        lambda row: _folded(analyst(row)) in names,
        lambda rows: f"they were entered by {_most(map(analyst, rows))}",
    )


def _by_source(
    wanted: Wanted, texts: Callable[[ObservationRow], Iterable[str]], on_file: Callable[[Sequence[ObservationRow]], str]
) -> Filter:
    part = _folded(wanted.source)
    return Filter(
        f"--source {wanted.source!r}" if part else "",
        lambda row: any(part in _folded(text) for text in texts(row)),
        on_file,
    )


def _by_day(wanted: Wanted, verb: str, day: Callable[[ObservationRow], date]) -> list[Filter]:
    first, last = wanted.first, wanted.last
    return [
        Filter(
            f"--from {first}" if first else "",
            lambda row: first is None or day(row) >= first,
            lambda rows: f"the last {verb} on {max(map(day, rows))}",
        ),
        Filter(
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


def _status(ended_by: ObservationRow | None) -> str:
    if ended_by is None:
        return STANDS
    return RETRACTED if ended_by.retracted else SUPERSEDED


def _ending(ended_by: ObservationRow | None) -> Ending | None:
    if ended_by is None:
        return None
    return Ending(ended_by.id, ended_by.known_on, ended_by.reason, ended_by.analyst)


def _observation(version: Version[ObservationRow]) -> ObservationVersion:
    row, ended_by = version.row, version.ended_by
    return ObservationVersion(
        **coded(row), indicator=row.indicator_id, status=_status(ended_by), ending=_ending(ended_by)
    )
