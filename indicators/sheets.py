"""Files of tables, text or workbooks, as rows of text cells; every problem is collected with its place."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from indicators.borders import Records, find_borders
from indicators.coding import EVENT_COLUMNS, OBSERVATION_COLUMNS
from indicators.damage import find_damage
from indicators.delimited import read_delimited
from indicators.encoding_names import ENCODINGS as ENCODINGS
from indicators.encoding_names import find_encoding as find_encoding
from indicators.encodings import decode
from indicators.foreign import observation_rows
from indicators.grid import Grid
from indicators.tables import Problems, Row, plain_text
from indicators.workbook import read_workbook

TEXTS = (".csv", ".tsv", ".tab", ".txt")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
MOST_BYTES = 200_000_000

_WANTED = "give a .csv or .xlsx file"
_KNOWN = frozenset((*OBSERVATION_COLUMNS, *EVENT_COLUMNS))
_ZIP, _OLE, _PDF = b"PK", bytes.fromhex("d0cf11e0a1b11ae1"), b"%PDF"


def read_sheet(path: Path, problems: Problems, *, encoding: str | None = None, sheet: str | None = None) -> list[Row]:
    """The rows of a file of observations under the names of `OBSERVATION_COLUMNS`; empty when the file is refused.

    What is wrong with the file goes into `problems`; what is wrong with its cells, `coding.new_observation` finds.
    """
    grid = read_grid(path, problems, encoding=encoding, sheet=sheet)
    return [] if grid is None else observation_rows(grid, problems)


def read_grid(
    path: Path,
    problems: Problems,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    known: Collection[str] = (),
) -> Grid | None:
    """The table of a file as it stands there; None where the file is refused or holds none.

    Parameters
    ----------
    path
        text of one of the endings `TEXTS`, or one of `WORKBOOKS`
    problems
        what is wrong with the file goes here
    encoding
        of text, in any usual spelling; None is UTF-8, UTF-16, or what alone makes plausible text
    sheet
        of a workbook, its name or number; None is the sheet "observations" or what seems to be meant
    known
        names, of small letters, that a header may hold beside those of observations and events: by them it is found
        below other lines
    """
    data = _read_bytes(path, problems)
    if data is None or not _check_kind(path, data, problems):
        return None
    names = _KNOWN.union(known)
    if path.suffix.casefold() in WORKBOOKS:
        grid = _from_workbook(path.name, data, sheet, names, problems)
    else:
        grid = _from_text(path.name, data, encoding, names, problems)
    if grid is not None and sheet is not None and not grid.sheet:
        problems.add("sheet", f"{path.name} is text and has no sheets; leave --sheet out")
        return None
    return grid


def _from_workbook(
    file: str, data: bytes, sheet: str | None, known: Collection[str], problems: Problems
) -> Grid | None:
    read = read_workbook(file, data, problems, sheet=sheet, known=known)
    grid = _bordered(file, read.records, known) if read else None
    if grid is None or read is None:
        return None
    left_out = (*read.left_out, *grid.left_out)
    return replace(
        grid, sheet=read.name, others=read.others, understood=read.understood, left_out=left_out, damage=read.damage
    )


def _from_text(file: str, data: bytes, encoding: str | None, known: Collection[str], problems: Problems) -> Grid | None:
    decoded = decode(file, data, encoding, problems)
    text = plain_text(file, decoded.text, problems) if decoded else None
    if decoded is None or text is None:
        return None
    if not text.strip():
        problems.add(file, _header_wanted())
        return None
    table = read_delimited(file, text, known, problems)
    grid = _bordered(file, table.records, known)
    if grid is None:
        return None
    return replace(
        grid,
        encoding=decoded.encoding,
        separator=table.separator,
        decimal_comma=table.decimal_comma,
        understood=(decoded.sentence, *table.sentences),
        damage=find_damage(grid.records, text),
    )


def _bordered(file: str, records: Records, known: Collection[str]) -> Grid | None:
    borders = find_borders(records, known)
    if not borders.header:
        return None
    line, header = borders.header[0]
    left_out = tuple(borders.sentences)
    return Grid(file=file, line=line, header=tuple(header), records=borders.body, left_out=left_out)


def _read_bytes(path: Path, problems: Problems) -> bytes | None:
    try:
        if path.is_file() and (size := path.stat().st_size) > MOST_BYTES:
            what = f"has {size / 1e6:.0f} MB; split it into files of at most {MOST_BYTES / 1e6:.0f} MB"
        elif path.is_dir():
            what = "is a folder; name a .csv or .xlsx file in it"
        elif path.exists() and not path.is_file():
            what = "is a device, not a file; name a .csv or .xlsx file"
        else:
            return path.read_bytes()
    except FileNotFoundError:
        what = f"there is no such file in {path.parent}; name a .csv or .xlsx file"
    except OSError as error:
        what = f"cannot be read ({error.strerror}); make it a readable file"
    except ValueError:  # a null character, half a character
        what = "cannot be the name of a file; name a .csv or .xlsx file"
    problems.add(path.name or str(path), what)
    return None


def _check_kind(path: Path, data: bytes, problems: Problems) -> bool:
    """Whether the file is what its name says."""
    ending = path.suffix.casefold()
    if ending not in TEXTS + WORKBOOKS:
        what = f"ends in {ending!r}; {_WANTED}" if ending else f"has no ending; {_WANTED}"
    elif not data:
        what = _header_wanted()
    elif data.startswith(_PDF):
        what = "is a PDF; give the table it was made from, as .csv or .xlsx"
    else:
        what = _not_text(data) if ending in TEXTS else _no_workbook(ending, data)
    if what:
        problems.add(path.name, what)
    return not what


def _not_text(data: bytes) -> str:
    if data.startswith(_OLE):
        return "is an old .xls workbook or has a password; save it as .xlsx (Excel workbook), without a password"
    if data.startswith(_ZIP):
        return "is not text, but perhaps an Excel workbook; rename it to end in .xlsx, or save it as CSV UTF-8"
    return ""


def _no_workbook(ending: str, data: bytes) -> str:
    if ending == ".xls":
        if data.startswith(_ZIP):
            return "is a newer workbook than its name says; rename it to end in .xlsx"
        if not data.startswith(_OLE):
            return "is a web page or text that ends in .xls; open it in Excel and save it as .xlsx"
    elif data.startswith(_OLE):
        return "is an old .xls workbook or has a password; save it as .xlsx (Excel workbook), without a password"
    elif not data.startswith(_ZIP):
        return "is not an Excel workbook; if it is text, rename it to end in .csv, or else save it as .xlsx"
    return ""


def _header_wanted() -> str:
    return f"is empty; its first line names the columns {', '.join(OBSERVATION_COLUMNS)}"
