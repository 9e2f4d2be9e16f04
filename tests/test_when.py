"""A point in both times: what SQL calls visible is what Python says it holds, and what comes later changes nothing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Date, Integer, MetaData, Table, create_engine, insert, select

from db import tables
from db.types import Instant
from db.when import WHENEVER, When, recorded_by, visible

DAY, INSTANT = date(2016, 1, 1), datetime(2016, 1, 1, tzinfo=UTC)
FACTS = (tables.documents, tables.judgements, tables.observations, tables.events, tables.completeness)
MOMENT = timedelta(microseconds=1)

type Times = tuple[date | None, datetime, date]
"""known_on, recorded_at and, of a document, published_on."""


def bare(name: str, *more: Column[object]) -> Table:
    """A table of times alone."""
    times = Column("known_on", Date), Column("recorded_at", Instant)
    return Table(name, MetaData(), Column("id", Integer), *times, *more)


UNPUBLISHED, PUBLISHED = bare("unpublished"), bare("published", Column("published_on", Date))
days = st.integers(-3, 3).map(lambda n: DAY + timedelta(days=n))
instants = st.integers(-3, 3).map(lambda n: INSTANT + n * MOMENT)
whens = st.just(WHENEVER) | st.builds(When, as_of=days, as_recorded=st.none() | instants)
times = st.tuples(st.none() | days, instants, days)
many = st.lists(times, max_size=6)


def seen(table: Table, rows: Sequence[Times], when: When) -> list[int]:
    """The places of the rows that SQLite finds visible, of the table itself and of an alias the same."""
    engine = create_engine("sqlite://")
    names = ("known_on", "recorded_at", "published_on")
    values = [{"id": i} | dict(zip(names, row, strict=True)) for i, row in enumerate(rows)]
    with engine.begin() as connection:
        table.create(connection)
        for row in values:
            connection.execute(insert(table).values({name: row[name] for name in row if name in table.c}))
        found = [
            list(connection.execute(select(each.c.id).where(visible(each, when)).order_by(each.c.id)).scalars())
            for each in (table, table.alias())
        ]
    engine.dispose()
    assert found[0] == found[1]
    return found[0]


def effective(rows: Sequence[Times]) -> list[Times]:
    """The rows with the latest instant so far for their own: no clock makes a row earlier than the one before it."""
    latest = accumulate((entered for _, entered, _ in rows), max)
    return [(known, instant, out) for (known, _, out), instant in zip(rows, latest, strict=True)]


@settings(deadline=None, max_examples=50)
@given(rows=many, when=whens)
def test_what_sql_finds_visible_is_what_python_holds(rows: list[Times], when: When) -> None:
    assert seen(UNPUBLISHED, rows, when) == [
        i for i, (known, entered, _) in enumerate(effective(rows)) if when.holds(known, entered)
    ]


@settings(deadline=None, max_examples=50)
@given(rows=many, when=whens)
def test_a_document_without_a_day_is_known_once_published(rows: list[Times], when: When) -> None:
    held = [i for i, (known, entered, out) in enumerate(effective(rows)) if when.holds(known or out, entered)]
    assert seen(PUBLISHED, rows, when) == held


@settings(deadline=None, max_examples=50)
@given(rows=many, when=whens, later=many)
def test_rows_known_or_recorded_later_change_nothing(rows: list[Times], when: When, later: list[Times]) -> None:
    until = effective([*rows, *later])[len(rows) :]
    unheard = [row for row, (known, entered, _) in zip(later, until, strict=True) if not when.holds(known, entered)]
    assert seen(UNPUBLISHED, [*rows, *unheard], when) == seen(UNPUBLISHED, rows, when)


@settings(deadline=None, max_examples=50)
@given(row=times, when=whens, ahead=st.integers(0, 5))
def test_what_is_held_stays_held_as_both_times_pass(row: Times, when: When, ahead: int) -> None:
    day = min(when.as_of.toordinal() + ahead, date.max.toordinal())
    entered = when.as_recorded and when.as_recorded + ahead * MOMENT
    after = When(as_of=date.fromordinal(day), as_recorded=entered)
    assert after.holds(*row[:2]) or not when.holds(*row[:2])
    assert WHENEVER.holds(*row[:2])


def test_the_day_and_the_instant_themselves_are_within() -> None:
    when = When(as_of=DAY, as_recorded=INSTANT)
    assert when.holds(DAY, INSTANT)
    assert not when.holds(DAY + timedelta(days=1), INSTANT)
    assert not when.holds(DAY, INSTANT + MOMENT)
    assert When(as_of=DAY).recorded(INSTANT + timedelta(days=9999))
    assert When(as_of=date.min).known(None)


def test_an_instant_is_the_same_in_every_zone() -> None:
    tokyo = (INSTANT + timedelta(hours=9)).isoformat()[:19] + "+09:00"
    assert seen(UNPUBLISHED, [(DAY, INSTANT, DAY)], When(as_of=DAY, as_recorded=datetime.fromisoformat(tokyo))) == [0]


def test_the_two_times_are_named() -> None:
    with pytest.raises(TypeError, match="positional argument"):
        When(DAY, INSTANT)  # type: ignore[call-arg]


def test_every_table_of_facts_can_be_asked_and_only_documents_are_published() -> None:
    for table in FACTS:
        asked = {column.name for column in _columns(table)}
        assert asked == {"known_on", "id"} | ({"published_on"} if table is tables.documents else set())
    assert str(recorded_by(tables.runs, When(as_of=DAY, as_recorded=INSTANT))).startswith("runs.id <")


def _columns(table: Table) -> list[Column[object]]:
    """The columns that the condition of being visible asks."""
    condition = visible(table, When(as_of=DAY, as_recorded=INSTANT))
    return [column for column in table.c if f"{table.name}.{column.name}" in str(condition)]


def test_a_day_written_as_text_is_refused_where_it_is_given() -> None:
    with pytest.raises(
        TypeError, match=r"^as_of '2026-11-20' is no day; give a datetime\.date, such as date\(2026, 11"
    ):
        When(as_of="2026-11-20")  # type: ignore[arg-type]
