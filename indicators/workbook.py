"""One sheet of a workbook as rows of text cells, and what is said of the rows and sheets that are not read."""

import io
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import groupby
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from indicators.borders import Bordered, Records, find_borders, known_cells
from indicators.grid import Damage
from indicators.opendocument import look_into_tables
from indicators.openxml import Look, Part, column_letters, look_into, sheet_parts
from indicators.tables import Problems

SHEET = "observations"
MOST_CELLS = 30_000_000
MOST_UNPACKED = 2_000_000_000
"""Bytes."""

_NO_WORKBOOK = "is packed like an Excel workbook, but is none or is damaged; open it in Excel and save it as .xlsx"
_NO_OLD_WORKBOOK = "is no workbook of the kind its name says, or is damaged; open it in Excel and save it as .xlsx"
_HAS_PASSWORD = "has a password; save it without one"
_UNCALCULATED = "holds a formula that was never calculated; open the file in Excel and save it, or write the value"
_UNSEEN = "rows hidden in an .xls are read like others, and cells with an error as empty; save it as .xlsx to see them"
_MANIFEST = "META-INF/manifest.xml"
_BROKEN = (
    CalamineError,
    ElementTree.ParseError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,  # a part that others name is not there, or an unknown encoding
    NotImplementedError,
    RuntimeError,
    ValueError,
)
_LETTERS, _ROWS = 26, 100_000  # a sheet is taken to be so wide and long at least
_ROWS_PEEKED, _RANGES = 200, 8
_EXACT = 1e15  # whole numbers below this are written without an exponent

type Value = str | float | bool | date | datetime | time | timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of one sheet, and what is said of them and of the other sheets."""

    name: str
    records: Records
    others: tuple[str, ...] = ()
    """Sheets that have the same header."""
    damage: tuple[Damage, ...] = ()
    """Cells without a value."""
    understood: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Book:
    """An open workbook, and its sheets with cells."""

    workbook: CalamineWorkbook
    visible: tuple[str, ...]
    hidden: tuple[str, ...]
    look: Callable[[str], Look]
    """What is known of a sheet before its cells are read."""
    seen: bool
    """Whether there is anything to know: an .xls says nothing."""


def read_workbook(
    file: str, data: bytes, problems: Problems, *, sheet: str | None = None, known: Collection[str] = ()
) -> Sheet | None:
    """The rows of a sheet that are not blank; None when the workbook is refused.

    Numbers read as they look, dates as YYYY-MM-DD, and dates that show no day as YYYY-MM.

    Parameters
    ----------
    sheet
        its name, or its number as the tabs of visible sheets count; None is the sheet "observations", else the first,
        or, where not even two names of its header are known, the one with most of them
    known
        names, of small letters, that a header may hold
    """
    try:
        with ExitStack() as opened:
            book = _open(file, data, opened, problems)
            name = _choose(file, book, sheet, known, problems) if book else None
            if book is None or name is None or not _fits(file, book.look(name), problems):
                return None
            return _read_sheet(file, book, name, known, problems)
    except PasswordError:
        problems.add(file, _HAS_PASSWORD)
    except _BROKEN:
        problems.add(file, _NO_WORKBOOK if data.startswith(b"PK") else _NO_OLD_WORKBOOK)
    return None


def _open(file: str, data: bytes, opened: ExitStack, problems: Problems) -> _Book | None:
    """The workbook; None where it is too large, of a kind that is not read, or holds no sheet."""
    packed = opened.enter_context(zipfile.ZipFile(io.BytesIO(data))) if data.startswith(b"PK") else None
    names = packed.namelist() if packed else []
    wrong = _unreadable(packed, names) if packed else ""
    if wrong:
        problems.add(file, wrong)
        return None
    parts = {part.name: part for part in sheet_parts(packed)} if packed and "content.xml" not in names else {}
    tables = look_into_tables(packed) if packed and "content.xml" in names else {}
    if not all(_fits(file, look, problems) for look in tables.values()):  # calamine reads all of them at once
        return None
    workbook = opened.enter_context(CalamineWorkbook.from_filelike(io.BytesIO(data)))
    visible, hidden = _sheets(workbook, parts)
    if not visible:
        problems.add(file, f"holds no sheet with cells; write a sheet {SHEET!r}")
        return None

    @cache
    def look(name: str) -> Look:
        return look_into(packed, parts[name]) if packed and name in parts else tables.get(name, Look())

    return _Book(workbook, visible, hidden, look, seen=packed is not None)


def _unreadable(packed: zipfile.ZipFile, names: Collection[str]) -> str:
    """Why a package is not read at all; "" where it may be."""
    size = sum(part.file_size for part in packed.infolist())
    if size > MOST_UNPACKED:
        return f"unpacks to {size / 1e6:.0f} MB; split it into files of at most {MOST_UNPACKED / 1e6:.0f} MB"
    if "xl/workbook.bin" in names:
        return "is a binary workbook (.xlsb); save it as .xlsx (Excel workbook)"
    return _HAS_PASSWORD if _MANIFEST in names and b"encryption-data" in packed.read(_MANIFEST) else ""


def _sheets(workbook: CalamineWorkbook, parts: Mapping[str, Part]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the sheets with cells that are visible, and of those that are hidden."""
    sheets = {
        sheet.name: sheet.visible == SheetVisibleEnum.Visible
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and (not parts or sheet.name in parts)
    }
    return tuple(name for name in sheets if sheets[name]), tuple(name for name in sheets if not sheets[name])


