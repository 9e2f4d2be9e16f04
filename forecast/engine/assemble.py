"""Rows into the specification of a problem: the only place where tables meet the mathematics."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import Connection

from db.read import (
    read_case,
    read_catalogue,
    read_completeness,
    read_deadlines,
    read_documents,
    read_events,
    read_grades,
    read_judgements,
    read_loading_instants,
    read_observations,
    read_positions,
)
from db.rows import (
    CaseRow,
    CompletenessRow,
    DocumentRow,
    EventRow,
    GradeRow,
    IndicatorRow,
    JudgementRow,
    ObservationRow,
)
from db.when import When
from forecast.engine.looking import attest_what_is_sure, find_looked, reporting_of
from forecast.engine.standing import last_looked
from forecast.errors import NotEnough
from indicators.content import EVENT_TYPES
from indicators.evidence import Evidence, form_evidence
from models.spec import (
    EFFECT_TARGETS,
    FRAMINGS,
    Calendar,
    Catalogue,
    Horizon,
    Judgements,
    Meetings,
    Observations,
    Problem,
    Record,
    Reference,
    Span,
)

ROLLING_DAYS = (30, 90, 180, 365)
DEAL_REACH_DAYS = 14
"""A deal marks the last meeting begun by the deal's end if that meeting ended at most so many days before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything the store holds by `when`, in an order that depends on content alone."""

    when: When
    case: CaseRow
    catalogue: tuple[IndicatorRow, ...]
    grades: tuple[GradeRow, ...]
    deadlines: tuple[date, ...]
    documents: tuple[DocumentRow, ...]
    judgements: tuple[JudgementRow, ...]
    observations: tuple[ObservationRow, ...]
    events: tuple[EventRow, ...]
    completeness: tuple[CompletenessRow, ...]
    positions: Mapping[str, int]
    """Of each table read, the last row there was."""
    loaded: frozenset[datetime] = frozenset()
    """The instants at which versions of the case came from a folder: no person entered what was recorded then."""

    def __post_init__(self) -> None:
        """Of an indicator not yet in use as of the day, or no longer, nothing counts: here alone it is masked."""
        object.__setattr__(self, "judgements", self.heard(self.judgements))
        object.__setattr__(self, "observations", self.heard(self.observations))

    @property
    def as_of(self) -> date:
        return self.when.as_of

    def heard[R: (JudgementRow, ObservationRow)](self, rows: Sequence[R]) -> tuple[R, ...]:
        """Those of indicators that are in use."""
        masked = {row.indicator_id for row in self.catalogue if not row.in_use(self.as_of)}
        return tuple(row for row in rows if row.indicator_id not in masked) if masked else tuple(rows)


def read_rows(connection: Connection, when: When, *, case_id: str | None = None) -> Rows:
    """Return what could be known, and what this desk had recorded, by then; StoreError if there is no such case."""
    case = read_case(connection, case_id, when)
    return Rows(
        when=when,
        case=case,
        catalogue=read_catalogue(connection, case),
        grades=read_grades(connection, case),
        deadlines=read_deadlines(connection, case),
        documents=read_documents(connection, case.case_id, when),
        judgements=read_judgements(connection, case.case_id, when),
        observations=read_observations(connection, case.case_id, when),
        events=read_events(connection, case.case_id, when),
        completeness=read_completeness(connection, case.case_id, when),
        positions=read_positions(connection, when),
        loaded=read_loading_instants(connection, case.case_id),
    )


def check_rows(rows: Rows) -> None:
    """Refuse a date before which there is nothing to learn from."""
    first = rows.case.record_from + timedelta(days=365)
    if rows.as_of < first:
        raise NotEnough(
            f"as of {rows.as_of} the record, which begins on {rows.case.record_from}, holds less than a year; "
            f"choose a date from {first} on"
        )
    if rows.as_of >= rows.case.knots_until:
        raise NotEnough(f"{rows.as_of} lies beyond the case's calendar, which ends on {rows.case.knots_until}")
    attested = {row.type for row in rows.completeness}
    absent = [kind for kind in EVENT_TYPES if kind not in attested]
    if absent:
        raise NotEnough(
            f"no one has attested how far events of type {', '.join(absent)} are complete as of {rows.as_of}; "
            "run `parley event none --type TYPE --since DATE --through DATE` once someone can"
        )


def assemble(rows: Rows, evidence: Evidence) -> Problem:
    """The problem to solve, in arrays."""
    return assemble_looked(rows, evidence, reach_of_looking(rows))


def assemble_looked(rows: Rows, evidence: Evidence, reach: date | None) -> Problem:
    """The same, where the last day is known on which somebody looked, as the rows show."""
    as_of = rows.as_of.toordinal()
    case = rows.case
    record, reporting = _record(rows), reporting_of(case.priors)
    record = attest_what_is_sure(record, reporting, reach)
    return Problem(
        as_of=as_of,
        catalogue=_catalogue(rows.catalogue),
        calendar=Calendar(case.record_from.toordinal(), case.knots_until.toordinal(), case.dry_after_days),
        observations=observations_of(evidence),
        judgements=_judgements(rows),
        record=record,
        horizons=horizons_from(rows.as_of, rows.deadlines),
        reference=_reference(case.priors or {}, rows.as_of.year),
        looked=find_looked(as_of=as_of, reporting=reporting, attested=record, fitted=record, reach=reach),
    )


def observations_of(evidence: Evidence) -> Observations:
    """The evidence as the mathematics takes it."""
    return Observations(
        indicator=evidence.indicator,
        observed=evidence.observed,
        entered=evidence.entered,
        since=evidence.since,
        until=evidence.until,
        level=evidence.level,
        variance=evidence.variance,
    )


