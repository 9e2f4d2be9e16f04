"""A table as it stands in a file, before its columns mean anything."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damage:
    """A cell that does not hold what was once written in it: letters are lost, or it has no value that is known."""

    line: int
    place: int
    """Of its column, from 0."""
    what: str
    """What is wrong with it, and what to do."""
    letters: bool = False
    """Whether only letters are lost, so that the text may serve as a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Text cells under the names its own first row gives them."""

    file: str
    sheet: str = ""
    """Of a workbook; "" for text."""
    line: int
    """Where the header stands, as a person counts lines."""
    header: tuple[str, ...]
    records: Sequence[tuple[int, list[str]]]
    """(line, stripped cells) of every row below that is not blank; it may have more or fewer cells than the header."""
    understood: tuple[str, ...] = ()
    """How the file was read, a sentence each: its encoding, its separator, its sheet, hidden columns."""
    left_out: tuple[str, ...] = ()
    """What was not read and why, a sentence each: other sheets, hidden rows, lines above the header, notes below."""
    encoding: str = ""
    """Of text; "" for a workbook."""
    separator: str = ""
    """Of the columns of text; "" for a workbook."""
    decimal_comma: bool = False
    """Whether numbers are written as 0,5; cells are left as they are."""
    others: tuple[str, ...] = ()
    """Other sheets that have the same header."""
    damage: tuple[Damage, ...] = ()
    """Cells to refuse where their column is taken; see `indicators.damage`."""
