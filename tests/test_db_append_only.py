"""No row changes or goes away, whichever SQL is tried."""

import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db import triggers
from db.chain import verify_chain
from db.engine import Database
from db.migrate import upgrade
from db.tables import CHAINED

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table.name} ORDER BY id"))]
            for table in CHAINED
        }


def refuse(database: Database, statement: str, message: str) -> None:
    with pytest.raises(DBAPIError, match=message), database.write() as connection:
        connection.exec_driver_sql(statement)


def test_update_delete_and_upsert_are_refused_on_every_table(full: Database) -> None:
    before = contents(full)
    for table in (table.name for table in CHAINED):
        assert before[table]
        same = f"INSERT INTO {table} SELECT * FROM {table} WHERE id = 1"
        refuse(full, f"UPDATE {table} SET hash = 'x'", f"{table} is append-only: UPDATE refused")
        refuse(full, f"DELETE FROM {table} WHERE id = 1", f"{table} is append-only: DELETE refused")
        refuse(full, f"{same} ON CONFLICT (id) DO UPDATE SET hash = 'x'", f"{table} is append-only")
    assert contents(full) == before


@on_postgresql
def test_truncate_is_refused_on_every_table(full: Database) -> None:
    for table in (table.name for table in CHAINED):
        refuse(full, f"TRUNCATE {table} CASCADE", "is append-only: TRUNCATE refused")


@on_sqlite
def test_replace_is_refused_even_to_a_client_without_our_settings(full: Database) -> None:
    before = contents(full)
    for table in (table.name for table in CHAINED):
        for verb in ("INSERT OR REPLACE", "REPLACE"):
            replace_as_stranger(full, f"{verb} INTO {table} SELECT * FROM {table} WHERE id = 1", "id")
    assert contents(full) == before


@on_sqlite
@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("observations", "row_key"),
        ("events", "case_id, event_id"),
        ("indicators", "case_row_id, indicator_id"),
        ("target_forecasts", "run_id, target, horizon_days"),
        ("effects", "run_id, target, indicator_id, source"),
        ("seals", "table_name, last_id"),
    ],
)
def test_replace_by_a_key_other_than_the_id_is_refused(full: Database, table: str, key: str) -> None:
    before = contents(full)
    client = sqlite3.connect(full.url)
    columns = [row[1] for row in client.execute(f"PRAGMA table_info({table})")]
    client.close()
    copied = ", ".join("99" if column == "id" else column for column in columns)
    replace_as_stranger(full, f"REPLACE INTO {table} SELECT {copied} FROM {table} WHERE id = 1", key)
    assert contents(full) == before


def replace_as_stranger(database: Database, statement: str, key: str) -> None:
    client = sqlite3.connect(database.url)
    with pytest.raises(sqlite3.IntegrityError, match=f"is append-only: a row with this {key} exists"):
        client.execute(statement)
    client.close()


@on_postgresql
def test_silencing_ordinary_triggers_does_not_help(full: Database) -> None:
    silent = "SET LOCAL session_replication_role = replica; DELETE FROM events"
    refuse(full, silent, "events is append-only: DELETE refused")


@on_sqlite
def test_a_batch_migration_loses_triggers_and_upgrade_brings_them_back(full: Database) -> None:
    rebuild_in_batch(full, "deadlines")
    with full.read() as connection:
        assert triggers.missing(connection) == ("deadlines_no_delete", "deadlines_no_replace", "deadlines_no_update")
        whats = {finding.what for finding in verify_chain(connection)}
    assert whats == {"trigger absent or altered; run `parley init`"}
    upgrade(f"sqlite:///{full.url}")
    with full.read() as connection:
        assert triggers.missing(connection) == ()
        assert verify_chain(connection) == ()
    refuse(full, "DELETE FROM deadlines", "deadlines is append-only: DELETE refused")


def rebuild_in_batch(database: Database, table: str) -> None:
    """Rebuild a table as a batch migration that adds an index would."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with database.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table(table, recreate="always") as batch:
                batch.create_index("ix_throw_away", ["meaning"])


GUTTING = {
    "sqlite": (
        "DROP TRIGGER events_no_delete",
        "CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT 1; END",
    ),
    "postgresql": ("ALTER TABLE events DISABLE TRIGGER events_append_only",),
}


def test_a_trigger_that_does_nothing_is_noticed_and_repaired(full: Database, database_url: str) -> None:
    with full.engine.begin() as connection:
        for statement in GUTTING[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    with full.read() as connection:
        (name,) = triggers.missing(connection)
    assert name in ("events_no_delete", "events_append_only")
    upgrade(database_url)
    with full.read() as connection:
        assert triggers.missing(connection) == ()
