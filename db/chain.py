"""The hash chain: each row's hash covers its content and the hash of the row before it in its table.

The hash of row n is sha256 of three lines: the hash of row n-1 (nothing for the first), the table's name, and the row's
content as ASCII JSON with sorted keys, no spaces, no nulls, ISO dates, UTC instants to the microsecond and shortest
floats. A chain alone cannot tell that its last rows are gone; `seals` records where each append ended, and is chained
itself. Rows are ordered by number: an instant before that of the row above it is a clock's fault (`db.clocks`), and no
damage. Whoever keeps `head` elsewhere can tell even a database rewritten as a whole.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from json.encoder import encode_basestring_ascii
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    CompoundSelect,
    Connection,
    Date,
    Float,
    Integer,
    Select,
    Table,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.engine import Row

from db import triggers
from db.errors import BrokenChain, StoreError
from db.tables import CHAINED, seals
from db.types import Instant, to_utc

START = ""
"""What stands for the hash of the row before the first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a table; `row_id` is None where it concerns no one row."""

    table: str
    row_id: int | None
    what: str

    def __str__(self) -> str:
        return f"{self.table}{'' if self.row_id is None else f' row {self.row_id}'}: {self.what}"


def prepared(table: Table, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values as the database will give them back: every column but `hash`, sorted, None where not given.

    Raises StoreError for a value of the wrong type, a number that is not finite, or text that cannot be stored.
    """
    converters = converters_of(table)
    row: dict[str, object] = {}
    name: str
    value: object
    try:
        for name, (kind, convert) in converters.items():
            value = values.get(name)
            row[name] = value if value is None or type(value) is kind else convert(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise StoreError(f"{table.name}: {name} is {value!r}; {error}") from None
    return row


def row_digest(table: Table, values: Mapping[str, object], previous: str) -> str:
    """Return the hash of a row of prepared `values` that follows the row whose hash is `previous`."""
    return hashlib.sha256(f"{previous}\n{table.name}\n{content(table, values)}".encode()).hexdigest()


def content_key(table: Table, values: Mapping[str, object], names: tuple[str, ...]) -> str:
    """Return sha256 of some of the prepared values: equal for rows that agree in all of them."""
    return hashlib.sha256(content(table, values, names).encode()).hexdigest()


def content(table: Table, values: Mapping[str, object], names: tuple[str, ...] | None = None) -> str:
    """Return prepared values, or those named, as canonical JSON.

    What `json.dumps` gives with sorted keys and no spaces, put together by column type.
    """
    members = [
        member + encode(value)
        for name, member, encode in encoders_of(table, names)
        if (value := values[name]) is not None
    ]
    text = "{" + ",".join(members) + "}"
    if "\\u0000" in text or "\\ud" in text:
        refuse_unstorable(table, values)
    return text


def refuse_unstorable(table: Table, values: Mapping[str, object]) -> None:
    """Raise StoreError for text that not both databases can hold; asked only where the JSON has a suspect escape."""
    for name, value in values.items():
        if isinstance(value, str) and ("\x00" in value or _SURROGATE.search(value)):
            raise StoreError(f"{table.name}: {name} is {value!r}; null characters and lone surrogates cannot be stored")


_SURROGATE = re.compile("[\ud800-\udfff]")


type Encode = Callable[[Any], str]


@cache
def encoders_of(table: Table, names: tuple[str, ...] | None) -> tuple[tuple[str, str, Encode], ...]:
    wanted = sorted(converters_of(table) if names is None else names)
    return tuple((name, f'"{name}":', _encoder(table.c[name])) for name in wanted)


def _encoder(column: Column[Any]) -> Encode:
    for kind, encode in _ENCODE.items():
        if isinstance(column.type, kind):
            return encode
    return encode_basestring_ascii


def _encode_date(value: date) -> str:
    return f'"{value.isoformat()}"'


def encode_instant(value: datetime) -> str:
    return f'"{value.astimezone(UTC).isoformat(timespec="microseconds")}"'


_CANONICAL = json.JSONEncoder(sort_keys=True, allow_nan=False, separators=(",", ":"))

_ENCODE: dict[type, Encode] = {
    Boolean: lambda value: "true" if value else "false",
    Integer: int.__repr__,
    Float: float.__repr__,
    Instant: encode_instant,
    Date: _encode_date,
    JSON: _CANONICAL.encode,
}

type Convert = Callable[[object], object]


@cache
def converters_of(table: Table) -> dict[str, tuple[type | None, Convert]]:
    """Return, by column but `hash` in sorted order, the type whose values need no conversion, and the conversion."""
    columns = sorted((column for column in table.columns if column.name != "hash"), key=lambda column: column.name)
    return {column.name: _converter(column) for column in columns}


def _converter(column: Column[Any]) -> tuple[type | None, Convert]:
    for kind, convert in _CONVERT.items():
        if isinstance(column.type, kind):
            return _AS_IS.get(kind), convert
    return str, _to_text


def _to_text(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    raise TypeError("a text is needed")


def _to_integer(value: object) -> int:
    number = int(value) if hasattr(value, "__index__") else None
    if number is None or isinstance(value, bool):
        raise TypeError("a whole number is needed")
    if not -(2**63) <= number < 2**63:
        raise ValueError("a whole number of at most 64 bits is needed")
    return int(number)


def _to_float(value: object) -> float:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError("a number is needed")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a finite number is needed")
    return number + 0.0  # SQLite keeps no negative zero


def _to_boolean(value: object) -> bool:
    if value in (True, False):
        return bool(value)
    raise TypeError("true or false is needed")


def _to_date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise TypeError("a date is needed")


def _to_instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return to_utc(value)
    raise TypeError("an instant with a time zone is needed")


def _to_json(value: object) -> object:
    # Through text and back, so that tuples, key order and number types are those a later read will show.
    parsed: object = json.loads(_CANONICAL.encode(value))
    return parsed


_CONVERT: dict[type, Convert] = {
    Boolean: _to_boolean,
    Integer: _to_integer,
    Float: _to_float,
    Instant: _to_instant,
    Date: _to_date,
    JSON: _to_json,
}


_AS_IS: dict[type, type] = {Boolean: bool, Date: date}


def last_link(connection: Connection, table: Table) -> tuple[int, str]:
    """Return id and hash of the table's last row, (0, START) if it has none."""
    row = connection.execute(_select_last(table)).first()
    return (row.id, row.hash) if row else (0, START)


@cache
def _select_last(table: Table) -> Select[int, str]:
    return select(table.c.id, table.c.hash).order_by(table.c.id.desc()).limit(1)


def last_links(connection: Connection, *wanted: Table) -> dict[str, tuple[int, str]]:
    """Return the same of several tables, by name, in one question."""
    found = {table.name: (0, START) for table in wanted}
    return found | {row.name: (row.id, row.hash) for row in connection.execute(_select_all_last(*wanted))}


@cache
def _select_all_last(*wanted: Table) -> CompoundSelect[Any]:
    ends = (
        select(
            literal(table.name).label("name"),
            table.c.id,
            table.c.hash,
        )
        for table in wanted
    )
    last = (select(func.max(table.c.id)).scalar_subquery() for table in wanted)
    return union_all(*(end.where(table.c.id == top) for end, table, top in zip(ends, wanted, last, strict=True)))


def has_link(connection: Connection, table: Table, row_id: int, hash_: str) -> bool:
    """Tell whether the row is there with this hash; so is then everything before it. (0, START) is always there."""
    if row_id == 0:
        return hash_ == START
    return connection.execute(select(table.c.hash).where(table.c.id == row_id)).scalar() == hash_


def head(connection: Connection) -> str:
    """Return the hash that stands for everything stored so far."""
    return last_link(connection, seals)[1]


def verify_chain(connection: Connection) -> tuple[Finding, ...]:
    """Walk every table and return what is wrong: changed, missing, reordered or unsealed rows, absent triggers."""
    found = [
        Finding(name, None, "trigger absent or altered; run `parley init`") for name in triggers.missing(connection)
    ]
    for table in CHAINED:
        found.extend(_walk(connection, table))
        found.extend(_check_seals(connection, table))
    return tuple(found)


def require_unbroken(connection: Connection) -> None:
    """Raise BrokenChain with the first finding and the number of others, if there is any."""
    findings = verify_chain(connection)
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise BrokenChain(f"{findings[0]}{more}; restore a backup, or run `parley verify` for all")


def _walk(connection: Connection, table: Table) -> Iterator[Finding]:
    last_id, last_hash = 0, START
    rows = connection.execute(select(table).order_by(table.c.id), execution_options={"yield_per": 1000})
    try:
        for row in rows:
            yield from _check_row(table, row, last_id, last_hash)
            last_id, last_hash = row.id, row.hash
    except (TypeError, ValueError) as error:
        yield Finding(table.name, None, f"a row soon after row {last_id} cannot be read: {error}")


def _check_row(table: Table, row: Row[*tuple[Any, ...]], last_id: int, last_hash: str) -> Iterator[Finding]:
    if row.id != last_id + 1:
        yield Finding(table.name, last_id + 1, f"missing: the next row is {row.id}")
        return
    try:
        digest = row_digest(table, prepared(table, dict(row._mapping)), last_hash)
    except StoreError as error:
        yield Finding(table.name, row.id, f"content could never have been stored: {error}")
        return
    if digest != row.hash:
        yield Finding(table.name, row.id, "content does not match its hash: changed, or not the row that stood here")


def _check_seals(connection: Connection, table: Table) -> Iterator[Finding]:
    if table is seals:
        return
    query = (
        select(seals.c.last_id, seals.c.head, table.c.hash)
        .join_from(seals, table, seals.c.last_id == table.c.id, isouter=True)
        .where(seals.c.table_name == table.name)
        .order_by(seals.c.id)
    )
    sealed = connection.execute(query).all()
    for last_id, expected, found in sealed:
        if found != expected:
            yield Finding(table.name, last_id, "missing or replaced since it was sealed")
    last_id = connection.execute(select(func.max(table.c.id))).scalar() or 0
    if last_id > (sealed[-1].last_id if sealed else 0):
        yield Finding(table.name, last_id, "added without a seal: not by the program, or the seal was removed")
