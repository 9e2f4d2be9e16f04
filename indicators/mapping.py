"""How the columns of a foreign table become ours: what a person says of a file once, and may keep for others."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from indicators.errors import CaseError
from indicators.tables import suggest
from indicators.texts import without_invisible

MARK = "# Written by `parley import --save-mapping`: how the columns of a table become those of Parley."
DATE_ORDERS = ("dmy", "mdy")
"""Day first, or month first, where a day such as 03/11/2026 may be either."""

_PAIRS_APART = re.compile(r",(?=\s*[A-Za-z_]+\s*=)")
_WORDS_APART = re.compile(r"(?<=[0-9]),(?=\s*[^0-9,=][^=]*=)")  # neither in a word nor in 0,5
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """What a person says of a table; nothing said leaves it to the names of its columns."""

    kind: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    """By column of ours the file's column that it is taken from."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """By column of ours the one value of all rows."""
    levels: Mapping[str, str] = field(default_factory=dict)
    """By word of the file the level that it stands for."""
    where: Mapping[str, str] = field(default_factory=dict)
    """By column of the file the value that the rows to read have there."""
    recognised_by: tuple[str, ...] = ()
    """Columns of the file by which a table of this kind is known."""
    about: str = ""
    """What the table is, for who looks for a mapping."""
    ignore_other_columns: bool = False
    wide: bool = False
    sheet: str = ""
    encoding: str = ""
    dates: str = ""
    """One of `DATE_ORDERS`."""

    def __bool__(self) -> bool:
        return self != AS_NAMED

    def over(self, other: "FileMapping") -> "FileMapping":
        """The other mapping with what this one says in its place: said anew goes before kept."""
        columns = {name: said for name, said in other.columns.items() if name not in self.constants}
        constants = {name: said for name, said in other.constants.items() if name not in self.columns}
        plain = {part.name: mine for part in fields(self) if (mine := getattr(self, part.name))}
        tables = {
            "columns": {**columns, **self.columns},
            "constants": {**constants, **self.constants},
            "levels": {**other.levels, **self.levels},
            "where": {**other.where, **self.where},
        }
        return replace(other, **{**plain, **tables})


AS_NAMED = FileMapping()
"""Nothing is said: columns are read by their names."""


def fold(text: str) -> str:
    """A name or word as it is compared: without invisible characters, width, case, or the length of its gaps."""
    return " ".join(unicodedata.normalize("NFKC", without_invisible(text)).split()).casefold()


def parse_pairs(given: Iterable[str], option: str) -> dict[str, str]:
    """What options such as `observed_on=date,source=notes` say, by the part before the sign of equality."""
    return _parsed(given, option, _PAIRS_APART, "observed_on=date")


def parse_levels(given: Iterable[str], option: str) -> dict[str, str]:
    """What options such as `soft=1,hard=-1` say, by the word; the level is checked with the cells."""
    return _parsed(given, option, _WORDS_APART, "soft=1")


def _parsed(given: Iterable[str], option: str, apart: re.Pattern[str], example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in (pair for text in given for pair in apart.split(text)):
        name, equals, said = (part.strip() for part in pair.partition("="))
        if not (name and equals and said):
            raise CaseError([f"{option}: {pair.strip()!r} is not of the form NAME=VALUE; write it as in {example}"])
        if found.get(name, said) != said:
            raise CaseError([f"{option}: {name} is given both {found[name]!r} and {said!r}; give it once"])
        found[name] = said
    return found


def read_mapping(path: Path) -> FileMapping:
    """The mapping of a file; CaseError where it cannot be read or says what a mapping does not."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CaseError([f"{path}: cannot be read ({error.strerror}); name a file of --save-mapping"]) from None
    except (ValueError, RecursionError) as error:  # of its encoding, or of its form
        raise CaseError([f"{path}: is no mapping ({error}); write it as --save-mapping does"]) from None
    return mapping_of(values, path.name)


def mapping_of(values: Mapping[str, Any], file: str) -> FileMapping:
    """The mapping that the tables of a TOML file say."""
    problems: list[str] = []
    said: dict[str, Any] = {}
    kinds = {part.name: type(getattr(AS_NAMED, part.name)) for part in fields(FileMapping)}
    for name, value in values.items():
        if name not in kinds:
            problems.append(f"{file}: key {name}: is no part of a mapping; {suggest(name, tuple(kinds))}")
        elif (read := _read_value(value, kinds[name])) is None:
            problems.append(f"{file}: key {name}: {value!r} is of the wrong kind; write {_FORMS[kinds[name]]}")
        else:
            said[name] = read
    if said.get("dates") and said["dates"] not in DATE_ORDERS:
        problems.append(f"{file}: key dates: {said['dates']!r} is no order of days; use {' or '.join(DATE_ORDERS)}")
    if problems:
        raise CaseError(problems)
    return FileMapping(**said)


_FORMS = {
    str: "a text in quotes",
    bool: "true or false",
    dict: 'a table of texts, such as observed_on = "date"',
    tuple: "a list of texts",
}


def _read_value(value: object, kind: type) -> object | None:
    """A value of a TOML file as a part of a mapping; None where it is of another kind."""
    if kind is dict and isinstance(value, dict):
        plain = {name: _as_text(each) for name, each in value.items()}
        return plain if None not in plain.values() else None
    if kind is tuple and isinstance(value, list):
        return tuple(value) if all(isinstance(each, str) for each in value) else None
    if kind is bool:
        return value if isinstance(value, bool) else None
    return _as_text(value) if kind is str else None


def _as_text(value: object) -> str | None:
    """A text, or a number written without quotes."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if isinstance(value, str) else f"{value:.12g}" if number else None


def mapping_text(mapping: FileMapping) -> str:
    """The mapping as the text of a TOML file, which `read_mapping` reads again."""
    said = [(part.name, getattr(mapping, part.name)) for part in fields(mapping)]
    plain = [f"{name} = {_toml(value)}" for name, value in said if value and not isinstance(value, Mapping)]
    tables = [
        "\n".join((f"\n[{name}]", *(f"{_key(key)} = {_quoted(text)}" for key, text in value.items())))
        for name, value in said
        if isinstance(value, Mapping) and value
    ]
    return "\n".join((MARK, *plain, *tables)) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_quoted, value))}]"
    return _quoted(str(value))


def _key(text: str) -> str:
    return text if _BARE.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return f'"{"".join(_character(each) for each in text)}"'


def _character(each: str) -> str:
    unseen = ord(each) < ord(" ") or ord(each) == 0x7F
    return _ESCAPED.get(each) or (f"\\u{ord(each):04x}" if unseen else each)


def said_of(mapping: FileMapping) -> dict[str, Any]:
    """What a mapping says, by the names of its parts, for who shows it."""
    said = ((part.name, getattr(mapping, part.name)) for part in fields(mapping) if part.name not in _OF_FILES)
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in said if value}


_OF_FILES: Sequence[str] = ("recognised_by", "about")
