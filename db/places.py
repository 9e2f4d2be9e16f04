"""Where a database lies: on which file system, in whose synchronised folder, beside which copies of itself."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
"""Linux's table of what is mounted where; elsewhere nothing is known of file systems, and nothing said."""
MAGIC = b"SQLite format 3\0"
"""How every SQLite file begins."""

_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|afs|ceph|glusterfs|lustre|gpfs|beegfs|coda|ncpfs|orangefs|pvfs2|panfs|davfs|ocfs2|gfs2"
    r"|fuse\.(?:sshfs|rclone|davfs2?|glusterfs|ceph(?:-fuse)?|s3\w*|goofys|gcsfuse|gvfsd-fuse|google-drive\S*|onedrive\w*"
    r"|juicefs|JuiceFS|mfs|smbnetfs|curlftpfs|blobfuse2?|mount-s3|pcloud|kio-fuse|afp\w*)"
)
_SHARED = re.compile(
    r"9p|virtiofs|vboxsf|prl_\w+|vmhgfs|drvfs|fakeowner|fuse\.(?:vmhgfs-fuse|grpcfuse|osxfs)", re.IGNORECASE
)
"""Folders of a host that a virtual machine or a container sees."""
_REMOTE_SOURCE = re.compile(r"\w+://|[^/\s]+:/|//")
"""What a file system of no telling type is mounted from, where that is another machine."""

_MARKS = {
    "Dropbox": (".dropbox.cache",),
    "Syncthing": (".stfolder",),
    "OneDrive": (".849C9593-D756-4E56-8D6E-42412F2A707B",),
    "Google Drive": (".tmp.drivedownload", ".tmp.driveupload", ".grive_state"),
    "Nextcloud or ownCloud": (".sync_*.db", "._sync_*.db", ".owncloud*", ".nextcloud*"),
    "Resilio Sync": (".sync/IgnoreList",),
    "MEGA": (".megaignore",),
}
"""Files by which each program knows the folders it keeps."""
_NAMES = {
    "Dropbox": r"Dropbox(?: \(.+\))?",
    "OneDrive": r"OneDrive(?: ?[-–] ?.+)?",
    "Google Drive": r"Google ?Drive(?:-.+)?|My Drive",
    "iCloud": r"iCloud ?Drive|iCloud~.+|com~apple~CloudDocs|Mobile Documents",
    "Nextcloud or ownCloud": r"Nextcloud\d*|ownCloud\d*",
    "MEGA": r"MEGA(?:sync)?",
    "pCloud": r"pCloud ?Drive",
    "Box": r"Box Sync|Box-Box",
    "Seafile": r"Seafile",
    "Resilio Sync": r"Resilio Sync|BTSync",
    "Synology Drive": r"SynologyDrive",
    "Proton Drive": r"Proton ?Drive",
    "Yandex Disk": r"Yandex\.?Disk",
}
"""What the folders themselves are called, as long as nobody has chosen otherwise."""

_CONFLICT = re.compile(r"conflict|konflikt|conflit|競合|冲突|衝突|충돌", re.IGNORECASE)
_BY_MACHINE = re.compile(r"-[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*")
"""OneDrive adds the name of the machine, which on Windows is in capitals."""
_BY_NUMBER = re.compile(r"(?:-[\w.-]+| \(\d+\)| \d+)")
"""What is a copy for certain only where a program is about that makes such copies."""

_LOCAL = "move it to a local disk, or use PostgreSQL"
_OUT = "move it elsewhere and run `parley verify`, or restore a backup"


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system, where it can be seen."""

    point: Path
    kind: str
    source: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Synchronised:
    """A folder that a program keeps the same on several machines."""

    program: str
    folder: Path


def parse_mounts(table: str) -> tuple[Mount, ...]:
    """The lines of Linux's mountinfo; those that are none are passed over."""
    found = []
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        where, what = before.split(), after.split()
        if len(where) >= 6 and len(what) >= 3:
            ro = "ro" in where[5].split(",") or "ro" in what[2].split(",")
            found.append(Mount(Path(_unescaped(where[4])), what[0], _unescaped(what[1]), ro))
    return tuple(found)


