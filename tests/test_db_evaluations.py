"""Evaluations: stored, chained and read like the rest, and an older database gains their table without a loss."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from math import inf, nan
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from conftest import (
    ATTESTATION,
    DOCUMENT,
    EFFECT,
    EVALUATION,
    EVENT,
    JUDGEMENT,
    NOW,
    OBSERVATION,
    RUN,
    SCENARIO,
    STATE,
    TARGET,
)
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from db import migrate, tables, triggers
from db.append import (
    append_case,
    append_completeness,
    append_documents,
    append_evaluation,
    append_forecasts,
    append_judgements,
    append_observations,
    append_run,
    append_run_status,
)
from db.chain import START, Finding, head, last_link, prepared, row_digest, verify_chain
from db.engine import Database, make_engine, open_database, parse_address, shown
from db.errors import DatabaseTooOld, StoreError
from db.migrate import create_database, upgrade
from db.posteriors import orphans, path_of, store_file
from db.read_evaluations import read_evaluations
from db.read_runs import read_posterior_hashes
from db.rows import NewCase
from db.run_rows import NewEvaluation
from db.tables import CHAINED, alerts, attempts, deliveries, evaluations, reports, zones

Force = Callable[..., Database]

FIRST = tuple(table for table in CHAINED if table not in (evaluations, attempts, alerts, deliveries, reports, zones))
"""The tables of schema 0001."""
LATER = (("runs", "positions"), ("indicators", "bears_on"))
"""Columns added to them since, which hold nothing in rows of then."""


def test_an_evaluation_comes_back_as_it_went_in(small: Database) -> None:
    result = {"scores": {"dry": [0.1 + 0.2, 1e-300, -0.0, None]}, "enough": False, "n": 107, "said": "é \u0000 🙂"}
    given = replace(EVALUATION, result=result, file_hash="f" * 64)
    with small.write() as connection:
        id_ = append_evaluation(connection, given, NOW)
    with small.read() as connection:
        (found,) = read_evaluations(connection, "small")
        assert verify_chain(connection) == ()
    assert asdict(found) == {**asdict(given), "id": id_, "recorded_at": NOW}


def test_what_json_has_no_form_for_comes_back_in_the_one_it_has(small: Database) -> None:
    with small.write() as connection:
        append_evaluation(connection, replace(EVALUATION, settings={"horizons": (30, 90)}, result={30: 0.1}), NOW)
    with small.read() as connection:
        (found,) = read_evaluations(connection, "small")
        assert verify_chain(connection) == ()
    assert (found.settings, found.result) == ({"horizons": [30, 90]}, {"30": 0.1})


def test_the_latest_recorded_comes_first_whatever_its_date(small: Database, small_case: NewCase) -> None:
    kinds, days = ("backtest", "check", "check", "backtest"), (3, 2, 1, 4)
    with small.write() as connection:
        append_case(connection, replace(small_case, case_id="other"), NOW)
        for kind, day in zip(kinds, days, strict=True):
            append_evaluation(connection, replace(EVALUATION, kind=kind, as_of=date(2016, 1, day)), NOW)
        append_evaluation(connection, replace(EVALUATION, case_id="other"), NOW)
    with small.read() as connection:
        assert [row.id for row in read_evaluations(connection, "small")] == [4, 3, 2, 1]
        assert [row.id for row in read_evaluations(connection, "small", kind="check")] == [3, 2]
        assert [row.id for row in read_evaluations(connection, "small", kind="backtest", limit=1)] == [4]
        assert [row.id for row in read_evaluations(connection, "other")] == [5]
        assert read_evaluations(connection, "absent") == ()


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        (replace(EVALUATION, kind="score"), "kind must be one of backtest, check; nothing was stored$"),
        (replace(EVALUATION, case_id="x"), "no case 'x' in the database; run `parley init --case FOLDER`$"),
        (replace(EVALUATION, result={"auc": [0.5, nan]}), "result is .*not JSON compliant"),
        (replace(EVALUATION, settings={"bound": inf}), "settings is .*not JSON compliant"),
        (replace(EVALUATION, result={"origin": NOW}), "result is .*not JSON serializable"),
    ],
)
def test_evaluations_that_are_refused(full: Database, evaluation: NewEvaluation, message: str) -> None:
    with pytest.raises(StoreError, match=f"^evaluations: {message}"), full.write() as connection:
        append_evaluation(connection, evaluation, NOW)
    with full.read() as connection:
        assert len(read_evaluations(connection, "small")) == 1


@pytest.mark.parametrize("change", ["model_version = 'b'", """result = '{"brier": 0.1, "n": null}'"""])
def test_a_result_improved_later_is_found(force: Force, change: str) -> None:
    database = force(f"UPDATE evaluations SET {change}")
    with database.read() as connection:
        (found,) = [finding for finding in verify_chain(connection) if "content" in finding.what]
    assert (found.table, found.row_id) == ("evaluations", 1)


def test_a_bad_result_that_is_gone_is_found(force: Force) -> None:
    with force("DELETE FROM evaluations").read() as connection:
        assert verify_chain(connection) == (Finding("evaluations", 1, "missing or replaced since it was sealed"),)


def test_the_file_of_an_evaluation_is_no_orphan(small: Database, tmp_path: Path) -> None:
    of_run, of_backtest, of_nothing = (store_file(tmp_path, writing(name)) for name in ("run", "backtest", "none"))
    with small.write() as connection:
        append_run(connection, replace(RUN, posterior_hash=of_run), NOW)
        append_evaluation(connection, replace(EVALUATION, file_hash=of_backtest), NOW)
        append_evaluation(connection, EVALUATION, NOW)
    with small.read() as connection:
        known = read_posterior_hashes(connection)
    assert known == {of_run, of_backtest}
    assert orphans(tmp_path, known) == (path_of(tmp_path, of_nothing),)


def writing(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text)

    return write


@pytest.fixture
def old(empty_url: str, small_case: NewCase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of schema 0001, with its triggers and at least one row in every table."""
    address = parse_address(empty_url)
    database = Database(shown(address), Path(), make_engine(address, create=True))
    with database.write() as connection:
        migrate_to(connection, "0001")
        with monkeypatch.context() as patch:
            patch.setattr(triggers, "CHAINED", FIRST)
            triggers.install(connection)
        for table, column in LATER:  # the program names them when it adds a row; a null is no part of the hash
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column} JSON"))
        fill(connection, small_case)
        for table, column in LATER:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
    with database:
        yield database


