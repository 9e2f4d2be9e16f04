"""Put a case folder into the database: what is new is added, what changed is superseded, what is gone is retracted.

A row counts as the case's when it was recorded at the instant of one of the case's versions; all else was logged by an
analyst. An analyst's row, correction or retraction stands: no case version replaces or withdraws it.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import partial

from db.append import (
    append_case,
    append_completeness,
    append_documents,
    append_events,
    append_judgements,
    append_observations,
    observation_key,
)
from db.engine import Database
from db.errors import StoreError
from db.read import read_history, read_newest
from db.read_exports import read_case_versions
from db.rows import (
    CompletenessRow,
    DocumentRow,
    EventRow,
    JudgementRow,
    NewCompleteness,
    NewDocument,
    NewEvent,
    NewJudgement,
    NewObservation,
    ObservationRow,
)
from db.zone import Moment, read_zone
from indicators.case_rows import (
    new_case,
    new_completeness,
    new_documents,
    new_events,
    new_judgements,
    new_observations,
)
from indicators.content import CaseFolder

type _New = NewDocument | NewJudgement | NewObservation | NewEvent | NewCompleteness
type _Stored = DocumentRow | JudgementRow | ObservationRow | EventRow | CompletenessRow

TABLES: tuple[str, ...] = ("documents", "judgements", "observations", "events", "completeness")
_NOT_CONTENT = {"supersedes", "retracted", "reason"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCount:
    """What became of the rows of one table."""

    table: str
    added: int = 0
    """New, or back after a withdrawal."""
    changed: int = 0
    """Superseded by what the folder says now."""
    unchanged: int = 0
    kept: int = 0
    """In the folder, but an analyst's version stands."""
    retracted: int = 0
    """No longer in the folder."""


@dataclass(frozen=True, slots=True)
class InstallReport:
    """What an installation did, by table in the order of `TABLES`."""

    case_id: str
    case_hash: str
    new_version: bool
    """Whether the folder differed from the version that was current before."""
    tables: tuple[TableCount, ...]


@dataclass(frozen=True, slots=True)
class _Version[N]:
    """The newest version of a stored fact."""

    id: int
    recorded_at: datetime
    row: N


@dataclass(frozen=True, slots=True)
class _Occasion:
    """This installation: hash of the version, day it acts from, instants at which case rows were recorded."""

    case_hash: str
    day: date
    instants: frozenset[datetime]

    def owns[N](self, version: _Version[N]) -> bool:
        """Whether a case recorded it, rather than an analyst."""
        return version.recorded_at in self.instants


@dataclass(frozen=True, slots=True)
class _Plan[N: _New]:
    """The rows to append to one table, and what they amount to."""

    rows: list[N]
    count: TableCount


def install_case(database: Database, folder: CaseFolder, recorded_at: datetime) -> InstallReport:
    """Bring the database to the folder's content in one transaction; the same folder again changes nothing.

    Rows are known from the day the folder says; a retraction, and a correction of a row that has no such day (document,
    judgement), from the day it then is at the database. Raises StoreError for an instant without time zone and for what
    the database refuses.
    """
    case_id = folder.case.id
    if recorded_at.tzinfo is None:
        raise StoreError(f"recorded_at {recorded_at} has no time zone; give an instant in UTC")
    with database.write() as connection:
        versions = read_case_versions(connection, case_id)
        if versions and versions[-1].case_hash == folder.case_hash:
            return InstallReport(case_id, folder.case_hash, new_version=False, tables=_all_unchanged(folder))
        instants = frozenset(version.recorded_at for version in versions)
        today = Moment(instant=recorded_at, zone=read_zone(connection)).today
        occasion = _Occasion(folder.case_hash, today, instants)
        append_case(connection, new_case(folder), recorded_at)

        documents = _plan_documents(folder, read_newest(connection, DocumentRow, case_id), occasion)
        append_documents(connection, documents.rows, recorded_at)

        judgements = _plan_judgements(folder, read_newest(connection, JudgementRow, case_id), occasion)
        append_judgements(connection, judgements.rows, recorded_at)

        first_observation = partial(_first, partial(read_history, connection, ObservationRow))
        newest_observations = read_newest(connection, ObservationRow, case_id)
        observations = _plan_observations(folder, newest_observations, first_observation, occasion)
        append_observations(connection, observations.rows, recorded_at)

        events = _plan_events(folder, read_newest(connection, EventRow, case_id), occasion)
        append_events(connection, events.rows, recorded_at)

        first_attestation = partial(_first, partial(read_history, connection, CompletenessRow))
        newest_attestations = read_newest(connection, CompletenessRow, case_id)
        completeness = _plan_completeness(folder, newest_attestations, first_attestation, occasion)
        append_completeness(connection, completeness.rows, recorded_at)
    counts = (documents.count, judgements.count, observations.count, events.count, completeness.count)
    return InstallReport(case_id, folder.case_hash, new_version=True, tables=counts)


