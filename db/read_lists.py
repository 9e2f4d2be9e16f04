"""Lists of observations, cut by the database: which versions were asked for, how many there are, and the newest.

The versions are those of `db.read.read_versions`, with what ended each. Of what is on file only the rows shown are
read whole; of a filter that no SQL can say, the columns it looks at.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched, islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select
from sqlalchemy.engine import Row

from db import tables
from db.read import Version, row_of, select_of
from db.rows import ObservationRow
from db.when import When, visible

TOLD_BY = ("source_title", "source_publisher", "source_url", "origin")
"""The columns that say where an observation comes from, in the order in which `Asked.told` gets them."""
_AT_ONCE = 500
_STREAMED = 5000
_OBSERVED = tables.observations.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which versions of observations: of these indicators and analysts (None: of all), observed on these days.

    What stands is asked for in any case, what has been superseded or retracted only on request. `told` keeps those
    whose source answers to it.
    """

    case_id: str
    when: When
    superseded: bool = False
    retracted: bool = False
    indicators: tuple[str, ...] | None = None
    analysts: tuple[str, ...] | None = None
    told: Callable[[Sequence[str]], bool] | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """How many versions there are, and between which days they were observed; None where there are none."""

    count: int
    first: date | None
    last: date | None


def read_extent(connection: Connection, asked: Asked) -> Extent:
    """Return how many versions were asked for, and the first and last of their days."""
    if asked.told is None:
        found = _select(asked, func.count(), func.min(_OBSERVED.observed_on), func.max(_OBSERVED.observed_on))
        return Extent(*connection.execute(found).one())
    days = [row.observed_on for row in _told(connection, asked, _select(asked, _OBSERVED.observed_on, *_SOURCE))]
    return Extent(len(days), min(days, default=None), max(days, default=None))


def read_observation_versions(
    connection: Connection, asked: Asked, limit: int | None = None
) -> tuple[Version[ObservationRow], ...]:
    """Return the versions asked for by day observed, day known and number, the last first, at most `limit`."""
    if asked.told is None:
        query = _WHOLE.where(*_conditions(asked)).order_by(*_LATEST).limit(limit)
        rows = connection.execute(query).all()
    else:
        rows = _by_number(connection, _told_ids(connection, asked, limit))
    ended = asked.superseded or asked.retracted
    endings = _read_endings(connection, asked.when, [row.id for row in rows]) if ended else {}
    return tuple(Version(row_of(ObservationRow, row), endings.get(row.id)) for row in rows)


def read_commonest(connection: Connection, asked: Asked, name: str) -> tuple[str, ...]:
    """Return the values of a column of text but the empty one, the commonest first, then those entered first.

    Whatever their source says: `told` counts for nothing here.
    """
    column = _OBSERVED[name]
    query = _select(asked, column).where(column != "").group_by(column)
    return tuple(connection.execute(query.order_by(func.count().desc(), func.min(_OBSERVED.id))).scalars())


def read_observed_indicators(connection: Connection, case_id: str, when: When) -> frozenset[str]:
    """Return the indicators of which any version is on file by then."""
    query = _select(Asked(case_id=case_id, when=when, superseded=True, retracted=True), _OBSERVED.indicator_id)
    return frozenset(connection.execute(query.distinct()).scalars())


def read_analysts(connection: Connection, case_id: str) -> frozenset[str]:
    """Return who has ever entered an observation of a case."""
    query = select(_OBSERVED.analyst).where(_OBSERVED.case_id == case_id).distinct()
    return frozenset(connection.execute(query).scalars())


def _told_ids(connection: Connection, asked: Asked, limit: int | None) -> list[int]:
    query = _select(asked, _OBSERVED.id, *_SOURCE).order_by(*_LATEST)
    return [row.id for row in islice(_told(connection, asked, query), limit)]