def migrate_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def fill(connection: Connection, case: NewCase) -> None:
    append_case(connection, case, NOW)
    append_documents(connection, [DOCUMENT], NOW)
    append_judgements(connection, [JUDGEMENT], NOW)
    append_observations(connection, [replace(OBSERVATION, level=level) for level in (-1.0, 0.0, 1.0)], NOW)
    insert_first_event(connection)
    append_completeness(connection, [ATTESTATION], NOW)
    run_id = append_run(connection, RUN, NOW)
    append_run_status(connection, run_id, "published", {"divergences": 0}, NOW)
    append_forecasts(connection, run_id, [TARGET], [SCENARIO], [STATE], [EFFECT], NOW)


def insert_first_event(connection: Connection) -> None:
    """Events had no analyst then, which the program now names when it adds one; a null is no part of the hash."""
    event = prepared(tables.events, {**asdict(EVENT), "id": 1, "recorded_at": NOW})
    event["hash"] = row_digest(tables.events, event, START)
    del event["analyst"]
    last_id, last_hash = last_link(connection, tables.seals)
    sealed = {"id": last_id + 1, "table_name": "events", "last_id": 1, "head": event["hash"], "recorded_at": NOW}
    seal = prepared(tables.seals, sealed)
    seal["hash"] = row_digest(tables.seals, seal, last_hash)
    connection.execute(insert(tables.events), [event])
    connection.execute(insert(tables.seals), [seal])


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every value of the tables of schema 0001 but for nulls, which is all that an added column may hold."""
    with database.read() as connection:
        return {
            table.name: [
                tuple(value for value in row if value is not None)
                for row in connection.execute(text(f"SELECT * FROM {table.name} ORDER BY id"))
            ]
            for table in FIRST
        }


def test_a_database_without_evaluations_says_what_to_run(old: Database, empty_url: str) -> None:
    assert all(contents(old).values())
    with pytest.raises(DatabaseTooOld, match=r"has schema 0001; this version needs 0007: run `parley init`$"):
        open_database(empty_url)


def test_an_upgrade_keeps_every_row_hash_and_trigger(old: Database, empty_url: str) -> None:
    before = contents(old)
    with create_database(empty_url) as database:
        assert contents(database) == before
        with database.read() as connection:
            assert verify_chain(connection) == ()
            assert triggers.missing(connection) == ()
            assert head(connection) == before["seals"][-1][-1]
        with database.write() as connection:
            append_evaluation(connection, EVALUATION, NOW + timedelta(days=1))
            append_observations(connection, [replace(OBSERVATION, note="after")], NOW + timedelta(days=1))
        with database.read() as connection:
            assert verify_chain(connection) == ()


def test_the_table_an_upgrade_adds_is_append_only(old: Database, empty_url: str) -> None:
    with create_database(empty_url) as database:
        with database.write() as connection:
            append_evaluation(connection, EVALUATION, NOW)
        for statement in ("UPDATE evaluations SET kind = 'check'", "DELETE FROM evaluations"):
            refusal = f"evaluations is append-only: {statement.split()[0]} refused"
            with pytest.raises(DBAPIError, match=refusal), database.write() as connection:
                connection.exec_driver_sql(statement)


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    old: Database, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    before = contents(old)
    monkeypatch.setattr(migrate, "_renew_triggers", fail)
    with pytest.raises(StoreError, match=r"^the disk is full$"):
        upgrade(empty_url)
    assert contents(old) == before
    assert not inspect(old.engine).has_table("evaluations")
    with pytest.raises(DatabaseTooOld, match=r"has schema 0001;"):
        open_database(empty_url)
