"""Put a case folder into the database: what is new is added, what changed is superseded, what is gone is retracted.

It is planned first, so that a desk can be told what changes before anything does. A row counts as the case's when it
was recorded at the instant at which a version was loaded; all else was entered at the desk. An analyst's row,
correction or retraction stands: no case version replaces or withdraws it; and the same goes for the indicators that
the desk has added or retired (`indicators.amendments`).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

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
from db.read import read_catalogue, read_deadline_rows, read_grades, read_history, read_newest
from db.read_exports import read_case_versions
from db.rows import (
    CaseRow,
    CompletenessRow,
    DocumentRow,
    EventRow,
    IndicatorRow,
    JudgementRow,
    NewCase,
    NewCompleteness,
    NewDocument,
    NewEvent,
    NewJudgement,
    NewObservation,
    ObservationRow,
)
from db.zone import Moment, read_zone
from indicators.amendments import amended_hash, carried_over
from indicators.case_rows import (
    CASE_ANALYST,
    new_case,
    new_completeness,
    new_documents,
    new_events,
    new_judgements,
    new_observations,
)
from indicators.content import CaseFolder
from indicators.upgrade import Change, catalogue_changes, content_changes, fact_name

type _New = NewDocument | NewJudgement | NewObservation | NewEvent | NewCompleteness
type _Stored = DocumentRow | JudgementRow | ObservationRow | EventRow | CompletenessRow

TABLES: tuple[str, ...] = ("documents", "judgements", "observations", "events", "completeness")
_NOT_CONTENT = {"supersedes", "retracted", "reason", "analyst"}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePlan:
    """What loading a folder does: the version to add (None where the folder is the one that is there), and the rows."""

    report: InstallReport
    version: NewCase | None = None
    settings: tuple[Change, ...] = ()
    """What becomes of the case's settings, grades, deadlines, priors and stories."""
    catalogue: tuple[Change, ...] = ()
    """What becomes of indicators; empty where the case is not there yet."""
    facts: tuple["_Plan[Any]", ...] = ()
    """By table, in the order of `TABLES`."""
    upgrade: bool = False
    """Whether another version of the case is there already."""


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
        by = getattr(version.row, "analyst", None)
        return version.recorded_at in self.instants and by in (None, CASE_ANALYST)


@dataclass(frozen=True, slots=True)
class _Plan[N: _New]:
    """The rows to append to one table, and what they amount to."""

    rows: list[N]
    count: TableCount
    changes: tuple[Change, ...]


def install_case(database: Database, folder: CaseFolder, recorded_at: datetime) -> InstallReport:
    """Bring the database to the folder's content in one transaction; the same folder again changes nothing.

    Rows are known from the day the folder says; a retraction, and a correction of a row that has no such day (document,
    judgement), from the day it then is at the database. Raises StoreError for an instant without time zone and for what
    the database refuses.
    """
    with database.write() as connection:
        plan = plan_case(connection, folder, recorded_at)
        if plan.version is not None:
            append_case(connection, plan.version, recorded_at)
        for append, facts in zip(_APPEND, plan.facts, strict=False):
            append(connection, facts.rows, recorded_at)
    return plan.report


_APPEND: tuple[Callable[[Connection, Sequence[Any], datetime], object], ...] = (
    append_documents,
    append_judgements,
    append_observations,
    append_events,
    append_completeness,
)
"""By table, in the order of `TABLES`."""


def plan_case(connection: Connection, folder: CaseFolder, recorded_at: datetime) -> CasePlan:
    """What `install_case` would do at that instant; nothing is stored."""
    case_id = folder.case.id
    if recorded_at.tzinfo is None:
        raise StoreError(f"recorded_at {recorded_at} has no time zone; give an instant in UTC")
    versions = read_case_versions(connection, case_id)
    if versions and versions[-1].stems_from == folder.case_hash:
        return CasePlan(report=InstallReport(case_id, versions[-1].case_hash, False, _all_unchanged(folder)))
    current = read_catalogue(connection, versions[-1]) if versions else ()
    version = _version(folder, current)
    loaded = frozenset(row.recorded_at for row in versions if row.analyst is None)
    today = Moment(instant=recorded_at, zone=read_zone(connection)).today
    facts = _plan_facts(connection, folder, _Occasion(version.case_hash, today, loaded))
    return CasePlan(
        report=InstallReport(case_id, version.case_hash, True, tuple(plan.count for plan in facts)),
        version=version,
        settings=_settings(connection, versions[-1], version) if versions else (),
        catalogue=catalogue_changes(current, version.indicators, new_case(folder).indicators) if versions else (),
        facts=facts,
        upgrade=bool(versions),
    )


