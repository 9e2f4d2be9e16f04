"""Whoever forces a change past the triggers is found out."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import EVENT, NOW, OBSERVATION
from sqlalchemy import select

from db.append import append_events, append_observations
from db.chain import Finding, content, head, prepared, require_unbroken, row_digest, verify_chain
from db.engine import Database
from db.errors import BrokenChain
from db.tables import observations

Force = Callable[..., Database]


def findings(database: Database) -> list[Finding]:
    with database.read() as connection:
        return list(verify_chain(connection))


def test_what_the_program_wrote_is_sound(full: Database) -> None:
    assert findings(full) == []
    with full.read() as connection:
        require_unbroken(connection)


@pytest.mark.parametrize(
    "change",
    ["note = 'x'", "level = 2", "known_on = '2015-01-03'", "analyst = 'you'", "recorded_at = '2020-06-01 12:00:01+00'"],
)
def test_a_changed_row_is_found(force: Force, change: str) -> None:
    database = force(f"UPDATE observations SET {change} WHERE id = 2")
    (found,) = [finding for finding in findings(database) if "content" in finding.what]
    assert (found.table, found.row_id) == ("observations", 2)


def test_a_deleted_row_is_found_in_the_middle_and_at_the_end(force: Force) -> None:
    database = force("DELETE FROM observations WHERE id = 2")
    assert Finding("observations", 2, "missing: the next row is 3") in findings(database)


def test_losing_the_last_rows_is_found(force: Force) -> None:
    database = force("DELETE FROM observations WHERE id = 3")
    assert findings(database) == [Finding("observations", 3, "missing or replaced since it was sealed")]


def test_losing_the_last_rows_and_their_seal_is_found(force: Force) -> None:
    database = force("DELETE FROM observations WHERE id > 1", "DELETE FROM seals WHERE table_name = 'observations'")
    assert {finding.table for finding in findings(database)} == {"observations", "seals"}


def test_reordered_rows_are_found(force: Force) -> None:
    database = force(
        "UPDATE observations SET id = 99 WHERE id = 1",
        "UPDATE observations SET id = 1 WHERE id = 2",
        "UPDATE observations SET id = 2 WHERE id = 99",
    )
    assert [(finding.table, finding.row_id) for finding in findings(database)][:2] == [
        ("observations", 1),
        ("observations", 2),
    ]


def test_a_row_added_with_a_right_hash_but_past_the_program_is_found(full: Database) -> None:
    with full.write() as connection:
        last = connection.execute(select(observations).where(observations.c.id == 3)).one()
        values = prepared(observations, {**last._mapping, "id": 4, "row_key": "f" * 64})
        digest = row_digest(observations, values, last.hash)
        connection.execute(observations.insert(), {**values, "hash": digest})
    assert findings(full) == [
        Finding("observations", 4, "added without a seal: not by the program, or the seal was removed")
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("change", ["known_on = 'soon'", "recorded_at = 'now'", "level = 'high'", "retracted = 7"])
def test_nonsense_in_a_file_is_a_finding_not_a_crash(force: Force, change: str) -> None:
    database = force("PRAGMA ignore_check_constraints=ON", f"UPDATE observations SET {change} WHERE id = 2")
    assert {finding.table for finding in findings(database)} == {"observations"}


def test_require_unbroken_names_the_first_finding(force: Force) -> None:
    database = force("UPDATE events SET venue = 'Rome'")
    message = (
        "^events row 1: content does not match its hash: changed, or not the row that stood here; restore a backup"
    )
    with pytest.raises(BrokenChain, match=message), database.read() as connection:
        require_unbroken(connection)


def test_a_clock_that_was_wrong_damages_nothing(full: Database) -> None:
    """Rows are ordered by number; `db.clocks` names those whose instants cannot be."""
    for number, off in enumerate((timedelta(minutes=-59), timedelta(days=-3), timedelta(days=900), timedelta())):
        with full.write() as connection:
            append_events(connection, [replace(EVENT, event_id=f"T{number + 2}")], NOW + off)
    assert findings(full) == []


def test_the_digest_is_what_the_module_says(full: Database) -> None:
    with full.read() as connection:
        first, second = connection.execute(select(observations).order_by(observations.c.id).limit(2)).all()
    values = {name: value for name, value in second._mapping.items() if name != "hash" and value is not None}
    plain = {
        name: value.isoformat(timespec="microseconds") if name == "recorded_at" else value
        for name, value in values.items()
    }
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), default=str)
    assert second.hash == hashlib.sha256(f"{first.hash}\nobservations\n{canonical}".encode()).hexdigest()


def test_equal_content_has_one_form() -> None:
    row = {"level": 1, "note": "é \\u0000 🙂", "observed_on": EVENT.started_on}
    assert content(observations, prepared(observations, row)) == content(
        observations, prepared(observations, {**row, "level": 1.0})
    )
    assert json.loads(content(observations, prepared(observations, row)))["note"] == row["note"]
    assert content(observations, prepared(observations, {"level": -0.0})) == '{"level":0.0}'


def test_the_head_moves_with_every_append_and_only_then(full: Database) -> None:
    def now() -> str:
        with full.read() as connection:
            return head(connection)

    before = now()
    assert now() == before
    with full.write() as connection:
        append_observations(connection, [replace(OBSERVATION, note="one more")], NOW)
    assert now() != before