def _all_unchanged(folder: CaseFolder) -> tuple[TableCount, ...]:
    return tuple(TableCount(table=table, unchanged=len(getattr(folder, table))) for table in TABLES)


def _plan_documents(folder: CaseFolder, stored: Iterable[DocumentRow], occasion: _Occasion) -> _Plan[NewDocument]:
    def key(row: NewDocument) -> str:
        return row.document_id

    return _plan("documents", _by(key, new_documents(folder)), _newest(key, stored), occasion)


def _plan_judgements(folder: CaseFolder, stored: Iterable[JudgementRow], occasion: _Occasion) -> _Plan[NewJudgement]:
    def key(row: NewJudgement) -> tuple[str, str, str]:
        return row.document_id, row.indicator_id, row.target

    return _plan("judgements", _by(key, new_judgements(folder)), _newest(key, stored), occasion)


def _plan_events(folder: CaseFolder, stored: Iterable[EventRow], occasion: _Occasion) -> _Plan[NewEvent]:
    def key(row: NewEvent) -> str:
        return row.event_id

    return _plan("events", _by(key, new_events(folder)), _newest(key, stored), occasion)


def _plan_observations(
    folder: CaseFolder,
    stored: Iterable[ObservationRow],
    first: Callable[[ObservationRow], ObservationRow],
    occasion: _Occasion,
) -> _Plan[NewObservation]:
    wanted = _by(observation_key, new_observations(folder))
    return _plan("observations", wanted, _newest(lambda row: first(row).row_key, stored), occasion)


def _plan_completeness(
    folder: CaseFolder,
    stored: Iterable[CompletenessRow],
    first: Callable[[CompletenessRow], CompletenessRow],
    occasion: _Occasion,
) -> _Plan[NewCompleteness]:
    def key(row: NewCompleteness) -> tuple[Hashable, ...]:
        return row.type, row.complete_from, row.complete_through, row.known_on, row.attested_by, row.note

    return _plan(
        "completeness", _by(key, new_completeness(folder)), _newest(lambda row: key(first(row)), stored), occasion
    )


def _first[R: _Stored](history: Callable[..., Sequence[R]], row: R) -> R:
    """The row as first asserted: what names a fact that has no id of its own."""
    return row if row.supersedes is None else history(row.id)[0]


def _by[N](key: Callable[[N], Hashable], rows: Iterable[N]) -> dict[Hashable, N]:
    return {key(row): row for row in rows}


def _newest[R: _Stored](key: Callable[[R], Hashable], rows: Iterable[R]) -> dict[Hashable, _Version[R]]:
    return {key(row): _Version(row.id, row.recorded_at, row) for row in rows}


def _plan[N: _New](
    table: str, wanted: Mapping[Hashable, N], stored: Mapping[Hashable, _Version[N]], occasion: _Occasion
) -> _Plan[N]:
    """Compare the folder's rows with the newest stored version of each, by the key of the fact."""
    rows: list[N] = []
    tally: Counter[str] = Counter()
    for key, new in wanted.items():
        outcome, row = _settle(new, stored.get(key), occasion)
        tally[outcome] += 1
        if row is not None:
            rows.append(row)
    for key, version in stored.items():
        if key not in wanted and occasion.owns(version) and not version.row.retracted:
            tally["retracted"] += 1
            rows.append(_retraction(version, occasion))
    return _Plan(rows, TableCount(table=table, **tally))


def _settle[N: _New](new: N, stored: _Version[N] | None, occasion: _Occasion) -> tuple[str, N | None]:
    """(count it falls under, row to append if any) of one row of the folder."""
    if stored is None:
        return "added", new
    if not stored.row.retracted and _same_content(new, stored.row):
        return "unchanged", None
    if not occasion.owns(stored):
        return "kept", None
    outcome = "added" if stored.row.retracted else "changed"
    return outcome, replace(new, supersedes=stored.id, known_on=new.known_on or occasion.day)


def _same_content(new: _New, stored: _New) -> bool:
    """Whether both assert the same; a row that leaves `known_on` open agrees with any."""
    ignored = _NOT_CONTENT | ({"known_on"} if new.known_on is None else set())
    names = [item.name for item in fields(new) if item.name not in ignored]
    return all(getattr(new, name) == getattr(stored, name) for name in names)


def _retraction[N: _New](version: _Version[N], occasion: _Occasion) -> N:
    known_on = max(occasion.day, version.row.known_on or date.min)
    reason = f"not in case version {occasion.case_hash[:8]}"
    return replace(version.row, supersedes=version.id, retracted=True, reason=reason, known_on=known_on)
