"""The doctor: each thing that can be out of order has its finding, and nothing else has."""

import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from conftest import ATTESTATION, NOW, OBSERVATION, RUN, let_enter
from sqlalchemy import Connection, NullPool, create_engine, event
from toy_case import write_toy_case

from db import triggers
from db.append import append_completeness, append_observations, append_run, append_run_status
from db.engine import Database, open_database
from db.migrate import upgrade
from db.posteriors import path_of, store_file
from db.tables import SCHEMA_VERSION
from forecast.doctor.examine import CHECKS, examine
from forecast.doctor.finding import NOTICE, PROBLEM, Finding, Opened
from forecast.doctor.storage import check_writing
from forecast.doctor.surroundings import DISK_NOTICE, DISK_PROBLEM, check_space
from indicators.content import EVENT_TYPES
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case

ROOT = Path(__file__).parent.parent
QUIET = "; nobody has entered anything since, so silence is no evidence"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TODAY = date(2020, 6, 2)
MORNING = datetime(2020, 6, 2, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of this test holds posteriors, of PostgreSQL too, and the cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    for name in ("PARLEY_CASE", "PARLEY_DATABASE_URL", "PARLEY_POSTERIORS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def healthy(full: Database) -> Database:
    """A desk at which nothing is to be done."""
    full = replace(full, folder=Path.cwd())
    attested = [replace(ATTESTATION, type=kind, complete_through=TODAY, known_on=TODAY) for kind in EVENT_TYPES]
    draws = store_file(full.posteriors.folder, lambda path: path.write_text("draws") and None)
    with full.write() as connection:
        append_completeness(connection, attested, NOW)
        run_id = append_run(connection, replace(RUN, as_of=TODAY, posterior_hash=draws), NOW)
        append_run_status(connection, run_id, "published", {}, NOW)
    return full


type Look = Callable[..., list[Finding]]


@pytest.fixture
def look(database_url: str) -> Look:
    """What the doctor finds on the morning after."""

    def found(url: str = database_url, now: datetime = MORNING, **options: float) -> list[Finding]:
        return list(examine(url, now, **options).findings)  # type: ignore[arg-type]

    return found


def _only(found: list[Finding], check: str, severity: str) -> Finding:
    (one,) = found
    assert (one.check, one.severity) == (check, severity)
    return one


@pytest.mark.usefixtures("healthy")
def test_all_is_well(database_url: str) -> None:
    examined = examine(database_url, MORNING)
    assert (examined.findings, examined.problems) == ((), 0)
    assert examined.checked == ("log", "alerts", "place", "settings", "cache", "database", *CHECKS)


@on_sqlite
def test_nothing_is_changed(healthy: Database, database_url: str) -> None:
    before = _listing(Path.cwd())
    examine(database_url, MORNING)
    assert _listing(Path.cwd()) == before


def _listing(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in folder.rglob("*")}


@on_sqlite
def test_a_fresh_database_has_no_case(database: Database, look: Look) -> None:
    one = _only(look(), "case", PROBLEM)
    assert (one.what, one.run) == ("the database holds no case", "run `parley init`")


@on_sqlite
def test_a_case_that_is_not_there(healthy: Database, database_url: str) -> None:
    (one,) = examine(database_url, MORNING, case_id="big").findings
    assert (one.what, one.run) == ("no case 'big' in the database", "known are small")


def test_a_database_that_is_not_there(look: Look, tmp_path: Path) -> None:
    one = _only(look(url=f"sqlite:///{tmp_path / 'none.db'}"), "database", PROBLEM)
    assert (one.what, one.run) == (f"no database at {tmp_path / 'none.db'}", "run `parley init`")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(("version", "run"), [("0001", "run `parley init`"), ("9999", "update Parley")])
def test_a_database_of_another_version(healthy: Database, look: Look, version: str, run: str) -> None:
    with healthy.write() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
    one = _only(look(), "database", PROBLEM)
    assert f"has schema {version}" in one.what
    assert SCHEMA_VERSION in one.run
    assert one.run.endswith(run)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("parley.db", "database address 'parley.db' is not a URL"),
        ("mysql://localhost/x", "database address has the scheme 'mysql'"),
        ("postgresql://me:secret@localhost:port/x", "'postgresql://me:***@localhost:port/x' is not a URL"),
        ("postgresql://localhost:1/x", "postgresql://localhost:1/x"),
    ],
)
def test_an_address_that_leads_nowhere(url: str, what: str) -> None:
    examined = examine(url, MORNING)
    (one,) = examined.findings
    assert (one.check, one.severity) == ("database", PROBLEM)
    assert what in one.what
    assert one.run
    assert "secret" not in f"{examined}"


