"""The TOML files of a case folder as tables of typed values; every problem is collected with its line and key."""

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from indicators.tables import Problems, read_text, suggest
from indicators.texts import without_invisible

_SYNTAX = re.compile(r"(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_ELEMENT = re.compile(r"\s*\[\[([^\[\]]+)\]\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*=""")
type _Path = tuple[str, ...]
type Bounds = tuple[float, float]
"""The least and the greatest number allowed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of a TOML file, at `path` in it; a reader that refuses a value returns a placeholder of its type.

    `file` is "" where the values were typed: then a key stands for its place.
    """

    file: str
    path: _Path
    values: dict[str, Any]
    lines: dict[_Path, int]
    problems: Problems

    def refuse(self, key: str, what: str) -> None:
        path = (*self.path, key)
        line = next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), None)
        at = f"line {line}, " if line else ""
        place = f"{self.file}: {at}key {'.'.join(path)}" if self.file else ".".join(path[1:])
        self.problems.add(place, what)

    def check_keys(self, keys: Iterable[str], optional: Iterable[str] = ()) -> None:
        """Refuse unknown and missing keys; a near-miss of a missing key is reported once, by the name it has."""
        needed = tuple(keys)
        allowed = (*needed, *optional)
        missing = [key for key in needed if key not in self.values]
        for key in self.values:
            if key not in allowed:
                near = difflib.get_close_matches(key, missing, n=1)
                missing = [name for name in missing if name not in near]
                self.refuse(key, f"unknown key {key!r}; {suggest(key, tuple(near) or allowed)}")
        for key in missing:
            self.refuse(key, f"is missing; write {key} = …")

    def text(self, key: str, *, empty: bool = False) -> str:
        """A string; an empty one only if `empty`."""
        value = self.values.get(key, "")
        if not isinstance(value, str):
            self._wrong(key, "a string in quotes")
            return ""
        text = _plain(value)
        if not empty and key in self.values and not text:
            self.refuse(key, "is empty; write a value")
        return text

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.text(key)
        if value and value not in choices:
            self.refuse(key, f"{value!r} is not allowed; {suggest(value, choices)}")
        return value

    def known(self, key: str, kind: str, ids: frozenset[str] | None) -> str:
        """The id of something defined elsewhere; None = not to be checked, what defines it was refused."""
        value = self.text(key)
        if value and ids is not None and value not in ids:
            self.refuse(key, f"unknown {kind} {value!r}; {suggest(value, tuple(sorted(ids)))}")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """An integer in [low, high]; `low` stands for one that was refused."""
        value = self.values.get(key, low)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self._wrong(key, f"a whole number from {low} to {high}")
            return low
        return value

    def positive(self, key: str, high: float) -> float:
        """A number above 0 and at most `high`; 1 stands for one that was refused."""
        value = self.values.get(key, 1.0)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= high:
            self._wrong(key, f"a number above 0, at most {high:g}")
            return 1.0
        return float(value)

    def number(self, key: str, bounds: Bounds) -> float:
        """A number within its bounds; the least stands for one that was refused."""
        value = self.values.get(key, bounds[0])
        if not _is_within(value, bounds):
            self._wrong(key, f"a number from {bounds[0]:g} to {bounds[1]:g}")
            return bounds[0]
        return float(value)

    def pair(self, key: str, form: str, first: Bounds, second: Bounds) -> tuple[float, float]:
        """Two numbers within their bounds, written as `form` says; the least stand for a pair that was refused."""
        value = self.values.get(key, [first[0], second[0]])
        bounds = (first, second)
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_within, value, bounds)):
            spans = " and ".join(f"from {low:g} to {high:g}" for low, high in bounds)
            self._wrong(key, f"{form}, numbers {spans}")
            return first[0], second[0]
        return float(value[0]), float(value[1])

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self._wrong(key, "true or false")
            return False
        return value

    def day(self, key: str) -> date:
        """A date; date.min stands for one that was refused or is missing."""
        value = self.values.get(key, date.min)
        if not isinstance(value, date) or isinstance(value, datetime):
            self._wrong(key, "a date without quotes, such as 2026-10-10")
            return date.min
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings, none of them empty."""
        value = self.values.get(key, [])
        texts = [_plain(item) for item in value] if isinstance(value, list) else [""]
        if not all(texts):
            self._wrong(key, "a list of strings")
            return ()
        return tuple(texts)

    def table(self, key: str) -> "Entry | None":
        """The table below this one at `key`; None when it is refused or missing."""
        value = self.values.get(key)
        if isinstance(value, dict):
            return Entry(self.file, (*self.path, key), value, self.lines, self.problems)
        if value is not None:
            self._wrong(key, f"a table [{'.'.join((*self.path, key))}]")
        return None

    def tables(self, key: str) -> "tuple[Entry, ...]":
        """The tables of the list at `key`, each at its number in it; empty when it is refused or missing."""
        value = self.values.get(key)
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            at = (*self.path, key)
            return tuple(
                Entry(self.file, (*at, str(number)), item, self.lines, self.problems)
                for number, item in enumerate(value, start=1)
            )
        if value is not None:
            self._wrong(key, f"tables, each below a line [[{'.'.join((*self.path, key))}]]")
        return ()

    def _wrong(self, key: str, right: str) -> None:
        self.refuse(key, f"{_shown(self.values[key])} is of the wrong kind or size; write {right}")


def read_entries(path: Path, problems: Problems) -> Entry | None:
    """The top table of a TOML file; None when the file is missing or malformed."""
    text = read_text(path, problems)
    if text is None:
        return None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.add(*_syntax_problem(path.name, str(error)))
        return None
    except ValueError:
        problems.add(path.name, "holds a number of too many digits; write one of fewer")
        return None
    except RecursionError:
        problems.add(path.name, "is nested too deeply; write its tables as the shipped case does")
        return None
    return Entry(path.name, (), values, _find_lines(text), problems)


def _is_within(value: object, bounds: Bounds) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bounds[0] <= value <= bounds[1]


def _plain(value: object) -> str:
    """The text without what cannot be seen; "" where it is none."""
    return without_invisible(value).strip() if isinstance(value, str) else ""


def _shown(value: object) -> str:
    return str(value) if isinstance(value, date) else repr(value)


def _syntax_problem(file: str, message: str) -> tuple[str, str]:
    """(place, what) of a message of the TOML parser."""
    match = _SYNTAX.fullmatch(message)
    right = "write it as TOML: key = value"
    if match is None:
        return file, f"malformed TOML ({message}); {right}"
    if match["line"] is None:
        return f"{file}: at its end", f"malformed TOML ({match['what']}); {right}"
    return f"{file}: line {match['line']}, column {match['column']}", f"malformed TOML ({match['what']}); {right}"


def _find_lines(text: str) -> dict[_Path, int]:
    """The line of each table header and key, for messages; a multi-line string may hide or mimic one."""
    lines: dict[_Path, int] = {}
    elements: Counter[_Path] = Counter()
    table: _Path = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.fullmatch(line):
            table = _path(header[1])
            lines.setdefault(table, number)
        elif header := _ELEMENT.fullmatch(line):
            elements[of := _path(header[1])] += 1
            table = (*of, str(elements[of]))
            lines[table] = number
            lines.setdefault(of, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, key[1].strip("\"'")), number)
    return lines


def _path(header: str) -> _Path:
    return tuple(part.strip().strip("\"'") for part in header.split("."))
