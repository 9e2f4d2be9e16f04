"""What else an entry may bear on, as a case says it: `crisis at -2` beside an indicator, `harvest naming bread, wheat`.

One report is often news of several things. Each indicator may list the others, and the types of event, that an entry on
it should make an analyst think of; with levels or words the thought comes only where it is likely to be worth one.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from indicators.content import EVENT_TYPES, LEVELS
from indicators.errors import CaseError
from indicators.tables import suggest

_FORM = re.compile(r"(?P<target>\S+)(?:\s+at\s+(?P<levels>[-+\d\s,]+?))?(?:\s+naming\s+(?P<words>.+))?")
_RIGHT = "write an indicator or a type of event, and if need be when: 'crisis at -2', 'harvest naming bread, wheat'"
_REACH = 0.5
"""A level between two criteria is near both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """Something that an entry may bear on as well."""

    target: str
    """Id of an indicator, or a type of event."""
    levels: tuple[int, ...] = ()
    """Levels of an entry it goes for; empty: all."""
    words: tuple[str, ...] = ()
    """The text of an entry names one of these; empty: whatever it says."""

    @property
    def of_event(self) -> bool:
        return self.target in EVENT_TYPES

    def holds_at(self, level: float) -> bool:
        return not self.levels or any(abs(level - each) <= _REACH for each in self.levels)

    def holds_for(self, text: str) -> bool:
        return not self.words or first_named(text, self.words) is not None


def parse_bearing(text: str) -> Bearing:
    """Read `TARGET [at LEVEL, …] [naming WORD, …]`; CaseError says what is wrong with it."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise CaseError([f"{text!r} is not understood; {_RIGHT}"])
    levels = [part.strip() for part in (found["levels"] or "").split(",") if part.strip()]
    strange = next((part for part in levels if part.removeprefix("+") not in map(str, LEVELS)), None)
    if strange is not None:
        raise CaseError([f"{strange!r} in {text!r} is not a level; write one of {', '.join(map(str, LEVELS))}"])
    words = tuple(part.strip() for part in (found["words"] or "").split(",") if part.strip())
    return Bearing(target=found["target"], levels=tuple(map(int, levels)), words=words)


def bearings_of(texts: Iterable[str] | None) -> tuple[Bearing, ...]:
    """Those that a row of the catalogue holds, which were checked when the case was read."""
    return tuple(parse_bearing(text) for text in texts or ())


def check_bearing(text: str, own: str, ids: Collection[str]) -> str:
    """What is wrong with a bearing of the indicator `own` in a catalogue of these ids; "" where nothing is."""
    try:
        target = parse_bearing(text).target
    except CaseError as error:
        return str(error)
    if target == own:
        return f"{target!r} is this indicator itself; delete it"
    if target in ids and target in EVENT_TYPES:
        return f"{target!r} is an indicator and a type of event; rename the indicator, so that it means one thing"
    if target not in ids and target not in EVENT_TYPES:
        right = suggest(target, (*sorted(ids), *EVENT_TYPES))
        return f"{target!r} is neither an indicator nor a type of event ({', '.join(EVENT_TYPES)}); {right}"
    return ""


def first_named(text: str, words: Iterable[str]) -> str | None:
    """The first of the words that a text names, None where it names none.

    A word of the Latin alphabet stands at the beginning of one in the text, so that "inspect" finds "inspections" and
    "cap" does not find "escape"; in Japanese and Korean, where words are not set apart, it may stand anywhere.
    """
    plain = _plain(text)
    return next((word for word in words if re.search(_pattern(_plain(word)), plain)), None)


def _pattern(word: str) -> str:
    return (r"(?<!\w)" if word[:1].isascii() else "") + re.escape(word)


def _plain(text: str) -> str:
    """As it is compared: `nuclear_test` names a nuclear test, and `freeze-for-relief` a freeze for relief."""
    return re.sub(r"[-_\s]+", " ", unicodedata.normalize("NFKC", text).casefold())
