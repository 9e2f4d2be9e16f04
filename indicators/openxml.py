"""What a workbook of Excel says in its XML that calamine leaves out.

Cells that hold an error (calamine gives them as empty), formulas that nothing has calculated, what is hidden, which
dates show no day, and how far out cells lie (calamine makes room for all cells between them).
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join
from xml.etree import ElementTree

type Place = tuple[int, int]
"""(row, column), counted from 1."""

_WORKBOOK, _RELATIONS, _STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
_FLAGGED = (b't="e"', b"t='e'")
_ERROR = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=[\"']e[\"'][^>]*)>.*?<(?:\w+:)?v>([^<]*)<", re.DOTALL)
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_FAR = re.compile(rb' r="(?:([A-Z]{2,3})([0-9]+)|[A-Z]([0-9]{6,7}))"')
_LETTERS, _ROWS = 26, 100_000  # a sheet without cells farther out than this is taken to be so wide and long
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*[^/>])>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*(0?)\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_TEXT = re.compile(rb"\bt=[\"'](?:str|inlineStr)[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_NUMBERED = re.compile(rb"\br=[\"']([0-9]+)[\"']")
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_FROM, _TO = re.compile(rb"\bmin=[\"']([0-9]+)[\"']"), re.compile(rb"\bmax=[\"']([0-9]+)[\"']")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*\bref=[\"']([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)[\"']")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_MONTH_AND_YEAR = 17  # the format mmm-yy, which is in no file


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sheet with cells, as the package holds it."""

    name: str
    path: str
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to know of a sheet before its cells are read."""

    width: int = 0
    length: int = 0
    """How far out its cells lie at most."""
    errors: dict[Place, str] = field(default_factory=dict)
    uncalculated: tuple[Place, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    filtered: bool = False
    """Whether a filter hides them."""
    hidden_columns: frozenset[int] = frozenset()
    dayless: frozenset[Place] = frozenset()
    """Dates that are shown as a month or a year."""
    merged: tuple[tuple[Place, Place], ...] = ()


def sheet_parts(packed: zipfile.ZipFile) -> list[Part]:
    """The sheets with cells, in the order of the workbook."""
    relations = ElementTree.fromstring(packed.read(_RELATIONS))
    targets = {
        relation.get("Id"): join("/xl", relation.get("Target", "")).lstrip("/")
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    parts: list[Part] = []
    for sheet in ElementTree.fromstring(packed.read(_WORKBOOK)).iterfind("{*}sheets/{*}sheet"):
        id_ = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        if id_ in targets:
            hidden = sheet.get("state", "visible") != "visible"
            parts.append(Part(name=sheet.get("name", ""), path=targets[id_], hidden=hidden))
    return parts


def look_into(packed: zipfile.ZipFile, part: Part) -> Look:
    """Read what calamine leaves out of a sheet."""
    xml = packed.read(part.path)
    far = _FAR.findall(xml)
    dayless = _dayless_styles(packed)
    return Look(
        width=max((column_number(letters) for letters, _, _ in far), default=0),
        length=max((int(row or only) for _, row, only in far), default=0),
        errors=_errors(xml),
        uncalculated=_uncalculated(xml, b'fullCalcOnLoad="1"' in packed.read(_WORKBOOK)),
        hidden_rows=_hidden_rows(xml),
        filtered=b"filterColumn" in xml,
        hidden_columns=frozenset(_hidden_columns(xml[: xml.find(b"sheetData")])),
        dayless=_styled(xml, dayless) if dayless else frozenset(),
        merged=tuple(
            ((int(top), column_number(left)), (int(bottom), column_number(right)))
            for left, top, right, bottom in _MERGED.findall(xml, max(0, xml.rfind(b"sheetData")))
        ),
    )


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    letters = ""
    while number:
        number, letter = divmod(number - 1, _LETTERS)
        letters = chr(ord("A") + letter) + letters
    return letters


def _placed(attributes: bytes) -> Place | None:
    found = _PLACE.search(attributes)
    return (int(found[2]), column_number(found[1])) if found else None


def _errors(xml: bytes) -> dict[Place, str]:
    """The cells that hold an error, such as #REF!."""
    if not any(flag in xml for flag in _FLAGGED):
        return {}
    found = ((_placed(attributes), value) for attributes, value in _ERROR.findall(xml))
    return {at: value.decode() for at, value in found if at}


def _uncalculated(xml: bytes, on_load: bool) -> tuple[Place, ...]:
    """Formulas without a value; where all is to be calculated when a spreadsheet opens the file, 0 is none either."""
    if b"</f>" not in xml and b":f>" not in xml:
        return ()
    found = ((_placed(cell[1]), cell) for cell in _FORMULA.finditer(xml) if on_load or cell[2] != b"0")
    return tuple(at for at, cell in found if at and not _TEXT.search(cell[1]))


def _hidden_rows(xml: bytes) -> frozenset[int]:
    hidden: set[int] = set()
    if b"hidden=" not in xml:
        return frozenset()
    line = 0
    for row in _ROW.finditer(xml):
        numbered = _NUMBERED.search(row[1])
        line = int(numbered[1]) if numbered else line + 1
        if _HIDDEN.search(row[1]):
            hidden.add(line)
    return frozenset(hidden)


def _hidden_columns(xml: bytes) -> Iterator[int]:
    for column in _COLUMN.findall(xml):
        first, last = _FROM.search(column), _TO.search(column)
        if _HIDDEN.search(column) and first and last:
            yield from range(int(first[1]), int(last[1]) + 1)


def _dayless_styles(packed: zipfile.ZipFile) -> list[int]:
    """The numbers of the cell styles whose dates show no day."""
    if _STYLES not in packed.namelist():
        return []
    styles = ElementTree.fromstring(packed.read(_STYLES))
    codes = {code.get("numFmtId", ""): code.get("formatCode", "") for code in styles.iterfind("{*}numFmts/{*}numFmt")}
    formats = [style.get("numFmtId", "") for style in styles.iterfind("{*}cellXfs/{*}xf")]
    return [at for at, id_ in enumerate(formats) if id_ == str(_MONTH_AND_YEAR) or _is_dayless(codes.get(id_, ""))]


def _is_dayless(code: str) -> bool:
    shown = _QUOTED.sub("", code).casefold()
    return "y" in shown and "d" not in shown


def _styled(xml: bytes, styles: list[int]) -> frozenset[Place]:
    any_of = b"|".join(str(style).encode() for style in styles)
    cells = re.finditer(rb"<(?:\w+:)?c\b([^>]*\bs=[\"'](?:" + any_of + rb")[\"'][^>]*)>", xml)
    return frozenset(at for cell in cells if (at := _placed(cell[1])))
