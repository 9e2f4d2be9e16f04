"""Many desks at one database at once: every entry is there once, and no one is told of a lock."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from conftest import PUBLISHED_AS_OF
from published_worlds import copy_published
from sizes import slow, soak
from sqlalchemy import Connection, Select, func, select
from toy_case import write_toy_case
from toy_runs import LOADED, install_toy

from db import tables
from db.chain import verify_chain
from db.engine import Database, open_database
from db.errors import StoreError
from db.read_runs import read_run
from db.when import When
from forecast.cache import use_compile_cache
from forecast.engine.assemble import inputs_hash, read_problem
from forecast.run_facts import read_when
from indicators.folder import read_case_folder
from indicators.install import install_case

TODAY = PUBLISHED_AS_OF + timedelta(10)
PATIENCE_S = 500.0

spawned = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Told:
    """What a desk was told of one entry."""

    note: str
    row: int
    run: int | None
    remark: str
    error: str = ""


def sit(url: str, analyst: str, number: int, doors: Barrier, answers: "Queue[list[Told]]") -> None:
    """Log entries as fast as they are answered, once everyone is there; a process of its own."""
    use_compile_cache()
    from forecast.desk.actions import Desk, log

    told: list[Told] = []
    with open_database(url) as database:
        desk = Desk(database, analyst, day=lambda: TODAY)
        doors.wait(PATIENCE_S)
        for k in range(number):
            note = f"{analyst}, entry {k}"
            day = TODAY - timedelta(k % 7)
            try:
                receipt = log(desk, "press_tone", k % 5 - 2, on=day, source="Leader", grade="B2", note=note)
                told.append(Told(note, receipt.rows[0], receipt.run, receipt.remark))
            except StoreError as error:
                told.append(Told(note, 0, None, "", str(error)))
    answers.put(told)


type Sit = Callable[[str, str, int, Barrier, "Queue[list[Told]]"], None]


def seat(url: str, desks: int, entries: int, what: Sit = sit) -> list[Told]:
    """What so many desks are told, each of so many entries of its own."""
    doors, answers = spawned.Barrier(desks), spawned.Queue()
    people = [
        spawned.Process(target=what, args=(url, f"analyst {k}", entries, doors, answers), daemon=True)
        for k in range(desks)
    ]
    for person in people:
        person.start()
    told = [each for _ in people for each in answers.get(timeout=PATIENCE_S)]
    for person in people:
        person.join()
    assert [person.exitcode for person in people] == [0] * desks
    return told


def check_entries(database: Database, told: Sequence[Told], number: int) -> None:
    """Every entry is there once, under the number its desk was told."""
    assert [each.error for each in told if each.error] == []
    columns = tables.observations.c
    with database.read() as connection:
        rows = connection.execute(select(columns.id, columns.note).where(columns.note != ""))
        assert sorted((row.id, row.note) for row in rows) == sorted((each.row, each.note) for each in told)
        assert verify_chain(connection) == ()
    assert len({each.note for each in told}) == number


@pytest.fixture
def toy_database(database: Database, tmp_path: Path) -> Database:
    """The toy case on SQLite or PostgreSQL."""
    install_case(database, read_case_folder(write_toy_case(tmp_path / "toy")), LOADED)
    return database


def test_four_desks_at_one_file(tmp_path: Path) -> None:
    with install_toy(tmp_path) as database:
        check_entries(database, seat(f"sqlite:///{tmp_path / 'parley.db'}", 4, 5), 20)


@pytest.mark.parametrize(
    ("database_url", "desks", "entries"),
    [slow("postgresql", 8, 15), soak("desk", "postgresql", 20, 25), soak("desk", "sqlite", 20, 25)],
    indirect=["database_url"],
)
def test_many_desks_at_one_database(toy_database: Database, database_url: str, desks: int, entries: int) -> None:
    check_entries(toy_database, seat(database_url, desks, entries), desks * entries)


@pytest.fixture
def published(published_copy: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as database:
        yield database


@pytest.mark.parametrize(("desks", "entries"), [slow(8, 10), soak("desk", 20, 25)])
def test_many_desks_each_with_a_forecast_after_every_entry(published: Database, desks: int, entries: int) -> None:
    told = seat(f"sqlite:///{published.url}", desks, entries)
    check_entries(published, told, desks * entries)
    assert {each.remark for each in told} == {""}
    check_runs(published, told)
    for each in told[:: len(told) // 10]:
        replay(published, each)


def check_runs(database: Database, told: Sequence[Told]) -> None:
    """Every entry has a provisional run of its own, made from what had been recorded by the entry's instant."""
    assert len({each.run for each in told}) == len(told)
    runs, rows = tables.runs.c, tables.observations.c
    with database.read() as connection:
        query = select(func.count()).select_from(tables.runs).where(runs.kind == "provisional")
        assert connection.execute(query).scalar() == len(told)
        read_up_to = _pairs(connection, select(runs.id, runs.as_recorded))
        recorded = _pairs(connection, select(rows.id, rows.recorded_at))
    assert [read_up_to[each.run] for each in told if each.run] == [recorded[each.row] for each in told]


def _pairs(connection: Connection, query: Select[int, datetime | None]) -> dict[int, datetime | None]:
    return dict(iter(connection.execute(query)))


def replay(database: Database, each: Told) -> None:
    """What had been recorded by then gives the inputs the run names."""
    assert each.run is not None
    with database.read() as connection:
        run = read_run(connection, each.run)
        assert run.as_recorded is not None
        _, _, problem = read_problem(
            connection, When(as_of=run.as_of, as_recorded=run.as_recorded), case_id=run.case_id
        )
    assert inputs_hash(problem) == run.inputs_hash


def correct(url: str, analyst: str, number: int, doors: Barrier, answers: "Queue[list[Told]]") -> None:
    """Log, revise and retract by turns, each of it as soon as what was before is answered; a process of its own."""
    use_compile_cache()
    from forecast.desk.actions import Desk, log, retract, revise

    told: list[Told] = []
    with open_database(url) as database:
        desk = Desk(database, analyst, day=lambda: TODAY)
        doors.wait(PATIENCE_S)
        for k in range(number):
            note, indicator = f"{analyst}, entry {k}", ("press_tone", "harvest")[k % 2]
            receipt = log(desk, indicator, k % 5 - 2, on=TODAY, source="Leader", grade="B2", note=note, origin=f"{k}")
            told.append(Told(note, receipt.rows[0], receipt.run, receipt.remark))
            if k % 4 == 1:
                receipt = revise(desk, receipt.rows[0], level=0.5)
            elif k % 4 == 3:
                receipt = retract(desk, receipt.rows[0], "misread")
            told.append(Told(note, receipt.rows[0], receipt.run, receipt.remark))
    answers.put(told)


@pytest.mark.parametrize(("desks", "entries"), [slow(2, 6), soak("desk", 20, 12)])
def test_no_desk_answers_from_stale_evidence(
    database: Database,
    database_url: str,
    published_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    desks: int,
    entries: int,
) -> None:
    """Each answer is made of all rows up to its own entry, whoever entered them, and of none after it."""
    monkeypatch.chdir(tmp_path)
    copy_published(published_folder, database)
    told = set(seat(database_url, desks, entries, correct))
    assert {each.remark for each in told} == {""}
    with database.read() as connection:
        assert verify_chain(connection) == ()
        for each in told:
            assert each.run is not None
            run = read_run(connection, each.run)
            assert run.positions is not None
            assert run.positions["observations"] == each.row
            _, _, problem = read_problem(connection, read_when(run), case_id=run.case_id)
            assert inputs_hash(problem) == run.inputs_hash
