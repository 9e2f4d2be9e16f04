"""A database that cannot be written: what only reads works as before, what would write says so, nothing is left."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from brief_worlds import install_shipped, store_run
from conftest import NOW, OBSERVATION
from sqlalchemy import create_engine, make_url

from db.append import append_observations
from db.engine import Database, open_database
from db.errors import DatabaseLocked, DatabaseUnwritable
from forecast.cli.app import run

OBSERVATION_OF_DESK = replace(OBSERVATION, case_id="us-dprk", indicator_id="us_posture")
READ = (
    ("show",),
    ("show", "--json"),
    ("indicators",),
    ("observations",),
    ("documents",),
    ("events",),
    ("runs",),
    ("score",),
    ("calibrate",),
    ("verify",),
    ("schedule", "status"),
    ("history", "--out", "h.csv", "--force"),
    ("plot", "history", "--out", "p.png", "--force"),
)
WRITE = (
    ("log", "us_posture", "1", "--on", "2026-11-20", "--source", "AP", "--grade", "B2"),
    ("revise", "1", "--level", "1"),
    ("retract", "1", "--reason", "wrong"),
    ("event", "none", "--through", "2026-11-20"),
    ("update",),
    ("backtest",),
    ("check", "as-of"),
    ("schedule", "once"),
    ("schedule", "run"),
    ("init",),
)


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str


type Parley = Callable[..., Said]
type Seal = Callable[[str], None]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Not among pytest's, from which whoever starts pytest meanwhile shuts others out."""
    with TemporaryDirectory(prefix="parley-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Parley:
    """The program in this process, with a folder of its own to write files to: an untold exception fails the test."""
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o777)
    monkeypatch.setenv("PARLEY_CACHE", str(out / "cache"))
    monkeypatch.delenv("PARLEY_CASE", raising=False)

    def call(*arguments: str, url: str = "") -> Said:
        monkeypatch.chdir(out)
        monkeypatch.setenv("PARLEY_DATABASE_URL", url or f"sqlite:///{tmp_path / 'desk' / 'parley.db'}")
        code = run(arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Path]:
    """The file of a desk with two runs."""
    folder = tmp_path / "desk"
    folder.mkdir()
    with install_shipped(folder) as database:
        for day in (20, 22):
            store_run(database, date(2026, 11, day), datetime(2026, 11, day + 1, tzinfo=UTC), case_id="us-dprk")
    yield folder / "parley.db"
    folder.chmod(0o755)


@pytest.fixture
def seal(desk: Path, request: pytest.FixtureRequest) -> Seal:
    """Take from everybody the right to write the file, or its folder, and from root the power to do so all the same."""

    def take(what: str) -> None:
        desk.chmod(0o444 if what == "file" else 0o666)
        desk.parent.chmod(0o777 if what == "file" else 0o555)
        request.getfixturevalue("unprivileged")

    return take


