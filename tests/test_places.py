"""Where a database lies: file systems, synchronised folders, copies beside it, and errors told by their real cause."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from brief_worlds import install_shipped

from db import places
from db.engine import explain
from db.errors import DatabaseLocked, DatabaseUnwritable, StoreError
from db.locks import other_process_gets_lock
from db.places import conflicting_copies, fault, mount_of, parse_mounts, remote_place, synchronised
from forecast.cli.app import run

LINE = "{number} 27 0:{number} / {point} rw,relatime shared:1 - {kind} {source} rw"
REMOTE = {
    "nfs4": "on a network drive (nfs4 at ",
    "nfs": "on a network drive (nfs at ",
    "cifs": "on a network drive (cifs at ",
    "smb3": "on a network drive (smb3 at ",
    "ceph": "on a network drive (ceph at ",
    "fuse.sshfs": "on a network drive (fuse.sshfs at ",
    "fuse.rclone": "on a network drive (fuse.rclone at ",
    "9p": "in a folder shared with another system (9p at ",
    "virtiofs": "in a folder shared with another system (virtiofs at ",
    "vboxsf": "in a folder shared with another system (vboxsf at ",
}
LOCAL = ("ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "fuseblk", "fuse.mergerfs", "fuse.fuse-overlayfs")


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the system's table say that something is mounted there."""
    lines = [LINE.format(number=20, point="/", kind="ext4", source="/dev/vda")]

    def mount(point: Path, kind: str, source: str = "somewhere") -> None:
        told = str(point).replace("\\", "\\134").replace(" ", "\\040")
        lines.insert(0, LINE.format(number=len(lines) + 20, point=told, kind=kind, source=source))
        table = tmp_path.parent / f"{tmp_path.name}-mounts"
        table.write_text("".join(f"{line}\n" for line in lines))
        monkeypatch.setattr(places, "MOUNTS", table)

    return mount


type Find = Callable[[Path, str], list[dict[str, str]]]


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Find:
    """What the doctor finds of a check, of the database that is there."""

    def find(path: Path, check: str) -> list[dict[str, str]]:
        monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{path}")
        monkeypatch.setenv("PARLEY_CACHE", str(path.parent.parent))
        monkeypatch.delenv("PARLEY_CASE", raising=False)
        capsys.readouterr()
        run(("doctor", "--json"))
        found = json.loads(capsys.readouterr().out)["findings"]
        return [one for one in found if one["check"] == check]

    return find


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    install_shipped(folder).close()
    return folder / "parley.db"


def _placed(template: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(template, folder / "parley.db"))


def test_the_real_table_is_read() -> None:
    if not places.MOUNTS.exists():
        return
    mount = mount_of(Path("/proc/self"))
    assert mount is not None
    assert (mount.kind, mount.point) == ("proc", Path("/proc"))


def test_a_line_with_and_without_optional_fields_and_spaces() -> None:
    table = (
        "36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime master:1 propagate_from:2 - nfs4 host:/x\\040y rw,vers=4.2\n"
        "37 35 0:5 / /ro ro - tmpfs none rw\n38 35 0:6 / /sb rw - squashfs /dev/loop0 ro\nnothing of the kind\n"
    )
    first, second, third = parse_mounts(table)
    assert (first.point, first.kind, first.source, first.read_only) == (Path("/mnt/a b"), "nfs4", "host:/x y", False)
    assert (second.read_only, third.read_only) == (True, True)


@pytest.mark.parametrize(("kind", "said"), REMOTE.items())
def test_a_drive_that_is_not_of_this_machine(
    mounted: Callable[..., None],
    findings: Find,
    template: Path,
    tmp_path: Path,
    kind: str,
    said: str,
) -> None:
    path = _placed(template, tmp_path / "a share" / "desk")
    mounted(tmp_path / "a share", kind)
    assert remote_place(path) == f"{said}{tmp_path / 'a share'})"
    (one,) = findings(path, "place")
    assert one["severity"] == "notice"
    assert f"{said}{tmp_path / 'a share'})" in one["what"]
    assert "local disk, or use PostgreSQL" in one["run"]
    assert findings(path, "writing") == []


@pytest.mark.parametrize("kind", LOCAL)
def test_a_disk_of_this_machine_is_none(mounted: Callable[..., None], tmp_path: Path, kind: str) -> None:
    mounted(tmp_path, "nfs4")
    mounted(tmp_path / "disk", kind, "/dev/sdb1")
    assert remote_place(tmp_path / "disk" / "parley.db") == ""
    assert remote_place(tmp_path / "parley.db").startswith("on a network drive")
    assert remote_place(tmp_path / "disks" / "parley.db").startswith("on a network drive")


