"""Is this desk in order? What is wrong, how badly, and what to run, whatever state the database is in.

Only what is cheap is looked at: `db.verify` reads everything. Nothing is changed, a locked or broken database is a
finding like any other, and no check keeps the others from being made.
"""

import os
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from db import triggers
from db.backup import ASIDE
from db.chain import last_link
from db.engine import LOCK_TIMEOUT_S, Database, open_database, parse_address, shown
from db.errors import StoreError
from db.kinds import FULL_KINDS
from db.posteriors import FOLDER, orphans, path_of
from db.read import read_case, read_completeness
from db.read_runs import last_published, read_posterior_hashes, read_runs
from db.read_schedule import read_attempts
from db.rows import CaseRow
from db.tables import CHAINED, seals
from db.when import When
from forecast.cache import cache_root
from forecast.errors import BadSettings
from forecast.evaluation.track import ISSUE_LAG_DAYS
from forecast.schedule.settings import read_settings
from forecast.schedule.slots import calendar_of
from forecast.schedule.status import read_status
from forecast.words.numbers import counted, minute
from indicators.content import EVENT_TYPES
from indicators.errors import CaseError
from indicators.folder import read_case_folder
from indicators.shipped import shipped_case
from indicators.tables import suggest

PROBLEM, NOTICE = "problem", "notice"
SETTINGS = (
    "PARLEY_DATABASE_URL",
    "PARLEY_CASE",
    "PARLEY_CACHE",
    "PARLEY_ANALYST",
    "PARLEY_SETTINGS",
    "PARLEY_WEBHOOK_SECRET",
    "PARLEY_SMTP_PASSWORD",
)
ATTESTED_WITHIN = timedelta(days=14)
FORECAST_WITHIN = timedelta(days=2)
CLOCK_AHEAD = timedelta(minutes=1)
MIB = 1 << 20
DISK_PROBLEM, DISK_NOTICE = 100 * MIB, 1024 * MIB
WAL_NOTICE = 64 * MIB


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not in order."""

    check: str
    severity: str
    """problem: something does not work or was lost; notice: something should be done."""
    what: str
    run: str
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at, and what was found."""

    database: str
    checked: tuple[str, ...]
    """Checks that were made; those of the database only where it could be opened."""
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> int:
        return sum(finding.severity == PROBLEM for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened database, one snapshot of it, and the moment at which it is looked at."""

    database: Database
    connection: Connection
    now: datetime
    case_id: str | None


type _Found = Iterable[Finding]
type _Check = Callable[[Opened], _Found]


def examine(
    url: str, now: datetime, *, case_id: str | None = None, lock_timeout_s: float = LOCK_TIMEOUT_S
) -> Examination:
    """Look at everything that can be looked at quickly; the findings are in the order of the checks, problems first.

    Raises nothing: what hinders a check is its finding.
    """
    checked, found = ["settings", "cache", "database"], [*_guarded("settings", check_settings)]
    found += _guarded("cache", check_cache)
    try:
        with open_database(url, lock_timeout_s=lock_timeout_s) as database:
            for name, check in CHECKS.items():
                found += _guarded(name, partial(_seen, database, check, now, case_id))
                checked.append(name)
    except _TROUBLE as error:
        found.append(_hindered("database", error))
    found.sort(key=lambda finding: finding.severity != PROBLEM)
    return Examination(_name(url), tuple(checked), tuple(found))


_TROUBLE = (StoreError, CaseError, SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError, RuntimeError)
"""What a broken database, file or setting can raise on being read: SQL, dates that are none, folders that are gone."""


def _guarded(name: str, check: Callable[[], _Found]) -> list[Finding]:
    """What a check finds; one that cannot go on keeps what it has found, and says why."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except _TROUBLE as error:
        found.append(_hindered(name, error))
    return found


def _hindered(name: str, error: Exception) -> Finding:
    """The finding that an error is: the store's messages say behind the last semicolon what to do."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    what, _, run = said.rpartition("; ") if isinstance(error, StoreError) else ("", "", "")
    if not what:
        what = said if isinstance(error, StoreError) else f"{name} cannot be checked ({said})"
        run = f"check {'PARLEY_DATABASE_URL' if name == 'database' else 'what this names'}, or restore a backup"
    return Finding(name, PROBLEM, what, run)


def _seen(database: Database, check: _Check, now: datetime, case_id: str | None) -> _Found:
    with database.read() as connection:
        yield from check(Opened(database, connection, now, case_id))


def _name(url: str) -> str:
    """The address without password, where it is one."""
    try:
        return shown(parse_address(url))
    except _TROUBLE:
        return url.rpartition("@")[2]


def check_settings() -> _Found:
    """Variables that no part of the program reads, most likely misspelt, and the settings file."""
    for name in sorted(os.environ):
        if name.startswith("PARLEY_") and name not in SETTINGS:
            what = f"{name} is no setting of Parley; {suggest(name, SETTINGS)}"
            yield Finding("settings", NOTICE, what, f"unset {name}, or set the one that was meant")
    try:
        read_settings()
    except BadSettings as error:
        yield Finding("settings", PROBLEM, str(error), "mend that file: no run is scheduled with it")


def check_cache() -> _Found:
    """The folder of compiled code and backtests, or where it would be made."""
    folder = cache_root()
    place = _nearest(folder)
    if not place.is_dir() or not _writable(place):
        yield Finding("cache", PROBLEM, f"cache {folder} cannot be written at {place}", _allow(place, "PARLEY_CACHE"))
    yield from check_space("cache", place, shutil.disk_usage(place).free)


def check_space(check: str, folder: Path, free: int) -> _Found:
    """A disk with less than 1 GiB free; below 100 MiB a run may not fit any more."""
    if free < DISK_NOTICE:
        severity = PROBLEM if free < DISK_PROBLEM else NOTICE
        yield Finding(check, severity, f"{free // MIB} MiB are free on the disk of {folder}", "make room on that disk")


def check_writing(opened: Opened) -> _Found:
    """The write lock can be had; nothing is written."""
    with opened.database.write():
        return ()


def check_triggers(opened: Opened) -> _Found:
    """The tables refuse changes."""
    absent = triggers.missing(opened.connection)
    if absent:
        named = f"{', '.join(absent[:3])}{', …' * (len(absent) > 3)}"
        what = f"{counted(len(absent), 'trigger')} absent or altered ({named}): rows could be changed"
        yield Finding("triggers", PROBLEM, what, "run `parley init`, then `parley verify`")


def check_seals(opened: Opened) -> _Found:
    """Each table ends where its last seal says."""
    for table in CHAINED:
        if table is seals:
            continue
        columns = seals.c.last_id, seals.c.head
        query = select(*columns).where(seals.c.table_name == table.name).order_by(seals.c.id.desc()).limit(1)
        row = opened.connection.execute(query).first()
        sealed = (row.last_id, row.head) if row else (0, "")
        last = last_link(opened.connection, table)
        if last != sealed:
            told = f"ends at row {last[0]}, its last seal stands at row {sealed[0]}"
            what = f"{table.name} {told if last[0] != sealed[0] else f'row {last[0]} is not the one that was sealed'}"
            yield Finding("seals", PROBLEM, what, "run `parley verify`, then restore a backup")


def check_case(opened: Opened) -> _Found:
    """A case can be spoken of, and the shipped one is as shipped."""
    read_case(opened.connection, opened.case_id)
    folder = read_case_folder(shipped_case())
    stored = _stored_case(opened, folder.case.id)
    if stored and stored.case_hash != folder.case_hash:
        what = (
            f"the shipped case {folder.case.id} ({folder.case_hash[:8]}) is not the version in the database "
            f"({stored.case_hash[:8]}, loaded on {stored.recorded_at:%Y-%m-%d})"
        )
        yield Finding("case", NOTICE, what, "run `parley init`, unless that version is from a folder of your own")


def _stored_case(opened: Opened, case_id: str | None) -> CaseRow | None:
    try:
        return read_case(opened.connection, case_id)
    except StoreError:
        return None


def check_completeness(opened: Opened) -> _Found:
    """Someone has attested each type of event up to lately."""
    case = _stored_case(opened, opened.case_id)
    if case is None:
        return
    today = opened.now.astimezone(UTC).date()
    rows = read_completeness(opened.connection, case.case_id, When(as_of=today))
    through = {row.type: min(row.complete_through, today) for row in rows if row.complete_from <= today}
    for known, group in groupby(sorted(EVENT_TYPES, key=lambda kind: through.get(kind, date.min)), through.get):
        if known is None or today - known > ATTESTED_WITHIN:
            kinds = tuple(group)
            far = f"complete through {known}, {_ago(today, known)}" if known else "not attested complete for any day"
            only = "" if len(kinds) == len(EVENT_TYPES) else "".join(f" --type {kind}" for kind in kinds)
            run = f"add what happened since, then run `parley event none{only} --through DATE`"
            yield Finding("completeness", NOTICE, f"{', '.join(kinds)}: {far}", run)


def check_forecast(opened: Opened) -> _Found:
    """The last published full run is of these days, and none was begun and never ended."""
    case = _stored_case(opened, opened.case_id)
    if case is None:
        return
    today = opened.now.astimezone(UTC).date()
    last = last_published(opened.connection, case.case_id, kinds=FULL_KINDS)
    if last is None:
        yield Finding("forecast", NOTICE, "no forecast was ever published", "run `parley update`")
    elif today - last.as_of > FORECAST_WITHIN:
        what = f"the last published forecast (run {last.id}) is as of {last.as_of}, {_ago(today, last.as_of)}"
        yield Finding("forecast", NOTICE, what, "run `parley update`")
    for run in read_runs(opened.connection, case.case_id, statuses=("started",)):
        what = f"run {run.id} was started at {minute(run.status_at or run.recorded_at)} and has no end"
        yield Finding("forecast", NOTICE, what, "run `parley update`, unless it is still running")


def check_schedule(opened: Opened) -> _Found:
    """Where runs have been scheduled, the newest day has its forecast."""
    case = _stored_case(opened, opened.case_id)
    if case is None or not read_attempts(opened.connection, case.case_id, limit=1):
        return
    with suppress(BadSettings):  # which is a finding of its own
        settings = read_settings()
        standing = read_status(opened.connection, settings, opened.now, case.case_id).standing
        if standing.stale:
            yield Finding("schedule", NOTICE, standing.reason, standing.remedy)
        lag = calendar_of(settings.schedule).lag_days(opened.now)
        if lag > ISSUE_LAG_DAYS:
            what = f"scheduled runs are issued {lag} UTC days after their as-of date, and are no track record"
            yield Finding("schedule", NOTICE, what, "choose an earlier time of day in the settings")


def check_posteriors(opened: Opened) -> _Found:
    """Files that rows name are there, and no others; what is in them is for `parley verify`."""
    folder = opened.database.folder
    for digest in sorted(read_posterior_hashes(opened.connection)):
        yield from _check_posterior(folder, digest)
    unnamed = orphans(folder, read_posterior_hashes(opened.connection))
    with opened.database.read() as connection:  # a later snapshot: a run may have been stored before the listing
        named = read_posterior_hashes(connection)
    for path in unnamed:
        if path.name.split(".")[0] not in named:
            yield Finding("posteriors", NOTICE, f"{path} is named by no row", _remove(path, "update or backtest"))


def _check_posterior(folder: Path, digest: str) -> _Found:
    try:
        path = path_of(folder, digest)
        path.open("rb").close()
        if not path.stat().st_size:
            yield Finding("posteriors", PROBLEM, f"posterior {path} is empty", "restore it from a backup")
    except (StoreError, OSError) as error:
        yield _hindered("posteriors", error)


def check_leftovers(opened: Opened) -> _Found:
    """Backups that were cut off, where they would be looked for: beside the database and in the current folder."""
    for folder in sorted({opened.database.folder.resolve(), Path.cwd()}):
        for path in sorted(folder.glob(f"{ASIDE}*/")):
            yield Finding("leftovers", NOTICE, f"{path} is of an interrupted backup", _remove(path, "backup"))


def check_permissions(opened: Opened) -> _Found:
    """What Parley writes beside the database can be written."""
    folder = opened.database.folder
    for place in (folder, folder / FOLDER):
        if place.exists() and not (place.is_dir() and _writable(place)):
            what = f"{place} is no folder that can be written"
            yield Finding("permissions", PROBLEM, what, _allow(place, "PARLEY_DATABASE_URL"))


def check_clock(opened: Opened) -> _Found:
    """No row is of the future."""
    latest, name = opened.now, ""
    for table in CHAINED:
        newest = opened.connection.execute(select(func.max(table.c.recorded_at))).scalar()
        if newest and newest > latest:
            latest, name = newest, table.name
    if latest - opened.now > CLOCK_AHEAD:
        what = f"it is {minute(opened.now)} here, but a row of {name} was recorded at {minute(latest)}"
        yield Finding("clock", PROBLEM, what, "check the clock of this machine")


def check_disk(opened: Opened) -> _Found:
    """There is room beside the database, and SQLite's log was taken over into the file."""
    folder = opened.database.folder
    yield from check_space("disk", folder, shutil.disk_usage(folder).free)
    log = Path(f"{opened.database.url}-wal")
    if opened.connection.dialect.name == "sqlite" and log.is_file() and log.stat().st_size > WAL_NOTICE:
        what = f"{log} has grown to {log.stat().st_size // MIB} MiB: some process has been reading for long"
        yield Finding("disk", NOTICE, what, "end that process; the next command takes the log over")


CHECKS: dict[str, _Check] = {
    "writing": check_writing,
    "triggers": check_triggers,
    "seals": check_seals,
    "case": check_case,
    "completeness": check_completeness,
    "forecast": check_forecast,
    "schedule": check_schedule,
    "posteriors": check_posteriors,
    "leftovers": check_leftovers,
    "permissions": check_permissions,
    "clock": check_clock,
    "disk": check_disk,
}
"""Those of an opened database, each in a snapshot of its own."""


def _ago(today: date, day: date) -> str:
    return f"{(today - day).days} days ago"


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _writable(place: Path) -> bool:
    return os.access(place, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def _allow(place: Path, setting: str) -> str:
    return f"allow writing to {shlex.quote(str(place))}, or set {setting} elsewhere"


def _remove(path: Path, writer: str) -> str:
    return f"run `rm -r {shlex.quote(str(path))}` when no {writer} is running"
