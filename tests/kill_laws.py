"""What holds of a database at which something was killed: nothing acknowledged is lost, nothing is there by halves."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import pytest
from schedule_worlds import days_of
from sqlalchemy import Connection, Select, func, select

from db import tables
from db.backup import ASIDE
from db.engine import Database, open_database
from db.kinds import BACKFILL, OFFICIAL, PROVISIONAL
from db.posteriors import Posteriors, orphans
from db.read_runs import read_posterior_hashes
from db.read_schedule import read_attempts
from db.shapes import metadata
from db.verify import verify_store
from forecast.doctor.examine import PROBLEM, examine
from indicators.content import EVENT_TYPES


@dataclass(frozen=True, slots=True)
class Told:
    """What commands have said is stored."""

    rows: Mapping[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    """What each row says, by its table and number."""
    runs: frozenset[int] = frozenset()


LINES = 100
"""Of every file that is imported."""
FREE_S = 5.0
"""Within which a server has let go of what a client that is gone had locked; SQLite has at once."""
CAUSE = re.compile(r"(observations|events|completeness) rows? (\d+)(?: to (\d+))?$")


def check_record(connection: Connection, posteriors: Posteriors) -> None:
    """The record is sound, and each run, import and attestation is there whole or not at all."""
    found = verify_store(connection, posteriors)
    assert (found.broken, found.damaged) == ((), ())
    check_runs(connection)
    check_causes(connection)
    check_bundles(connection)
    made = days_of(read_attempts(connection, "toy"), "published", "rejected", "skipped")
    assert len(made) == len(set(made))


def check_runs(connection: Connection) -> None:
    """A run has its status and, where it is published, all it says; a scheduled one has its line of the ledger."""
    runs, statuses, attempts = tables.runs.c, tables.run_statuses.c, tables.attempts.c
    kinds = _pairs(connection, select(runs.id, runs.kind))
    said = _pairs(connection, select(statuses.run_id, statuses.status))
    assert said.keys() == kinds.keys()
    published = {number for number, status in said.items() if status == "published"}
    for table in (tables.target_forecasts, tables.scenario_forecasts, tables.indicator_states):
        counts = _pairs(connection, select(table.c.run_id, func.count()).group_by(table.c.run_id))
        assert counts.keys() == published
        assert len(set(counts.values())) <= 1
    full = {number for number in published if kinds[number] != PROVISIONAL}
    counts = _pairs(connection, select(tables.effects.c.run_id, func.count()).group_by(tables.effects.c.run_id))
    assert counts.keys() == full
    assert len(set(counts.values())) <= 1
    scheduled = {number for number, kind in kinds.items() if kind in (OFFICIAL, BACKFILL)}
    lines = connection.execute(select(attempts.run_id).where(attempts.run_id.is_not(None))).scalars()
    assert sorted(lines) == sorted(scheduled)


def check_causes(connection: Connection) -> None:
    """A provisional run came of an entry, and the entry is there."""
    last = {
        table.name: connection.execute(select(func.max(table.c.id))).scalar() or 0
        for table in (tables.observations, tables.events, tables.completeness)
    }
    for detail in connection.execute(select(tables.run_statuses.c.detail)).scalars():
        if found := CAUSE.search(str(detail.get("cause", ""))):
            table, first, end = found.groups()
            assert int(end or first) <= last[table]


def check_bundles(connection: Connection) -> None:
    """The rows of one file, and the attestations of one command, are all there or none."""
    for table, name, size in ((tables.observations, "batch", LINES), (tables.completeness, "quiet", len(EVENT_TYPES))):
        notes = connection.execute(select(table.c.note).where(table.c.note.startswith(f"{name} "))).scalars()
        assert set(Counter(note.split()[1].rstrip(";") for note in notes).values()) <= {size}


def check_told(connection: Connection, told: Told) -> None:
    """Rows that were said to be stored are there, and say what they were said to say; so are the runs."""
    for name in {name for name, _ in told.rows}:
        entries = {number: entry for (each, number), entry in told.rows.items() if each == name}
        stored = {row["id"]: row for row in connection.execute(select(metadata.tables[name])).mappings()}
        assert entries.keys() <= stored.keys()
        for number, entry in entries.items():
            row = {column: stored[number][column] for column in entry}
            assert json.loads(json.dumps(row, default=str)) == entry
    assert told.runs <= set(connection.execute(select(tables.runs.c.id)).scalars())


def check_backup(file: Path, told: Told) -> None:
    """It unpacks into a working database that holds what had been told by then."""
    with TemporaryDirectory(dir=file.parent, prefix="unpacked-") as place:
        with ZipFile(file) as archive:
            archive.extractall(place)
        with open_database(f"sqlite:///{place}/parley.db") as copy, copy.read() as connection:
            check_record(connection, copy.posteriors)
            check_told(connection, told)


def check_remains(database: Database, url: str) -> None:
    """The doctor finds no problem, and names every file that is left over."""
    findings = examine(url, datetime.now(UTC), case_id="toy").findings
    assert [finding for finding in findings if finding.severity == PROBLEM] == []
    with database.read() as connection:
        unnamed = orphans(database.posteriors.folder, read_posterior_hashes(connection))
    for path in (*unnamed, *database.folder.glob(f"{ASIDE}*")):
        assert any(str(path) in finding.what for finding in findings), path


def check_free(url: str) -> None:
    """No lock is left over."""
    with open_database(url, lock_timeout_s=FREE_S) as database, database.write():
        pass


def check_held(database: Database) -> None:
    """Another process is within a transaction that has written and not committed."""
    if database.engine.dialect.name == "sqlite":
        other = closing(sqlite3.connect(database.url, timeout=0, isolation_level=None))
        with other as connection, pytest.raises(sqlite3.OperationalError, match="database is locked"):
            connection.execute("BEGIN IMMEDIATE")
        return
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        " AND backend_xid IS NOT NULL"
    )
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql(query).scalar() == 1


def _pairs[V](connection: Connection, query: Select[int, V]) -> dict[int, V]:
    return dict(iter(connection.execute(query)))
