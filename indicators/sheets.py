"""Files of observations, CSV or Excel, as rows of text cells; every problem is collected with its place."""

import re
from pathlib import Path

from indicators.coding import OBSERVATION_COLUMNS
from indicators.foreign import observation_rows
from indicators.grid import Grid
from indicators.tables import Problems, Row, plain_text, read_records
from indicators.workbook import read_workbook

ENCODINGS = ("utf-8", "shift_jis", "euc_kr")
MOST_BYTES = 200_000_000

_CODECS = {"utf-8": "utf-8-sig", "shift_jis": "cp932", "euc_kr": "cp949"}  # Microsoft's supersets are what Excel writes
_SPELLINGS = {
    **dict.fromkeys(("utf8", "utf8sig", "utf8bom"), "utf-8"),
    **dict.fromkeys(("shiftjis", "sjis", "cp932", "ms932", "mskanji", "windows932", "windows31j"), "shift_jis"),
    **dict.fromkeys(("euckr", "cp949", "ms949", "uhc", "windows949", "ksc5601", "ksx1001"), "euc_kr"),
}
_KANA = re.compile("[\u3041-\u30fe]")
_ZIP, _OLE, _PDF = b"PK", bytes.fromhex("d0cf11e0a1b11ae1"), b"%PDF"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


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
    grid = read_grid(path, problems, encoding=encoding)
    return [] if grid is None else observation_rows(grid, problems)


def read_grid(path: Path, problems: Problems, *, encoding: str | None = None) -> Grid | None:
    """The table of a file as it stands there; None where the file is refused or holds none."""
    data = _read_bytes(path, problems)
    if data is None or not _check_kind(path, data, problems):
        return None
    if path.suffix.casefold() == ".xlsx":
        records = read_workbook(path.name, data, problems)
    else:
        text = _decode(path.name, data, encoding, problems)
        records = read_records(path.name, text, problems) if text is not None else []
        if text is not None and not text.strip():
            problems.add(path.name, _header_wanted())
    if records and len(records[0][1]) == 1 and ";" in records[0][1][0]:
        problems.add(path.name, "has its columns apart by semicolons; save it with commas (CSV UTF-8)")
        return None
    if not records:
        return None
    line, header = records[0]
    return Grid(file=path.name, line=line, header=tuple(header), records=records[1:])


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