@on_sqlite
def test_a_file_that_is_no_database(look: Look, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database " * 100)
    one = _only(look(url=f"sqlite:///{tmp_path / 'notes.db'}"), "database", PROBLEM)
    assert one.what.endswith("is not a sound SQLite database (file is not a database)")
    assert one.run == "restore a backup or name another file"


@on_sqlite
def test_torn_pages(healthy: Database, look: Look) -> None:
    with closing(sqlite3.connect(healthy.url)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    image = bytearray(Path(healthy.url).read_bytes())
    image[4096 * 4 :] = b"\xff" * (len(image) - 4096 * 4)
    Path(healthy.url).write_bytes(image)
    found = look()
    assert found
    assert all(finding.severity == PROBLEM for finding in found)
    assert any("is not a sound SQLite database" in finding.what for finding in found)


def test_a_table_that_is_gone(healthy: Database, look: Look) -> None:
    with healthy.write() as connection:
        connection.exec_driver_sql("ALTER TABLE effects RENAME TO mislaid")
    try:
        found = look()
    finally:
        with healthy.write() as connection:
            connection.exec_driver_sql("ALTER TABLE mislaid RENAME TO effects")
            triggers.install(connection)
    assert {finding.check for finding in found} >= {"seals", "clock"}
    assert all("effects" in finding.what for finding in found if finding.check == "seals")


@on_sqlite
def test_a_value_that_cannot_be_read(force: Callable[..., Database], look: Look) -> None:
    force("UPDATE completeness SET complete_through = 'soon'")
    assert [finding.check for finding in look() if finding.severity == PROBLEM] == ["completeness", "schedule"]


def test_another_process_that_does_not_let_go(healthy: Database, look: Look) -> None:
    with healthy.write():
        one = _only(look(lock_timeout_s=0.1), "writing", PROBLEM)
    assert one.what.endswith("is locked by another process")


def test_triggers_that_are_gone(healthy: Database, look: Look) -> None:
    on_file = healthy.engine.dialect.name == "sqlite"
    with healthy.write() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {'runs_no_update' if on_file else 'runs_append_only ON runs'}")
    try:
        one = _only(look(), "triggers", PROBLEM)
    finally:
        with healthy.write() as connection:
            triggers.install(connection)
    assert one.what.startswith("1 trigger missing or altered (runs_")
    assert one.run == "run `parley init`, then `parley verify`"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DELETE FROM observations WHERE id = 3", "observations ends at row 2, but its last seal is at row 3"),
        ("UPDATE evaluations SET hash = 'x'", "evaluations row 1 is not the row that was sealed"),
    ],
)
@pytest.mark.usefixtures("healthy")
def test_last_rows_that_are_not_as_sealed(
    force: Callable[..., Database], look: Look, statement: str, what: str
) -> None:
    force(statement)
    assert _only(look(), "seals", PROBLEM).what == what


@on_sqlite
def test_a_shipped_case_that_is_newer(database: Database, database_url: str) -> None:
    folder = read_case_folder(shipped_case())
    edited = replace(folder, case=replace(folder.case, name="Talks, as this desk calls them"))
    install_case(database, edited, NOW)
    cases = [finding for finding in examine(database_url, MORNING).findings if finding.check == "case"]
    (one,) = cases
    assert one.severity == NOTICE
    assert one.what == (
        f"the shipped case us-dprk ({folder.case_hash[:8]}) is not the version in the database "
        f"({edited.case_hash[:8]}, loaded on 2020-06-01)"
    )


@on_sqlite
def test_two_cases_and_none_named(healthy: Database, look: Look, tmp_path: Path) -> None:
    install_case(healthy, read_case_folder(write_toy_case(tmp_path / "toy")), NOW)
    one = _only(look(), "case", PROBLEM)
    assert (one.what, one.run) == ("the database holds 2 cases", "set PARLEY_CASE to one of small, toy")


@on_sqlite
@pytest.mark.parametrize(("days", "told"), [(14, False), (15, True)])
def test_events_attested_long_ago(healthy: Database, database_url: str, days: int, told: bool) -> None:
    later = MORNING + timedelta(days=days)
    found = [one for one in examine(database_url, later).findings if one.check == "completeness"]
    what = f"talks, contact, deal, crisis: attested only through 2020-06-02, {days} days ago{QUIET}"
    run = "add what has happened since, then run `parley event none --through DATE`"
    assert found == [Finding("completeness", NOTICE, what, run)] * told


