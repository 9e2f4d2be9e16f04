"""Whether what is supposed can be, alone and together: every problem a line, with what would be right."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations

from forecast.errors import BadSupposition
from forecast.facts.whatif import (
    ATTESTATION,
    DEAL,
    DO,
    EVENT,
    JUDGEMENT,
    LEVEL,
    SEE,
    WITHDRAWAL,
    Statement,
)
from forecast.plan.standing import Stand
from forecast.plan.supposition import FRAMED, attested_through, meeting_of, sd_of_grade
from forecast.words.numbers import level_text
from indicators.content import TARGETS
from indicators.tables import suggest, suggest_id

MOST = 50
"""Statements at once: more is a mistake, or a scenario nobody could read."""
LOWEST, HIGHEST = -2.0, 2.0
LARGEST_WEIGHT = 3.0


def check_statements(stand: Stand, statements: Sequence[Statement]) -> None:
    """BadSupposition with everything that is wrong with them."""
    if not statements:
        raise BadSupposition(["nothing is supposed; give --see or --do, such as --see 'us_posture=1 B2'"])
    if len(statements) > MOST:
        raise BadSupposition([f"{len(statements)} statements are given; give {MOST} at most"])
    problems = [problem for one in statements for problem in _alone(stand, one)]
    problems += _together(stand, statements)
    if problems:
        raise BadSupposition(list(dict.fromkeys(problems)))


def _alone(stand: Stand, one: Statement) -> Iterator[str]:
    check = _CHECKS.get(one.kind)
    if check is not None:
        yield from check(stand, one)
    if one.mode == DO and one.day < stand.as_of:
        yield f"{named(one)}: {one.day} is over; do it today, {stand.as_of}, or later, or --see it"
    if one.mode == DO and one.kind == EVENT and one.day == stand.as_of and _is_attested(stand, one):
        yield f"{named(one)}: {one.day} is attested as silent; do it tomorrow or later, or --see it"
    if one.day > stand.last_day:
        yield f"{named(one)}: {one.day} lies beyond the last window; name a day up to {stand.last_day}"
    if one.day < stand.case.record_from:
        yield f"{named(one)}: {one.day} lies before the record, which begins on {stand.case.record_from}"


def _is_attested(stand: Stand, one: Statement) -> bool:
    last = attested_through(stand.reading.rows, "talks" if one.event in FRAMED else one.event)
    return last is not None and last >= one.day


def named(one: Statement) -> str:
    """A statement as a message has it."""
    return f"{one.indicator}={level_text(one.level)}" if one.kind == LEVEL else one.event or one.kind


def _level(stand: Stand, one: Statement) -> Iterator[str]:
    yield from _indicator(stand, one)
    if not LOWEST <= one.level <= HIGHEST:  # so is what is not a number
        yield f"{one.indicator}: level {one.level:g} is not on the scale; write a level from -2 to +2"
    if one.mode == SEE and sd_of_grade(stand.reading.rows, one.grade) is None:
        known = tuple(f"{row.reliability}{row.credibility}" for row in stand.reading.rows.grades)
        yield f"{named(one)}: grade {one.grade!r} is not in the case's table; {suggest(one.grade, known)}"
    if one.until is not None and one.until < one.day:
        yield f"{named(one)}: until {one.until} lies before {one.day}, from which on it is set"


def _indicator(stand: Stand, one: Statement) -> Iterator[str]:
    known = {row.indicator_id: row for row in stand.catalogue}
    if one.indicator not in known:
        yield f"unknown indicator {one.indicator!r}; {suggest_id(one.indicator, tuple(known))}"
    elif not known[one.indicator].in_use(stand.as_of):
        yield f"indicator {one.indicator} is not in use on {stand.as_of}; `parley indicators` lists those that are"


def _attestation(stand: Stand, one: Statement) -> Iterator[str]:
    if one.day > stand.as_of:
        yield f"none through {one.day}: nobody can attest a day ahead; write a day up to today, {stand.as_of}"


def _withdrawal(stand: Stand, one: Statement) -> Iterator[str]:
    known = tuple(row.event_id for row in stand.reading.rows.events)
    if one.event not in known:
        yield f"unknown event {one.event!r}; {suggest_id(one.event, known)}"


def _judgement(stand: Stand, one: Statement) -> Iterator[str]:
    yield from _indicator(stand, one)
    documents = tuple(row.document_id for row in stand.reading.rows.documents)
    if one.document not in documents:
        yield f"unknown document {one.document!r}; {suggest_id(one.document, documents)}"
    if one.target not in TARGETS:
        yield f"unknown target {one.target!r}; {suggest(one.target, TARGETS)}"
    if not -LARGEST_WEIGHT <= one.weight <= LARGEST_WEIGHT:
        yield f"{one.document}: weight {one.weight:g} is not on the scale; write a weight from -3 to +3"


_CHECKS = {LEVEL: _level, ATTESTATION: _attestation, WITHDRAWAL: _withdrawal, JUDGEMENT: _judgement}


def _together(stand: Stand, statements: Sequence[Statement]) -> Iterator[str]:
    for a, b in combinations(statements, 2):
        if a.kind == b.kind == LEVEL and a.indicator == b.indicator:
            yield from _levels(a, b)
        if a.kind == b.kind == EVENT and a.day == b.day:
            yield from _events(a, b)
    yield from _deals(stand, statements)


def _levels(a: Statement, b: Statement) -> Iterator[str]:
    """Two statements of one indicator."""
    if a.mode == b.mode == DO and a.day == b.day:
        yield f"{a.indicator} is set twice from {a.day} on; give one level for that day"
    if a.mode == b.mode:
        return
    see, do = (a, b) if a.mode == SEE else (b, a)
    if see.day >= do.day:
        what = "on the day" if see.day == do.day else "after the day"
        yield (
            f"{see.indicator} is seen on {see.day}, {what} from which it is set ({do.day}): what is set is known; "
            "see it earlier, or set it later"
        )


def _events(a: Statement, b: Statement) -> Iterator[str]:
    if a.event == b.event:
        yield f"{a.event} on {a.day} is given twice; give it once"
    elif a.event in FRAMED and b.event in FRAMED:
        yield f"talks of two framings on {a.day}: a meeting has one; give them different days"


def _deals(stand: Stand, statements: Sequence[Statement]) -> Iterator[str]:
    """A deal marks a meeting; one that is filed may mark one on file, one ahead only one that is supposed ahead."""
    on_file = [row.started_on for row in stand.reading.rows.events if row.type == "talks"]
    for one in statements:
        if one.kind != EVENT or one.event != DEAL:
            continue
        filed = one.mode == SEE and one.day <= stand.as_of
        talks = [each for each in statements if each.kind == EVENT and each.event in FRAMED]
        days = [each.day for each in talks if (each.mode == SEE and each.day <= stand.as_of) == filed]
        meetings: list[date] = [*days, *(on_file if filed else ())]
        if meeting_of(one.day.toordinal(), [day.toordinal() for day in meetings]) is None:
            yield (
                f"deal on {one.day} marks no meeting: none begins in the 14 days up to it; add talks, such as "
                f"'arms_control talks on {one.day}'"
            )
