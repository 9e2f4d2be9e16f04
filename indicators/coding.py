"""What an analyst codes: the cells of one entry, typed or from a file, held against the rules of a case.

Every problem of an entry is recorded with its place, so that one pass finds them all; an entry with a problem is not
made. Texts are kept as typed, but for what `indicators.texts` makes of them.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import count

from db.rows import NewCompleteness, NewEvent, NewObservation
from db.zone import Moment
from indicators.case_rows import CASE_ANALYST
from indicators.content import EVENT_TYPES, FRAMINGS, NO_FRAMING, TARGETS
from indicators.days import WRITE_DAY, read_day
from indicators.tables import Row, suggest, suggest_id
from indicators.texts import LONGEST as LONGEST
from indicators.texts import LONGEST_TEXT as LONGEST_TEXT
from indicators.texts import read_text, without_invisible

OBSERVATION_COLUMNS = (
    "indicator",
    "observed_on",
    "known_on",
    "level",
    "grade",
    "source",
    "publisher",
    "url",
    "origin",
    "analyst",
    "note",
)
REQUIRED = ("indicator", "observed_on", "level", "grade", "source")
EVENT_COLUMNS = (
    "id",
    "type",
    "framing",
    "started_on",
    "ended_on",
    "known_on",
    "date_precision",
    "level",
    "format",
    "venue",
    "source",
    "confidence",
    "reason",
    "note",
    "analyst",
)
ATTESTATION_COLUMNS = ("type", "complete_from", "complete_through", "known_on", "attested_by", "note")
DATE_PRECISIONS = ("day", "month", "year")
CONFIDENCES = ("high", "medium", "low")
MEETING_LEVELS = ("leader", "minister", "envoy", "working", "technical", "letters_or_contact")
"""Who met at talks, a contact or the conclusion of a deal; what a crisis was is said in the case's own words."""
FIRST_YEAR = 1900
LOWEST, HIGHEST = -2.0, 2.0
WANTED = {
    "indicator": "the id of an indicator",
    "observed_on": "the day it happened, YYYY-MM-DD",
    "level": "a number from -2 to 2",
    "grade": "a letter A–F and a digit 1–6, such as B2",
    "source": "who said it, and where",
    "type": f"one of {', '.join(EVENT_TYPES)}",
    "started_on": "the day it began, YYYY-MM-DD",
    "complete_through": "the last day of which all events are known, YYYY-MM-DD",
    "published_on": "the day it was published, YYYY-MM-DD",
    "weight": "a number from -3 to 3",
    "target": f"one of {', '.join(TARGETS)}",
    "basis": "explicit or inferred",
    "analyst": "who enters it",
}
"""What to write in the columns that may not stay empty."""

