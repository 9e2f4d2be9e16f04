"""Backups that the service makes after the day's run: the newest are kept; now and then one is restored and verified.

What is remembered lies in a small file beside them. Of what fails there is an alert a day, which is on record also
where that folder is gone, and it is tried again; the runs go on.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import URL, Connection, make_url

from db.access import unusable
from db.anchors import find_head
from db.append import append_alerts
from db.backup import write_backup
from db.engine import Database
from db.errors import BrokenChain, StoreError
from db.posteriors import FOLDER, Posteriors
from db.progress import Progress
from db.read import read_case
from db.read_schedule import read_alerts
from db.restore import restore_backup
from db.run_rows import NewAlert
from db.verify import Verification
from forecast.errors import NotWritten
from forecast.facts.alerts import BACKUP, RESTORE, BackupTrouble, Kept
from forecast.schedule.leader import Leader
from forecast.schedule.settings import Settings
from forecast.schedule.slots import calendar_of
from forecast.words.language import LANGUAGES
from forecast.writing import write_file

MEMORY = "parley-backups.json"
"""The file beside the backups that says which was made last, and which was restored and verified."""
CHECKING = "parley-check-"
"""How the folder begins in which a backup is restored."""

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
    hindrance: str
    """Why none can be put there now, and what to do; "" where one can. The rest is not known then."""
    made: Mark | None
    restored: Mark | None
    troubles: tuple[str, ...]
    """What went wrong the last time, a sentence each."""
    overdue: tuple[str, ...]
    """What should have been done by now, a sentence each."""


def keep_backups(leader: Leader, failed: Callable[[str], None] = lambda sentence: None) -> None:
    """Make the backup that is due, and see whether it can be restored where that is due; raise alerts of what fails.

    `failed` is called with a sentence for each thing that failed in this pass.
    """
    settings = leader.settings.backup
    if not settings.folder:
        return
    folder = settings.folder_from(leader.database.folder)
    day = calendar_of(leader.settings.schedule).newest_due(leader.clock())
    before = _read(folder) or Memory(database=leader.database.url)
    if hindrance := _hindrance(folder, before, leader.database):  # and nothing is written there: it may be another's
        trouble = _failed(leader, day, hindrance)
        _raise_alert(leader, BACKUP, trouble, None)
        failed(_sentence(BACKUP, trouble))
        return
    now = _restored(leader, folder, day, _backed_up(leader, folder, day, before))
    for rule, was, found in ((BACKUP, before.failed, now.failed), (RESTORE, before.refused, now.refused)):
        if found is not None:
            _raise_alert(leader, rule, found, now)
            if found != was:
                failed(_sentence(rule, found))
    if now != before:
        _remember(folder, now)


def _hindrance(folder: Path, memory: Memory, database: Database) -> str:
    """Why no backup can be put into a folder, and what to do; "" where one can."""
    if memory.database != database.url:
        return f"{folder} holds backups of {memory.database}; name another folder in [backup]"
    return unusable(folder, "[backup]", to_write=not database.unwritable)


def _failed(leader: Leader, day: date, why: str) -> Trouble:
    logger.error("backup failed", extra={"day": str(day), "error": why})
    return Trouble(_name(leader.database, day), day, leader.clock(), why)


def _sentence(rule: str, trouble: Trouble) -> str:
    """For the terminal and the log, which are in English."""
    return f"{LANGUAGES['en'].alerts.backup_title(rule, trouble.day)}: {trouble.why}"


# Making them


def _backed_up(leader: Leader, folder: Path, day: date, memory: Memory) -> Memory:
    """Make the backup of a day, where one is due, and remove those that are too many."""
    if memory.made is not None and 0 <= (day - memory.made.day).days < leader.settings.backup.every_days:
        return memory
    name = _name(leader.database, day)
    try:
        contents = write_backup(leader.database, folder / name, force=True, report=_keeping_lease(leader)).contents
        mark = Mark(name, day, leader.clock())
        logger.info("backup made", extra={"file": str(folder / name), "sound": contents.sound})
        _prune(folder, leader, memory)
    except (StoreError, OSError) as error:
        return replace(memory, failed=_failed(leader, day, _said(error)))
    damage = _damage(contents)
    return replace(memory, made=mark, failed=Trouble(name, day, mark.at, damage) if damage else None)


def _damage(contents: Verification) -> str:
    """What the database backed up has of damage, the first of it."""
    first = next(iter((*map(str, contents.broken), *contents.damaged)), "")
    return f"it holds what is left of a damaged database ({first.partition(';')[0]}); {contents.remedy}" * bool(first)


def _prune(folder: Path, leader: Leader, memory: Memory) -> None:
    """Remove all but the newest backups, and the one that is known to be restorable."""
    name = re.compile(rf"{re.escape(_stem(leader.database))}-\d{{4}}-\d\d-\d\d\.zip")
    there = sorted(path for path in folder.iterdir() if name.fullmatch(path.name))
    for path in there[: -leader.settings.backup.keep]:
        if memory.restored is None or path.name != memory.restored.file:
            path.unlink()
            logger.info("backup removed", extra={"file": str(path)})


# Restoring one of them


def _restored(leader: Leader, folder: Path, day: date, memory: Memory) -> Memory:
    """See whether the newest backup can be restored, where that is due; one that cannot is tried once."""
    made, restored = memory.made, memory.restored
    if made is None or (memory.refused and memory.refused.file == made.file):
        return memory
    if restored is not None and 0 <= (day - restored.day).days < leader.settings.backup.check_days:
        return memory
    try:
        rows = _try(leader, folder / made.file)
    except (StoreError, OSError) as error:
        logger.error("backup not restored", extra={"file": made.file, "error": _said(error)})
        return replace(memory, refused=Trouble(made.file, made.day, leader.clock(), _said(error)))
    logger.info("backup restored and verified", extra={"file": made.file, "rows": rows})
    return replace(memory, restored=replace(made, at=leader.clock()), refused=None)


def _try(leader: Leader, file: Path) -> int:
    """Restore a backup into a database that is thrown away; how many rows it has.

    Raises StoreError where it cannot be restored, is damaged, or is of another record.
    """
    with TemporaryDirectory(prefix=CHECKING, dir=file.parent, ignore_cleanup_errors=True) as name:
        to = URL.create("sqlite", database=f"{name}/parley.db").render_as_string()
        done = restore_backup(file, to, _keeping_lease(leader), posteriors=Posteriors(Path(name) / FOLDER))
    with leader.database.read() as connection:
        if done.contents.head and find_head(connection, done.contents.head) is None:
            raise BrokenChain(f"{file} is of another record than {leader.database.url}; see which of the two is right")
    return done.contents.rows


def _keeping_lease(leader: Leader) -> Progress:
    """Progress that keeps the lease, and ends the work where the service is to end."""
    return lambda stage, done, total, remark: leader.heartbeat()


# Alerts of it


def _raise_alert(leader: Leader, rule: str, trouble: Trouble, memory: Memory | None) -> None:
    """Raise an alert, where that day has none of the rule yet."""
    subject = str(trouble.day)
    with leader.database.write() as connection:
        raised = read_alerts(connection, leader.case_id, rules=(rule,))
        if any(alert.subject == subject for alert in raised):
            return
        alert = _alert(leader, rule, trouble, memory)
        append_alerts(connection, [alert], leader.clock())
    logger.info("alert", extra={"rule": rule, "title": alert.title})


def _alert(leader: Leader, rule: str, trouble: Trouble, memory: Memory | None) -> NewAlert:
    found = BackupTrouble(
        rule=rule,
        day=trouble.day,
        at=trouble.at,
        why=trouble.why,
        known=memory is not None,
        made=_kept(memory.made) if memory else None,
        restored=_kept(memory.restored) if memory else None,
    )
    title, *lines = LANGUAGES[leader.settings.alerts.language].alerts.backup_trouble(found)
    facts = {"subjects": [str(trouble.day)], "file": trouble.file, "at": trouble.at.isoformat(), "error": trouble.why}
    return NewAlert(
        case_id=leader.case_id,
        rule=rule,
        subject=str(trouble.day),
        run_id=None,
        title=title,
        body="\n".join(lines),
        facts=facts,
        channels=leader.settings.alerts.channels,
    )


def _kept(mark: Mark | None) -> Kept | None:
    return Kept(mark.file, mark.at) if mark else None


# How they stand


def read_backups(
    connection: Connection, settings: Settings, database: Database, now: datetime, case_id: str | None = None
) -> Backups | None:
    """How the backups of a case's service stand at `now`; None where it is to make none. Nothing is changed."""
    if not settings.backup.folder:
        return None
    folder = settings.backup.folder_from(database.folder)
    memory = _read(folder) or Memory(database=database.url)
    if hindrance := _hindrance(folder, memory, database):
        return Backups(folder=str(folder), hindrance=hindrance, made=None, restored=None, troubles=(), overdue=())
    failed = memory.failed or _on_record(connection, read_case(connection, case_id).case_id, memory.made)
    tried = ((BACKUP, failed), (RESTORE, memory.refused))
    return Backups(
        folder=str(folder),
        hindrance="",
        made=memory.made,
        restored=memory.restored,
        troubles=tuple(_sentence(rule, trouble) for rule, trouble in tried if trouble),
        overdue=tuple(_overdue(settings, folder, memory, now)),
    )


def _on_record(connection: Connection, case_id: str, made: Mark | None) -> Trouble | None:
    """What failed since the last backup was made, by the alerts: the folder was not there to remember it."""
    alert = next(iter(read_alerts(connection, case_id, rules=(BACKUP,), limit=1)), None)
    if alert is None or (made is not None and alert.recorded_at <= made.at):
        return None
    file, why = (str(alert.facts[name]) for name in ("file", "error"))
    return Trouble(file, date.fromisoformat(alert.subject), alert.recorded_at, why)


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


def _name(database: Database, day: date) -> str:
    return f"{_stem(database)}-{day}.zip"


def _stem(database: Database) -> str:
    """The name of the database as a file may have it."""
    on_file = database.engine.dialect.name == "sqlite"
    name = Path(database.url).stem if on_file else make_url(database.url).database or ""
    return re.sub(r"[^\w.-]", "_", name) or "parley"


def _said(error: StoreError | OSError) -> str:
    return f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
