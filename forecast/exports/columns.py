"""What an export holds: its columns, each with its type and meaning, and its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

TEXT, INTEGER, NUMBER, PROBABILITY, BOOLEAN, DATE, INSTANT, JSON = (
    "text",
    "integer",
    "number",
    "probability",
    "boolean",
    "date",
    "instant",
    "json",
)
"""Types of columns. A probability is in [0, 1]; an instant is UTC; json is text that holds a JSON value."""

type Value = str | int | float | bool | date | datetime | None
type Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; empty cells are None."""

    name: str
    type: str
    meaning: str
    """A sentence without its full stop."""
    unit: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A table on its way out; its rows can be gone through once, while the database is read."""

    what: str
    title: str
    columns: tuple[Column, ...]
    count: int
    """Number of rows."""
    rows: Iterator[Values]
    """In the order of `columns`: text, numbers, dates and aware instants as Python has them."""
    shared: tuple[int, int] = (0, 0)
    """How many of the first and of the last columns say the same in many rows running, as those about a run do."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What else a file says of itself: the case, and what was asked for."""
