"""Where the database lies: its place, its locks, what may be written there, and room."""

import shlex
import shutil
from contextlib import suppress
from pathlib import Path

from db.access import unusable
from db.engine import parse_address
from db.errors import StoreError
from db.locks import keeps_others_out
from db.places import conflicting_copies, hazards
from db.posteriors import FOLDER, PLACE
from forecast.doctor.finding import NOTICE, PROBLEM, Finding, Found, Opened, allow, is_writable
from forecast.doctor.surroundings import MIB, check_space

WAL_NOTICE = 64 * MIB


def check_place(url: str) -> Found:
    """An SQLite file lies on a disk of this machine, alone, and no program copies it about."""
    address = parse_address(url)
    if address.get_backend_name() != "sqlite":
        return
    path = Path(str(address.database))
    for what, run in hazards(path):
        yield Finding("place", NOTICE, what, f"{run} (docs/storage.md)")
    for copy in conflicting_copies(path):
        what = f"{copy} looks like a conflicting copy, made because {path.name} was changed on two machines"
        named = f"PARLEY_DATABASE_URL={shlex.quote(f'sqlite:///{copy}')}"
        run = f"see what was entered there (`{named} parley observations`), enter here what is missing, then delete it"
        yield Finding("place", NOTICE, what, run)


def check_writing(opened: Opened) -> Found:
    """The write lock can be had, and keeps others out; nothing is written."""
    if not keeps_others_out(opened.database):
        what = f"the lock on {opened.database.url} does not hold: two processes got it at the same time"
        run = "stop all writers but one, and move the database to a local disk or use PostgreSQL (docs/storage.md)"
        yield Finding("writing", PROBLEM, what, run)


def check_permissions(opened: Opened) -> Found:
    """What Parley writes beside the database, or into a folder that was chosen for posteriors, can be written."""
    if opened.database.unwritable:  # which is told of already
        return
    folder = opened.database.folder
    with suppress(StoreError):  # of a place that cannot be: the check of posteriors tells that
        posteriors = opened.database.posteriors
        if posteriors.shared and (why := unusable(posteriors.folder, PLACE)):
            what, _, run = why.rpartition("; ")
            yield Finding("permissions", PROBLEM, what, run)
    for place in (folder, folder / FOLDER):
        if place.exists() and not is_writable(place):
            what = f"{place} is not a folder that can be written to"
            yield Finding("permissions", PROBLEM, what, allow(place, "PARLEY_DATABASE_URL"))


def check_disk(opened: Opened) -> Found:
    """There is room beside the database, and SQLite's log was taken over into the file."""
    folder = opened.database.folder
    yield from check_space("disk", folder, shutil.disk_usage(folder).free)
    log = Path(f"{opened.database.url}-wal")
    if opened.connection.dialect.name == "sqlite" and log.is_file() and log.stat().st_size > WAL_NOTICE:
        what = f"{log} has grown to {log.stat().st_size // MIB} MiB: some process has been reading for a long time"
        yield Finding("disk", NOTICE, what, "end that process; the next command then empties the log")
