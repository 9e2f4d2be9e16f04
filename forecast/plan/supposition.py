"""Statements as what the engine takes: rows that would be on file, and what is laid over the days ahead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from db.rows import CompletenessRow, EventRow, JudgementRow, ObservationRow
from forecast.engine.assemble import DEAL_REACH_DAYS, Rows
from forecast.engine.provisional import Anchor
from forecast.engine.reading import Reading, add_to_reading, take_reading
from forecast.facts.whatif import (
    ARMS_CONTROL,
    ATTESTATION,
    DEAL,
    DENUCLEARISATION,
    DO,
    EVENT,
    JUDGEMENT,
    LEVEL,
    SEE,
    WITHDRAWAL,
    Statement,
)
from forecast.plan.standing import Stand
from indicators.content import EVENT_TYPES, NO_FRAMING
from indicators.evidence import SD_FLOOR
from models.overlay import Happening, Held, Overlay, Seen
from models.spec import FOREVER, FRAMINGS, Problem

FRAMED = {ARMS_CONTROL: "arms_control", DENUCLEARISATION: "denuclearisation"}
"""Events that are talks, and their framing."""
SOURCE = "what if"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposition:
    """What would be on file, and what is supposed of the days ahead."""

    reading: Reading
    overlay: Overlay
    fresh: bool
    """Whether all that is new on file is what the desk takes in without a density: nothing of days that the fit has
    read, and nothing of documents."""


def form_supposition(stand: Stand, statements: Sequence[Statement], read_through: int) -> Supposition:
    """What statements, already checked, make of what stands.

    Parameters
    ----------
    read_through : the last day, an ordinal, that the fit has read of any type
    """
    filed = [one for one in statements if is_filed(one, stand.as_of)]
    levels = [one for one in filed if one.kind == LEVEL]
    rest = [one for one in filed if one.kind != LEVEL]
    reading = _with_rows(stand.reading, rest) if rest else stand.reading
    if levels:
        reading = add_to_reading(reading, _observations(reading.rows, levels), reading.rows.positions)
    late = [one for one in filed if one.kind not in (ATTESTATION, *_DATED) or _ordinal(one) <= read_through]
    fresh = not [one for one in late if one.kind != ATTESTATION]
    return Supposition(reading=reading, overlay=overlay_of(stand, statements), fresh=fresh)


_DATED = (LEVEL, EVENT)


def read_through(anchor: Anchor) -> int:
    """The last day that the fit has read of any type of event."""
    record = anchor.fitted.record
    return max(span.last for span in (record.talks_span, record.contact_span, record.crisis_span, record.deal_span))


def is_filed(statement: Statement, today: date) -> bool:
    """Whether it is supposed to be on file today, rather than of the days ahead."""
    return statement.mode == SEE and statement.day <= today


def _ordinal(statement: Statement) -> int:
    return statement.day.toordinal()


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _observations(rows: Rows, levels: Sequence[Statement]) -> tuple[ObservationRow, ...]:
    """Rows as if each had been known on its day; without an origin each is one of its own."""
    first = max((row.id for row in rows.observations), default=0) + 1
    found = [
        ObservationRow(
            case_id=rows.case.case_id,
            indicator_id=one.indicator,
            observed_on=one.day,
            known_on=one.day,
            level=one.level,
            source_title=f"{SOURCE} {number}",
            source_publisher="",
            source_url="",
            origin=one.origin,
            reliability=one.grade[0],
            credibility=int(one.grade[1]),
            analyst=SOURCE,
            note="",
            id=number,
            recorded_at=_instant(rows.as_of),
            row_key=f"{number:064x}",
            valid_from=one.day,
            valid_until=None,
        )
        for number, one in enumerate(levels, start=first)
    ]
    return tuple(sorted(found, key=lambda row: (row.indicator_id, row.observed_on, row.known_on, row.row_key)))


def _with_rows(reading: Reading, filed: Sequence[Statement]) -> Reading:
    """The reading with what else would be on file."""
    rows = reading.rows
    withdrawn = {one.event for one in filed if one.kind == WITHDRAWAL}
    events = [row for row in rows.events if row.event_id not in withdrawn]
    events += [_event(rows, one, k) for k, one in enumerate(filed) if one.kind == EVENT]
    attested = [row for one in filed if one.kind == ATTESTATION for row in _attestations(rows, one)]
    judged = [one for one in filed if one.kind == JUDGEMENT]
    return take_reading(
        replace(
            rows,
            events=tuple(sorted(events, key=lambda row: (row.started_on, row.event_id))),
            completeness=(*rows.completeness, *attested),
            judgements=_judgements(rows, judged),
        )
    )


def _event(rows: Rows, one: Statement, number: int) -> EventRow:
    framing = FRAMED.get(one.event)
    return EventRow(
        case_id=rows.case.case_id,
        event_id=f"what-if-{number}",
        type="talks" if framing else one.event,
        framing=framing or NO_FRAMING,
        started_on=one.day,
        ended_on=one.day,
        known_on=one.day,
        date_precision="day",
        level="",
        format="",
        venue="",
        note="",
        source=f"{SOURCE} event {number}",
        confidence="high",
        id=max((row.id for row in rows.events), default=0) + 1 + number,
        recorded_at=_instant(rows.as_of),
    )


def _attestations(rows: Rows, one: Statement) -> Iterator[CompletenessRow]:
    """One for each type, from the first open day on; none where no day up to then is open."""
    for number, kind in enumerate((one.event,) if one.event else EVENT_TYPES):
        last = attested_through(rows, kind)
        if last is None or last >= one.day:
            continue
        yield CompletenessRow(
            case_id=rows.case.case_id,
            type=kind,
            complete_from=last + timedelta(days=1),
            complete_through=one.day,
            known_on=rows.as_of,
            attested_by=SOURCE,
            note="",
            id=max((row.id for row in rows.completeness), default=0) + 1 + number,
            recorded_at=_instant(rows.as_of),
        )


def attested_through(rows: Rows, kind: str) -> date | None:
    """The last day that is attested of a type of event; None where nobody has attested any."""
    return max((row.complete_through for row in rows.completeness if row.type == kind), default=None)


def _judgements(rows: Rows, judged: Sequence[Statement]) -> tuple[JudgementRow, ...]:
    """The judgements with some of another weight; one that was not there is explicit."""
    said = {(one.document, one.indicator, one.target): one for one in judged}
    found = [
        replace(row, weight=said.pop(key).weight)
        if (key := (row.document_id, row.indicator_id, row.target)) in said
        else row
        for row in rows.judgements
    ]
    found += [
        JudgementRow(
            case_id=rows.case.case_id,
            document_id=one.document,
            indicator_id=one.indicator,
            target=one.target,
            weight=one.weight,
            basis="explicit",
            location="",
            note="",
            id=max((row.id for row in rows.judgements), default=0) + 1 + number,
            recorded_at=_instant(rows.as_of),
        )
        for number, one in enumerate(said.values())
    ]
    return tuple(sorted(found, key=lambda row: (row.document_id, row.indicator_id, row.target)))


def overlay_of(stand: Stand, statements: Sequence[Statement]) -> Overlay:
    """What is supposed of the days ahead."""
    place = {row.indicator_id: i for i, row in enumerate(stand.catalogue)}
    problem = stand.solvable.problem
    ahead = [one for one in statements if not is_filed(one, stand.as_of)]
    levels = [one for one in ahead if one.kind == LEVEL]
    return Overlay(
        held=tuple(_held(one, place[one.indicator], problem) for one in levels if one.mode == DO),
        seen=tuple(_seen(one, place[one.indicator], stand) for one in levels if one.mode == SEE),
        happening=tuple(_happening([one for one in ahead if one.kind == EVENT])),
    )


def _held(one: Statement, indicator: int, problem: Problem) -> Held:
    """From the day after the as-of date at the earliest: that day itself is over."""
    last = FOREVER if one.until is None else one.until.toordinal()
    first = max(_ordinal(one), problem.as_of + 1)
    return Held(indicator=indicator, level=one.level, first=first, last=max(first, last))


def _seen(one: Statement, indicator: int, stand: Stand) -> Seen:
    sd = sd_of_grade(stand.reading.rows, one.grade) or SD_FLOOR
    return Seen(indicator=indicator, day=_ordinal(one), level=one.level, variance=max(sd, SD_FLOOR) ** 2)


def sd_of_grade(rows: Rows, grade: str) -> float | None:
    """In levels; None where the case has no such grade."""
    return next((row.sd_levels for row in rows.grades if f"{row.reliability}{row.credibility}" == grade), None)


def _happening(events: Sequence[Statement]) -> Iterator[Happening]:
    """Contacts and crises, and meetings with the deals that mark them."""
    deals = [_ordinal(one) for one in events if one.event == DEAL]
    meetings = sorted((one for one in events if one.event in FRAMED), key=_ordinal)
    marked = {meeting_of(day, [_ordinal(one) for one in meetings]) for day in deals}
    for one in events:
        day, seen = _ordinal(one), one.mode == SEE
        if one.event in FRAMED:
            framing = FRAMINGS.index(FRAMED[one.event])
            yield Happening(kind="talks", day=day, framing=framing, deal=day in marked, seen=seen)
        elif one.event != DEAL:
            yield Happening(kind=one.event, day=day, seen=seen)


def meeting_of(deal: int, meetings: Sequence[int]) -> int | None:
    """The day of the meeting that a deal marks: the last one begun by then, not more than some days before."""
    before: list[Any] = [day for day in meetings if 0 <= deal - day <= DEAL_REACH_DAYS]
    return max(before, default=None)