def _unescaped(text: str) -> str:
    """Spaces and the like stand as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def mount_of(path: Path) -> Mount | None:
    """The file system that holds the path; None where that cannot be known."""
    try:
        mounts = parse_mounts(MOUNTS.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        return None
    within = [mount for mount in mounts if path.is_relative_to(mount.point)]
    deepest = max((len(mount.point.parts) for mount in within), default=0)
    return next((mount for mount in reversed(within) if len(mount.point.parts) == deepest), None)


def remote_place(path: Path) -> str:
    """Such as "on a network drive (nfs4 at /mnt/x)"; "" for a disk of this machine."""
    mount = mount_of(path)
    if mount is None:
        return ""
    told = f"({mount.kind} at {mount.point})"
    if _NETWORK.fullmatch(mount.kind) or (mount.kind == "fuse" and _REMOTE_SOURCE.match(mount.source)):
        return f"on a network drive {told}"
    if _SHARED.fullmatch(mount.kind) and mount.point != Path("/"):  # a whole machine may live on one, alone
        return f"in a folder shared with another system {told}"
    return ""


def synchronised(path: Path) -> Synchronised | None:
    """The synchronised folder that holds the path: the nearest that bears the marks of a program, or its name."""
    for folder in path.absolute().parents:
        for program in _NAMES | _MARKS:
            if _is_named(folder, program) or _is_marked(folder, program):
                return Synchronised(program, folder)
    return None


def _is_named(folder: Path, program: str) -> bool:
    return program in _NAMES and re.fullmatch(_NAMES[program], folder.name) is not None


def _is_marked(folder: Path, program: str) -> bool:
    with suppress(OSError):  # what may not be looked into
        if program == "Dropbox" and (folder / ".dropbox").is_file():  # in a home it is a folder, of settings
            return True
        return any(True for mark in _MARKS.get(program, ()) for _ in folder.glob(mark))
    return False


def conflicting_copies(path: Path) -> tuple[Path, ...]:
    """Files beside the database that a synchronising program makes when two machines have changed one file."""
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        return ()
    kept = synchronised(path) is not None
    return tuple(one for one in beside if one != path and _is_conflicting(one, path, kept))


def _is_conflicting(one: Path, path: Path, kept: bool) -> bool:
    name = re.sub(r"-(?:wal|shm|journal)$", "", one.name)
    if not (name.startswith(path.stem) and name.endswith(path.suffix)) or name == path.name:
        return False
    added = name.removeprefix(path.stem).removesuffix(path.suffix)
    if _CONFLICT.search(added):
        return True
    host = socket.gethostname().partition(".")[0]
    machine = _BY_MACHINE.fullmatch(added) or (host and added.casefold() == f"-{host}".casefold())
    return bool(machine or (kept and _BY_NUMBER.fullmatch(added))) and _is_sqlite(one)


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def hazards(path: Path) -> Iterator[tuple[str, str]]:
    """(what is wrong with the place of the SQLite file, what to do): also where all works for now."""
    remote, kept = remote_place(path), synchronised(path)
    if remote:
        why = "SQLite's write-ahead log needs shared memory and locks, which such a place may not offer, or not rightly"
        yield f"{path} lies {remote}: {why}", "move it and its posteriors to a local disk, or use PostgreSQL"
    if kept is not None:
        why = "it is copied amid changes and without its log, and another machine's copy may replace it"
        run = "move it and its posteriors elsewhere, and let `parley backup FILE` write there instead"
        yield f"{path} lies in a folder that {kept.program} synchronises ({kept.folder}): {why}", run


def fault(path: Path, said: str, code: str) -> str:
    """What the place of an SQLite file has to do with an error, and what to do; "" where the place is not known for it.

    Parameters
    ----------
    said, code : SQLite's message and the name of its extended code
    """
    remote, kept = remote_place(path), synchronised(path)
    locked = "is locked" in said
    if code == "SQLITE_READONLY_DBMOVED":
        return f"{path} was moved or replaced while it was open{_by_whom(kept)}; run the command again"
    if remote and (locked or _tells_of_disk(path, said)):
        if locked:
            what = "by another process, here or on another machine, or by one that is gone, whose lock was kept there"
            return f"{path} is locked {remote}: {what}; wait for it, or {_LOCAL}"
        return f"{path} lies {remote}, which does not offer what SQLite's write-ahead log needs ({said}); {_LOCAL}"
    if kept is not None and ("malformed" in said or "not a database" in said or _tells_of_disk(path, said)):
        what = "and is copied or replaced there while it is in use"
        return f"{path} lies in a folder that {kept.program} synchronises ({kept.folder}) {what} ({said}); {_OUT}"
    mount = mount_of(path)
    if mount is not None and (code.startswith("SQLITE_IOERR_SHM") or "locking protocol" in said):
        what = f"({mount.kind} at {mount.point}) does not offer the shared memory and locks that SQLite needs ({said})"
        return f"the file system of {path} {what}; {_LOCAL}"
    return ""


def _by_whom(kept: Synchronised | None) -> str:
    return "" if kept is None else f", as {kept.program} does in {kept.folder}"


def _tells_of_disk(path: Path, said: str) -> bool:
    """Whether SQLite says it of a file that is there, and means the place."""
    return any(word in said for word in ("locking protocol", "disk I/O error")) or (
        "unable to open" in said and path.is_file()
    )
