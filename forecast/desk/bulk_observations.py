"""Observations in bulk: which rows of a file are on file already, and what startles among the others."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from db.append import encode_observation
from db.encode import Encoded
from db.read import find_observations, read_retracted
from db.rows import NewObservation
from forecast.desk.batch import LOOKED_AT, Remarks, Sifted
from forecast.desk.duplicates import duplicates_among, identity_of, standing_identities
from forecast.desk.preview import startling
from forecast.desk.session import Stored
from forecast.engine.assemble import Rows
from forecast.words.numbers import counted
from indicators.case_rows import CASE_ANALYST
from indicators.coding import Rules, new_observation
from indicators.disagreements import disagreements_with, standing_on
from indicators.errors import CaseError
from indicators.foreign import Table
from indicators.tables import Row

MANY_INDICATORS, MANY_DAYS = 4, 4
"""Indicators, or days, from which on one origin of a file is more likely a word for none than a report."""
_ANALYST, _TOLD = "analyst", 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationBatch:
    """The rows of a file, each once, by what they assert."""

    by_identity: Mapping[str, NewObservation]
    encoded: Mapping[str, Encoded]
    """The same as they will be stored: what tells whether a row is there is most of what storing it takes."""
    number: int
    unsigned: frozenset[str]
    """Identities of the rows that name no analyst: the files of a case name none."""
    shipped: Mapping[str, str]
    """By identity the places of rows that an export has from the case folder."""

    @property
    def entries(self) -> Sequence[NewObservation]:
        return [*self.by_identity.values()]

    def sift(self, connection: Connection, rows: Rows) -> Sifted[NewObservation]:
        """Those that are not there; what is there counts whether it stands or not: a row that was retracted is not
        added again by a file."""
        found, standing = find_observations(connection, self.by_identity), standing_identities(rows)
        new = {key: each for key, each in self.by_identity.items() if key not in found and key not in standing}
        unsigned = self._unsigned(new, rows)
        theirs = find_observations(connection, unsigned.values())
        new = {key: each for key, each in new.items() if unsigned.get(key) not in theirs}
        _refuse_strangers(self.shipped, new)
        there = frozenset((*found.values(), *theirs.values()))
        notes = [*self._notes(connection, rows.case.case_id, there)]
        return Sifted([*new.values()], notes, [self.encoded[key] for key in new])

    def _unsigned(self, new: Mapping[str, NewObservation], rows: Rows) -> dict[str, str]:
        """By identity of a row that names no analyst the one the case would have it under, if it has any of its day."""
        days = {(row.indicator_id, row.observed_on) for row in rows.observations if row.analyst == CASE_ANALYST}
        return {
            key: identity_of(replace(entry, analyst=CASE_ANALYST))
            for key, entry in new.items()
            if key in self.unsigned and (entry.indicator_id, entry.observed_on) in days
        }

    def _notes(self, connection: Connection, case_id: str, there: frozenset[int]) -> Iterator[str]:
        twice = self.number - len(self.by_identity)
        if twice:
            stand = "is repeated and counts" if twice == 1 else "are repeated and count"
            yield f"{counted(twice, 'row')} of the file {stand} once"
        gone = read_retracted(connection, case_id) & there if there else frozenset()
        if gone:
            yield f"{counted(len(gone), 'row')} of the file had been retracted; that stays as it is"


def _refuse_strangers(shipped: Mapping[str, str], new: Mapping[str, NewObservation]) -> None:
    """An export may hold rows of a case folder that this desk has not loaded: nobody here can answer for them."""
    lines = [place for key, place in shipped.items() if key in new]
    if lines:
        what = "comes from a case folder that is not loaded here; load it with `parley init --case FOLDER`"
        raise CaseError([f"{place}: {what}, or enter it in your own name: --set analyst=…" for place in lines])


def read_observation_rows(table: Table, rules: Rules, told: Callable[[int], None]) -> ObservationBatch:
    """The observations of the rows of a table."""
    entries: dict[str, NewObservation] = {}
    encoded: dict[str, Encoded] = {}
    unsigned, shipped = set(), {}
    for number, row in enumerate(table.rows, start=1):
        ours = table.exported and row.text(_ANALYST) == CASE_ANALYST
        entry = _of_case(row, rules) if ours else new_observation(row, rules)
        if entry is not None:
            ready = encode_observation(entry)
            identity = ready.key
            entries[identity], encoded[identity] = entry, ready
            if ours:
                shipped[identity] = row.place(_ANALYST)
            elif not row.text(_ANALYST):
                unsigned.add(identity)
        told(number)
    return ObservationBatch(
        by_identity=entries,
        encoded=encoded,
        number=len(table.rows),
        unsigned=frozenset(unsigned),
        shipped=shipped,
    )


def _of_case(row: Row, rules: Rules) -> NewObservation | None:
    """A row that an export has from the case folder, which nobody at a desk may sign."""
    cells = {name: text for name, text in row.cells.items() if name != _ANALYST}
    entry = new_observation(replace(row, cells=cells), rules)
    return None if entry is None else replace(entry, analyst=CASE_ANALYST)


def remarks_on_observations(stored: Stored, added: Sequence[NewObservation]) -> Remarks:
    """What startles, what may be one report, what contradicts what is on file, and origins that many rows share."""
    before = stored.before
    looked_at = startling(before, added) if len(added) <= LOOKED_AT else []
    standing = list(standing_on(before.rows.observations, before.rows.as_of))
    return Remarks(
        notes=(*shared_origins(added), *looked_at),
        duplicates=tuple(duplicates_among(standing, added)),
        disagreements=tuple(disagreements_with(added, standing)),
    )


def shared_origins(entries: Iterable[NewObservation]) -> Iterator[str]:
    """Origins that so many indicators or days of a file share that they may be words for none."""
    indicators: dict[str, set[str]] = defaultdict(set)
    days: dict[str, set[date]] = defaultdict(set)
    rows: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.origin:
            indicators[entry.origin].add(entry.indicator_id)
            days[entry.origin].add(entry.observed_on)
            rows[entry.origin] += 1
    shared = [each for each in rows if len(indicators[each]) >= MANY_INDICATORS or len(days[each]) >= MANY_DAYS]
    for origin in shared[:_TOLD]:
        yield (
            f"origin {origin!r} is shared by {rows[origin]} rows, {counted(len(indicators[origin]), 'indicator')} and "
            f"{counted(len(days[origin]), 'day')}, which so count as one report; if they are not, leave origin empty"
        )
    if len(shared) > _TOLD:
        yield f"and {counted(len(shared) - _TOLD, 'more origin')} shared by as many rows"
