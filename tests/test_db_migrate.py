"""Making and migrating databases."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from conftest import NOW, REPORT, RUN
from sqlalchemy import MetaData, Table, create_engine, inspect

from db import migrate, tables, triggers
from db.append import append_report, append_run
from db.chain import verify_chain
from db.engine import Database, make_engine, open_database, parse_address
from db.errors import DatabaseMissing, StoreError
from db.migrate import create_database, upgrade


def test_the_schema_version_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == tables.SCHEMA_VERSION


def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_the_migrations_make_the_rules_of_the_code(sqlite_template: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'direct.db'}")
    tables.metadata.create_all(engine)
    engine.dispose()
    assert schema(tmp_path / "direct.db") == schema(sqlite_template)


def schema(path: Path) -> dict[str, list[str]]:
    """The lines of every table and index; the order of columns and constraints is no part of what they mean."""
    client = sqlite3.connect(path)
    rows = client.execute("SELECT name, sql FROM sqlite_master WHERE type <> 'trigger' AND name NOT LIKE '%alembic%'")
    lines = {name: _as_made(name, sql or "").splitlines() for name, sql in rows}
    found = {name: sorted(line.strip(" \t,") for line in those) for name, those in lines.items()}
    client.close()
    return found


def _as_made(name: str, sql: str) -> str:
    """SQLite puts an added column on the line of the last one, and the name of a table that was renamed in quotes."""
    sql = sql.replace(f'"{name}"', name)
    for added in (
        "analyst",
        "positions",
        "bears_on",
        "folder_hash",
        "added_on",
        "retired_on",
        "reason",
        "priors",
        "stories",
    ):
        sql = sql.replace(f", {added}", f",\n{added}")
    return sql


def test_upgrade_makes_everything_and_again_changes_nothing(empty_url: str) -> None:
    upgrade(empty_url)
    first = names(empty_url)
    upgrade(empty_url)
    assert names(empty_url) == first >= {table.name for table in tables.CHAINED}
    with open_database(empty_url) as database, database.read() as connection:
        assert triggers.missing(connection) == ()


def names(url: str) -> set[str]:
    engine = make_engine(parse_address(url))
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def test_open_with_create_makes_the_database(empty_url: str) -> None:
    with create_database(empty_url) as database, database.read() as connection:
        assert triggers.missing(connection) == ()


def test_a_failure_leaves_nothing_half_made(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(migrate, "_renew_triggers", fail)
    with pytest.raises(StoreError, match=r"^the disk is full$"):
        upgrade(empty_url)
    if empty_url.startswith("sqlite"):
        path = Path(empty_url.removeprefix("sqlite:///"))
        assert list(path.parent.iterdir()) == []
    else:
        assert names(empty_url) == set()


def test_tables_of_another_program_are_left_alone(empty_url: str) -> None:
    engine = make_engine(parse_address(empty_url), create=True)
    metadata = MetaData()
    Table("events", metadata, tables.events.c.note._copy())
    metadata.create_all(engine)
    engine.dispose()
    with pytest.raises(StoreError, match=r'(table|relation) "?events"? already exists'):
        upgrade(empty_url)
    assert names(empty_url) == {"events"}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    message = f"^folder {tmp_path / 'no'} does not exist; make it, or name another in PARLEY_DATABASE_URL$"
    with pytest.raises(DatabaseMissing, match=message):
        upgrade(f"sqlite:///{tmp_path / 'no' / 'parley.db'}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_row_that_refers_to_nothing_is_found(database_url: str) -> None:
    client = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    client.execute("INSERT INTO deadlines VALUES (1, 7, '2020-01-01', 'x', '2020-01-01 00:00:00', 'h')")
    client.commit()
    client.close()
    with pytest.raises(StoreError, match=r"^deadlines: row 1 refers to a missing row of cases; restore a backup$"):
        upgrade(database_url)


def test_briefs_on_file_outlive_the_change_of_what_a_brief_may_be(small: Database, database_url: str) -> None:
    """Their rows, hashes and triggers are as before, and what was refused then is stored."""
    with small.write() as connection:
        append_report(connection, replace(REPORT, run_id=append_run(connection, RUN, NOW)), NOW)
    with small.engine.begin() as connection:
        before = connection.exec_driver_sql("SELECT * FROM reports").all()
        for later in ("scenario_answers", "scenarios", "explanations"):
            connection.exec_driver_sql(f"DROP TABLE {later}")
        connection.exec_driver_sql("ALTER TABLE cases DROP COLUMN stories")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0010'")
    upgrade(database_url)
    with small.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM reports").all() == before != []
        assert verify_chain(connection) == ()
        assert triggers.missing(connection) == ()