def test_a_machine_that_lives_on_a_shared_folder_is_no_share(mounted: Callable[..., None], tmp_path: Path) -> None:
    mounted(Path("/"), "9p")
    assert remote_place(tmp_path / "parley.db") == ""


def test_where_nothing_is_known_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "MOUNTS", tmp_path / "none")
    assert remote_place(tmp_path / "parley.db") == ""


SAYS = ("locking protocol", "disk I/O error", "unable to open database file")


@pytest.mark.parametrize("said", SAYS)
@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_an_error_on_such_a_drive_is_told_by_its_cause(
    mounted: Callable[..., None], tmp_path: Path, said: str, kind: str
) -> None:
    mounted(tmp_path, kind)
    path = tmp_path / "parley.db"
    path.touch()
    error = explain(sqlite3.OperationalError(said), str(path))
    assert isinstance(error, DatabaseUnwritable)
    assert f"({kind} at {tmp_path})" in str(error)
    assert str(error).endswith(f"({said}); move it to a local disk, or use PostgreSQL")


def test_a_lock_on_such_a_drive_may_be_of_another_machine(mounted: Callable[..., None], tmp_path: Path) -> None:
    mounted(tmp_path, "nfs4")
    error = explain(sqlite3.OperationalError("database is locked"), str(tmp_path / "parley.db"))
    assert isinstance(error, DatabaseLocked)
    assert f"locked on a network drive (nfs4 at {tmp_path}): by another process, here or on another machine" in str(
        error
    )


def test_a_file_system_without_shared_memory_is_named(mounted: Callable[..., None], tmp_path: Path) -> None:
    mounted(tmp_path, "fuse.own")
    said = fault(tmp_path / "parley.db", "disk I/O error", "SQLITE_IOERR_SHMMAP")
    assert f"(fuse.own at {tmp_path}) does not offer the shared memory and locks that SQLite needs" in said


@pytest.mark.parametrize("said", SAYS)
def test_an_error_on_a_local_disk_names_no_drive(mounted: Callable[..., None], tmp_path: Path, said: str) -> None:
    mounted(tmp_path, "ext4")
    assert "network" not in str(explain(sqlite3.OperationalError(said), str(tmp_path / "parley.db")))


MARKS = {
    ".dropbox": "Dropbox",
    ".dropbox.cache/": "Dropbox",
    ".stfolder/": "Syncthing",
    ".849C9593-D756-4E56-8D6E-42412F2A707B": "OneDrive",
    ".tmp.drivedownload/": "Google Drive",
    ".sync_1a2b3c.db": "Nextcloud or ownCloud",
    "._sync_1a2b3c.db": "Nextcloud or ownCloud",
    ".owncloudsync.log": "Nextcloud or ownCloud",
    ".sync/IgnoreList": "Resilio Sync",
    ".megaignore": "MEGA",
}
NAMES = {
    "Dropbox": "Dropbox",
    "Dropbox (Institute)": "Dropbox",
    "OneDrive": "OneDrive",
    "OneDrive - Institute": "OneDrive",
    "Google Drive": "Google Drive",
    "GoogleDrive-kim@example.org": "Google Drive",
    "iCloudDrive": "iCloud",
    "iCloud~com~example": "iCloud",
    "com~apple~CloudDocs": "iCloud",
    "Nextcloud": "Nextcloud or ownCloud",
    "ownCloud": "Nextcloud or ownCloud",
    "pCloudDrive": "pCloud",
    "Box Sync": "Box",
    "SynologyDrive": "Synology Drive",
}


def _mark(folder: Path, mark: str) -> None:
    place = folder / mark
    place.parent.mkdir(parents=True, exist_ok=True)
    place.mkdir() if mark.endswith("/") else place.touch()


@pytest.mark.parametrize(("mark", "program"), MARKS.items())
def test_a_synchronised_folder_is_known_by_its_marks(
    findings: Find, template: Path, tmp_path: Path, mark: str, program: str
) -> None:
    _mark(tmp_path / "work", mark)
    path = _placed(template, tmp_path / "work" / "parley" / "desk")
    kept = synchronised(path)
    assert kept is not None
    assert (kept.program, kept.folder) == (program, tmp_path / "work")
    (one,) = findings(path, "place")
    assert one["severity"] == "notice"
    assert f"lies in a folder that {program} synchronises ({tmp_path / 'work'})" in one["what"]
    assert "parley backup" in one["run"]


@pytest.mark.parametrize(("name", "program"), NAMES.items())
def test_a_synchronised_folder_is_known_by_its_name(tmp_path: Path, name: str, program: str) -> None:
    kept = synchronised(tmp_path / name / "desk" / "parley.db")
    assert kept is not None
    assert (kept.program, kept.folder) == (program, tmp_path / name)


