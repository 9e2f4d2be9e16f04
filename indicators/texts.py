"""What is kept of a text that somebody enters: its Unicode composed form (NFC), without what cannot be seen.

Format characters (Unicode's category Cf) are taken out: they come along unseen when text is copied, U+202E turns the
rest of a line around, and a zero-width space makes two origins of one. The joiners U+200C and U+200D go with them: an
origin that looks the same must be the same. A line break stays in a note or a reason; elsewhere it becomes a blank, as
a tab does. Other control characters and halves of characters tell of a broken file, and are refused.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from indicators.errors import CaseError

LONGEST = 1_000
"""Most characters of a text, but for those of `LONGEST_TEXT`."""
LONGEST_TEXT = {"note": 10_000, "reason": 10_000, "caveats": 10_000}
"""Most characters of the texts that may have several lines."""

_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
_GAP = re.compile("[\n\t]")
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # tabs and line feeds may stay
_NAMED = 3  # characters that a note names


def read_text(typed: str, column: str) -> tuple[str, str]:
    """The text as it is stored in a column, and what is wrong with it: one of the two is ""."""
    if not typed:
        return "", ""
    text = typed.strip()
    most = LONGEST_TEXT.get(column, LONGEST)
    if len(text) <= most and text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text, ""
    text = unicodedata.normalize("NFC", _LINE_END.sub("\n", without_invisible(text)))
    if column not in LONGEST_TEXT:
        text = " ".join(filter(None, map(str.strip, _GAP.split(text))))
    text = text.strip()
    if len(text) > most:
        return "", f"has {len(text)} characters; write at most {most}"
    found = _UNSTORABLE.search(text)
    return ("", _unstorable(found[0])) if found else (text, "")


def kept_text(typed: str, column: str) -> str:
    """The text as it is stored; CaseError where it cannot be."""
    text, wrong = read_text(typed, column)
    if wrong:
        raise CaseError([f"{column}: {wrong}"])
    return text


def without_invisible(text: str) -> str:
    """The text without format characters."""
    return text.translate(dict.fromkeys(map(ord, _invisible(set(text))))) if not text.isprintable() else text


def mending_notes(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """What storing the cells of rows changes about them that their analyst cannot see: a sentence per column."""
    removed: dict[str, Counter[str]] = {}
    folded: Counter[str] = Counter()
    for cells in rows:
        if "".join(cells.values()).isprintable():
            continue
        for column, text in cells.items():
            if found := _invisible(text):
                removed.setdefault(column, Counter()).update(found)
            if column not in LONGEST_TEXT:
                folded[column] += len(_GAP.findall(_LINE_END.sub("\n", text.strip())))
    notes = [_removed(column, found) for column, found in removed.items()]
    return notes + [f"{_counted(n, 'line break or tab')} in {column} became blank" for column, n in folded.items() if n]


def _invisible(text: Iterable[str]) -> list[str]:
    return [character for character in text if unicodedata.category(character) == "Cf"]


def _removed(column: str, found: Counter[str]) -> str:
    number = found.total()
    named = ", ".join(f"U+{ord(character):04X}" for character, _ in found.most_common(_NAMED))
    more = ", …" if len(found) > _NAMED else ""
    return f"{_counted(number, 'invisible character')} ({named}{more}) removed from {column}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _unstorable(character: str) -> str:
    code = f"U+{ord(character):04X}"
    if character == "\0":
        return "holds a null character; delete it"
    if "\ud800" <= character <= "\udfff":
        return f"holds {code}, half of a character; write the whole one or delete it"
    return f"holds the control character {code}; delete it"
