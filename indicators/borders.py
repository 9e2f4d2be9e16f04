"""Where a table begins and ends among the rows of a file: its header, lines above it and notes below it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median_high

from indicators.texts import without_invisible

type Records = list[tuple[int, list[str]]]
"""(line, stripped cells) of rows that are not blank."""

_HEADER_WITHIN, _ROWS_WEIGHED = 30, 200
_MOST_OF = 0.6
_NARROW = 3
_SHOWN, _NAMED = 60, 3
_NOTE = re.compile(
    r"(?:sources?|notes?|remarks?|last updated|quellen?|anm|fuentes?|nota|источник|примечани[ея]|出典|出所|資料|注|備考"
    r"|来源|资料来源|출처|자료|주)\s*[:：)）.]|[*†‡※]|\([0-9]{1,2}\)|©",
    re.IGNORECASE,
)
_PROSE = re.compile(r"\s|[:：。]")


@dataclass(frozen=True, slots=True)
class Bordered:
    """The records of a file by what they are; `header` is empty where there are none."""

    above: Records
    header: Records
    body: Records
    below: Records

    @property
    def sentences(self) -> list[str]:
        """What is left out above and below."""
        parts = ((self.above, "above the header"), (self.below, "below the table"))
        return [_left_out(records, where) for records, where in parts if records]


def find_borders(records: Records, known: Collection[str]) -> Bordered:
    """Cut the records of a file: lines above the header, header, rows, notes.

    Parameters
    ----------
    known
        names, of small letters, that a header may hold; without any of them a header is told by its width
    """
    at = _find_header(records, known)
    header, body = records[at : at + 1], records[at + 1 :]
    width = _filled(header[0][1]) if header else 0
    end = len(body)
    while end > 1 and width >= _NARROW and _is_note(body[end - 1][1]):
        end -= 1
    return Bordered(records[:at], header, body[:end], body[end:])


def known_cells(cells: Sequence[str], known: Collection[str]) -> int:
    """How many of the cells are names that are known."""
    return sum(without_invisible(cell).strip().casefold() in known for cell in cells)


def _find_header(records: Records, known: Collection[str]) -> int:
    first = records[:_HEADER_WITHIN]
    named = [known_cells(cells, known) for _, cells in first]
    best = max(named, default=0)
    if best > 1:
        at = named.index(best)
        if all(_filled(cells) < _filled(first[at][1]) for _, cells in first[:at]):
            return at
    usual = median_high([_filled(cells) for _, cells in records[:_ROWS_WEIGHED]] or [0])
    wanted = max(2.0, _MOST_OF * usual)
    return next((at for at, (_, cells) in enumerate(first) if _filled(cells) >= wanted), 0)


def _filled(cells: Sequence[str]) -> int:
    return sum(map(bool, cells))


def _is_note(cells: Sequence[str]) -> bool:
    """Whether a last row is a sentence about the table, and not a row of it that lacks cells."""
    if not cells[0]:
        return False
    filled = _filled(cells)
    return (filled <= _NARROW and _NOTE.match(cells[0]) is not None) or (filled == 1 and bool(_PROSE.search(cells[0])))


def _left_out(records: Records, where: str) -> str:
    texts = [repr(_shortened(" ".join(filter(None, cells)))) for _, cells in records[:_NAMED]]
    more = ", …" if len(records) > _NAMED else ""
    lines = "1 line" if len(records) == 1 else f"{len(records)} lines"
    return f"{lines} {where}: {', '.join(texts)}{more}"


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
