"""Rows as they will be stored and hashed, each of their values converted and encoded once.

A row is hashed twice, for what it asserts and for the chain, and a bulk append spends much of its time there. What must
be done to its values goes by their types alone, and rows of one kind mostly have the same: it is found out once for
each set of types. What comes out is what `db.chain` says: `prepared`, `content_key` and `row_digest`.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Table

from db.chain import Encode, converters_of, encoders_of, prepared, refuse_unstorable

GIVEN_LATER = ("id", "recorded_at")
"""What an append gives to a row, besides its hash."""
_COMPUTED = {*GIVEN_LATER, "hash", "row_key"}  # also where a stored row comes back as a correction

type Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row as it will be stored and hashed, but for its number, its instant and its hash."""

    values: tuple[object, ...]
    """Prepared, in the order of `names_of`."""
    text: tuple[str, str, str]
    """Members of its canonical JSON before, between and after those of the number and the instant."""
    key: str = ""
    """The `content_key` of what it asserts, where its table keeps one."""


def names_of(table: Table) -> tuple[str, ...]:
    """Return the columns of a table that rows are encoded with: all but `hash`, sorted."""
    return tuple(converters_of(table))


def given(row: Any, table: Table) -> Values:
    """Return, of a dataclass, the fields that are columns of the table and are not computed."""
    names = _given_names(row.__class__, table)
    return dict(zip(names, _getter(names)(row), strict=True))


def encode_row(row: Any, table: Table, asserted: tuple[str, ...] = ()) -> Encoded:
    """Return a dataclass as a row of the table, with the key of the columns it asserts.

    Raises StoreError for a value of the wrong type, a number that is not finite, or text that cannot be stored.
    """
    names = _given_names(row.__class__, table)
    values = list(_getter(names)(row))
    plan = _plan(table, names, asserted, tuple(map(type, values)))
    try:
        for place, convert in plan.conversions:
            values[place] = convert(values[place])
    except (TypeError, ValueError, OverflowError):
        prepared(table, dict(zip(names, values, strict=True)))  # says which value is wrong
        raise
    return plan.encode(table, values)


def encode_values(table: Table, values: Mapping[str, object]) -> Encoded:
    """Return prepared values as a row of the table."""
    names = names_of(table)
    ordered = [values[name] for name in names]
    return _plan(table, names, (), tuple(map(type, ordered))).encode(table, ordered)


def encoded_digest(table: Table, row: Encoded, id_: int, recorded: str, previous: str) -> str:
    """Return the `db.chain.row_digest` of an encoded row under this number and this `db.chain.encode_instant`."""
    before, between, after = row.text
    text = f'{before}"id":{id_}{between},"recorded_at":{recorded}{after}'
    return hashlib.sha256(f"{previous}\n{table.name}\n{{{text}}}".encode()).hexdigest()


@cache
def _given_names(kind: type, table: Table) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in fields(kind) if each.name in table.c and each.name not in _COMPUTED))


@cache
def _getter(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    if len(names) == 1:
        return lambda row: (getattr(row, names[0]),)
    return attrgetter(*names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is done to the given values of a row, by their types; places are among the given columns."""

    conversions: tuple[tuple[int, Callable[[object], object]], ...]
    encoders: tuple[tuple[int, Encode], ...]
    """Of the values that are not None."""
    asserted: Callable[[Sequence[str]], Any] | None
    """Picks the encoded values of what is asserted; None where the table keeps no key."""
    assertion: str
    """The canonical JSON of what is asserted, with %s for each value."""
    whole: str
    """The three parts of `Encoded.text`, with %s for each value and `_APART` between them."""
    keyed: int
    """The place of the key among those values."""
    key: int
    """The place of `row_key` in the row."""
    order: tuple[int, ...]
    """Of each column the place of its value; -1 of those given later."""

    def encode(self, table: Table, values: list[object]) -> Encoded:
        texts = [encode(values[place]) for place, encode in self.encoders]
        values.append(None)
        kept = [values[place] for place in self.order]
        key = ""
        if self.asserted is not None:
            key = hashlib.sha256((self.assertion % self.asserted(texts)).encode()).hexdigest()
            kept[self.key] = key
        if self.asserted is not None:
            texts.insert(self.keyed, f'"{key}"')
        whole = self.whole % tuple(texts)
        if "\\u0000" in whole or "\\ud" in whole:
            refuse_unstorable(table, dict(zip(names_of(table), kept, strict=True)))
        before, between, after = whole.split(_APART)
        return Encoded(tuple(kept), (before, between, after), key)


_APART = "\0"  # canonical JSON never holds a control character


@cache
def _plan(table: Table, names: tuple[str, ...], asserted: tuple[str, ...], types: tuple[type, ...]) -> _Plan:
    converters, all_names = converters_of(table), names_of(table)
    kinds = dict(zip(names, types, strict=True))
    members = {name: (member, encode) for name, member, encode in encoders_of(table, None)}
    filled = [name for name in names if kinds[name] is not type(None) and name not in GIVEN_LATER]
    wanted = [filled.index(name) for name in sorted(asserted) if name in filled]
    first, second = ([name for name in filled if name < limit] for limit in GIVEN_LATER)
    template = [f"{members[name][0]}%s" for name in filled]
    keyed = sum(name < "row_key" for name in filled)
    return _Plan(
        conversions=tuple(
            (place, converters[name][1])
            for place, name in enumerate(names)
            if kinds[name] is not type(None) and kinds[name] is not converters[name][0]
        ),
        encoders=tuple((names.index(name), members[name][1]) for name in filled),
        asserted=_picker(wanted) if asserted else None,
        assertion="{" + ",".join(template[place] for place in wanted) + "}",
        whole=_APART.join(_parts(template, len(first), len(second), keyed if asserted else None)),
        keyed=keyed,
        key=all_names.index("row_key") if asserted else -1,
        order=tuple(names.index(name) if name in names else -1 for name in all_names),
    )


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], Any]:
    return itemgetter(*places)  # of one value the value itself, which % takes too


def _parts(template: Sequence[str], first: int, second: int, keyed: int | None) -> Iterator[str]:
    """Each ends, or begins, with a comma where it stands beside a member given later."""
    after = list(template[second:])
    if keyed is not None:
        after.insert(keyed - second, '"row_key":%s')
    yield "".join(f"{member}," for member in template[:first])
    yield "".join(f",{member}" for member in template[first:second])
    yield "".join(f",{member}" for member in after)
