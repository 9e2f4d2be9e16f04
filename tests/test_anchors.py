"""A head that somebody kept: it stands for what was stored then, and tells whether a database continues from it."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import ALERT, EVENT, NOW, OBSERVATION, REPORT
from sqlalchemy import Connection, Table, event, select
from toy_runs import install_toy

from db.anchors import SHORTEST, Continuation, Head, continue_from, count_up_to, find_head, read_head
from db.append import append_alerts, append_events, append_observations, append_report, append_zone
from db.chain import START, prepared, row_digest, verify_chain
from db.engine import Database
from db.errors import StoreError
from db.rows import NewZone
from db.tables import CHAINED, seals
from db.verify import count_rows

type Force = Callable[..., Database]


def head_of(database: Database) -> Head:
    with database.read() as connection:
        found = read_head(connection)
    assert found is not None
    return found


def continuations(database: Database, heads: Iterable[Head]) -> list[Continuation]:
    with database.read() as connection:
        found = verify_chain(connection)
        return [continue_from(connection, head.short, found) for head in heads]


def continuation(database: Database, digits: str) -> Continuation:
    with database.read() as connection:
        return continue_from(connection, digits, verify_chain(connection))


def heads_of(database: Database) -> list[Head]:
    """Of every state there was, the first first."""
    with database.read() as connection:
        rows = connection.execute(select(seals.c.hash, seals.c.id, seals.c.recorded_at).order_by(seals.c.id))
        return [Head(*row) for row in rows]


def grow(connection: Connection, rng: random.Random, number: int) -> None:
    """Append something to one table or several, in one transaction."""
    at = NOW + timedelta(minutes=rng.randint(-90, 90))  # clocks may be wrong
    for _ in range(rng.randint(1, 3)):
        kind = rng.randrange(4)
        name = f"{number}-{rng.random()}"
        if kind == 0:
            rows = [replace(OBSERVATION, note=f"{name}-{one}") for one in range(rng.randint(1, 4))]
            append_observations(connection, rows, at)
        elif kind == 1:
            append_events(connection, [replace(EVENT, event_id=name)], at)
        elif kind == 2:
            append_alerts(connection, [replace(ALERT, subject=name)], at)
        else:
            append_report(connection, replace(REPORT, run_id=1), at)


# What continues


@pytest.mark.parametrize("seed", [1, 2])
def test_any_head_printed_at_any_time_holds_after_any_appends(full: Database, seed: int) -> None:
    rng = random.Random(seed)
    printed: list[tuple[Head, int]] = []
    for number in range(8):
        with full.read() as connection:
            head, rows = read_head(connection), count_rows(connection)
            assert head is not None
            assert count_up_to(connection, head) == rows
        printed.append((head, rows))
        with full.write() as connection:
            grow(connection, rng, number)
    with full.read() as connection:
        total = count_rows(connection)
    held = continuations(full, (head for head, _ in printed))
    for (head, rows), found in zip(printed, held, strict=True):
        assert (found.continues, found.head, found.rows, found.rows_since) == (True, head, rows, total - rows)


def test_every_state_there_was_is_one_to_continue_from(full: Database) -> None:
    held = continuations(full, heads_of(full))
    counts = [one.rows for one in held]
    assert counts == sorted(set(counts))
    assert all(one.continues for one in held)


def test_a_head_is_found_by_its_first_digits(full: Database) -> None:
    head = head_of(full)
    with full.read() as connection:
        for digits in range(SHORTEST, 65):
            assert find_head(connection, head.hash[:digits]) == head
        for stranger in ("0" * 64, "0" * SHORTEST, head.hash[:-1] + "g", "%" * SHORTEST, "_" * 64):
            assert find_head(connection, stranger) is None
        digit, _ = Counter(one.hash[0] for one in heads_of(full)).most_common(1)[0]
        with pytest.raises(StoreError, match=rf"^{digit} begins more than one head of this database; give more of its"):
            find_head(connection, digit)


def test_nothing_stored_has_no_head(database: Database) -> None:
    with database.read() as connection:
        assert read_head(connection) is None
    found = continuation(database, "a" * 16)
    assert (found.continues, found.head, found.rows) == (False, None, 0)


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield said
    event.remove(database.engine, "before_cursor_execute", note)


def test_the_head_is_read_from_one_row(full: Database) -> None:
    with full.read() as connection, _statements(full) as said:
        read_head(connection)
    (query,) = said
    assert "LIMIT" in query
    assert "FROM seals" in query.replace("\n", " ")


# What does not


CHANGES = [
    "UPDATE observations SET note = 'x' WHERE id = 2",
    "UPDATE events SET known_on = '2015-03-03'",
    "UPDATE level_criteria SET criterion = 'other' WHERE id = 7",
    "DELETE FROM observations WHERE id = 2",
    "DELETE FROM observations WHERE id = 3",
    "DELETE FROM deliveries",
    "UPDATE seals SET last_id = 2 WHERE table_name = 'observations'",
    "UPDATE seals SET recorded_at = '2020-06-01 12:00:01+00' WHERE id = 3",
    "DELETE FROM seals WHERE id = 4",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_changed_or_removed_breaks_every_head_after_it_and_none_before(force: Force, change: str) -> None:
    database = force()
    before = heads_of(database)
    table, row = _touched(database, change)
    force(change)
    with database.read() as connection:
        stored = {head.seal: head.hash for head in heads_of(database)}
        first = _first_seal(connection, before, table, row)
    for head, held in zip(before, continuations(database, before), strict=True):
        if head.seal in stored:
            assert held.continues == (head.seal < first), head.seal


def _touched(database: Database, change: str) -> tuple[str, int]:
    """The table and the first row that a change is of."""
    words = change.split()
    table = words[1] if words[0] == "UPDATE" else words[2]
    where = change.partition(" WHERE ")[2] or "id = 1"
    with database.read() as connection:
        return table, int(connection.exec_driver_sql(f"SELECT min(id) FROM {table} WHERE {where}").scalar() or 0)


def _first_seal(connection: Connection, heads: list[Head], table: str, row: int) -> int:
    """The number of the first seal that covers a row, as things were."""
    if table == "seals":
        return row
    query = select(seals.c.id, seals.c.last_id).where(seals.c.table_name == table).order_by(seals.c.id)
    return min((seal for seal, last in connection.execute(query) if last >= row), default=heads[-1].seal)


def test_what_is_wrong_with_later_rows_is_no_break_with_an_earlier_head(force: Force) -> None:
    database = force()
    head = head_of(database)
    with database.write() as connection:
        append_observations(connection, [replace(OBSERVATION, note="later")], NOW)
    force("UPDATE observations SET note = 'changed' WHERE note = 'later'")
    found = continuation(database, head.hash)
    assert (found.continues, found.rows_since) == (True, 2)
    assert not continuation(database, head_of(database).hash).continues


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_absent_trigger_has_changed_nothing(full: Database) -> None:
    with full.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER observations_no_update")
    assert continuation(full, head_of(full).hash).continues


@pytest.mark.parametrize("row", [1, 2, 3])
def test_a_record_made_anew_as_a_whole_is_sound_and_yet_found_out(force: Force, row: int) -> None:
    """Whoever has the program can compute all hashes again; the head on paper is not theirs to change."""
    database = force()
    before = heads_of(database)
    force(f"UPDATE observations SET level = -2 WHERE id = {row}")
    force(*_made_anew(database))
    with database.read() as connection:
        assert verify_chain(connection) == ()
        first = _first_seal(connection, before, "observations", row)
    held = continuations(database, before)
    assert [one.continues for one in held] == [head.seal < first for head in before]
    with database.write() as connection:
        append_observations(connection, [replace(OBSERVATION, note="on top of it")], NOW)
    assert continuation(database, before[-1].short).head is None


def test_a_record_cut_short_is_sound_and_yet_found_out(force: Force) -> None:
    """Without its last rows and their seals it is as it was once; whoever has a later head knows better."""
    database = force()
    *_, before, last = heads_of(database)
    force("DELETE FROM zones", f"DELETE FROM seals WHERE id = {last.seal}")
    with database.read() as connection:
        assert verify_chain(connection) == ()
    kept, lost = continuations(database, (before, last))
    assert (kept.continues, kept.rows_since) == (True, 0)
    assert (lost.continues, lost.head) == (False, None)


def _made_anew(database: Database) -> list[str]:
    """Statements that give every row the hash its content has now, and every seal the end of its table then."""
    statements, hashes = [], {}
    with database.read() as connection:
        for table in (table for table in CHAINED if table is not seals):
            for row_id, digest in _rehashed(connection, table, {}):
                hashes[table.name, row_id] = digest
                statements.append(f"UPDATE {table.name} SET hash = '{digest}' WHERE id = {row_id}")
        ends = {
            row.id: hashes[row.table_name, row.last_id]
            for row in connection.execute(select(seals.c.id, seals.c.table_name, seals.c.last_id))
        }
        for row_id, digest in _rehashed(connection, seals, ends):
            statements.append(f"UPDATE seals SET head = '{ends[row_id]}', hash = '{digest}' WHERE id = {row_id}")
    return statements


def _rehashed(connection: Connection, table: Table, ends: dict[int, str]) -> Iterator[tuple[int, str]]:
    previous = START
    for row in connection.execute(select(table).order_by(table.c.id)):
        values = prepared(table, dict(row._mapping))
        if ends:
            values["head"] = ends[row.id]
        previous = row_digest(table, values, previous)
        yield row.id, previous


def test_the_head_of_another_desk_with_the_same_case_is_refused(full: Database, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}").mkdir()
    with install_toy(tmp_path / "1") as one, install_toy(tmp_path / "2") as other:
        assert head_of(one) == head_of(other)  # nothing tells them apart yet
        with other.write() as connection:
            append_zone(connection, NewZone("Asia/Tokyo", "lee", ""), NOW)
        assert continuation(other, head_of(one).short).continues
        assert not continuation(one, head_of(other).short).continues
        assert not continuation(full, head_of(one).short).continues