def _choose(file: str, book: _Book, sheet: str | None, known: Collection[str], problems: Problems) -> str | None:
    """The name of the sheet to read; None, and a problem, where none is so named."""
    by_name = {name.strip().casefold(): name for name in (*book.hidden, *book.visible)}
    if sheet is None:
        first = by_name.get(SHEET)
        if first in book.visible or len(book.visible) == 1:
            return first if first in book.visible else book.visible[0]
        named = {name: known_cells(_header(book, name, known), known) for name in book.visible}
        return book.visible[0] if named[book.visible[0]] > 1 else max(named, key=named.__getitem__)
    wanted = sheet.strip().casefold()
    if wanted in by_name:
        return by_name[wanted]
    if wanted.isdecimal() and 0 < int(wanted) <= len(book.visible):
        return book.visible[int(wanted) - 1]
    shown = ", ".join(map(repr, book.visible))
    problems.add(file, f"has no sheet {sheet!r}; name one of {shown}, or give its number, from 1")
    return None


def _header(book: _Book, name: str, known: Collection[str]) -> tuple[str, ...]:
    """The header of a sheet, of small letters; empty where its cells lie too far out to look."""
    if not _is_small(book.look(name)):
        return ()
    rows = book.workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=_ROWS_PEEKED)
    header = find_borders(_records(rows, book.look(name)), known).header
    return tuple(cell.casefold() for cell in header[0][1] if cell) if header else ()


def _is_small(look: Look) -> bool:
    return max(look.width, _LETTERS) * max(look.length, _ROWS) <= MOST_CELLS


def _fits(file: str, look: Look, problems: Problems) -> bool:
    """Whether cells between those far out would leave room in the memory."""
    if _is_small(look):
        return True
    place = f"column {column_letters(look.width)}, row {look.length}" if look.width else f"row {look.length}"
    what = f"has cells as far out as {place}; delete all columns and rows outside the table, and save it again"
    problems.add(file, what)
    return False


def _read_sheet(file: str, book: _Book, name: str, known: Collection[str], problems: Problems) -> Sheet | None:
    before, look = len(problems.lines), book.look(name)
    values = book.workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    records = _records(values, look)
    borders = find_borders(records, known)
    _refuse_merged(file, look, borders, problems)
    if len(problems.lines) > before:
        return None
    if not records:
        problems.add(file, f"holds nothing in the sheet {name!r}; its first row names the columns")
        return None
    apart = look.hidden_rows.union(line for line, _ in (*borders.above, *borders.below))
    others = [other for other in book.visible if other != name]
    header = tuple(cell.casefold() for cell in borders.header[0][1] if cell)
    same = tuple(other for other in others if _header(book, other, known) == header)
    hidden = tuple(sheet for sheet in book.hidden if sheet != name)
    return Sheet(
        name=name,
        records=records,
        others=same,
        damage=tuple(one for one in _damage(values, look) if one.line not in apart),
        understood=(f"sheet {name!r}", *_hidden_columns(look, borders), *([] if book.seen else [_UNSEEN])),
        left_out=(*_other_sheets(others, same, hidden), *_hidden_rows(values, look)),
    )


