"""Backups that the service makes after the day's run: the newest are kept; now and then one is restored and verified.

What is remembered lies in a small file beside them. Of what fails there is an alert a day, and it is tried again; the
runs go on.
"""

import logging
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import URL, make_url

from db.anchors import find_head
from db.append import append_alerts
from db.backup import write_backup
from db.engine import Database
from db.errors import BrokenChain, StoreError
from db.posteriors import FOLDER, Posteriors
from db.progress import Progress
from db.read_schedule import read_alerts
from db.restore import restore_backup
from db.run_rows import NewAlert
from db.verify import Verification
from forecast.errors import NotWritten
from forecast.schedule.duty import Duty
from forecast.schedule.settings import BackupSettings, Settings
from forecast.schedule.slots import calendar_of
from forecast.words.numbers import minute
from forecast.writing import write_file

MEMORY = "parley-backups.json"
"""The file beside the backups that says which was made last, and which was restored and verified."""
CHECKING = "parley-check-"
"""How the folder begins in which a backup is restored."""
BACKUP, RESTORE = "backup", "restore"
"""The rules by which alerts are raised."""
_TITLES = {BACKUP: "The backup of {day} failed", RESTORE: "The backup of {day} could not be restored and verified"}

logger = logging.getLogger("parley.schedule")


@dataclass(frozen=True, slots=True)
class Mark:
    """A backup, and when something was done with it."""

    file: str
    day: date
    """Of the run after which it was made."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong when it was tried last."""

    file: str
    day: date
    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of the backups in a folder."""

    database: str
    """Of which they are, as messages call it."""
    made: Mark | None = None
    """The last one."""
    restored: Mark | None = None
    """The last that was restored and verified."""
    failed: Trouble | None = None
    """Why the last could not be made, or is of a damaged database; None where all is well."""
    refused: Trouble | None = None
    """Why the last could not be restored; None where it was not tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """How the backups stand."""

    folder: str
    made: Mark | None
    restored: Mark | None
    troubles: tuple[str, ...]
    """What went wrong the last time, a sentence each."""
    overdue: tuple[str, ...]
    """What should have been done by now, a sentence each."""


def keep_backups(duty: Duty) -> None:
    """Make the backup that is due, and see whether it can be restored where that is due; tell of what fails."""
    settings = duty.settings.backup
    if not settings.folder:
        return
    folder = _folder(settings, duty.database)
    before = _read(folder) or Memory(database=duty.database.url)
    day = calendar_of(duty.settings.schedule).newest_due(duty.clock())
    now = _restored(duty, folder, day, _backed_up(duty, folder, day, before))
    for rule, trouble in ((BACKUP, now.failed), (RESTORE, now.refused)):
        if trouble is not None:
            _tell(duty, rule, trouble, now)
    if now != before:
        _remember(folder, now)


# Making them


def _backed_up(duty: Duty, folder: Path, day: date, memory: Memory) -> Memory:
    """Make the backup of a day, where one is due, and remove those that are too many."""
    if memory.made is not None and 0 <= (day - memory.made.day).days < duty.settings.backup.every_days:
        return memory
    name = f"{_stem(duty.database)}-{day}.zip"
    try:
        if memory.database != duty.database.url:
            raise StoreError(f"{folder} holds backups of {memory.database}; name another folder in [backup]")
        if not folder.is_dir():  # one that is made here could lie beneath a disk that is not mounted
            raise StoreError(f"folder {folder} does not exist; make it, or name another in [backup]")
        contents = write_backup(duty.database, folder / name, force=True, report=_beating(duty)).contents
        mark = Mark(name, day, duty.clock())
        logger.info("backup made", extra={"file": str(folder / name), "sound": contents.sound})
        _prune(folder, duty, memory)
    except (StoreError, OSError) as error:
        logger.error("backup failed", extra={"day": str(day), "error": _said(error)})
        return replace(memory, failed=Trouble(name, day, duty.clock(), _said(error)))
    damage = _damage(contents)
    return replace(memory, made=mark, failed=Trouble(name, day, mark.at, damage) if damage else None)


def _damage(contents: Verification) -> str:
    """What the database backed up has of damage, the first of it."""
    first = next(iter((*map(str, contents.broken), *contents.damaged)), "")
    return f"it holds what is left of a damaged database ({first.partition(';')[0]}); {contents.remedy}" * bool(first)


def _prune(folder: Path, duty: Duty, memory: Memory) -> None:
    """Remove all but the newest backups, and the one that is known to be restorable."""
    name = re.compile(rf"{re.escape(_stem(duty.database))}-\d{{4}}-\d\d-\d\d\.zip")
    there = sorted(path for path in folder.iterdir() if name.fullmatch(path.name))
    for path in there[: -duty.settings.backup.keep]:
        if memory.restored is None or path.name != memory.restored.file:
            path.unlink()
            logger.info("backup removed", extra={"file": str(path)})


# Restoring one of them


def _restored(duty: Duty, folder: Path, day: date, memory: Memory) -> Memory:
    """See whether the newest backup can be restored, where that is due; one that cannot is tried once."""
    made, restored = memory.made, memory.restored
    if made is None or (memory.refused and memory.refused.file == made.file):
        return memory
    if restored is not None and 0 <= (day - restored.day).days < duty.settings.backup.check_days:
        return memory
    try:
        rows = _try(duty, folder / made.file)
    except (StoreError, OSError) as error:
        logger.error("backup not restored", extra={"file": made.file, "error": _said(error)})
        return replace(memory, refused=Trouble(made.file, made.day, duty.clock(), _said(error)))
    logger.info("backup restored and verified", extra={"file": made.file, "rows": rows})
    return replace(memory, restored=replace(made, at=duty.clock()), refused=None)


