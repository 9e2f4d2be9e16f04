"""Backups of the service: one a day, so many kept, tried by restoring; what fails is told and harms no run."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from conftest import RUN
from schedule_worlds import Clock, install_toy_at, leader_of, ledger_of, settings_of

from db.append import append_run
from db.backup import write_backup
from db.engine import Database, open_database
from db.posteriors import keep, prepare
from db.read_schedule import read_alerts
from db.run_rows import AlertRow
from forecast.cli.app import run
from forecast.cli.schedule_tables import print_status
from forecast.doctor.examine import examine
from forecast.doctor.files import check_backups
from forecast.doctor.finding import Opened
from forecast.schedule.backups import CHECKING, MEMORY, Backups, keep_backups, read_backups
from forecast.schedule.leader import Leader, Stopped, acquire, make_due
from forecast.schedule.settings import AlertFile, AlertSettings, BackupSettings, Settings
from forecast.schedule.status import read_status

MORNING = datetime(2020, 1, 3, 6, 5, tzinfo=UTC)
"""Just after the first run is due."""
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.delenv("PARLEY_POSTERIORS", raising=False)
    (tmp_path / "backups").mkdir()


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """The toy case with a posterior."""
    install_toy_at(database_url, tmp_path)
    with open_database(database_url) as opened:
        prepared = prepare(opened.posteriors, lambda path: path.write_bytes(b"draws") and None)
        with opened.write() as connection:
            digest = keep(connection, prepared)
            append_run(connection, replace(RUN, case_id="toy", posterior_hash=digest), MORNING)
        yield opened


def settings(**backup: object) -> Settings:
    kept = BackupSettings(**{"folder": "backups", **backup})  # type: ignore[arg-type]
    return replace(settings_of(), backup=kept, alerts=AlertSettings(file=AlertFile(path="-")))


@pytest.fixture
def leader(database: Database) -> Leader:
    """A service on a day whose run is due."""
    return serving(database, MORNING)


def serving(database: Database, now: datetime, **backup: object) -> Leader:
    found = leader_of(database, Clock(now), settings(**backup))
    acquire(found)
    return found


def pass_days(leader: Leader, days: int = 1) -> None:
    for _ in range(days):
        leader.clock.now += DAY  # type: ignore[attr-defined]
        make_due(leader, lambda *_: None)
        keep_backups(leader)


def there(suffix: str = ".zip") -> list[str]:
    return sorted(path.name for path in Path("backups").iterdir() if path.name.endswith(suffix))


def told(leader: Leader, *rules: str) -> list[AlertRow]:
    with leader.database.read() as connection:
        return list(reversed(read_alerts(connection, "toy", rules=rules or ("backup", "restore"))))


def remembered() -> dict[str, object]:
    found: dict[str, object] = json.loads(Path("backups", MEMORY).read_text())
    return found


# What is made


def test_each_day_has_its_backup_and_it_is_tried(leader: Leader) -> None:
    keep_backups(leader)
    assert there() == ["parley-2020-01-03.zip"]
    assert there("") == ["parley-2020-01-03.zip", MEMORY]  # nothing of the trial is left
    found = remembered()
    assert found["restored"] == found["made"] | {"at": found["restored"]["at"]}  # type: ignore[operator,index]
    keep_backups(leader)
    assert remembered() == found
    pass_days(leader)
    assert there() == ["parley-2020-01-03.zip", "parley-2020-01-04.zip"]
    assert remembered()["restored"]["day"] == "2020-01-03"  # type: ignore[index]
    assert told(leader) == []


def test_it_is_made_after_the_day_s_run(database: Database) -> None:
    leader = serving(database, MORNING - timedelta(hours=1))
    keep_backups(leader)
    assert there() == ["parley-2020-01-02.zip"]
    leader.clock.now = MORNING  # type: ignore[attr-defined]
    make_due(leader, lambda *_: None)
    keep_backups(leader)
    with ZipFile("backups/parley-2020-01-03.zip") as archive:
        archive.extract("parley.db", "inside")
    with closing(sqlite3.connect("inside/parley.db")) as connection:
        assert connection.execute("SELECT count(*) FROM attempts").fetchone()[0] == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_so_many_are_kept_and_the_one_that_was_tried(database: Database) -> None:
    leader = serving(database, MORNING, keep=2, check_days=30)
    keep_backups(leader)
    Path("backups", "parley-notes.zip").write_text("somebody's")
    pass_days(leader, 4)
    days = ["2020-01-03", "2020-01-06", "2020-01-07"]
    assert there() == [*(f"parley-{day}.zip" for day in days), "parley-notes.zip"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_so_many_days_the_newest_is_tried_again(database: Database) -> None:
    leader = serving(database, MORNING, every_days=2, check_days=4)
    keep_backups(leader)
    tried = []
    for _ in range(8):
        pass_days(leader)
        tried.append(str(remembered()["restored"]["day"])[-2:])  # type: ignore[index]
    assert tried == ["03", "03", "03", "07", "07", "07", "07", "11"]
    assert [name[-6:-4] for name in there()] == ["03", "05", "07", "09", "11"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_folder_none_is_made(database: Database) -> None:
    leader = serving(database, MORNING, folder="")
    keep_backups(leader)
    assert there("") == []
    with database.read() as connection:
        assert read_backups(connection, leader.settings, database, MORNING) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_service_that_is_to_end_leaves_nothing_half_made(database: Database) -> None:
    leader = replace(serving(database, MORNING), stopped=lambda: True)
    with pytest.raises(Stopped, match="the service was stopped"):
        keep_backups(leader)
    assert there("") == []
    keep_backups(replace(leader, stopped=lambda: False))
    assert there() == ["parley-2020-01-03.zip"]


# What fails


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_fails_is_told_once_a_day_and_tried_again(leader: Leader, caplog: pytest.LogCaptureFixture) -> None:
    leader.settings = settings(folder="gone")
    for _ in range(3):
        keep_backups(leader)
    (alert,) = told(leader)
    assert (alert.rule, alert.subject, alert.title) == ("backup", "2020-01-03", "The backup of 2020-01-03 failed")
    assert alert.body.splitlines() == [
        f"At 2020-01-03 06:05 UTC: folder {Path.cwd() / 'gone'} does not exist; make it or mount its disk, or name "
        "another in [backup].",
        "It is tried again every hour.",
    ]
    assert alert.channels == ("file",)
    pass_days(leader)
    assert [row.subject for row in told(leader)] == ["2020-01-03", "2020-01-04"]
    assert [row.outcome for row in ledger_of(leader.database)] == ["published"]  # the run was made all the same
    assert "backup failed" in caplog.text
    (Path.cwd() / "gone").mkdir()
    keep_backups(leader)
    assert [path.name for path in Path("gone").glob("*.zip")] == ["parley-2020-01-04.zip"]
    assert len(told(leader)) == 2


def test_a_backup_that_cannot_be_restored_is_told(leader: Leader) -> None:
    keep_backups(leader)
    pass_days(leader, 6)
    leader.settings = settings(check_days=1)
    good = Path("backups", "parley-2020-01-09.zip")
    good.write_bytes(good.read_bytes()[:1000])
    keep_backups(leader)
    (alert,) = told(leader)
    assert (alert.rule, alert.title) == ("restore", "The backup of 2020-01-09 could not be restored and verified")
    assert "parley-2020-01-09.zip is no ZIP file, or only a part of one" in alert.body
    assert "The last that was restored and verified: parley-2020-01-03.zip" in alert.body
    keep_backups(leader)
    assert len(told(leader)) == 1
    pass_days(leader)
    assert remembered()["refused"] is None
    assert remembered()["restored"]["day"] == "2020-01-10"  # type: ignore[index]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_database_is_backed_up_and_told(leader: Leader) -> None:
    keep_backups(leader)
    shutil.rmtree("posteriors")
    pass_days(leader)
    assert there() == ["parley-2020-01-03.zip", "parley-2020-01-04.zip"]
    (alert,) = told(leader)
    assert alert.rule == "backup"
    assert "it holds what is left of a damaged database (posterior " in alert.body
    assert "The last that was restored and verified: parley-2020-01-03.zip" in alert.body


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_backups_of_another_database_are_left_alone(leader: Leader, database: Database) -> None:
    keep_backups(leader)
    memory = remembered() | {"database": "/elsewhere/parley.db", "restored": None}
    Path("backups", MEMORY).write_text(json.dumps(memory))
    leader.settings = settings(check_days=1)
    pass_days(leader, 2)
    assert there() == ["parley-2020-01-03.zip"]
    assert remembered() == memory  # nothing of the stranger's is in the owner's memory
    assert [alert.rule for alert in told(leader)] == ["backup", "backup"]
    assert "holds backups of /elsewhere/parley.db; name another folder in [backup]" in told(leader)[0].body
    assert "parley-2020-01-03.zip" not in told(leader)[0].body
    with database.read() as connection:
        found = read_backups(connection, leader.settings, database, leader.clock())
    assert found is not None
    assert found.hindrance.startswith(f"{Path.cwd() / 'backups'} holds backups of /elsewhere/parley.db; name another")
    assert (found.made, found.troubles, found.overdue) == (None, (), ())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_of_another_record_is_told(leader: Leader, tmp_path: Path) -> None:
    keep_backups(leader)
    (tmp_path / "other").mkdir()
    install_toy_at(f"sqlite:///{tmp_path / 'other' / 'parley.db'}", tmp_path / "other", MORNING)
    with open_database(f"sqlite:///{tmp_path / 'other' / 'parley.db'}") as other:
        write_backup(other, tmp_path / "backups" / "parley-2020-01-03.zip", force=True)
    leader.settings = settings(check_days=1)
    Path("backups", MEMORY).write_text(json.dumps(remembered() | {"restored": None}))
    keep_backups(leader)
    (alert,) = told(leader)
    assert f"is of another record than {leader.database.url}; see which of the two is right" in alert.body


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_folder_that_takes_none_is_told_as_what_it_is(
    leader: Leader, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("file").write_text("in the way")
    leader.settings = settings(folder="file")
    said: list[str] = []
    keep_backups(leader, said.append)
    (alert,) = told(leader)
    assert f": {Path.cwd() / 'file'} is no folder; name one in [backup]." in alert.body
    keep_backups(leader, said.append)  # tried again, and failed again
    assert said == 2 * [f"The backup of 2020-01-03 failed: {Path.cwd() / 'file'} is no folder; name one in [backup]"]
    monkeypatch.setenv("HOME", str(Path.cwd()))
    leader.settings = settings(folder="~/backups")
    keep_backups(leader, said.append)
    assert there() == ["parley-2020-01-03.zip"]
    keep_backups(leader, said.append)
    assert len(said) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_failed_while_the_folder_was_gone_is_known_once_it_is_back(leader: Leader, database: Database) -> None:
    Path("backups").rmdir()
    keep_backups(leader)
    Path("backups").mkdir()
    for look in (status_of, doctor_of):
        assert "The backup of 2020-01-03 failed: folder " in look(leader)
    keep_backups(leader)
    for look in (status_of, doctor_of):
        assert " failed: " not in look(leader)


def status_of(leader: Leader) -> str:
    """What is said of backups by the command."""
    with leader.database.read() as connection:
        found = replace(
            read_status(connection, leader.settings, leader.clock(), "toy"),
            backups=read_backups(connection, leader.settings, leader.database, leader.clock(), "toy"),
        )
    with redirect_stdout(StringIO()) as out:
        print_status(found)
    (line,) = [line for line in out.getvalue().splitlines() if line.startswith("backups ")]
    return line


def doctor_of(leader: Leader) -> str:
    """What it finds of backups, a line each."""
    assert leader.settings.backup.folder
    Path("parley.toml").write_text(f'[backup]\nfolder = "{leader.settings.backup.folder}"\n')
    with leader.database.read() as connection:
        found = check_backups(Opened(leader.database, connection, leader.clock(), None))
        return "\n".join(f"{one.severity}: {one.what} → {one.run}" for one in found)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_status_and_doctor_look_at_the_folder_itself(leader: Leader) -> None:
    keep_backups(leader)
    leader.settings = settings(folder="gone")
    way = "make it or mount its disk, or name another in [backup]"
    assert status_of(leader) == f"backups    folder {Path.cwd() / 'gone'} does not exist; {way}"
    assert doctor_of(leader) == f"problem: no backup can be made: folder {Path.cwd() / 'gone'} does not exist → {way}"
    Path("gone").write_text("in the way")
    assert doctor_of(leader).startswith(
        f"problem: no backup can be made: {Path.cwd() / 'gone'} is no folder → name one"
    )


# How they stand


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_overdue_is_said(leader: Leader, database: Database) -> None:
    def look(days: int) -> Backups:
        with database.read() as connection:
            found = read_backups(connection, leader.settings, database, MORNING + timedelta(days=days))
        assert found is not None
        return found

    (none,) = look(0).overdue
    assert none.startswith("No backup of ")
    keep_backups(leader)
    assert look(1).overdue == ()
    assert look(2).overdue == ("The last backup is of 2020-01-03: that of 2020-01-04 is missing",)
    assert look(10).overdue == (
        "The last backup is of 2020-01-03: that of 2020-01-04 is missing",
        "No backup has been restored and verified since that of 2020-01-03",
    )
    Path("backups", "parley-2020-01-03.zip").unlink()
    (gone,) = look(0).overdue
    assert gone == f"The last backup, {Path.cwd() / 'backups' / 'parley-2020-01-03.zip'}, is gone"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_status_and_doctor_say_it(
    leader: Leader, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARLEY_DATABASE_URL", database_url)
    monkeypatch.setenv("PARLEY_CACHE", "cache")
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("forecast.cli.console.utc_now", lambda: leader.clock())
    Path("parley.toml").write_text('[backup]\nfolder = "backups"\n')
    make_due(leader, lambda *_: None)
    keep_backups(leader)
    assert run(["schedule", "status"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("backups"))
    assert line == (
        "backups    the last of 2020-01-03, made 2020-01-03 06:05 UTC; that of 2020-01-03 restored and verified "
        f"2020-01-03 06:05 UTC; in {Path.cwd() / 'backups'}"
    )
    assert run(["schedule", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["backups"]["made"]["file"] == "parley-2020-01-03.zip"
    assert [one for one in examine(database_url, leader.clock()).findings if one.check == "backups"] == []
    Path("backups", f"{CHECKING}x").mkdir()
    late = examine(database_url, leader.clock() + 3 * DAY).findings
    assert [one.what for one in late if one.check == "backups"] == [
        "The last backup is of 2020-01-03: that of 2020-01-04 is missing"
    ]
    (left,) = [one for one in late if one.check == "leftovers"]
    assert left.what == f"{Path.cwd() / 'backups' / f'{CHECKING}x'} was left by an interrupted check of a backup"