@on_sqlite
def test_events_never_attested(full: Database, look: Look) -> None:
    found = [(one.what, one.run) for one in look() if one.check == "completeness"]
    first = "add what has happened since, then run `parley event none"
    assert found == [
        (
            f"contact, deal, crisis: not attested for any day{QUIET}",
            f"{first} --type contact --type deal --type crisis --through DATE`",
        ),
        (f"talks: attested only through 2015-12-31, 1615 days ago{QUIET}", f"{first} --type talks --through DATE`"),
    ]


@on_sqlite
@pytest.mark.parametrize(("days", "told"), [(2, False), (3, True)])
def test_a_forecast_of_other_days(healthy: Database, database_url: str, days: int, told: bool) -> None:
    found = [one for one in examine(database_url, MORNING + timedelta(days=days)).findings if one.check == "forecast"]
    what = f"the last published forecast (run 2) is as of 2020-06-02, {days} days ago"
    what += ": one as of 2020-06-03 is due"
    assert found == [Finding("forecast", NOTICE, what, "run `parley update`")] * told


@on_sqlite
def test_a_provisional_run_is_no_full_one(healthy: Database, look: Look) -> None:
    with healthy.write() as connection:
        run = replace(RUN, kind="provisional", as_of=TODAY + timedelta(days=9))
        append_run_status(connection, append_run(connection, run, NOW), "published", {}, NOW)
    found = look(now=MORNING + timedelta(days=9))
    (one,) = [one for one in found if one.check == "forecast"]
    assert one.what.startswith(
        "the last published forecast (run 2) is as of 2020-06-02, 9 days ago: one as of 2020-06-"
    )


@on_sqlite
def test_a_day_without_its_scheduled_run(healthy: Database, look: Look) -> None:
    assert [one for one in look() if one.check == "schedule"] == []  # it may still come
    (one,) = [one for one in look(now=MORNING + timedelta(days=2, hours=2)) if one.check == "schedule"]
    assert one.severity == NOTICE
    assert "2020-06-04" in one.what


