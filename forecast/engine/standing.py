"""Whether a forecast on file takes in all there is; read without the mathematics.

A run keeps how far it read. What stands behind that position has come since, whether it was entered while the fit was
running or later. What is observed and what happens moves levels and the record, and a forecast without a fit takes it
in; what documents say, and which indicators there are, is learnt in a fit alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from db.kinds import PROVISIONAL
from db.read import read_between, read_catalogue, read_versions_between
from db.read_exports import read_case_versions
from db.read_runs import read_runs
from db.rows import CaseRow, CompletenessRow, DocumentRow, EventRow, IndicatorRow, JudgementRow, ObservationRow
from db.run_rows import RunRow
from db.when import When
from forecast.run_facts import read_when


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What has become of a catalogue: versions loaded from a folder, indicators taken into use or out of it."""

    version: int
    """The row of the version that holds now."""
    loaded: tuple[CaseRow, ...]
    added: tuple[IndicatorRow, ...]
    retired: tuple[IndicatorRow, ...]

    def __bool__(self) -> bool:
        return bool(self.loaded or self.added or self.retired)


def read_turns(connection: Connection, case_id: str, before: When, now: When) -> Turns:
    """What has become of the catalogue between two reads; one added and retired meanwhile is nothing."""
    since = read_versions_between(connection, case_id, before, now)
    versions = read_case_versions(connection, case_id)
    old = [row for row in versions if not since or row.id < since[0].id][-1:]
    used = {row.indicator_id for case in old for row in read_catalogue(connection, case) if row.in_use(before.as_of)}
    catalogue = read_catalogue(connection, versions[-1])
    using = {row.indicator_id for row in catalogue if row.in_use(now.as_of)}
    return Turns(
        version=versions[-1].id,
        loaded=tuple(row for row in since if row.analyst is None),
        added=tuple(row for row in catalogue if row.added_on and row.indicator_id in using - used),
        retired=tuple(row for row in catalogue if row.retired_on and row.indicator_id in used - using),
    )


def takes_all_in(connection: Connection, run: RunRow, today: date) -> bool:
    """Whether nothing has come on file, or become known by `today`, that the run could not read."""
    return _has_read(connection, run, today) and not needs_fit(connection, run, today)


def needs_fit(connection: Connection, run: RunRow, today: date) -> bool:
    """Whether documents, judgements or versions of the case have come that the run could not read: it was not fitted
    with them, and no run that rests on its posterior is."""
    case_id, before, now = run.case_id, read_when(run), When(as_of=today)
    documents = read_between(connection, DocumentRow, case_id, before, now)
    judgements = read_between(connection, JudgementRow, case_id, before, now)
    return bool(documents or judgements or read_turns(connection, case_id, before, now))


def _has_read(connection: Connection, run: RunRow, today: date) -> bool:
    """Whether no event, attestation or observation has come that the run could not read."""
    case_id, before, now = run.case_id, read_when(run), When(as_of=today)
    events = read_between(connection, EventRow, case_id, before, now)
    words = read_between(connection, CompletenessRow, case_id, before, now)
    observations = read_between(connection, ObservationRow, case_id, before, now)
    return not (events or words or observations)


def find_standing(connection: Connection, source: RunRow, today: date) -> RunRow | None:
    """The run on file that takes in all that needs no other fit: the full run, or the newest that rests on it."""
    if _has_read(connection, source, today):
        return source
    found = read_runs(connection, source.case_id, kinds=(PROVISIONAL,), statuses=("published",), until=today, limit=1)
    later = found[0] if found else None
    if later is None or later.id < source.id or later.posterior_hash != source.posterior_hash:
        return None
    return later if _has_read(connection, later, today) else None


def last_looked(
    entered: Iterable[ObservationRow | EventRow | CompletenessRow], loaded: frozenset[datetime], as_of: date
) -> date | None:
    """The last day up to the as-of date on which what a person entered became known; None where nobody has entered.

    What was recorded at the instants `loaded` came with the case from a folder: that is no looking.
    """
    days = (row.known_on for row in entered if row.recorded_at not in loaded)
    return max((day for day in days if day is not None and day <= as_of), default=None)
