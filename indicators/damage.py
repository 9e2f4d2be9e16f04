"""Cells whose letters were lost before the file came: question marks, U+FFFD, and UTF-8 once read as something else."""

import re
from collections.abc import Sequence
from functools import lru_cache

from indicators.grid import Damage, Grid
from indicators.plausible import judge
from indicators.tables import Problems

REFUSED = ("indicator", "source", "title", "publisher", "origin", "author")
"""Columns in which letters that are lost make a row of another source: the others are only told."""

_WAY_OUT = "save it as CSV UTF-8 where it comes from, or write the text"
_SHOWN, _MOST_LINES = 40, 20
_ONLY_MARKS = re.compile(r"(?=.*\?\?)[\s?\d.,:;()/-]+")
_MARKS = re.compile(r"(?:(?<=[\s(\"'\[«“])|^)\?{2,}(?=[\s)\"'\],.:;»”]|$)|(?<=[^\W\d_])\?(?=[^\W\d_])")
_ADDRESS = re.compile(r"://|www\.|/\S*\?")
_REREAD = ("cp1252", "latin-1", "mac_roman", "cp1251", "cp949", "cp932", "gb18030")
_SUSPECT = re.compile(
    "[\u00c2\u00c3\u00e2-\u00f0][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"  # as Western
    "|‚Ä|[Ã√]|[РС][\u0080-\u00bf\u0402-\u045f\u2013-\u203a\u20ac\u2116]|вЂ|鈥|窶|縺|혻|\ufffd"
)
_WORD = re.compile(r"\S*[^\x00-\x7f]\S*(?: \S*[^\x00-\x7f]\S*)*")


def find_damage(grid: Grid) -> tuple[Damage, ...]:
    """The cells of a table that have lost letters."""
    found: list[Damage] = []
    for line, cells in grid.records:
        row = "\t".join(cells)
        if row.isascii() and "?" not in row:
            continue
        if "?" in row or _SUSPECT.search(row):
            found.extend(Damage(line, at, what) for at, cell in enumerate(cells) if (what := _lost(cell)))
    return tuple(found)


def refuse_damage(grid: Grid, names: Sequence[str], problems: Problems) -> list[str]:
    """Refuse cells that have lost letters where these make the source another; sentences on those elsewhere.

    Parameters
    ----------
    names
        the column that each column of the table is taken for, "" where it is ignored
    """
    notes: list[str] = []
    refused = 0
    for damage in grid.damage:
        name = names[damage.place] if damage.place < len(names) else ""
        sentence = f"{grid.file}: row {damage.line}, column {name}"
        if name in REFUSED:
            refused += 1
            if refused <= _MOST_LINES:
                problems.add(sentence, f"{damage.what}; {_WAY_OUT}")
        elif name:
            notes.append(f"{sentence}: {damage.what}")
    if refused > _MOST_LINES:
        problems.add(grid.file, f"{refused - _MOST_LINES} more cells have lost letters; {_WAY_OUT}")
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
    if codec != "cp1252":
        return word.encode(codec)
    return b"".join(bytes([ord(c)]) if "\x80" <= c <= "\x9f" else c.encode(codec) for c in word)
