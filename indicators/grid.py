"""A table as it stands in a file, before its columns mean anything."""

from collections.abc import Sequence
from dataclasses import dataclass


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
    """How the file was read, a sentence each: its encoding, its separator, its sheet, lines above the header."""
    left_out: tuple[str, ...] = ()
    """What was not read and why, or was read though it is hidden, a sentence each."""