def _records(values: Sequence[Sequence[Value]], look: Look) -> Records:
    """The rows that are neither blank nor hidden."""
    records: Records = []
    for line, row in enumerate(values, start=1):
        cells = [value.strip() if type(value) is str else _text(value) for value in row]
        if any(cells) and line not in look.hidden_rows:
            records.append((line, cells))
    for line, cells in records if look.dayless else ():
        for place, cell in enumerate(cells, start=1):
            if (line, place) in look.dayless and cell.endswith("-01"):
                cells[place - 1] = cell.removesuffix("-01")
    return records


def _damage(values: Sequence[Sequence[Value]], look: Look) -> Iterator[Damage]:
    """Cells that hold no value, or none that a table of text and numbers can have."""
    for line, row in enumerate(values, start=1):
        if bool in map(type, row):
            for place, value in enumerate(row):
                if isinstance(value, bool):
                    yield Damage(line, place, f"{str(value).upper()} is a truth value; write text or a number")
    for (line, place), error in look.errors.items():
        yield Damage(line, place - 1, f"holds the error {error}; mend the formula, or write the value itself")
    for line, place in look.uncalculated:
        yield Damage(line, place - 1, _UNCALCULATED)


def _refuse_merged(file: str, look: Look, borders: Bordered, problems: Problems) -> None:
    if not look.merged or not borders.header:
        return
    header = borders.header[0][0]
    last = borders.body[-1][0] if borders.body else header
    for (top, left), (bottom, right) in look.merged:
        cells = f"cells {column_letters(left)}{top}:{column_letters(right)}{bottom} are merged"
        if top <= header <= bottom:
            problems.add(f"{file}: row {header}", f"{cells}; unmerge them and name each column in one cell of one row")
        elif header < top <= last and bottom > top:
            problems.add(f"{file}: row {top}", f"{cells}; unmerge them and fill each cell")


def _hidden_columns(look: Look, borders: Bordered) -> list[str]:
    header = borders.header[0][1] if borders.header else []
    names = [cell for place, cell in enumerate(header, start=1) if cell and place in look.hidden_columns]
    return [f"hidden columns are read: {', '.join(names)}"] if names else []


def _other_sheets(others: Sequence[str], same: Collection[str], hidden: Sequence[str]) -> list[str]:
    rest = [name for name in others if name not in same]
    return (
        [f"sheet {name!r}, which has the same header; to read it: --sheet {name!r}" for name in same]
        + ([f"other sheets: {', '.join(map(repr, rest))}"] if rest else [])
        + ([f"hidden sheets: {', '.join(map(repr, hidden))}"] if hidden else [])
    )


def _hidden_rows(values: Sequence[Sequence[Value]], look: Look) -> list[str]:
    """Rows that are hidden are left out: to bring them in later adds them, but what is stored stays."""
    lines = sorted(line for line in look.hidden_rows if line <= len(values) and any(v != "" for v in values[line - 1]))
    if not lines:
        return []
    rows, them = ("1 hidden row", "it") if len(lines) == 1 else (f"{len(lines)} hidden rows", "them")
    way_out = "clear the filter" if look.filtered else "show what is hidden"
    return [f"{rows} ({_ranges(lines)}); to add {them}, {way_out} and import again: nothing is added twice"]


def _ranges(lines: Iterable[int]) -> str:
    """3, 5–7: no more than a few of them."""
    runs = [[line for _, line in run] for _, run in groupby(enumerate(lines), lambda pair: pair[1] - pair[0])]
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs[:_RANGES]]
    return ", ".join([*shown, "…"] if len(runs) > _RANGES else shown)


@lru_cache(maxsize=1 << 14, typed=True)
def _text(value: Value) -> str:
    """A cell that is not text, as it looks."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value)