def _listing(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(("what", "commands"), [("folder", READ), ("file", READ[:7])])
def test_what_reads_says_what_it_said_before(
    parley: Parley, desk: Path, seal: Seal, what: str, commands: tuple[tuple[str, ...], ...]
) -> None:
    before = {command: parley(*command) for command in commands}
    assert before[("show",)].code == before[("runs",)].code == 0
    for name in os.listdir("."):
        Path(name).chmod(0o666)
    beside = _listing(desk.parent)
    seal(what)
    for command in commands:
        assert parley(*command) == before[command], command
    assert _listing(desk.parent) == beside


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_writes_says_one_line_before_any_work(parley: Parley, desk: Path, seal: Seal, what: str) -> None:
    for command in WRITE:  # imports what it needs while it may
        parley(*command[: 2 if command[0] in ("event", "schedule") else 1], "--help")
    import_module("forecast.checks.run")
    beside = _listing(desk.parent)
    seal(what)
    named = desk if what == "file" else desk.parent
    for command in WRITE:
        said = parley(*command)
        assert (said.code, said.out) == (1, ""), command
        assert said.err.startswith(f"error: {named} cannot be written; allow writing"), command
        assert said.err.count("\n") == 1, command
    assert _listing(desk.parent) == beside


@pytest.mark.parametrize(
    ("what", "language", "words"), [("file", "en", "Not recorded, written"), ("folder", "ja", "未登録の報告（")]
)
def test_a_brief_is_written_and_not_recorded(
    parley: Parley, desk: Path, seal: Seal, what: str, language: str, words: str
) -> None:
    recorded = json.loads(parley("report", "--out", "a.md", "--lang", language, "--json").out)
    beside = _listing(desk.parent)
    seal(what)
    said = parley("report", "--out", "b.md", "--lang", language)
    assert said.code == 0, said.err
    assert "not recorded" in said.out
    assert "the next brief will not compare with it" in said.out
    assert words in Path("b.md").read_text()
    told = json.loads(parley("report", "--out", "c.md", "--lang", language, "--json").out)
    assert told["report"]["number"] is None
    assert "cannot be written" in told["report"]["unrecorded"]
    head = told["report"]["head"]
    assert f"`parley verify --head {head[:16]}`" in Path("c.md").read_text()
    assert parley("verify", "--head", head).out.endswith("0 rows came after it.\n")
    assert {**told, "report": 0} == {**recorded, "report": 0}
    assert _listing(desk.parent) == beside


@pytest.mark.parametrize("what", ["file", "folder"])
def test_the_doctor_looks_at_all_and_names_it(parley: Parley, desk: Path, seal: Seal, what: str) -> None:
    before = json.loads(parley("doctor", "--json").out)
    seal(what)
    after = json.loads(parley("doctor", "--json").out)
    assert after["checked"] == before["checked"]
    (new,) = [one for one in after["findings"] if one not in before["findings"]]
    assert (new["check"], new["severity"]) == ("writing", "problem")
    assert new["what"] == f"{desk if what == 'file' else desk.parent} cannot be written"
    assert "copy it to a folder of yours" in new["run"]


READER = """
import os, sys
from db.engine import open_database
os.seteuid(65534) if os.geteuid() == 0 else None
with open_database(sys.argv[1]) as database:
    for _ in range(2):
        with database.read() as connection:
            print(connection.exec_driver_sql("SELECT count(*) FROM observations").scalar())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_a_stranger_who_reads_does_not_shut_the_owner_out(desk: Path) -> None:
    """SQLite's own files beside the database would be the stranger's."""
    desk.chmod(0o644)
    desk.parent.chmod(0o777)
    url = f"sqlite:///{desk}"
    done = subprocess.run([sys.executable, "-c", READER, url], capture_output=True, text=True, check=True, timeout=60)
    assert len(done.stdout.split()) == 2
    assert [path.name for path in desk.parent.iterdir()] == ["parley.db"]
    with open_database(url) as database, database.write() as connection:
        append_observations(connection, [OBSERVATION_OF_DESK], NOW)


def _killed_writer(folder: Path, source: Path) -> Path:
    """A database as a process leaves it that is killed after a commit: its last row is in the log alone."""
    folder.mkdir()
    with open_database(f"sqlite:///{source}") as database, database.read() as reader:  # holds the log
        reader.exec_driver_sql("SELECT count(*) FROM runs").scalar()
        with database.write() as connection:
            append_observations(connection, [OBSERVATION_OF_DESK], NOW)
        for path in source.parent.glob("parley.db*"):
            shutil.copy(path, folder)
    return folder / "parley.db"


def _count(path: Path) -> int:
    with open_database(f"sqlite:///{path}") as database, database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM observations").scalar() or 0)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_in_the_log_alone_is_read_too(
    desk: Path, tmp_path: Path, what: str, request: pytest.FixtureRequest
) -> None:
    before = _count(desk)
    left = _killed_writer(tmp_path / "left", desk)
    _shut(left, what, request)
    assert _count(left) == before + 1
    left.parent.chmod(0o777) if os.geteuid() == left.parent.stat().st_uid else None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_what_another_user_left_beside_it_is_named(parley: Parley, desk: Path, request: pytest.FixtureRequest) -> None:
    before = parley("runs")
    index = desk.with_name("parley.db-shm")
    index.write_bytes(bytes(32768))
    desk.chmod(0o666)
    desk.parent.chmod(0o777)
    index.chmod(0o444)
    parley("log", "--help")
    request.getfixturevalue("unprivileged")
    assert parley("runs") == before
    said = parley(*WRITE[0])
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"error: {index} cannot be written; allow writing (it belongs to root), or copy it")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_log_that_cannot_be_read_is_told_and_nothing_old_is_shown(
    parley: Parley, desk: Path, tmp_path: Path, what: str, request: pytest.FixtureRequest
) -> None:
    left = _killed_writer(tmp_path / "left", desk)
    left.with_name("parley.db-shm").unlink()
    _shut(left, what, request)
    said = parley("runs", url=f"sqlite:///{left}")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"error: {left}-wal holds changes that are not in parley.db yet")
    assert "copy both to" in said.err
    left.parent.chmod(0o777) if os.geteuid() == left.parent.stat().st_uid else None


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_change_that_was_cut_off_is_told(
    parley: Parley, desk: Path, tmp_path: Path, what: str, request: pytest.FixtureRequest
) -> None:
    """With a rollback journal, pages of half a change may be in the file already."""
    left = tmp_path / "left" / "parley.db"
    left.parent.mkdir()
    with closing(sqlite3.connect(desk, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA cache_size=1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE ballast (bytes BLOB)")
        connection.execute("INSERT INTO ballast VALUES (zeroblob(200000))")
        for path in desk.parent.glob("parley.db*"):
            shutil.copy(path, left.parent)
        connection.execute("ROLLBACK")
    assert left.with_name("parley.db-journal").stat().st_size
    _shut(left, what, request)
    said = parley("runs", url=f"sqlite:///{left}")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"error: {left} was left in the middle of a change")
    left.parent.chmod(0o777) if os.geteuid() == left.parent.stat().st_uid else None


def _shut(path: Path, what: str, request: pytest.FixtureRequest) -> None:
    """As `seal`, with all that lies beside the file."""
    for one in path.parent.iterdir():
        one.chmod(0o444 if what == "file" else 0o666)
    path.parent.chmod(0o777 if what == "file" else 0o555)
    request.getfixturevalue("unprivileged")


def test_a_database_that_is_written_while_it_is_read_is_read_again(
    desk: Path, seal: Seal, request: pytest.FixtureRequest
) -> None:
    """The reader holds no lock, so that its snapshot may be of two states: it must not pass for one."""
    seal("folder")
    with open_database(f"sqlite:///{desk}") as database:
        with pytest.raises(DatabaseLocked, match="was written while it was read; run the command again"):
            _read_while_written(database, desk)
        with database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM runs").scalar() == 2
        with pytest.raises(DatabaseUnwritable, match="cannot be written"), database.write():
            pass


def _read_while_written(database: Database, path: Path) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM runs").scalar()
        content = path.read_bytes()[4096:8192]
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(content)


@pytest.mark.parametrize(("versions", "word"), [((3, 2), "write version 3"), ((3, 1), "write version 3")])
def test_a_header_that_refuses_writes_is_named(
    parley: Parley, desk: Path, versions: tuple[int, int], word: str, tmp_path: Path
) -> None:
    before = parley("runs")
    _set_header(desk, *versions)
    assert parley("runs") == before
    for command in WRITE[:5]:
        said = parley(*command)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith(f"error: {desk} is made for reading only by its header ({word})")
    found = [one for one in json.loads(parley("doctor", "--json").out)["findings"] if one["check"] == "writing"]
    assert [(one["severity"], word in one["what"]) for one in found] == [("problem", True)]


def test_a_backup_of_it_can_be_written(parley: Parley, desk: Path, tmp_path: Path) -> None:
    _set_header(desk, 3, 2)
    parley("backup", "b.zip")
    shutil.unpack_archive("b.zip", tmp_path / "copy")
    with open_database(f"sqlite:///{tmp_path / 'copy' / 'parley.db'}") as database, database.write() as connection:
        append_observations(connection, [OBSERVATION_OF_DESK], NOW)


def test_a_file_of_a_later_format_is_named(parley: Parley, desk: Path) -> None:
    _set_header(desk, 3, 3)
    for command in (("runs",), WRITE[0], ("init",)):
        said = parley(*command)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith(f"error: {desk} is of a later SQLite format (read version 3) than SQLite 3.")


def _set_header(path: Path, write: int, read: int) -> None:
    with path.open("r+b") as file:
        file.seek(18)
        file.write(bytes((write, read)))


def test_a_file_that_may_not_be_read_is_named(parley: Parley, desk: Path, seal: Seal) -> None:
    parley("runs")
    seal("file")
    if os.geteuid() != desk.stat().st_uid:
        os.seteuid(0)
    desk.chmod(0o000)
    if os.getuid() == 0:
        os.seteuid(65534)
    said = parley("runs")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"error: {desk} cannot be read; allow reading")


ROLES = {
    "may not add rows to cases": "GRANT SELECT ON ALL TABLES IN SCHEMA public TO parley_reader",
    "its transactions are read-only here": "GRANT ALL ON ALL TABLES IN SCHEMA public TO parley_reader; "
    "ALTER ROLE parley_reader SET default_transaction_read_only = on",
    "permission denied for table alembic_version": "",
}


@pytest.fixture
def as_reader(small: Database, database_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the small desk on PostgreSQL for a role with the rights that `ROLES` gives it."""
    owner = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE parley_reader LOGIN")
        if ROLES[request.param]:
            connection.exec_driver_sql(ROLES[request.param])
        yield make_url(database_url).set(username="parley_reader").render_as_string(hide_password=False)
        connection.exec_driver_sql("DROP OWNED BY parley_reader; DROP ROLE parley_reader")
    owner.dispose()


on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgresql
@pytest.mark.parametrize(("as_reader", "why"), [(why, why) for why in list(ROLES)[:2]], indirect=["as_reader"])
def test_a_postgresql_that_takes_no_rows(as_reader: str, why: str, parley: Parley) -> None:
    assert parley("observations", url=as_reader).code == 0
    assert parley("runs", url=as_reader).code == 0
    said = parley("log", "tone", "1", "--on", "2026-11-20", "--source", "AP", "--grade", "B2", url=as_reader)
    assert (said.code, said.out) == (1, "")
    assert why in said.err
    assert ("which a dry run needs too" in said.err) == ("may not add rows" in why)
    assert said.err.count("\n") == 1
    findings = json.loads(parley("doctor", "--json", url=as_reader).out)["findings"]
    assert [why in one["what"] for one in findings if one["check"] == "writing"] == [True]


@on_postgresql
@pytest.mark.parametrize(("as_reader", "why"), [(why, why) for why in list(ROLES)[2:]], indirect=["as_reader"])
def test_a_postgresql_role_that_may_not_read(as_reader: str, why: str, parley: Parley) -> None:
    said = parley("observations", url=as_reader)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert why in said.err