_SHOWN = 60  # characters of a wrong value that a message repeats
_LEVEL = re.compile(r"[+\-\u2212]?[0-9]+(\.[0-9]+|,[0-9]{1,2})?")  # 1,000 may be a thousand
_GRADE = re.compile(r"[A-F][1-6]")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_EVENT_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_LETTERS = {"talks": "T", "contact": "T", "deal": "D", "crisis": "C"}
_FRAMED = ("talks", "deal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an entry is held against: the case's indicators and grades (such as B2), when and by whom it is entered."""

    case_id: str
    indicators: tuple[str, ...]
    grades: frozenset[str]
    moment: Moment
    analyst: str
    documents: tuple[str, ...] = ()
    """Those that judgements can be made of."""
    out_of_use: Mapping[str, str] = field(default_factory=dict)
    """Of indicators on which nothing can be entered today, why."""


def new_observation(row: Row, rules: Rules) -> NewObservation | None:
    """The observation of a row with the cells of `OBSERVATION_COLUMNS`; None when it has a problem."""
    before = len(row.problems.lines)
    observed_on = _day(row, "observed_on", _filled(row, "observed_on"), rules.moment)
    grade = _grade(row, rules.grades)
    observation = NewObservation(
        case_id=rules.case_id,
        indicator_id=_indicator(row, rules),
        observed_on=observed_on or date.min,
        known_on=_known_on(row, "observed_on", observed_on, observed_on, rules.moment),
        level=_level(row),
        source_title=_filled(row, "source"),
        source_publisher=_text(row, "publisher"),
        source_url=_url(row),
        origin=_text(row, "origin"),
        reliability=grade[0],
        credibility=int(grade[1]),
        analyst=signed_by(row, "analyst", rules.analyst),
        note=_text(row, "note"),
    )
    return observation if len(row.problems.lines) == before else None


def new_event(row: Row, rules: Rules, taken: Collection[str] = ()) -> NewEvent | None:
    """The event of a row with the cells of `EVENT_COLUMNS`; None when it has a problem.

    `taken` are the ids that are in use: one of them is refused, and an id left empty is the next free one. A correction
    keeps its id, and leaves `taken` empty.
    """
    before = len(row.problems.lines)
    type_ = _choice(row, "type", _filled(row, "type"), EVENT_TYPES)
    started_on = _day(row, "started_on", _filled(row, "started_on"), rules.moment)
    ended_on = _day(row, "ended_on", _text(row, "ended_on"), rules.moment) or started_on
    if started_on and ended_on:
        row.ordered("ended_on", ended_on, "started_on", started_on)
    confidence = _choice(row, "confidence", _text(row, "confidence") or "medium", CONFIDENCES)
    event = NewEvent(
        case_id=rules.case_id,
        event_id=_event_id(row, type_, started_on, taken),
        type=type_,
        framing=_framing(row, type_),
        started_on=started_on or date.min,
        ended_on=ended_on or date.min,
        known_on=_known_on(row, "started_on", started_on, ended_on, rules.moment),
        date_precision=_choice(row, "date_precision", _text(row, "date_precision") or "day", DATE_PRECISIONS),
        level=_event_level(row, type_),
        format=_text(row, "format"),
        venue=_text(row, "venue"),
        note=_text(row, "note"),
        source=_filled(row, "source"),
        confidence=confidence,
        reason=_reason(row, confidence),
        analyst=signed_by(row, "analyst", rules.analyst),
    )
    return event if len(row.problems.lines) == before else None


def new_attestation(row: Row, rules: Rules) -> NewCompleteness | None:
    """The attestation of a row with the cells of `ATTESTATION_COLUMNS`; None when it has a problem.

    Without `complete_from` it begins on its last day, for who reads it to say where the one before it began.
    """
    before, today = len(row.problems.lines), rules.moment.today
    through = _day(row, "complete_through", _filled(row, "complete_through"), rules.moment)
    since = _day(row, "complete_from", _text(row, "complete_from"), rules.moment)
    known_on = _day(row, "known_on", _text(row, "known_on"), rules.moment)
    if through and through > today:
        what = f"{through} lies ahead; what has not happened yet cannot be attested: at most today, {today}"
        row.refuse("complete_through", what)
    if through and since:
        row.ordered("complete_through", through, "complete_from", since)
    if through and known_on:
        row.ordered("known_on", known_on, "complete_through", through)
    attestation = NewCompleteness(
        case_id=rules.case_id,
        type=_choice(row, "type", _filled(row, "type"), EVENT_TYPES),
        complete_from=since or through or date.min,
        complete_through=through or date.min,
        known_on=min(known_on or today, today),
        attested_by=signed_by(row, "attested_by", rules.analyst),
        note=_text(row, "note"),
    )
    return attestation if len(row.problems.lines) == before else None


def next_event_id(type_: str, started_on: date, taken: Collection[str]) -> str:
    """The first free id of a type and year, such as T2018-05; those of deals and crises count from the month."""
    used = {id_.casefold() for id_ in taken}
    first = 1 if type_ in ("talks", "contact") else started_on.month
    ids = (f"{_LETTERS[type_]}{started_on.year}-{number:02}" for number in count(first))
    return next(id_ for id_ in ids if id_.casefold() not in used)


def _text(row: Row, column: str) -> str:
    """The cell as it is stored; "" where it is empty or was refused."""
    text, wrong = read_text(row.cells.get(column, ""), column)
    if wrong:
        row.refuse(column, wrong)
    return text


def _filled(row: Row, column: str) -> str:
    """The cell as it is stored; one that is empty is refused."""
    text = _text(row, column)
    if not text and _is_blank(row, column):
        row.refuse(column, f"is empty; write {WANTED[column]}")
    return text


def _is_blank(row: Row, column: str) -> bool:
    """Whether nothing was written; a text that was refused is not blank."""
    return not without_invisible(row.text(column)).strip()


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _indicator(row: Row, rules: Rules) -> str:
    text, ids = _filled(row, "indicator"), rules.indicators
    id_ = by_casefold(ids).get(text.casefold(), "")
    if text and not id_:
        row.refuse("indicator", f"unknown indicator {_shown(text)}; {suggest_id(text[:_SHOWN], tuple(sorted(ids)))}")
    elif id_ in rules.out_of_use:
        row.refuse("indicator", rules.out_of_use[id_])
    return id_


@lru_cache(maxsize=16)
def by_casefold(ids: tuple[str, ...]) -> dict[str, str]:
    return {id_.casefold(): id_ for id_ in ids}


def _day(row: Row, column: str, text: str, moment: Moment) -> date | None:
    """The text of a cell as a day that has begun somewhere on earth; None where it is empty or was refused."""
    if not text:
        return None
    found = read_day(text, latest=moment.latest)
    day = found.day
    if day is None:
        wrong = found.wrong or f"is not a date; {WRITE_DAY}, such as {moment.today}"
        row.refuse(column, f"{_shown(text)} {wrong}")
    elif day > moment.latest:
        row.refuse(column, lies_ahead(day, moment))
    elif day.year < FIRST_YEAR:
        row.refuse(column, f"{day} lies before {FIRST_YEAR}; write a later year")
    else:
        return day
    return None


def lies_ahead(day: date, moment: Moment) -> str:
    """Why a day cannot be entered yet, with both clocks."""
    return f"{day} is in the future; the latest day anywhere is {moment.latest}, and here it is {moment}"


def _known_on(row: Row, since_column: str, since: date | None, default: date | None, moment: Moment) -> date:
    """The day it could be known, not before `since` nor after the day it is here: what happens further east on the
    next day is known today."""
    day = _day(row, "known_on", _text(row, "known_on"), moment)
    if day and since:
        row.ordered("known_on", day, since_column, since)
    return min(day or default or date.min, moment.today)


def _level(row: Row) -> float:
    """The level; 0 stands for one that was refused."""
    text = unicodedata.normalize("NFKC", _filled(row, "level"))  # Japanese and Korean keyboards write full-width
    if not text:
        return 0.0
    level = parse_level(text)
    if level is None:
        row.refuse("level", f"{_shown(text)} is not a level; write {WANTED['level']}")
    elif not LOWEST <= level <= HIGHEST:
        row.refuse("level", f"{_shown(text)} lies outside −2…2; write {WANTED['level']}")
    return level or 0.0  # -0 and 0 are the same level, and must be the same row


@lru_cache(maxsize=1024)
def parse_level(text: str) -> float | None:
    """The number that is written as a level, in reach or not; None where it is none."""
    return float(text.replace("\u2212", "-").replace(",", ".")) if _LEVEL.fullmatch(text) else None


def _grade(row: Row, grades: frozenset[str]) -> str:
    """The grade; F6 stands for one that was refused."""
    text = _filled(row, "grade")
    grade = unicodedata.normalize("NFKC", text).upper()
    if grade in grades:
        return grade
    if text:
        known = suggest(grade[:_SHOWN], tuple(sorted(grades)))
        right = known if _GRADE.fullmatch(grade) else f"use {WANTED['grade']}"
        row.refuse("grade", f"{_shown(text)} is not a grade of the case; {right}")
    return "F6"


def _url(row: Row) -> str:
    text = _text(row, "url")
    if text and not _URL.fullmatch(text):
        row.refuse("url", f"{_shown(text)} is not a web address; write it with https:// or http://, or leave it empty")
    return text


def signed_by(row: Row, column: str, default: str) -> str:
    """Who answers for the entry."""
    text = _text(row, column) or default
    if not text:
        row.refuse(column, f"is empty; write {WANTED['analyst']}")
    elif text == CASE_ANALYST:  # loading a changed case folder withdraws such rows
        row.refuse(column, f"{text!r} stands for the rows of the case folder; write {WANTED['analyst']}")
    return text


def _choice(row: Row, column: str, text: str, choices: tuple[str, ...]) -> str:
    """The text of a cell, whatever its case, as one of a closed list; "" where it is empty or was refused."""
    value = text.casefold()
    if value in choices or not value:
        return value
    row.refuse(column, f"{_shown(text)} is not allowed; {suggest(value[:_SHOWN], choices)}")
    return ""


def _framing(row: Row, type_: str) -> str:
    """What talks and deals were about: talks must have it, deals may, contact and crisis cannot."""
    framing = _choice(row, "framing", _text(row, "framing") or NO_FRAMING, (*FRAMINGS, NO_FRAMING))
    if type_ == "talks" and framing == NO_FRAMING:
        row.refuse("framing", f"is empty; write what the talks were about, {' or '.join(FRAMINGS)}")
    if type_ and type_ not in _FRAMED and framing in FRAMINGS:
        row.refuse("framing", f"{framing!r} does not apply to {type_}; leave it empty")
    return framing


def _event_level(row: Row, type_: str) -> str:
    level = _text(row, "level")
    return level if type_ == "crisis" else _choice(row, "level", level, MEETING_LEVELS)


def _reason(row: Row, confidence: str) -> str:
    reason = _text(row, "reason")
    if confidence == "low" and _is_blank(row, "reason"):
        row.refuse("reason", "is empty, and confidence low marks a disputed event; give its reason")
    return reason


def _event_id(row: Row, type_: str, started_on: date | None, taken: Collection[str]) -> str:
    """The id typed, which must be free, or the next free one."""
    id_ = _text(row, "id")
    if not id_:
        return next_event_id(type_, started_on, taken) if type_ and started_on else ""
    if not _EVENT_ID.fullmatch(id_):
        row.refuse("id", f"{_shown(id_)} is not an id; write letters, digits, - and ., such as T2018-05")
    elif id_.casefold() in {other.casefold() for other in taken}:
        row.refuse("id", f"{id_!r} is taken; leave it empty to get the next free one, or revise that event")
    return id_
