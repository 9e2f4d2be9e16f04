"""The days on which something is to be looked at, and the same days as an iCalendar (RFC 5545).

An entry keeps its UID from day to day and in every language, so that a calendar that is read again moves it when its
day moves; SEQUENCE grows with the day as of which the plan was made. Nothing in it tells when it was written: the same
plan gives the same bytes.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from forecast.facts.plan import (
    ATTESTED_UNTIL,
    DEADLINE,
    EXPECTED,
    OBSERVATION,
    SIGNPOST,
    Candidate,
    Dated,
    Plan,
    Signpost,
)

if TYPE_CHECKING:
    from icalendar import Event
    from icalendar.prop import vUnknown

PRODUCT = "-//Parley//Calendar//EN"
_DAY = timedelta(days=1)
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, which iCalendar has no place for, and halves of characters."""
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})


class EntryWords(Protocol):
    """How a language speaks of entries in a calendar."""

    def entry(self, dated: Dated) -> tuple[str, str]:
        """A line for the day, and what is said below it."""


class Entries(Protocol):
    """A language that has words for them."""

    @property
    def code(self) -> str: ...

    @property
    def plan(self) -> EntryWords: ...


def calendar_of(
    as_of: date,
    candidates: Sequence[Candidate],
    signposts: Sequence[Signpost],
    deadlines: Sequence[tuple[date, str]],
    attested_until: date | None,
) -> tuple[Dated, ...]:
    """What is to be looked at, by day.

    Parameters
    ----------
    candidates : of an indicator, at any number of grades
    deadlines : days of the case, and what they mean; those that are over are left out
    attested_until : the last day on which all that happened is on file; None: no day
    """
    found = (
        *_expected(as_of, candidates),
        *(_signpost(one) for one in signposts),
        *(
            Dated(kind=DEADLINE, subject=day.isoformat(), day=day, name=meaning)
            for day, meaning in deadlines
            if day > as_of
        ),
        Dated(kind=ATTESTED_UNTIL, subject="", day=_first_open(as_of, attested_until), name=""),
    )
    return tuple(sorted(found, key=lambda one: (one.day, one.kind, one.subject)))


def _expected(as_of: date, candidates: Sequence[Candidate]) -> Iterator[Dated]:
    """When each indicator is next expected to be observed; tomorrow where that is overdue."""
    for one in {one.indicator: one for one in candidates if one.kind == OBSERVATION}.values():
        if one.age_days is not None and one.cadence_days is not None:
            ahead = round(one.cadence_days) - one.age_days
            day = as_of + (timedelta(days=ahead) if ahead >= 0 else _DAY)
            yield Dated(kind=EXPECTED, subject=one.indicator, day=day, name=one.name)


def _signpost(one: Signpost) -> Dated:
    return Dated(kind=SIGNPOST, subject=f"{one.indicator}{one.level:+d}", day=one.by, name=one.name, signpost=one)


def _first_open(as_of: date, attested_until: date | None) -> date:
    """The day after the last attested one; tomorrow where that is overdue."""
    if attested_until is None or attested_until + _DAY < as_of:
        return as_of + _DAY
    return attested_until + _DAY


def as_ical(plan: Plan, language: Entries) -> bytes:
    """The calendar of a plan as a file for calendar programs, each entry all day and none of them busy."""
    from icalendar import Calendar  # this takes longer to import than what plans are printed with

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _text(f"Parley: {plan.case_id}", language.code))
    for dated in plan.calendar:
        calendar.add_component(_event(plan, dated, language))
    return bytes(calendar.to_ical())


def _event(plan: Plan, dated: Dated, language: Entries) -> "Event":
    from icalendar import Event

    made = datetime.combine(plan.as_of, time(), UTC)
    summary, description = language.plan.entry(dated)
    event = Event()
    event.add("uid", uid_of(plan.case_id, dated))
    event.add("dtstamp", made)
    event.add("last-modified", made)
    event.add("sequence", plan.as_of.toordinal())
    event.add("dtstart", dated.day)
    event.add("dtend", dated.day + _DAY)
    event.add("transp", "TRANSPARENT")
    event.add("categories", [dated.kind])
    event.add("summary", _text(summary, language.code))
    event.add("description", _text(description, language.code))
    return event


def uid_of(case_id: str, dated: Dated) -> str:
    """What names an entry in a calendar for good: its case, its kind and its subject, never its day or a language."""
    parts = (case_id, dated.kind, dated.subject)
    return f"{'-'.join(quote(part, safe='+') for part in parts if part)}@parley"


def _text(said: str, code: str) -> "vUnknown":
    """A TEXT (RFC 5545, 3.3.11), escaped here: the library makes a line break of a backslash before an N."""
    from icalendar.prop import vUnknown

    plain = _UNWRITABLE.sub("", _LINE_END.sub("\n", said))
    return vUnknown(plain.translate(_ESCAPES), params={"LANGUAGE": code})
