"""Files of observations, CSV or Excel, as rows of text cells; every problem is collected with its place."""

import re
from collections.abc import Sequence
from pathlib import Path

from indicators.coding import OBSERVATION_COLUMNS, REQUIRED
from indicators.tables import Problems, Row, check_header, make_row, plain_text, read_records
from indicators.texts import without_invisible
from indicators.workbook import read_workbook

ENCODINGS = ("utf-8", "shift_jis", "euc_kr")
MOST_BYTES = 200_000_000

_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")
_CODECS = {"utf-8": "utf-8-sig", "shift_jis": "cp932", "euc_kr": "cp949"}  # Microsoft's supersets are what Excel writes
_SPELLINGS = {
    **dict.fromkeys(("utf8", "utf8sig", "utf8bom"), "utf-8"),
    **dict.fromkeys(("shiftjis", "sjis", "cp932", "ms932", "mskanji", "windows932", "windows31j"), "shift_jis"),
    **dict.fromkeys(("euckr", "cp949", "ms949", "uhc", "windows949", "ksc5601", "ksx1001"), "euc_kr"),
}
_ALIASES = {
    "indicator_id": "indicator",
    "source_title": "source",
    "source_publisher": "publisher",
    "source_url": "url",
}
_HALVES = ("reliability", "credibility")  # of a grade, as the files of a case write it
_KANA = re.compile("[\u3041-\u30fe]")
_ZIP, _OLE, _PDF = b"PK", bytes.fromhex("d0cf11e0a1b11ae1"), b"%PDF"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

type Records = Sequence[tuple[int, list[str]]]


def read_sheet(path: Path, problems: Problems, *, encoding: str | None = None) -> list[Row]:
    """The rows of a file of observations under the names of `OBSERVATION_COLUMNS`; empty when the file is refused.

    Parameters
    ----------
    path
        a .csv file, or an .xlsx workbook with a sheet "observations" (otherwise its first sheet is read)
    problems
        what is wrong with the file goes here; what is wrong with its cells, `coding.new_observation` finds
    encoding
        of a .csv file, one of `ENCODINGS` in any usual spelling; None is UTF-8, with or without a byte order mark
    """
    data = _read_bytes(path, problems)
    if data is None or not _check_kind(path, data, problems):
        return []
    if path.suffix.casefold() == ".xlsx":
        records: Records = read_workbook(path.name, data, problems)
    else:
        text = _decode(path.name, data, encoding, problems)
        records = read_records(path.name, text, problems) if text is not None else []
        if text is not None and not text.strip():
            problems.add(path.name, _header_wanted())
    if records and len(records[0][1]) == 1 and ";" in records[0][1][0]:
        problems.add(path.name, "has its columns apart by semicolons; save it with commas (CSV UTF-8)")
        return []
    return _rows(path.name, records, problems)


def find_encoding(name: str) -> str | None:
    """The one of `ENCODINGS` that is meant; None when it is none of them."""
    return _SPELLINGS.get(re.sub(r"[^a-z0-9]", "", name.casefold()))


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
    what = ""
    if ending not in (".csv", ".xlsx"):
        what = (
            f"ends in {ending!r}; give a .csv or .xlsx file" if ending else "has no ending; give a .csv or .xlsx file"
        )
    elif not data:
        what = _header_wanted()
    elif data.startswith(_OLE):
        what = "is an old .xls workbook or has a password; save it as .xlsx (Excel workbook), without a password"
    elif data.startswith(_PDF):
        what = "is a PDF; give the table it was made from, as .csv or .xlsx"
    elif ending == ".csv" and data.startswith(_ZIP):
        what = "is not text, but perhaps an Excel workbook; rename it to end in .xlsx, or save it as CSV UTF-8"
    elif ending == ".xlsx" and not data.startswith(_ZIP):
        what = "is not an Excel workbook; if it is text, rename it to end in .csv, or else save it as .xlsx"
    if what:
        problems.add(path.name, what)
    return not what


def _header_wanted() -> str:
    return f"is empty; its first line names the columns {', '.join(OBSERVATION_COLUMNS)}"


def _decode(file: str, data: bytes, encoding: str | None, problems: Problems) -> str | None:
    name = find_encoding(encoding or "utf-8")
    if name is None:
        problems.add("encoding", f"{encoding!r} is not one that is read; write {', '.join(ENCODINGS)}")
        return None
    if name != "utf-8" and _is_mostly_utf8(data):
        problems.add(file, f"is UTF-8, not {name}; leave --encoding out")
        return None
    try:
        return plain_text(file, data.decode(_CODECS[name]), problems)
    except UnicodeDecodeError as error:
        problems.add(
            file, f"byte {error.start} is 0x{data[error.start]:02x}, which is not {name}; {_advice(name, data)}"
        )
    return None


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether most of what is not ASCII reads as UTF-8: text in another encoding hardly ever does."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) > 2 * wrong


def _advice(name: str, data: bytes) -> str:
    """What to do with a file that is not in the encoding `name`."""
    if data.startswith(_UTF_16):
        return "it is UTF-16: save it as CSV UTF-8"
    if _is_mostly_utf8(data):
        return "the rest is UTF-8: mend that place" if name == "utf-8" else "it reads as UTF-8: leave --encoding out"
    other = _likely_encoding(data, name)
    return f"it reads as {other}: give --encoding {other}" if other else "save the file as UTF-8"


def _likely_encoding(data: bytes, but: str) -> str | None:
    """The encoding of Japanese or Korean text; kana that is not of half width tells what reads as both."""
    read: dict[str, str] = {}
    for name in (name for name in ENCODINGS[1:] if name != but):
        try:
            read[name] = data.decode(_CODECS[name])
        except UnicodeDecodeError:
            continue
    if len(read) == len(ENCODINGS[1:]):
        return "shift_jis" if _KANA.search(read["shift_jis"]) else "euc_kr"
    return next(iter(read), None)


def _rows(file: str, records: Records, problems: Problems) -> list[Row]:
    if not records:
        return []
    line, names = records[0]
    names = [without_invisible(name).strip().casefold() for name in names]
    header = _trimmed([_ALIASES.get(name, name) for name in names], 0)
    halves = "grade" not in header and all(half in header for half in _HALVES)
    columns, required = (_halved(names) if halves else names for names in (OBSERVATION_COLUMNS, REQUIRED))
    if not check_header(file, line, header, columns, required, problems):
        return []
    if not records[1:]:
        problems.add(file, "holds no observation; write at least one row below the names of its columns")
    rows = [make_row(file, at, header, _trimmed(cells, len(header)), problems) for at, cells in records[1:]]
    whole = [_with_days(row) for row in rows if row is not None]
    return [_with_grade(row) for row in whole] if halves else whole


def _with_days(row: Row) -> Row:
    """The days that Excel saves as 2026/11/3 in a .csv, written as this program does."""
    for column in ("observed_on", "known_on"):
        if found := _SLASHED.fullmatch(without_invisible(row.cells.get(column, ""))):
            row.cells[column] = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    return row


def _trimmed(cells: list[str], width: int) -> list[str]:
    """The cells without empty ones at the end, which spreadsheets write, but at least `width` of them."""
    end = len(cells)
    while end > width and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _halved(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for column in columns for part in (_HALVES if column == "grade" else (column,)))


def _with_grade(row: Row) -> Row:
    cells = {**row.cells, "grade": "".join(row.cells[half] for half in _HALVES)}
    return Row(row.file, row.line, cells, row.problems)