@pytest.mark.parametrize("name", ["dropbox-client", "OneDriver", "My Drives", "Boxes", "iCloud", "nextcloud-server"])
def test_other_names_are_none(tmp_path: Path, name: str) -> None:
    assert synchronised(tmp_path / name / "parley.db") is None


def test_the_settings_of_dropbox_in_a_home_are_no_mark(tmp_path: Path) -> None:
    (tmp_path / ".dropbox").mkdir()
    assert synchronised(tmp_path / "parley.db") is None


@pytest.mark.parametrize("said", ["database disk image is malformed", "disk I/O error"])
def test_damage_in_a_synchronised_folder_is_told_by_its_cause(tmp_path: Path, said: str) -> None:
    path = tmp_path / "Dropbox" / "parley.db"
    path.parent.mkdir()
    error = explain(sqlite3.DatabaseError(said), str(path))
    assert isinstance(error, StoreError)
    assert f"lies in a folder that Dropbox synchronises ({path.parent})" in str(error)
    assert said in str(error)


CERTAIN = (
    "parley (KIM's conflicted copy 2026-11-20).db",
    "parley (conflicted copy 2026-11-20 120000).db",
    "parley.sync-conflict-20261120-120000-ABCDEFG.db",
    "parley_conflict-20261120-120000.db",
    "parley.Conflict.db",
    "parley (Kims Konflikt-Kopie).db",
    "parley（競合コピー）.db",
    "parley (conflicted copy 2026-11-20).db-wal",
    "parley-DESKTOP-7Q2K.db",
    "parley-HOSTNAME.db",
)
GUESSED = ("parley (1).db", "parley 2.db", "parley-kims-laptop.db")
OTHERS = ("parley.db-wal", "parley.db-shm", "parley-2026.db", "parley-old.db", "other-HOST.db", "parley.toml")


@pytest.mark.parametrize("name", CERTAIN)
def test_a_conflicting_copy_is_named(findings: Find, template: Path, tmp_path: Path, name: str) -> None:
    path = _placed(template, tmp_path / "desk")
    shutil.copy(template, path.parent / name)
    (one,) = findings(path, "place")
    assert one["severity"] == "notice"
    assert one["what"].startswith(f"{path.parent / name} looks like a conflicting copy")


@pytest.mark.parametrize("name", GUESSED)
def test_a_copy_by_number_or_machine_only_where_folders_are_synchronised(
    template: Path, tmp_path: Path, name: str
) -> None:
    path = _placed(template, tmp_path / "desk")
    shutil.copy(template, path.parent / name)
    assert conflicting_copies(path) == ()
    _mark(tmp_path, ".stfolder/")
    assert conflicting_copies(path) == (path.parent / name,)


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_none(template: Path, tmp_path: Path, name: str) -> None:
    path = _placed(template, tmp_path / "desk")
    shutil.copy(template, path.parent / name)
    assert conflicting_copies(path) == ()


def test_another_process_is_refused_the_lock_and_gets_it_afterwards(template: Path, tmp_path: Path) -> None:
    path = _placed(template, tmp_path / "desk")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert not other_process_gets_lock(path)
        holder.execute("ROLLBACK")
        assert other_process_gets_lock(path)


def test_a_file_that_was_replaced_meanwhile_is_locked_by_nobody(template: Path, tmp_path: Path) -> None:
    """As synchronising programs do: who has it open goes on in a file that has no name any more."""
    path = _placed(template, tmp_path / "desk")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode=DELETE")
        holder.execute("BEGIN IMMEDIATE")
        _placed(template, tmp_path / "other").replace(path)
        assert other_process_gets_lock(path)
        holder.execute("ROLLBACK")


def test_a_lock_that_cannot_be_tried_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"keeps other processes out cannot be tried \(unable to open database file\)"):
        other_process_gets_lock(tmp_path / "none.db")


@pytest.mark.parametrize("left", ["gone", "empty"])
def test_a_log_without_its_database_is_kept(
    findings: Find, tmp_path: Path, left: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    log, path = folder / "parley.db-wal", folder / "parley.db"
    log.write_bytes(b"x" * 5000)
    if left == "empty":
        path.touch()
    (one,) = findings(path, "database")
    assert one["severity"] == "problem"
    assert one["what"] == f"{log} holds what was entered last, but {path} is {left}"
    for command in ("init", "show"):
        assert run((command,)) == 1
        assert capsys.readouterr().err.startswith(f"error: {one['what']}; put the database back beside it")
    assert log.read_bytes() == b"x" * 5000