def _try(duty: Duty, file: Path) -> int:
    """Restore a backup into a database that is thrown away; how many rows it has.

    Raises StoreError where it cannot be restored, is damaged, or is of another record.
    """
    with TemporaryDirectory(prefix=CHECKING, dir=file.parent, ignore_cleanup_errors=True) as name:
        to = URL.create("sqlite", database=f"{name}/parley.db").render_as_string()
        done = restore_backup(file, to, _beating(duty), posteriors=Posteriors(Path(name) / FOLDER))
    with duty.database.read() as connection:
        if done.contents.head and find_head(connection, done.contents.head) is None:
            raise BrokenChain(f"{file} is of another record than {duty.database.url}; see which of the two is right")
    return done.contents.rows


def _beating(duty: Duty) -> Progress:
    """Progress that keeps the lease, and ends the work where the service is to end."""
    return lambda stage, done, total, remark: duty.beat()


# Telling of it


def _tell(duty: Duty, rule: str, trouble: Trouble, memory: Memory) -> None:
    """Raise an alert, where that day has none of the rule yet."""
    subject = str(trouble.day)
    with duty.database.write() as connection:
        told = read_alerts(connection, duty.case_id, rules=(rule,))
        if any(alert.subject == subject for alert in told):
            return
        append_alerts(connection, [_alert(duty, rule, trouble, memory)], duty.clock())
    logger.info("alert", extra={"rule": rule, "title": _TITLES[rule].format(day=trouble.day)})


def _alert(duty: Duty, rule: str, trouble: Trouble, memory: Memory) -> NewAlert:
    again = "It is tried again every hour." if rule == BACKUP else "The next backup is tried as well."
    lines = [f"At {minute(trouble.at)}: {trouble.why.rstrip('.')}.", again, *_last(memory)]
    facts = {"subjects": [str(trouble.day)], "file": trouble.file, "at": trouble.at.isoformat(), "error": trouble.why}
    return NewAlert(
        case_id=duty.case_id,
        rule=rule,
        subject=str(trouble.day),
        run_id=None,
        title=_TITLES[rule].format(day=trouble.day),
        body="\n".join(lines),
        facts=facts,
        channels=duty.settings.alerts.channels,
    )


def _last(memory: Memory) -> list[str]:
    """Which backups there are to go back to."""
    made, restored = memory.made, memory.restored
    last = f"{made.file}, made at {minute(made.at)}" if made else "none"
    sure = f"{restored.file}, at {minute(restored.at)}" if restored else "none"
    return [f"The last backup: {last}.", f"The last that was restored and verified: {sure}."]


# How they stand


def read_backups(settings: Settings, database: Database, now: datetime) -> Backups | None:
    """How the backups stand at `now`; None where the service is to make none. Nothing is changed."""
    if not settings.backup.folder:
        return None
    folder = _folder(settings.backup, database)
    memory = _read(folder) or Memory(database=database.url)
    troubles = [f"{_TITLES[BACKUP].format(day=memory.failed.day)}: {memory.failed.why}"] if memory.failed else []
    if memory.refused:
        troubles.append(f"{_TITLES[RESTORE].format(day=memory.refused.day)}: {memory.refused.why}")
    return Backups(
        folder=str(folder),
        made=memory.made,
        restored=memory.restored,
        troubles=tuple(troubles),
        overdue=tuple(_overdue(settings, folder, memory, now)),
    )


def _overdue(settings: Settings, folder: Path, memory: Memory, now: datetime) -> list[str]:
    """What a day that has had the time it takes should have brought."""
    backup, made, restored = settings.backup, memory.made, memory.restored
    owed = calendar_of(settings.schedule).newest_due(now - timedelta(hours=settings.schedule.stale_after_hours))
    if made is None:
        return [f"No backup of {memory.database} has been made in {folder}"]
    found = []
    if not (folder / made.file).is_file():
        found.append(f"The last backup, {folder / made.file}, is gone")
    if (owed - made.day).days >= backup.every_days:
        found.append(f"The last backup is of {made.day}: that of {made.day + timedelta(backup.every_days)} is missing")
    if restored is None or (owed - restored.day).days >= backup.check_days + backup.every_days:
        last = f"since that of {restored.day}" if restored else "yet"
        found.append(f"No backup has been restored and verified {last}")
    return found


# What is remembered

_ADAPTER = TypeAdapter(Memory)


def _read(folder: Path) -> Memory | None:
    """What is remembered; None where nothing is, or it cannot be read."""
    try:
        return _ADAPTER.validate_json((folder / MEMORY).read_bytes())
    except (OSError, ValidationError):
        return None


def _remember(folder: Path, memory: Memory) -> None:
    """Write what is remembered; where that fails, the next pass does again what it cannot know of."""
    try:
        write_file(_ADAPTER.dump_json(memory, indent=2), folder / MEMORY, force=True)
    except NotWritten as error:
        logger.error("backups not remembered", extra={"error": str(error)})


def _folder(settings: BackupSettings, database: Database) -> Path:
    return (database.folder / settings.folder).absolute()


def _stem(database: Database) -> str:
    """The name of the database as a file may have it."""
    on_file = database.engine.dialect.name == "sqlite"
    name = Path(database.url).stem if on_file else make_url(database.url).database or ""
    return re.sub(r"[^\w.-]", "_", name) or "parley"


def _said(error: StoreError | OSError) -> str:
    return f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