@on_sqlite
def test_settings_that_say_what_they_must_not(healthy: Database, look: Look, tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text('[schedule]\natt = "06:00"\n')
    one = _only(look(), "settings", PROBLEM)
    assert "[schedule] att is not known; did you mean 'at'?" in one.what


@on_sqlite
def test_no_forecast_yet(small: Database, look: Look) -> None:
    (one,) = [one for one in look() if one.check == "forecast"]
    assert (one.severity, one.what, one.run) == (NOTICE, "no forecast has been published yet", "run `parley update`")


@on_sqlite
def test_a_run_without_an_end(healthy: Database, look: Look) -> None:
    with healthy.write() as connection:
        append_run_status(connection, append_run(connection, RUN, NOW), "started", {}, NOW)
    assert _only(look(), "forecast", NOTICE).what == "run 3 was started at 2020-06-01 12:00 UTC and has not finished"


@on_sqlite
def test_posteriors_missing_empty_and_of_no_row(healthy: Database, look: Look, tmp_path: Path) -> None:
    kept = [
        store_file(healthy.posteriors.folder, lambda path, text=text: path.write_text(text) and None)
        for text in ("a", "b")
    ]  # type: ignore[misc]
    with healthy.write() as connection:
        append_run(connection, replace(RUN, posterior_hash="3" * 64), NOW)
        append_run(connection, replace(RUN, posterior_hash=kept[0]), NOW)
    path_of(healthy.posteriors.folder, kept[0]).write_text("")
    draft = tmp_path / "posteriors" / "aside-of a crash"
    draft.mkdir()
    found = look()
    assert [(one.check, one.severity) for one in found] == [("posteriors", severity) for severity in _TWICE]
    said = {one.what: one.run for one in found}
    missing = f"posterior {tmp_path / 'posteriors' / ('3' * 64)}.nc is missing"
    assert said[missing] == (
        "restore it from a backup, or set PARLEY_POSTERIORS again, if it named a folder then (`parley update` and "
        "`parley backtest` only make new ones)"
    )
    assert said[f"posterior {path_of(healthy.posteriors.folder, kept[0])} is empty"] == "restore it from a backup"
    unknown = path_of(healthy.posteriors.folder, kept[1])
    assert said[f"no row refers to {unknown}"] == f"run `rm -r {unknown}` while no update or backtest is running"
    assert f"run `rm -r '{draft}'` while" in said[f"no row refers to {draft}"]


_TWICE = (PROBLEM, PROBLEM, NOTICE, NOTICE)


@on_sqlite
@pytest.mark.parametrize("content", [b"draw", b"draws and more", b"other"])
def test_a_posterior_that_was_truncated_or_altered(healthy: Database, look: Look, content: bytes) -> None:
    (path,) = (healthy.folder / "posteriors").iterdir()
    path.write_bytes(content)
    one = _only(look(), "posteriors", PROBLEM)
    assert one.what.startswith(f"posterior {path} has content ")
    assert one.what.endswith("not what its name says")
    assert one.run == "restore it from a backup"


@on_sqlite
def test_a_posterior_that_may_not_be_read(
    healthy: Database, look: Look, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (path,) = (healthy.folder / "posteriors").iterdir()
    _open_to_all(tmp_path)
    path.chmod(0o000)
    request.getfixturevalue("unprivileged")
    one = _only(look(), "posteriors", PROBLEM)
    assert one.what == f"posterior {path} cannot be read (Permission denied)"
    assert one.run == "allow reading it, or restore a backup"


@on_sqlite
def test_posteriors_that_are_gone_altogether_are_told_once(healthy: Database, look: Look, tmp_path: Path) -> None:
    with healthy.write() as connection:
        append_run(connection, replace(RUN, posterior_hash="3" * 64), NOW)
    shutil.rmtree(tmp_path / "posteriors")
    one = _only(look(), "posteriors", PROBLEM)
    assert one.what == f"{tmp_path / 'posteriors'} is not a folder, so 2 posteriors cannot be read"


@on_sqlite
@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    ("settings", "check", "setting"),
    [("[log]\nfile", "log", "[log] file"), ("[alerts.file]\npath", "alerts", "[alerts.file] path")],
)
class TestFilesThatTell:
    """Files of the settings to which lines are added."""

    def _set(self, settings: str, file: Path) -> None:
        Path("parley.toml").write_text(f'{settings} = "{file}"\n')

    def test_a_folder_is_none(self, look: Look, tmp_path: Path, settings: str, check: str, setting: str) -> None:
        (tmp_path / "told").mkdir()
        self._set(settings, tmp_path / "told")
        assert _only(look(), check, PROBLEM).what == f"{setting} names a folder: {tmp_path / 'told'}"

    def test_a_pipe_is_none(self, look: Look, tmp_path: Path, settings: str, check: str, setting: str) -> None:
        os.mkfifo(tmp_path / "told")
        self._set(settings, tmp_path / "told")
        assert _only(look(), check, PROBLEM).what == f"{setting} does not name a file: {tmp_path / 'told'}"

    def test_one_in_a_folder_that_is_a_file(
        self, look: Look, tmp_path: Path, settings: str, check: str, setting: str
    ) -> None:
        (tmp_path / "told").write_text("")
        self._set(settings, tmp_path / "told" / "a" / "b.log")
        one = _only(look(), check, PROBLEM)
        assert one.what == f"{setting}: {tmp_path / 'told' / 'a' / 'b.log'} cannot be made at {tmp_path / 'told'}"

    def test_one_in_a_folder_that_is_not_there(
        self, look: Look, tmp_path: Path, settings: str, check: str, setting: str
    ) -> None:
        self._set(settings, tmp_path / "not" / "there.log")
        one = _only(look(), check, NOTICE)
        assert one.what.startswith(f"{setting}: the folder {tmp_path / 'not'} does not exist")

    @pytest.mark.parametrize("shut", ["file", "folder"])
    def test_one_that_may_not_be_written(
        self,
        look: Look,
        tmp_path: Path,
        settings: str,
        check: str,
        setting: str,
        shut: str,
        request: pytest.FixtureRequest,
    ) -> None:
        place = tmp_path / "told"
        place.mkdir()
        self._set(settings, place / "a.log")
        if shut == "file":
            (place / "a.log").write_text("")
        _open_to_all(tmp_path)
        (place / "a.log" if shut == "file" else place).chmod(0o555)
        request.getfixturevalue("unprivileged")
        one = _only(look(), check, PROBLEM)
        assert one.what.startswith(f"{setting}: {place / 'a.log'} cannot be ")

    @pytest.mark.parametrize("file", ["/dev/null", "told.log"])
    def test_one_that_can_be_written_is_no_finding(
        self, look: Look, settings: str, check: str, setting: str, file: str
    ) -> None:
        self._set(settings, Path(file))
        assert look() == []


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_a_log_where_nothing_is_set_needs_no_folder_yet_but_one_that_can_be_made(look: Look, tmp_path: Path) -> None:
    assert look() == []
    (tmp_path / "logs").write_text("in the way")
    assert _only(look(), "log", PROBLEM).what.endswith(f"cannot be made at {tmp_path / 'logs'}")


HALF_WRITTEN = """
import os, signal, sys
from pathlib import Path
from forecast.writing import written

with written([Path(sys.argv[1])]) as (file,):
    file.write(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@on_sqlite
@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("name", ["brief.html", "history.csv", "parley.toml", "two words.md"])
def test_a_file_that_was_never_finished(look: Look, tmp_path: Path, name: str) -> None:
    done = subprocess.run([sys.executable, "-c", HALF_WRITTEN, str(tmp_path / name)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.glob(f".{name}.*")
    one = _only(look(), "leftovers", NOTICE)
    assert one.what == f"{left} was to become {name}, but process {left.suffix[1:]} ended first"
    Path(shlex.split(one.run.split("`")[1])[-1]).unlink()
    assert look() == []


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_a_file_that_is_being_written_is_none(look: Look, tmp_path: Path) -> None:
    (tmp_path / f".brief.html.{os.getpid()}").write_text("half")
    (tmp_path / ".bashrc").write_text("of another kind")
    (tmp_path / ".hidden.1").write_text("of another kind")
    assert look() == []


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_other_things_that_were_left(look: Look, tmp_path: Path) -> None:
    (tmp_path / ".workbook-a1b2").mkdir()
    (tmp_path / "parley.db-journal").write_bytes(bytes(512))
    assert [(one.check, one.severity) for one in look()] == [("leftovers", NOTICE)] * 2
    assert {one.what for one in look()} == {
        f"{tmp_path / '.workbook-a1b2'} was left by an interrupted export",
        f"{tmp_path / 'parley.db-journal'} belongs to no change in progress",
    }


@on_sqlite
def test_a_lock_that_is_not_kept(healthy: Database) -> None:
    """SQLite can be told to take no locks at all, as some drives do without being told."""
    with closing(sqlite3.connect(healthy.url)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    address = f"sqlite:///file:{healthy.url}?vfs=unix-none&uri=true"
    engine = create_engine(address, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    opened = Opened(replace(healthy, engine=engine), cast(Connection, None), MORNING, None)
    one = _only(list(check_writing(opened)), "writing", PROBLEM)
    assert one.what == f"the lock on {healthy.url} does not hold: two processes got it at the same time"


KILLED = """
import os, signal, sys
from pathlib import Path
from db.backup import write_backup
from db.engine import open_database

def stop(stage, done, total, remark):
    if stage == "packing":
        os.kill(os.getpid(), signal.SIGKILL)

with open_database(sys.argv[1]) as database:
    write_backup(database, Path("kept.zip"), report=stop)
"""


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_a_backup_that_was_killed(look: Look, database_url: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, database_url], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "kept.zip").exists()
    one = _only(look(), "leftovers", NOTICE)
    shutil.rmtree(shlex.split(one.run.split("`")[1])[-1])
    assert look() == []


def _open_to_all(folder: Path) -> None:
    let_enter(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)


@on_sqlite
@pytest.mark.parametrize(
    ("name", "check"), [("parley.db", "writing"), ("posteriors", "permissions"), ("cache", "cache")]
)
@pytest.mark.usefixtures("healthy")
def test_a_place_that_cannot_be_written(
    look: Look, tmp_path: Path, name: str, check: str, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "cache").mkdir()
    _open_to_all(tmp_path)
    place = tmp_path / name
    place.chmod(0o555 if place.is_dir() else 0o444)
    request.getfixturevalue("unprivileged")
    one = _only(look(), check, PROBLEM)
    assert str(place) in one.what
    assert "elsewhere" in one.run or "copy it to a folder of yours" in one.run


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_a_cache_that_is_a_file(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "note").write_text("x")
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "note" / "cache"))
    assert "cannot be written to at" in _only(look(), "cache", PROBLEM).what


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_a_file_where_posteriors_belong(look: Look, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "posteriors")
    (tmp_path / "posteriors").write_text("in the way")
    found = look()
    assert {(one.check, one.severity) for one in found} == {("permissions", PROBLEM), ("posteriors", PROBLEM)}


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_a_setting_that_is_none(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_CASHE", "x")
    one = _only(look(), "settings", NOTICE)
    assert one.what.startswith("PARLEY_CASHE is not a setting of Parley; did you mean 'PARLEY_CA")


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_every_variable_of_the_documents_is_a_setting(
    look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pages = (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    named = {name for page in pages for name in re.findall(r"PARLEY_[A-Z_]*[A-Z]", page.read_text("utf-8"))}
    assert "PARLEY_POSTERIORS" in named
    for name in named:
        monkeypatch.setenv(name, str(tmp_path))
    assert [one.what for one in look() if "is no setting" in one.what] == []


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_a_chosen_folder_of_posteriors_that_cannot_take_any(
    look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "shared"))
    assert look() == []
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "gone"))
    one = _only(look(), "permissions", PROBLEM)
    assert one.what == f"folder {tmp_path / 'gone'} does not exist"
    assert one.run == "make it or mount its disk, or name another in PARLEY_POSTERIORS"
    assert not (tmp_path / "gone").exists()
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "file"))
    one = _only(look(), "permissions", PROBLEM)
    assert (one.what, one.run) == (f"{tmp_path / 'file'} is no folder", "name one in PARLEY_POSTERIORS")
    monkeypatch.setenv("PARLEY_POSTERIORS", "shared")
    one = _only(look(), "posteriors", PROBLEM)
    assert one.what == "PARLEY_POSTERIORS=shared is no whole path"
    assert one.run == f"write one, such as {tmp_path / 'shared'}"


@on_sqlite
@pytest.mark.usefixtures("healthy")
def test_a_chosen_folder_of_posteriors_that_may_not_be_written(
    look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "shared").mkdir()
    _open_to_all(tmp_path)
    (tmp_path / "shared").chmod(0o555)
    monkeypatch.setenv("PARLEY_POSTERIORS", str(tmp_path / "shared"))
    request.getfixturevalue("unprivileged")
    one = _only(look(), "permissions", PROBLEM)
    assert one.what == f"folder {tmp_path / 'shared'} cannot be written"
    assert one.run == "allow writing there, or name another in PARLEY_POSTERIORS"


@on_sqlite
@pytest.mark.parametrize(("ahead", "told"), [(120, False), (121, True)])
def test_a_clock_that_is_behind(healthy: Database, database_url: str, ahead: int, told: bool) -> None:
    with healthy.write() as connection:
        row = replace(OBSERVATION, note="of a later hour")
        append_observations(connection, [row], MORNING + timedelta(seconds=ahead))
    found = examine(database_url, MORNING).findings
    assert [(one.check, one.severity) for one in found] == [("clock", PROBLEM)] * told
    if told:
        assert found[0].what == (
            "it is 2020-06-02 08:00 UTC, but observations row 4 are dated up to 2 minutes later: "
            "a clock is or was wrong"
        )


@pytest.mark.parametrize(
    ("free", "severities"), [(DISK_NOTICE, []), (DISK_NOTICE - 1, [NOTICE]), (DISK_PROBLEM - 1, [PROBLEM])]
)
def test_a_disk_that_fills(free: int, severities: list[str], tmp_path: Path) -> None:
    found = list(check_space("disk", tmp_path, free))
    assert [one.severity for one in found] == severities
    assert all(f"{free >> 20} MiB are free on the disk of {tmp_path}" in one.what for one in found)


@on_sqlite
def test_a_log_that_a_reader_holds_up(healthy: Database, look: Look) -> None:
    with healthy.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ballast (bytes BLOB)")
    with healthy.read() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM runs").scalar()
        with healthy.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO ballast VALUES (zeroblob(70000000))")
        one = _only(look(), "disk", NOTICE)
    assert one.what.startswith(f"{healthy.url}-wal has grown to 67 MiB")


@on_sqlite
def test_it_can_be_asked_while_another_writes(healthy: Database, database_url: str, look: Look) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        with open_database(database_url, lock_timeout_s=60) as other:
            while not stop.is_set():
                with other.write() as connection:
                    append_observations(connection, [replace(OBSERVATION, note=str(number))], NOW)
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert [look() for _ in range(3)] == [[]] * 3
    finally:
        stop.set()
        writer.join()


def test_a_database_just_made_needs_its_case_only(empty_url: str) -> None:
    upgrade(empty_url)
    assert [one.check for one in examine(empty_url, MORNING).findings] == ["case"]
