"""Triggers that make every table append-only, in both dialects.

SQLite refuses UPDATE and DELETE, and an INSERT that meets an existing key: REPLACE would otherwise delete the old row
without firing the DELETE trigger, unless the connection happens to set recursive_triggers. PostgreSQL refuses UPDATE,
DELETE and TRUNCATE, also where session_replication_role would silence ordinary triggers.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Table, UniqueConstraint, text

from db.tables import CHAINED

_FUNCTION = "parley_append_only"
_FUNCTION_BODY = " BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP; END "


def install(connection: Connection) -> None:
    """Create every trigger anew inside the caller's transaction, replacing those that exist."""
    statements = _sqlite_statements if connection.dialect.name == "sqlite" else _postgresql_statements
    for statement in statements():
        connection.exec_driver_sql(statement)


def missing(connection: Connection) -> tuple[str, ...]:
    """Return the names of triggers that are absent, switched off or not as `install` makes them."""
    found = _sqlite_found(connection) if connection.dialect.name == "sqlite" else _postgresql_found(connection)
    expected = _expected_sqlite() if connection.dialect.name == "sqlite" else _expected_postgresql()
    return tuple(sorted(name for name, form in expected.items() if found.get(name) != form))


def _sqlite_statements() -> Iterator[str]:
    for name, statement in _expected_sqlite().items():
        yield f"DROP TRIGGER IF EXISTS {name}"
        yield statement


def _expected_sqlite() -> dict[str, str]:
    return {name: form for table in CHAINED for name, form in _sqlite_triggers(table)}


def _sqlite_triggers(table: Table) -> Iterator[tuple[str, str]]:
    for operation in ("UPDATE", "DELETE"):
        name = f"{table.name}_no_{operation.lower()}"
        refusal = f"SELECT RAISE(ABORT, '{table.name} is append-only: {operation} refused')"
        yield name, f"CREATE TRIGGER {name} BEFORE {operation} ON {table.name} BEGIN {refusal}; END"
    name = f"{table.name}_no_replace"
    clauses = " ".join(_refuse_existing(table, columns, where) for columns, where in _keys(table))
    yield name, f"CREATE TRIGGER {name} BEFORE INSERT ON {table.name} BEGIN {clauses} END"


def _refuse_existing(table: Table, columns: tuple[str, ...], where: str) -> str:
    same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
    within = f" AND {where}" if where else ""
    new_within = f"NEW.{where} AND " if where else ""
    return (
        f"SELECT RAISE(ABORT, '{table.name} is append-only: a row with this {', '.join(columns)} exists') "
        f"WHERE {new_within}EXISTS (SELECT 1 FROM {table.name} WHERE {same}{within});"
    )


def _keys(table: Table) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the columns of each unique key, with the condition (one column's) under which it is unique."""
    yield ("id",), ""
    uniques = [item for item in table.constraints if isinstance(item, UniqueConstraint)]
    for names in sorted(tuple(column.name for column in unique.columns) for unique in uniques):
        yield names, ""
    for index in sorted((index for index in table.indexes if index.unique), key=lambda index: str(index.name)):
        where = index.dialect_options["sqlite"]["where"]
        yield tuple(column.name for column in index.columns), str(where)


def _sqlite_found(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {row.name: row.sql for row in rows}


def _postgresql_statements() -> Iterator[str]:
    yield (
        f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$body${_FUNCTION_BODY.replace('%', '%%')}$body$"
    )
    for name in _expected_postgresql():
        table = name.removesuffix("_append_only")
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
        yield (
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()"
        )
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"


_ALWAYS = "A"
_BEFORE_UPDATE_DELETE_TRUNCATE = 2 + 8 + 16 + 32  # bits of pg_trigger.tgtype


def _expected_postgresql() -> dict[str, tuple[str, int, str]]:
    form = (_ALWAYS, _BEFORE_UPDATE_DELETE_TRUNCATE, _FUNCTION_BODY)
    return {f"{table.name}_append_only": form for table in CHAINED}


def _postgresql_found(connection: Connection) -> dict[str, tuple[str, int, str]]:
    query = text(
        "SELECT t.tgname, t.tgenabled::text, t.tgtype::int, p.prosrc FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE n.nspname = current_schema() AND NOT t.tgisinternal"
    )
    return {name: (enabled, kind, body) for name, enabled, kind, body in connection.execute(query)}
