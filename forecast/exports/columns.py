"""What an export holds: its columns, each with its type and meaning, and its rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from forecast.facts.news import Overtaken

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


type Get = Callable[[Any], Value]
"""Gives the cell of one thing that is exported."""


@dataclass(frozen=True, slots=True)
class Own:
    """Gives what the thing has under a name."""

    name: str

    def __call__(self, thing: Any) -> Value:
        value: Value = getattr(thing, self.name)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what it means, and how its cells are got; empty cells are None."""

    name: str
    type: str
    meaning: str
    """A sentence without its full stop."""
    get: Get
    unit: str = ""
    nullable: bool = False


def stored(name: str, type_: str, meaning: str, *, unit: str = "", nullable: bool = False) -> Column:
    """Return a column of what each thing has under the column's name."""
    return derived(name, type_, meaning, Own(name), unit=unit, nullable=nullable)


def derived(name: str, type_: str, meaning: str, get: Get, *, unit: str = "", nullable: bool = False) -> Column:
    """Return a column of what `get` makes of each thing."""
    return Column(name=name, type=type_, meaning=meaning, get=get, unit=unit, nullable=nullable)


def within(part: str, columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns of a part, for things that have the part under that name."""
    return tuple(replace(column, get=_through(part, column.get)) for column in columns)


def _through(part: str, get: Get) -> Get:
    return lambda thing: get(getattr(thing, part))


def names_of_own(columns: Iterable[Column]) -> tuple[str, ...]:
    """Return the names under which things must have what is exported as it is."""
    return tuple(column.get.name for column in columns if isinstance(column.get, Own))


def read_cells(columns: Iterable[Column], thing: object) -> Values:
    """Return the cells of one thing."""
    return tuple(column.get(thing) for column in columns)


def bind(columns: Sequence[Column], names: Sequence[str]) -> Callable[[Sequence[Value], object], Values]:
    """Return what reads the cells, at least two, of a row whose first values have these names.

    It is given the row and the thing from which columns get what they derive. Names become places only once: a hundred
    thousand rows have a million cells.
    """
    derive = [column.get for column in columns if not isinstance(column.get, Own)]
    first = iter(range(len(derive)))
    pick: Callable[[Sequence[Value]], Values] = itemgetter(
        *(
            len(derive) + names.index(column.get.name) if isinstance(column.get, Own) else next(first)
            for column in columns
        )
    )
    if not derive:
        return lambda row, thing: pick(row)
    return lambda row, thing: pick([*[get(thing) for get in derive], *row])


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
    """What else a file says of itself: the case, what was asked for, and what has overtaken its numbers."""
    overtaken: Overtaken | None = None
    """What came on file after the last full run among the rows had read."""
