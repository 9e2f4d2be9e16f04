"""Folders of posteriors that several databases use: nothing of one is ever removed for another."""

import json
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from schedule_worlds import leader_of, settings_of
from sqlalchemy import make_url
from thinning_worlds import posterior, stored
from toy_case import write_toy_case
from toy_runs import LOADED, add_run

from db import sharing
from db.backup import write_backup
from db.engine import Database, open_database
from db.errors import DatabaseUnwritable, PosteriorsShared, StoreError
from db.fill import copy_database
from db.keeping import sweep
from db.migrate import create_database
from db.posteriors import REGISTER, store_file
from db.read_runs import read_posterior_hashes, read_run
from db.read_schedule import read_alerts
from db.restore import restore_backup
from db.sharing import enter, others_of, remove_file
from db.verify import verify_store
from forecast.cli.app import run as parley
from forecast.doctor.examine import examine
from forecast.engine.posterior_file import write_posterior
from forecast.engine.thinning import Kept, thin_posteriors
from forecast.schedule.settings import KeepSettings
from forecast.schedule.steps import thin_old_posteriors
from indicators.folder import read_case_folder
from indicators.install import install_case

TODAY = datetime(2020, 6, 15, 12, tzinfo=UTC)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
to_postgresql = pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PARLEY_POSTERIORS", raising=False)


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that PARLEY_POSTERIORS names."""
    folder = tmp_path_factory.mktemp("share")
    monkeypatch.setenv("PARLEY_POSTERIORS", str(folder))
    return folder


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Database:
    """A toy desk on either database, whose first run may be thinned."""
    install_case(database, read_case_folder(write_toy_case(tmp_path / "toy")), LOADED)
    return database


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Database], Database]]:
    """Copy a desk into an SQLite file in a folder of its own."""
    opened: list[Database] = []

    def copied(database: Database) -> Database:
        file = tmp_path_factory.mktemp("elsewhere") / "parley.db"
        copy_database(database, f"sqlite:///{file}")
        opened.append(open_database(f"sqlite:///{file}"))
        return opened[-1]

    yield copied
    for database in opened:
        database.close()


def two_runs(database: Database) -> int:
    """Two runs, as `parley update` stores them; the first may be thinned."""
    enter(database)
    first = stored(database, date(2020, 1, 10), 1)
    stored(database, date(2020, 1, 20), 2)
    return first


def thinned(database: Database, *, dry_run: bool = False) -> Kept:
    return thin_posteriors(database, dry_run=dry_run, clock=lambda: TODAY)


def is_sound(database: Database) -> bool:
    with database.read() as connection:
        return verify_store(connection, database.posteriors).sound


def whole_of(database: Database, run_id: int) -> str:
    with database.read() as connection:
        return str(read_run(connection, run_id).posterior_hash)


def entries(folder: Path) -> list[str]:
    return sorted(json.loads(path.read_text())["database"] for path in (folder / REGISTER).iterdir())


# A server removes what lies in its table, and nothing else


@on_sqlite
@to_postgresql
def test_a_keep_on_a_server_leaves_the_files_of_the_database_in_the_current_folder(
    desk: Database, empty_url: str
) -> None:
    two_runs(desk)
    copy_database(desk, empty_url)
    with open_database(empty_url) as server:
        assert thinned(server).thinned == (1,)
        assert is_sound(server)
        sweep(server)
    assert is_sound(desk)


@on_postgresql
def test_what_a_server_has_only_in_a_file_of_before_stays_whole(desk: Database) -> None:
    stored(desk, date(2020, 1, 20), 2)
    old = store_file(desk.posteriors.folder, lambda path: write_posterior(posterior(1), path))
    run = add_run(desk, as_of=date(2020, 1, 10), posterior_hash=old, at=datetime(2020, 1, 10, 6, tzinfo=UTC))
    for dry_run in (True, False):
        done = thinned(desk, dry_run=dry_run)
        assert (done.thinned, done.beyond) == ((), (run,))
    assert (desk.posteriors.folder / f"{old}.nc").is_file()


@on_postgresql
def test_the_doctor_of_a_server_does_not_speak_of_the_files_in_the_current_folder(
    desk: Database, database_url: str
) -> None:
    store_file(desk.posteriors.folder, lambda path: path.write_text("of another") and None)
    assert [one for one in examine(database_url, TODAY).findings if one.check == "posteriors"] == []


def test_what_lies_in_the_folder_of_before_stays_where_another_is_chosen(desk: Database, shared: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PARLEY_POSTERIORS")
        first = store_file(desk.posteriors.folder, lambda path: write_posterior(posterior(1), path))
    run = add_run(desk, as_of=date(2020, 1, 10), posterior_hash=first, at=datetime(2020, 1, 10, 6, tzinfo=UTC))
    stored(desk, date(2020, 1, 20), 2)
    assert thinned(desk).beyond == (run,)
    assert is_sound(desk)


# Two databases beside one folder


@pytest.fixture
def two(desk: Database, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """A desk, and a copy of its file that somebody made beside it."""
    two_runs(desk)
    with closing(sqlite3.connect(desk.url)) as source, closing(sqlite3.connect(tmp_path / "other.db")) as target:
        source.backup(target)
    with open_database(f"sqlite:///{tmp_path / 'other.db'}") as other:
        yield desk, other


@on_sqlite
def test_two_files_in_one_folder_are_refused_and_nothing_is_touched(two: tuple[Database, Database]) -> None:
    before = listing(two[0].folder)
    for one, other in (two, two[::-1]):
        message = (
            rf"^{one.folder}/posteriors holds the posteriors of another database too \({other.url}\), and nothing is "
            rf"removed there; each database needs a folder of its own: run `parley copy --from sqlite:///{other.url} "
            rf"--to sqlite:///FOLDER/parley\.db` and move {other.url} away \(docs/operations\.md\)$"
        )
        for refused in (thinned, lambda database: thinned(database, dry_run=True), sweep):
            with pytest.raises(PosteriorsShared, match=message):
                refused(one)
    assert listing(two[0].folder) == before
    assert all(map(is_sound, two))


def listing(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in folder.rglob("*")}


@on_sqlite
def test_the_doctor_names_the_other_and_advises_to_remove_nothing(two: tuple[Database, Database]) -> None:
    one, other = two
    stored(other, date(2020, 2, 1), 3)
    found = [each for each in examine(f"sqlite:///{one.url}", TODAY).findings if each.check == "posteriors"]
    assert [(each.severity, "rm -r" in each.run) for each in found] == [("notice", False)]
    assert f"of another database too ({other.url}), and nothing is removed there" in found[0].what
    assert "parley copy --from" in found[0].run


@on_sqlite
@pytest.mark.parametrize("how", ["a note", "another program", "a link", "its own log"])
def test_what_is_no_database_of_ours_does_not_count(desk: Database, tmp_path: Path, how: str) -> None:
    two_runs(desk)
    if how == "a note":
        (tmp_path / "notes.txt").write_text("SQLite is a fine thing\n")
    elif how == "another program":
        with closing(sqlite3.connect(tmp_path / "bookmarks.db")) as connection:
            connection.execute("CREATE TABLE runs (what TEXT)")
    elif how == "a link":
        (tmp_path / "latest.db").symlink_to(desk.url)
    else:
        shutil.copy(desk.url, tmp_path / "parley.db-wal.kept")
        (tmp_path / "parley.db-wal.kept").write_bytes(b"WAL")
    assert others_of(desk) == ()
    assert thinned(desk).thinned == (1,)


@on_sqlite
@pytest.mark.parametrize("how", ["in its log", "damaged", "shut", "open here", "of an earlier schema"])
def test_what_may_be_a_database_of_ours_counts(
    desk: Database, sqlite_template: Path, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_runs(desk)
    other = tmp_path / "other.db"
    shutil.copy(sqlite_template, other)
    if how == "in its log":
        other.unlink()
        held = sqlite3.connect(other)
        held.execute("PRAGMA journal_mode=WAL")
        shutil.copy(other, tmp_path / "empty")
        held.execute("CREATE TABLE runs (what TEXT)")
        held.commit()
        (tmp_path / "log").write_bytes((tmp_path / "other.db-wal").read_bytes())
        held.close()
        (tmp_path / "empty").replace(other)
        (tmp_path / "log").rename(tmp_path / "other.db-wal")
    elif how == "damaged":
        other.write_bytes(other.read_bytes()[:100] + os.urandom(4096))
    elif how == "shut":
        opened = Path.open

        def refuse(self: Path, *arguments: object, **options: object) -> object:
            if self == other:
                raise PermissionError(13, "Permission denied", str(self))
            return opened(self, *arguments, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(Path, "open", refuse)
    elif how == "of an earlier schema":
        with closing(sqlite3.connect(other)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '0003'")
    with closing(sqlite3.connect(other if how == "open here" else ":memory:")) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        before = listing(tmp_path)
        with pytest.raises(PosteriorsShared, match=r"other\.db"):
            thinned(desk)
        assert listing(tmp_path) == before


@on_sqlite
def test_looking_takes_no_lock_from_a_database_that_is_open_here(two: tuple[Database, Database]) -> None:
    """A process that opens a file once more and closes it loses its locks on it, and another could write."""
    one, other = two
    with other.write():
        assert others_of(one) != ()
        with pytest.raises(sqlite3.OperationalError, match="locked"), closing(_apart(other.url)) as apart:
            apart.execute("BEGIN IMMEDIATE")


def _apart(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url, timeout=0, isolation_level=None)


@on_sqlite
def test_nothing_is_restored_or_copied_beside_another_database(desk: Database, tmp_path: Path) -> None:
    two_runs(desk)
    write_backup(desk, tmp_path / "kept.zip")
    before = listing(tmp_path)
    message = (
        rf"^{tmp_path} is the folder of another database \({desk.url}\), beside which its posteriors lie; each needs a "
        rf"folder of its own: run `mkdir {tmp_path}/new` and name sqlite:///{tmp_path}/new/new\.db$"
    )
    to = f"sqlite:///{tmp_path / 'new.db'}"
    for fill in (lambda: copy_database(desk, to), lambda: restore_backup(tmp_path / "kept.zip", to)):
        with pytest.raises(StoreError, match=message):
            fill()
    assert listing(tmp_path) == before
    create_database(to).close()
    with pytest.raises(StoreError, match=r"is the folder of another database"):
        copy_database(desk, to)


@on_sqlite
def test_a_backup_is_restored_where_the_database_is_gone_and_its_posteriors_are_not(
    desk: Database, tmp_path: Path
) -> None:
    two_runs(desk)
    write_backup(desk, tmp_path / "kept.zip")
    desk.close()
    Path(desk.url).unlink()
    assert restore_backup(tmp_path / "kept.zip", f"sqlite:///{desk.url}").contents.sound


# A folder that PARLEY_POSTERIORS names


def test_a_folder_that_one_database_has_to_itself_is_thinned(desk: Database, shared: Path) -> None:
    first = two_runs(desk)
    whole = whole_of(desk, first)
    assert entries(shared) == [desk.url]
    assert thinned(desk).thinned == (first,)
    assert not (shared / f"{whole}.nc").exists()
    assert is_sound(desk)
    assert (sweep(desk), entries(shared)) == (0, [desk.url])


def test_two_databases_that_share_a_folder_are_both_refused(
    desk: Database, shared: Path, elsewhere: Callable[[Database], Database]
) -> None:
    two_runs(desk)
    other = elsewhere(desk)
    assert entries(shared) == sorted([desk.url, other.url])
    before = listing(shared)
    for one, second in ((desk, other), (other, desk)):
        message = rf"^{shared} holds the posteriors of another database too \({re.escape(second.url)}\), and nothing is"
        for refused in (thinned, sweep):
            with pytest.raises(PosteriorsShared, match=message) as error:
                refused(one)
        assert f"or remove {shared / REGISTER}/" in str(error.value)
    assert listing(shared) == before
    assert is_sound(desk)
    assert is_sound(other)


@on_sqlite
@to_postgresql
def test_a_server_that_is_filled_from_a_file_shares_its_folder(desk: Database, shared: Path, empty_url: str) -> None:
    two_runs(desk)
    copy_database(desk, empty_url)
    with open_database(empty_url) as server:
        assert entries(shared) == sorted([desk.url, server.url])
        for one in (desk, server):
            with pytest.raises(PosteriorsShared):
                thinned(one)
        desk.close()
        Path(desk.url).unlink()
        assert thinned(server).thinned == (1,)
        assert is_sound(server)


def test_one_that_is_gone_does_not_count(
    desk: Database, shared: Path, elsewhere: Callable[[Database], Database]
) -> None:
    first = two_runs(desk)
    other = elsewhere(desk)
    other.close()
    shutil.rmtree(other.folder)
    assert thinned(desk).thinned == (first,)


@pytest.mark.parametrize("how", ["machine", "disk", "being filled", "not to be read"])
def test_one_that_may_be_there_counts(
    desk: Database, shared: Path, elsewhere: Callable[[Database], Database], how: str
) -> None:
    two_runs(desk)
    other = elsewhere(desk)
    other.close()
    Path(other.url).unlink()
    (entry,) = (path for path in (shared / REGISTER).iterdir() if other.url in path.read_text())
    if how == "not to be read":
        entry.write_text("{")
    else:
        changed = {"machine": {"where": "far"}, "disk": {"device": 0}, "being filled": {"filling": True}}[how]
        entry.write_text(json.dumps(json.loads(entry.read_text()) | changed))
    with pytest.raises(PosteriorsShared, match=f"{other.url} on far" if how == "machine" else "another database"):
        thinned(desk)
    entry.unlink()
    assert thinned(desk).thinned == (1,)


@on_sqlite
def test_the_same_path_on_another_machine_is_another_database(
    desk: Database, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_runs(desk)
    monkeypatch.setattr(sharing, "_machine", lambda: "far")
    with pytest.raises(PosteriorsShared, match=f"{desk.url} on "):
        thinned(desk)


@on_postgresql
def test_two_desks_of_one_server_are_one(desk: Database, database_url: str, shared: Path) -> None:
    two_runs(desk)
    spelt = make_url(database_url).set(drivername="postgresql+psycopg", password="secret")
    spelt = spelt.update_query_dict({"application_name": "another desk"})
    with open_database(spelt.render_as_string(hide_password=False)) as same:
        enter(same)
        assert others_of(same) == ()
        assert len(entries(shared)) == 1
        assert "secret" not in "".join(path.read_text() for path in (shared / REGISTER).iterdir())
        assert thinned(same).thinned == (1,)


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "::1", "/run/postgresql"])
def test_a_server_on_this_machine_is_called_as_the_machine(host: str) -> None:
    assert sharing._host(host, 5432) == f"{sharing._machine()}:5432"
    assert sharing._host("DB.Example.org.", 5433) == "db.example.org:5433"


@on_postgresql
@pytest.mark.parametrize("changed", [{"where": "db:5432"}, {"key": "1/2/public"}])
def test_a_server_that_is_called_the_same_or_was_copied_is_another(
    desk: Database, shared: Path, changed: dict[str, str]
) -> None:
    two_runs(desk)
    (entry,) = (shared / REGISTER).iterdir()
    entry.write_text(json.dumps(json.loads(entry.read_text()) | changed))
    with pytest.raises(PosteriorsShared):
        thinned(desk)


@on_postgresql
def test_a_database_that_was_dropped_on_the_same_server_does_not_count(desk: Database, shared: Path) -> None:
    two_runs(desk)
    (entry,) = (shared / REGISTER).iterdir()
    values = json.loads(entry.read_text())
    server, _, schema = values["key"].split("/")
    entry.write_text(json.dumps(values | {"key": f"{server}/4294967290/{schema}"}))
    assert thinned(desk).thinned == (1,)


def test_files_of_before_the_register_are_of_an_unknown_database(desk: Database, shared: Path) -> None:
    first = stored(desk, date(2020, 1, 10), 1)
    stored(desk, date(2020, 1, 20), 2)
    shutil.rmtree(shared / REGISTER, ignore_errors=True)
    assert thinned(desk).thinned == (first,), "all files are its own"
    shutil.rmtree(shared / REGISTER)
    store_file(shared, lambda path: path.write_text("of another") and None)
    stored(desk, date(2020, 1, 5), 3)
    enter(desk)
    with pytest.raises(PosteriorsShared, match=r"\(unknown, which stored there before .* remove .*unknown\.json if"):
        thinned(desk)


def test_one_that_comes_while_a_file_is_removed_keeps_it(
    desk: Database, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = whole_of(desk, two_runs(desk))
    looks = iter([(), (sharing.Other("another", shared, lies_beside=False),)])
    monkeypatch.setattr(sharing, "others_of", lambda database: next(looks))
    with pytest.raises(PosteriorsShared):
        remove_file(desk, whole)
    assert is_sound(desk)
    assert [path for path in shared.iterdir() if path.name.startswith(sharing.GOING)] == []


@on_sqlite
def test_what_was_moved_aside_when_a_keep_was_cut_off_is_swept(desk: Database) -> None:
    first = two_runs(desk)
    whole = whole_of(desk, first)
    thinned(desk)
    left = desk.posteriors.folder / f"{sharing.GOING}{whole}.nc"
    left.write_text("draws")
    assert (sweep(desk), left.exists()) == (1, False)


def test_a_copy_that_fails_is_not_written_in(
    desk: Database, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = two_runs(desk)
    (shared / f"{whole_of(desk, first)}.nc").write_text("damaged")
    with pytest.raises(StoreError, match="damaged"):
        copy_database(desk, f"sqlite:///{tmp_path_factory.mktemp('away') / 'parley.db'}")
    assert entries(shared) == [desk.url]


@on_sqlite
def test_where_it_cannot_be_written_in_nothing_is_stored(desk: Database, shared: Path) -> None:
    (shared / REGISTER).write_text("in the way")
    with pytest.raises(DatabaseUnwritable, match=rf"^{shared}/databases cannot be written \(File exists\)"):
        enter(desk)


@on_sqlite
def test_who_may_store_there_may_write_in(desk: Database, shared: Path) -> None:
    shared.chmod(0o2770)
    enter(desk)
    assert (shared / REGISTER).stat().st_mode & 0o7777 == 0o2770


@on_sqlite
def test_many_that_come_at_once_are_all_written_in(
    desk: Database, shared: Path, elsewhere: Callable[[Database], Database]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PARLEY_POSTERIORS")
        all_ = [desk, *(elsewhere(desk) for _ in range(5))]
    threads = [threading.Thread(target=enter, args=(one,)) for one in all_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert entries(shared) == sorted(one.url for one in all_)


def test_backup_verify_and_doctor_pass_over_the_register(
    desk: Database, database_url: str, shared: Path, tmp_path: Path
) -> None:
    two_runs(desk)
    assert is_sound(desk)
    assert write_backup(desk, tmp_path / "kept.zip").contents.sound
    found = [one for one in examine(database_url, TODAY).findings if one.check in ("posteriors", "settings")]
    assert found == []


@on_sqlite
def test_folders_that_are_one_by_a_link_are_shared(
    desk: Database, elsewhere: Callable[[Database], Database], tmp_path: Path
) -> None:
    other = elsewhere(desk)
    two_runs(desk)
    shutil.rmtree(other.folder / "posteriors", ignore_errors=True)
    (other.folder / "posteriors").symlink_to(desk.posteriors.folder)
    enter(other)
    for one in (desk, other):
        with pytest.raises(PosteriorsShared):
            thinned(one)


# The command and the service


def test_the_command_refuses_in_a_line(
    desk: Database,
    database_url: str,
    shared: Path,
    elsewhere: Callable[[Database], Database],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    two_runs(desk)
    elsewhere(desk)
    monkeypatch.setenv("PARLEY_DATABASE_URL", database_url)
    for arguments in (["keep"], ["keep", "--dry-run"], ["keep", "--json"]):
        assert parley(arguments) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
        assert said.err.startswith(f"error: {shared} holds the posteriors of another database too (")


def test_the_service_records_the_refusal_once_a_day_and_goes_on(
    desk: Database, shared: Path, elsewhere: Callable[[Database], Database]
) -> None:
    two_runs(desk)
    elsewhere(desk)
    leader = leader_of(desk, lambda: TODAY, replace(settings_of(), keep=KeepSettings(thin=True)))
    for _ in range(2):
        thin_old_posteriors(leader)
    with desk.read() as connection:
        (alert,) = read_alerts(connection, leader.case_id, rules=("keep",))
        assert "holds the posteriors of another database too" in alert.body
        assert len(read_posterior_hashes(connection)) == 2
