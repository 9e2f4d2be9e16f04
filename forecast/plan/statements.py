"""What is supposed, read from words.

us_posture=1 B2 on 2026-12-05            a level that is observed, of a grade; on: today
us_posture=1 from 2026-12-05 until …     a level that is set; from: tomorrow; on: that day alone
contact on 2026-12-01                    an event: contact, arms_control talks, denuclearisation talks, deal, crisis
none contact through 2026-11-30          an attestation, of one type or of all
without T2026-01                         an event on file withdrawn
hastings-2023 says us_posture=2 for arms_control_talks    a judgement
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from forecast.errors import BadStatement
from forecast.facts.whatif import (
    ARMS_CONTROL,
    ATTESTATION,
    CONTACT,
    CRISIS,
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
from indicators.content import EVENT_TYPES
from indicators.tables import parse_day, suggest

LONGEST = 300
"""Characters of a statement."""
GRADE = "B2"
"""Of an observation that names none: a usually reliable source, probably true."""
EXAMPLES: Mapping[str, str] = {
    SEE: "'us_posture=1 B2 on 2026-12-05', 'contact on 2026-12-01' or 'none through 2026-11-30'",
    DO: "'us_posture=1 from 2026-12-05' or 'arms_control talks on 2027-02-01'",
}
_LEVEL = re.compile(r"(?P<indicator>[^\s=]+)\s*=\s*(?P<level>[^\s=]+)(?P<rest>.*)", re.DOTALL)
_SAYS = re.compile(r"(?P<document>\S+)\s+says\s+(?P<indicator>[^\s=]+)\s*=\s*(?P<weight>\S+)\s+for\s+(?P<target>\S+)")
_GRADE = re.compile(r"[A-F][1-6]", re.IGNORECASE)
_LATER = re.compile(r"([+-]\d{1,5})d")
_EVENTS = {
    "contact": CONTACT,
    "crisis": CRISIS,
    "deal": DEAL,
    "limited deal": DEAL,
    "arms_control talks": ARMS_CONTROL,
    "arms-control talks": ARMS_CONTROL,
    "arms control talks": ARMS_CONTROL,
    "talks arms_control": ARMS_CONTROL,
    ARMS_CONTROL: ARMS_CONTROL,
    "denuclearisation talks": DENUCLEARISATION,
    "talks denuclearisation": DENUCLEARISATION,
    DENUCLEARISATION: DENUCLEARISATION,
}
_WORDS = ("on", "from", "until", "through", "origin")


def parse_statement(text: str, mode: str, today: date) -> Statement:
    """The statement in some words; BadStatement where they are none."""
    said = " ".join(text.replace("\u2212", "-").split())
    if not said:
        raise _bad(text, mode, "is empty")
    if len(said) > LONGEST:
        raise _bad(f"{said[:40]}…", mode, f"has {len(said)} characters, at most {LONGEST} are read")
    reader = next((read for begins, read in _READERS if begins(said)), _read_event)
    return reader(said, mode, today)


def _read_judgement(said: str, mode: str, today: date) -> Statement:
    found = _SAYS.fullmatch(said)
    if found is None or mode == DO:
        raise _bad(
            said, mode, "is no judgement that could be read" if mode == SEE else "cannot be done: a text says it"
        )
    weight = _number(found["weight"], said, mode)
    return Statement(
        mode=mode,
        kind=JUDGEMENT,
        day=today,
        document=found["document"],
        indicator=found["indicator"],
        target=found["target"],
        weight=weight,
    )


def _read_level(said: str, mode: str, today: date) -> Statement:
    found = _LEVEL.fullmatch(said)
    if found is None:
        raise _bad(said, mode, "names no level")
    grade, rest = _graded(found["rest"].split(), said, mode)
    days, origin = _clauses(rest, said, mode, today, ("on", "origin") if mode == SEE else ("on", "from", "until"))
    if "on" in days and ("from" in days or "until" in days):
        raise _bad(said, mode, "gives 'on' beside 'from' or 'until'; 'on' is that day alone")
    on, default = days.get("on"), today if mode == SEE else today + timedelta(days=1)
    return Statement(
        mode=mode,
        kind=LEVEL,
        day=on or days.get("from", default),
        indicator=found["indicator"],
        level=_number(found["level"], said, mode),
        grade=(grade or GRADE) if mode == SEE else "",
        until=on if mode == DO and on else days.get("until"),
        origin=origin,
    )


def _graded(words: list[str], said: str, mode: str) -> tuple[str, list[str]]:
    if not words or words[0] in _WORDS:
        return "", words
    if not _GRADE.fullmatch(words[0]):
        raise _bad(said, mode, f"has {words[0]!r} where a grade such as B2, or on, from or until, is expected")
    if mode == DO:
        raise _bad(said, mode, f"grades ({words[0]}) what is done; only what is seen has a grade")
    return words[0].upper(), words[1:]


def _read_attestation(said: str, mode: str, today: date) -> Statement:
    words = said.split()[1:]
    type_ = words.pop(0) if words and words[0] in EVENT_TYPES else ""
    if mode == DO:
        raise _bad(said, mode, "cannot be done: to attest changes nothing in the world, so it is only seen")
    days, _ = _clauses(words, said, mode, today, ("through",))
    if "through" not in days:
        raise _bad(said, mode, "does not say through which day nothing happened")
    return Statement(mode=mode, kind=ATTESTATION, day=days["through"], event=type_)


def _read_withdrawal(said: str, mode: str, today: date) -> Statement:
    words = said.split()[1:]
    if len(words) != 1 or mode == DO:
        raise _bad(said, mode, "does not name one event on file" if mode == SEE else "cannot be done, only seen")
    return Statement(mode=mode, kind=WITHDRAWAL, day=today, event=words[0])


def _read_event(said: str, mode: str, today: date) -> Statement:
    words = said.split()
    end = next((k for k, word in enumerate(words) if word in _WORDS), len(words))
    name = " ".join(words[:end]).casefold()
    if name == "talks":
        raise _bad(
            said, mode, "does not say what the talks are about; write arms_control talks or denuclearisation talks"
        )
    if name not in _EVENTS:
        raise _bad(said, mode, f"is neither a level nor an event ({suggest(name, tuple(_EVENTS))})")
    days, _ = _clauses(words[end:], said, mode, today, ("on",))
    return Statement(
        mode=mode,
        kind=EVENT,
        day=days.get("on", today if mode == SEE else today + timedelta(days=1)),
        event=_EVENTS[name],
    )


def _clauses(
    words: list[str], said: str, mode: str, today: date, allowed: tuple[str, ...]
) -> tuple[dict[str, date], str]:
    """Days by their word, and the origin."""
    days, origin, left = dict[str, date](), "", list(words)
    while left:
        word, value = left.pop(0), left.pop(0) if left else ""
        if word not in allowed:
            raise _bad(said, mode, f"has {word!r} where {' or '.join(allowed)} is expected")
        if word == "origin":
            if not value:
                raise _bad(said, mode, "names no origin after 'origin'")
            origin = value
            continue
        if word in days:
            raise _bad(said, mode, f"says {word!r} twice")
        days[word] = _day(value, said, mode, today)
    return days, origin


def _day(text: str, said: str, mode: str, today: date) -> date:
    near = {"today": 0, "tomorrow": 1, "yesterday": -1}
    later = _LATER.fullmatch(text)
    try:
        if text in near or later:
            return today + timedelta(days=near[text] if text in near else int(text[:-1]))
    except OverflowError:
        raise _bad(said, mode, f"reaches beyond the calendar with {text!r}") from None
    day = parse_day(text)
    if day is None:
        shown = f"{text!r} is no day" if text else "a day is missing"
        raise _bad(said, mode, f"cannot be read: {shown}; write YYYY-MM-DD, today, tomorrow or +30d")
    return day


def _number(text: str, said: str, mode: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _bad(said, mode, f"has {text!r} where a number is expected") from None


def _bad(said: str, mode: str, what: str) -> BadStatement:
    shown = said if len(said) <= 60 else f"{said[:60]}…"
    return BadStatement(f"{shown!r} {what}; write {EXAMPLES[mode]}")


type _Reader = Callable[[str, str, date], Statement]
_READERS: tuple[tuple[Callable[[str], bool], _Reader], ...] = (
    (lambda said: " says " in said, _read_judgement),
    (lambda said: "=" in said, _read_level),
    (lambda said: said.split()[0] == "none", _read_attestation),
    (lambda said: said.split()[0] == "without", _read_withdrawal),
)
"""By how a statement begins; an event is what is left."""