def _told(connection: Connection, asked: Asked, query: Select[*tuple[Any, ...]]) -> Iterator[Row[*tuple[Any, ...]]]:
    """The rows of a query, which ends with `_SOURCE`, whose source answers; none of the others stays in memory."""
    assert asked.told is not None
    with connection.execute(query, execution_options={"yield_per": _STREAMED}) as rows:
        yield from (row for row in rows if asked.told(row[-len(_SOURCE) :]))


def _read_endings(connection: Connection, when: When, ids: Sequence[int]) -> dict[int, ObservationRow]:
    """What ended each of the versions that have ended."""
    ended = _ended(when)
    ending: dict[int, int] = {}
    for numbers in batched(ids, _AT_ONCE, strict=False):
        query = select(ended.c.version, ended.c.ending).where(ended.c.version.in_(numbers))
        ending.update((row.version, row.ending) for row in connection.execute(query))
    rows = {row.id: row_of(ObservationRow, row) for row in _by_number(connection, [*{*ending.values()}])}
    return {version: rows[number] for version, number in ending.items()}


def _by_number(connection: Connection, ids: Sequence[int]) -> list[Row[*tuple[Any, ...]]]:
    """The rows of these numbers, in their order."""
    found: dict[int, Row[*tuple[Any, ...]]] = {}
    for numbers in batched(ids, _AT_ONCE, strict=False):
        found.update((row.id, row) for row in connection.execute(_WHOLE.where(_OBSERVED.id.in_(numbers))))
    return [found[id_] for id_ in ids]


def _select(asked: Asked, *columns: Any) -> Select[*tuple[Any, ...]]:
    return select(*columns).select_from(tables.observations).where(*_conditions(asked))


def _conditions(asked: Asked) -> Iterator[ColumnElement[bool]]:
    """What an index says of a version comes first: a list is then cut, and counted, without reading any row whole."""
    yield _OBSERVED.case_id == asked.case_id
    yield visible(tables.observations, asked.when)
    if asked.indicators is not None:
        yield _OBSERVED.indicator_id.in_(asked.indicators)
    if asked.analysts is not None:
        yield _OBSERVED.analyst.in_(asked.analysts)
    if asked.first is not None:
        yield _OBSERVED.observed_on >= asked.first
    if asked.last is not None:
        yield _OBSERVED.observed_on <= asked.last
    correction = tables.observations.alias()
    yield _OBSERVED.id.not_in(
        select(correction.c.id).where(correction.c.supersedes.is_not(None), correction.c.retracted)
    )
    yield from _of_status(asked)


def _of_status(asked: Asked) -> Iterator[ColumnElement[bool]]:
    unasked = [gone for gone, wanted in ((False, asked.superseded), (True, asked.retracted)) if not wanted]
    if unasked:
        ended = _ended(asked.when)
        yield _OBSERVED.id.not_in(select(ended.c.version).where(ended.c.gone.in_(unasked)))


def _ended(when: When) -> Subquery:
    """Versions that have ended by then, the row that ended each, and whether that is a retraction.

    Of all later versions of a fact that are known and recorded by then, it is the first to be known.
    """
    direct, further, ending = (tables.observations.alias() for _ in range(3))
    later = select(direct.c.supersedes.label("version"), direct.c.id).where(direct.c.supersedes.is_not(None))
    chain = later.cte("later", recursive=True)
    chain = chain.union_all(select(chain.c.version, further.c.id).where(further.c.supersedes == chain.c.id))
    place = func.row_number().over(partition_by=chain.c.version, order_by=(ending.c.known_on, ending.c.id))
    seen = select(chain.c.version, ending.c.id, ending.c.retracted, place.label("place"))
    placed = seen.join(ending, ending.c.id == chain.c.id).where(visible(ending, when)).subquery()
    first = select(placed.c.version, placed.c.id.label("ending"), placed.c.retracted.label("gone"))
    return first.where(placed.c.place == 1).subquery()


_SOURCE = tuple(_OBSERVED[name] for name in TOLD_BY)
_LATEST = (_OBSERVED.observed_on.desc(), _OBSERVED.known_on.desc(), _OBSERVED.id.desc())
_WHOLE = select_of(ObservationRow)
