"""An entry and its answer in one transaction: nothing that goes wrong with the answer costs the entry."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import PUBLISHED_AS_OF
from published_worlds import copy_published
from sqlalchemy import event, func, select

from db import tables
from db.chain import verify_chain
from db.engine import Database
from db.errors import StoreError
from db.read_runs import read_run
from forecast.desk import session
from forecast.desk.actions import Desk, Receipt, add_event, log, revise
from forecast.desk.documents import add_document
from forecast.desk.receipt import receipt_json
from forecast.engine import provisional
from forecast.engine.answers import append_provisional
from forecast.errors import NoPosterior

TODAY = PUBLISHED_AS_OF + timedelta(30)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def published(database: Database, published_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr("forecast.engine.provisional.TAUGHT_DRAWS", 200)
    monkeypatch.chdir(tmp_path)
    copy_published(published_folder, database)
    return database


@pytest.fixture
def desk(published: Database) -> Desk:
    """One at which an entry has been answered."""
    desk = Desk(published, "kim", day=lambda: TODAY)
    assert code(desk).run is not None
    return desk


def code(desk: Desk, level: float = 1, **others: Any) -> Receipt:
    return log(desk, "press_tone", level, on=TODAY, source="Leader", grade="B2", note=f"{level} {others}", **others)


def numbers(desk: Desk) -> tuple[int, int, int]:
    """(observations, runs, statuses of runs)."""
    with desk.database.read() as connection:
        found = [
            connection.execute(select(func.count()).select_from(table)).scalar() or 0
            for table in (tables.observations, tables.runs, tables.run_statuses)
        ]
    return found[0], found[1], found[2]


@pytest.fixture
def commits(desk: Desk) -> Iterator[list[str]]:
    """What was written and committed: a line for each transaction that inserted rows."""
    seen: list[str] = []
    wrote: set[int] = set()

    def statement(connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.startswith("INSERT"):
            wrote.add(id(connection.connection.dbapi_connection))

    def commit(connection: Any) -> None:
        key = id(connection.connection.dbapi_connection)
        if key in wrote:
            wrote.discard(key)
            seen.append("commit")

    event.listen(desk.database.engine, "before_cursor_execute", statement)
    event.listen(desk.database.engine, "commit", commit)
    yield seen
    event.remove(desk.database.engine, "before_cursor_execute", statement)
    event.remove(desk.database.engine, "commit", commit)


def test_a_warm_desk_commits_an_entry_and_its_run_at_once(desk: Desk, commits: list[str]) -> None:
    before = numbers(desk)
    receipt = code(desk, 2)
    assert receipt.run is not None
    assert len(commits) == 1
    assert numbers(desk) == (before[0] + 1, before[1] + 1, before[2] + 1)
    with desk.database.read() as connection:
        run = read_run(connection, receipt.run)
        assert run.positions is not None
        assert run.positions["observations"] == receipt.rows[0]
        assert run.detail["cause"] == f"logged observations row {receipt.rows[0]}"
        assert verify_chain(connection) == ()


def test_what_takes_long_is_answered_after_the_entry(desk: Desk, commits: list[str]) -> None:
    """So that other desks need not wait for it: a correction, an event, and the first entry at a desk."""
    (row,) = code(desk, 2).rows
    commits.clear()
    assert revise(desk, row, level=0).run is not None
    assert len(commits) == 2
    commits.clear()
    assert add_event(desk, "contact", on=TODAY, source="AP").run is not None
    assert len(commits) == 2


@on_sqlite
@pytest.mark.parametrize("error", [NoPosterior, StoreError])
def test_an_entry_stays_where_the_answer_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise error("no matchday")

    before = numbers(desk)
    monkeypatch.setattr(provisional, "shift", fail)
    receipt = code(desk, 2)
    assert (receipt.stored, receipt.run, receipt.remark) == (True, None, "no matchday")
    assert numbers(desk) == (before[0] + 1, before[1], before[2])


@pytest.mark.parametrize("broken", ["refused", "damaged"])
def test_an_entry_stays_where_its_run_cannot_be_stored_and_nothing_of_the_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Refused by this program, or by the database half-way."""

    def fail(connection: Any, *others: Any) -> int:
        append_provisional(connection, *others)
        if broken == "refused":
            raise StoreError("the run was refused")
        connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)")
        return 0

    before = numbers(desk)
    monkeypatch.setattr(session, "append_provisional", fail)
    receipt = code(desk, 2)
    assert (receipt.stored, receipt.run, receipt.forecast) == (True, None, None)
    assert "the run was refused" in receipt.remark or "no_such_table" in receipt.remark
    assert numbers(desk) == (before[0] + 1, before[1], before[2])
    monkeypatch.undo()
    assert code(desk, -2).run is not None
    with desk.database.read() as connection:
        assert verify_chain(connection) == ()


@pytest.mark.parametrize("at", ["learns", "shift", "append_provisional"])
def test_an_interrupted_answer_leaves_the_entry_and_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before, told = numbers(desk), desk.stored
    monkeypatch.setattr(session if at == "append_provisional" else provisional, at, interrupted)
    with pytest.raises(KeyboardInterrupt):
        code(desk, 2)
    assert desk.stored is not None
    assert desk.stored is not told
    assert numbers(desk) == (before[0] + 1, before[1], before[2])
    with desk.database.read() as connection:
        assert connection.execute(select(func.max(tables.observations.c.id))).scalar() == desk.stored.rows[0]


@on_sqlite
def test_a_warm_desk_and_a_fresh_one_give_the_same_answer(desk: Desk) -> None:
    """Also where the warm one holds more draws, for an event that was tried out."""
    fresh = Desk(desk.database, "kim", day=desk.day)
    assert add_event(desk, "contact", on=TODAY, source="AP", dry_run=True).forecast is not None
    assert answered(desk) == answered(fresh)


def answered(desk: Desk) -> object:
    found = receipt_json(code(desk, -1, dry_run=True))
    assert found["forecast"] is not None
    return found


def test_a_dry_run_reads_nothing_twice_and_tells_what_another_desk_has_entered(desk: Desk, reads: list[str]) -> None:
    assert code(desk, -2, dry_run=True).remark == ""
    assert len(reads) == 2, "one look before the lock, one under it"
    other = Desk(desk.database, "ana", day=desk.day)
    add_document(other, "Bread first", author="F. Tarlenheim", published_on=TODAY - timedelta(1))
    assert "documents" in code(desk, -2, dry_run=True).remark
    assert code(other, -2, dry_run=True).forecast == code(desk, -2, dry_run=True).forecast


@pytest.fixture
def reads(desk: Desk) -> Iterator[list[str]]:
    """A line for each transaction that is begun."""
    seen: list[str] = []

    def begin(_: Any) -> None:
        seen.append("begin")

    event.listen(desk.database.engine, "begin", begin)
    yield seen
    event.remove(desk.database.engine, "begin", begin)


def test_a_dry_run_leaves_no_trace_in_what_is_kept(desk: Desk) -> None:
    known = desk.kept
    assert code(desk, -2, dry_run=True).forecast is not None
    assert desk.kept is known
    assert code(desk, -2).run is not None