def reach_of_looking(rows: Rows) -> date | None:
    """The last day on which somebody looked, as the rows show; None where nobody has."""
    return last_looked((*rows.observations, *rows.events, *rows.completeness), rows.loaded, rows.as_of)


def read_problem(connection: Connection, when: When, *, case_id: str | None = None) -> tuple[Rows, Evidence, Problem]:
    """Read, check and assemble in one step."""
    rows = read_rows(connection, when, case_id=case_id)
    check_rows(rows)
    evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
    return rows, evidence, assemble(rows, evidence)


def horizons_from(as_of: date, deadlines: Sequence[date]) -> tuple[Horizon, ...]:
    """The rolling horizons, then the case's next deadline."""
    rolling = [Horizon(days) for days in ROLLING_DAYS]
    ahead = [day for day in deadlines if day > as_of]
    return (*rolling, *(Horizon((day - as_of).days, day.toordinal()) for day in ahead[:1]))


def inputs_hash(problem: Problem) -> str:
    """sha256 of every number the forecast is made from, in a fixed order."""
    digest = hashlib.sha256()
    _feed(digest, problem)
    return digest.hexdigest()


def _feed(digest: "hashlib._Hash", value: Any) -> None:
    if hasattr(value, "__dataclass_fields__"):
        for item in fields(value):
            if getattr(value, item.name) is None and item.metadata.get("added"):  # so that older hashes stay
                continue
            digest.update(item.name.encode())
            _feed(digest, getattr(value, item.name))
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, tuple):
        for item in value:
            _feed(digest, item)
    else:
        digest.update(repr(value).encode())


def _catalogue(rows: Sequence[IndicatorRow]) -> Catalogue:
    return Catalogue(
        tuple(row.indicator_id for row in rows),
        np.array([row.kind == "event" for row in rows]),
        np.array([float(row.half_life_days) for row in rows]),
        np.array([row.lag_days for row in rows], dtype=np.int64),
    )


def _reference(priors: Mapping[str, Any], year: int) -> Reference:
    """What the case expects as of a year, by the latest numbers up to it; the defaults for what it does not say."""
    default = Reference()
    made = [row for row in priors.get("reference", {}).get("year", ()) if row["year"] <= year]
    latest: Mapping[str, Any] = max(made, key=itemgetter("year"), default={})
    return Reference(
        onset=_pair(latest.get("onset", default.onset)),
        duration=_pair(latest.get("duration", default.duration)),
        change=_pair(priors.get("framing_change", {}).get("prior", default.change)),
    )


def _pair(values: Sequence[float]) -> tuple[float, float]:
    first, second = values
    return float(first), float(second)


def _judgements(rows: Rows) -> Judgements:
    """Judgements on indicators of the catalogue; one on talks of any framing speaks of both framings."""
    place = {row.indicator_id: i for i, row in enumerate(rows.catalogue)}
    document = {row.document_id: i for i, row in enumerate(rows.documents)}
    said = [
        (row, target)
        for row in rows.judgements
        if row.indicator_id in place
        for target in (EFFECT_TARGETS[:2] if row.target == "limits_talks" else (row.target,))
    ]
    return Judgements(
        np.array([document[row.document_id] for row, _ in said], dtype=np.int64),
        np.array([place[row.indicator_id] for row, _ in said], dtype=np.int64),
        np.array([EFFECT_TARGETS.index(target) for _, target in said], dtype=np.int64),
        np.array([float(row.weight) for row, _ in said], dtype=np.float64),
        np.array([row.basis == "explicit" for row, _ in said], dtype=bool),
    )


def _record(rows: Rows) -> Record:
    return Record(
        meetings=_meetings(rows.events),
        contacts=_starts(rows.events, "contact"),
        crises=_starts(rows.events, "crisis"),
        talks_span=_span(rows, "talks"),
        contact_span=_span(rows, "contact"),
        crisis_span=_span(rows, "crisis"),
        deal_span=_span(rows, "deal"),
    )


def _starts(events: Sequence[EventRow], kind: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.sort(np.array([_begun(e) for e in events if e.type == kind], dtype=np.int64))


def _begun(event: EventRow) -> int:
    """The day it began by the calendar of the database: what is known before its date began where that came first."""
    return min(event.started_on, event.known_on).toordinal()


def _over(event: EventRow) -> int:
    """The day it ended by the same calendar."""
    return event.ended_on.toordinal() - event.started_on.toordinal() + _begun(event)


def _meetings(events: Sequence[EventRow]) -> Meetings:
    talks = sorted((e for e in events if e.type == "talks"), key=lambda e: (e.started_on, e.ended_on, e.event_id))
    started = np.array([_begun(e) for e in talks], dtype=np.int64)
    ended = np.array([_over(e) for e in talks], dtype=np.int64)
    deal = np.zeros(len(talks), dtype=bool)
    for event in events:
        if event.type == "deal":
            signed = _over(event)
            last = int(np.searchsorted(started, signed, side="right")) - 1
            if last >= 0 and signed - ended[last] <= DEAL_REACH_DAYS:
                deal[last] = True
    framing = np.array([FRAMINGS.index(e.framing) for e in talks], dtype=np.int64)
    return Meetings(started, ended, framing, deal)


def _span(rows: Rows, kind: str) -> Span:
    """The days that attestations cover without a gap up to the furthest, within the record and to the as-of date.

    A day that is attested twice counts once, so that it does not matter in how many pieces people attest.
    """
    attested = sorted((row for row in rows.completeness if row.type == kind), key=lambda row: row.complete_through)
    first, last = attested[-1].complete_from, attested[-1].complete_through
    for row in reversed(attested):
        if row.complete_through >= first - timedelta(days=1):
            first = min(first, row.complete_from)
    return Span(max(first, rows.case.record_from).toordinal(), min(last, rows.as_of).toordinal())
