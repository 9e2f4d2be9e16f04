"""Cells whose letters were lost before the file came: question marks, U+FFFD, UTF-8 once read as something else.

They, and cells of a workbook that hold no value, are refused once it is known which columns are taken.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from indicators.grid import Damage, Grid
from indicators.openxml import column_letters
from indicators.plausible import judge
from indicators.tables import Problems

REFUSED = ("indicator", "source", "title", "publisher", "origin", "author")
"""Columns in which letters that are lost make a row of another source: the others are only told."""

_WAY_OUT = "save it as CSV UTF-8 where it comes from, or write the text"
_SHOWN, _MOST_LINES = 40, 20
_ONLY_MARKS = re.compile(r"(?=.*\?\?)[\s?\d.,:;()/-]+")
_MARKS = re.compile(r"(?:(?<=[\s(\"'\[«“])|^)\?{2,}(?=[\s)\"'\],.:;»”]|$)|(?<=[^\W\d_])\?(?=[^\W\d_])")
_ADDRESS = re.compile(r"://|www\.|/\S*\?")
_ADDRESSES = re.compile(r"://[^\s,;|\"]*\?[^\s,;|\"]*")
_REREAD = ("cp1252", "latin-1", "mac_roman", "cp1251", "cp949", "cp932", "gb18030")
_SUSPECT = re.compile(
    "[\u00c2\u00c3\u00e2-\u00f0][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"  # as Western
    "|‚Ä|[Ã√]|[РС][\u0080-\u00bf\u0402-\u045f\u2013-\u203a\u20ac\u2116]|вЂ|鈥|窶|縺|혻|\ufffd"
)
_LEADS = "ÂÃâãäåæçèéêëìíîïð‚√РСв鈥窶縺혻\ufffd"
"""One of them is in all that `_SUSPECT` finds."""
_LEAD = re.compile(f"[{_LEADS}]")
_WORD = re.compile(r"\S*[^\x00-\x7f]\S*(?: \S*[^\x00-\x7f]\S*)*")


def find_damage(records: Sequence[tuple[int, list[str]]], text: str | None = None) -> tuple[Damage, ...]:
    """The cells of rows that have lost letters; `text` is all of it, to see quickly what need not be looked for."""
    marks = text is None or _has_marks(text)
    leads = text is None or (not text.isascii() and any(lead in text for lead in _LEADS))
    found: list[Damage] = []
    for line, cells in records if marks or leads else ():
        row = "\t".join(cells)
        if leads and not row.isascii() and _LEAD.search(row):
            lost = [(at, what) for at, cell in enumerate(cells) if (what := _lost(cell))]
        elif marks and "?" in row:
            plain = [(at, cell) for at, cell in enumerate(cells) if "?" in cell and "://" not in cell]
            lost = [(at, what) for at, cell in plain if (what := _lost(cell))]
        else:
            continue
        found.extend(Damage(line, at, f"{what}; {_WAY_OUT}", letters=True) for at, what in lost)
    return tuple(found)


def _has_marks(text: str) -> bool:
    """Whether there is a question mark outside the addresses of pages."""
    number = text.count("?")
    return number > 0 and number > sum(address.count("?") for address in _ADDRESSES.findall(text))


def refuse_damage(grid: Grid, names: Sequence[str], problems: Problems) -> list[str]:
    """Refuse damaged cells of the columns that are taken; sentences on those that may serve as they are.

    Parameters
    ----------
    names
        the column that each column of the table is taken for, "" where it is ignored
    """
    notes: list[str] = []
    refused: list[tuple[str, str]] = []
    for damage in grid.damage:
        own = grid.header[damage.place] if damage.place < len(grid.header) else ""
        name = names[damage.place] if damage.place < len(names) else ""
        place = f"{grid.file}: row {damage.line}, column {own or column_letters(damage.place + 1)}"
        if (own and not name) or (damage.letters and not own):
            continue  # ignored, or nothing of the table
        if damage.letters and name not in REFUSED:
            notes.append(f"{place}: {damage.what}")
        else:
            refused.append((place, damage.what))
    for place, what in refused[:_MOST_LINES]:
        problems.add(place, what)
    if len(refused) > _MOST_LINES:
        problems.add(grid.file, f"has {len(refused) - _MOST_LINES} more such cells; mend them where it comes from")
    return notes


@lru_cache(maxsize=1 << 12)
def _lost(cell: str) -> str:
    """What happened to a cell; "" where nothing did."""
    shown = repr(cell if len(cell) <= _SHOWN else f"{cell[:_SHOWN]}…")
    if "\ufffd" in cell:
        return f"{shown} holds U+FFFD, in place of letters that were lost"
    if "?" in cell and not _ADDRESS.search(cell) and (_ONLY_MARKS.fullmatch(cell) or _MARKS.search(cell)):
        return f"{shown} has ? in place of letters that were lost"
    if cell.isascii() or not _SUSPECT.search(cell):
        return ""
    meant = _meant(cell)
    return f"{shown} is UTF-8 once read as another encoding, perhaps {meant!r}" if meant else ""


def _meant(cell: str) -> str:
    """The text that a cell would be, were its letters bytes of UTF-8; "" where they are not."""
    for word in _WORD.findall(cell):
        for codec in _REREAD:
            try:
                text = _bytes_of(word, codec).decode()
            except UnicodeError:
                continue
            if text != word and judge(text, "").cost < judge(word, "").cost:
                return cell.replace(word, text)[:_SHOWN]
    return ""


def _bytes_of(word: str, codec: str) -> bytes:
    """The bytes a word was read from; those that Windows leaves undefined are read as themselves."""
    if not codec.startswith("cp125"):
        return word.encode(codec)
    return b"".join(bytes([ord(c)]) if "\x80" <= c <= "\x9f" else c.encode(codec) for c in word)