def _settings(connection: Connection, before: CaseRow, after: NewCase) -> tuple[Change, ...]:
    """What two versions say otherwise apart from their catalogue."""
    names = ("name", "headline", "record_from", "dry_after_days", "knots_until", "priors", "stories")
    parts = [name for name in names if getattr(before, name) != getattr(after, name)]
    parts += ["grades"] if set(read_grades(connection, before)) != set(after.grades) else []
    parts += ["deadlines"] if set(read_deadline_rows(connection, before)) != set(after.deadlines) else []
    return (Change("changed", "settings", tuple(parts)),) if parts else ()


def _version(folder: CaseFolder, current: Sequence[IndicatorRow]) -> NewCase:
    """The folder as a version of the case, with what the desk has changed of the catalogue."""
    plain = new_case(folder)
    catalogue = carried_over(plain.indicators, current)
    hash_ = amended_hash(folder.case_hash, catalogue)
    stems_from = folder.case_hash if hash_ != folder.case_hash else None
    return replace(plain, indicators=catalogue, case_hash=hash_, folder_hash=stems_from)


def _plan_facts(connection: Connection, folder: CaseFolder, occasion: _Occasion) -> tuple[_Plan[Any], ...]:
    case_id = folder.case.id

    def versions(kind: type[Any], row: Any) -> Sequence[Any]:
        return read_history(connection, kind, row.id)

    def first(kind: type[Any], row: Any) -> Any:
        """The row as first asserted: what names a fact that has no id of its own."""
        return row if row.supersedes is None else versions(kind, row)[0]

    keys: tuple[tuple[type[Any], list[Any], Callable[[Any], Hashable], Callable[[Any], Hashable]], ...] = (
        (DocumentRow, new_documents(folder), _document_key, _document_key),
        (JudgementRow, new_judgements(folder), _judgement_key, _judgement_key),
        (
            ObservationRow,
            new_observations(folder),
            observation_key,
            lambda row: first(ObservationRow, row).row_key,
        ),
        (EventRow, new_events(folder), _event_key, _event_key),
        (
            CompletenessRow,
            new_completeness(folder),
            _attestation_key,
            lambda row: _attestation_key(first(CompletenessRow, row)),
        ),
    )
    return tuple(
        _plan(
            table,
            {key(row): row for row in wanted},
            {stored_key(row): _Version(row.id, row.recorded_at, row) for row in read_newest(connection, kind, case_id)},
            occasion,
            partial(versions, kind),
        )
        for table, (kind, wanted, key, stored_key) in zip(TABLES, keys, strict=True)
    )


def _document_key(row: NewDocument) -> Hashable:
    return row.document_id


def _judgement_key(row: NewJudgement) -> Hashable:
    return row.document_id, row.indicator_id, row.target


def _event_key(row: NewEvent) -> Hashable:
    return row.event_id


def _attestation_key(row: NewCompleteness) -> Hashable:
    return row.type, row.complete_from, row.complete_through, row.known_on, row.attested_by, row.note


def _all_unchanged(folder: CaseFolder) -> tuple[TableCount, ...]:
    return tuple(TableCount(table=table, unchanged=len(getattr(folder, table))) for table in TABLES)


def _plan[N: _New](
    table: str,
    wanted: Mapping[Hashable, N],
    stored: Mapping[Hashable, _Version[N]],
    occasion: _Occasion,
    versions: Callable[[N], Sequence[N]],
) -> _Plan[N]:
    """Compare the folder's rows with the newest stored version of each, by the key of the fact."""
    rows: list[N] = []
    changes: list[Change] = []
    tally: Counter[str] = Counter()
    for key, new in wanted.items():
        outcome, row = _settle(new, stored.get(key), occasion)
        tally[outcome] += 1
        if row is not None:
            rows.append(row)
        if outcome != "unchanged":
            changes.append(_change(outcome, new, stored.get(key), occasion, versions))
    for key, version in stored.items():
        if key not in wanted and occasion.owns(version) and not version.row.retracted:
            tally["retracted"] += 1
            rows.append(_retraction(version, occasion))
            changes.append(Change("withdrawn", fact_name(version.row)))
    return _Plan(rows, TableCount(table=table, **tally), tuple(changes))


def _change[N: _New](
    outcome: str,
    new: N,
    stored: _Version[N] | None,
    occasion: _Occasion,
    versions: Callable[[N], Sequence[N]],
) -> Change:
    """What becomes of one row of the folder; of one that the desk has revised, whether the case revises it too."""
    if stored is None or outcome == "added":
        return Change("added", fact_name(new))
    if outcome == "changed":
        return Change("changed", fact_name(new), content_changes(stored.row, new))
    shipped = [row for row in versions(stored.row) if occasion.owns(_Version(stored.id, _recorded(row), row))]
    both = () if not shipped or _same_content(new, shipped[-1]) else content_changes(shipped[-1], new)
    return Change("kept", fact_name(new), both)


def _recorded(row: Any) -> datetime:
    instant: datetime = row.recorded_at
    return instant


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
