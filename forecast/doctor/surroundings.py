"""What the program meets around a database: variables, settings, cache, and where log and alerts are written."""

import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

from db.access import may
from forecast.cache import cache_root
from forecast.doctor.finding import NOTICE, PROBLEM, Finding, Found, allow, is_writable, nearest, remove
from forecast.errors import BadSettings
from forecast.schedule.settings import LogSettings, form_doubt, read_settings
from indicators.tables import suggest

SETTINGS = (
    "PARLEY_DATABASE_URL",
    "PARLEY_POSTERIORS",
    "PARLEY_CASE",
    "PARLEY_CACHE",
    "PARLEY_POSTERIORS",
    "PARLEY_ANALYST",
    "PARLEY_SETTINGS",
    "PARLEY_WEBHOOK_SECRET",
    "PARLEY_SMTP_PASSWORD",
)
MIB = 1 << 20
DISK_PROBLEM, DISK_NOTICE = 100 * MIB, 1024 * MIB
CACHED_WITHIN_S = 3600.0
"""How long the result of a task may take to be kept."""


def check_settings() -> Found:
    """Variables that no part of the program reads, most likely misspelt, and the settings file."""
    for name in sorted(os.environ):
        if name.startswith("PARLEY_") and name not in SETTINGS:
            what = f"{name} is not a setting of Parley; {suggest(name, SETTINGS)}"
            yield Finding("settings", NOTICE, what, f"unset {name}, or set the one you meant")
    try:
        doubt = form_doubt(read_settings().alerts.webhook)
        if doubt:
            what, _, run = doubt.rpartition("; ")
            yield Finding("settings", NOTICE, what, run)
    except BadSettings as error:
        yield Finding("settings", PROBLEM, str(error), "correct that file: until then no run is scheduled")


def check_cache() -> Found:
    """The folder of compiled code and backtests, or where it would be made."""
    folder = cache_root()
    place = nearest(folder)
    if not is_writable(place):
        yield Finding(
            "cache", PROBLEM, f"the cache {folder} cannot be written to at {place}", allow(place, "PARLEY_CACHE")
        )
    yield from check_space("cache", place, shutil.disk_usage(place).free)
    for path in sorted(folder.glob("backtest/*/*.aside")):
        if time.time() - path.stat().st_mtime > CACHED_WITHIN_S:
            yield Finding("cache", NOTICE, f"{path} was left by an interrupted backtest", remove(path, "backtest"))


def check_space(check: str, folder: Path, free: int) -> Found:
    """A disk with less than 1 GiB free; below 100 MiB a run may not fit any more."""
    if free < DISK_NOTICE:
        severity = PROBLEM if free < DISK_PROBLEM else NOTICE
        yield Finding(
            check, severity, f"only {free // MIB} MiB are free on the disk of {folder}", "free space on that disk"
        )


def check_log(folder: Path) -> Found:
    """The log of the daily runs can be written, relative to the database's folder."""
    with suppress(BadSettings):  # which is a finding of its own
        log = read_settings().log
        chosen = log.file != LogSettings().file
        if chosen or is_writable(folder):  # or all that is written there is told of already
            yield from _check_told("log", "[log] file", folder / log.file, chosen)


def check_alerts(folder: Path) -> Found:
    """The file of alerts can be written, where one is set."""
    with suppress(BadSettings):
        file = read_settings().alerts.file
        if file is not None and file.path != "-":
            yield from _check_told("alerts", "[alerts.file] path", folder / file.path, chosen=True)


def _check_told(check: str, setting: str, file: Path, chosen: bool) -> Found:
    """A file to which lines are added, and whose folder is made where it does not exist."""
    target = Path(os.path.realpath(file))  # of a link that leads nowhere yet, too
    parent = target.parent
    right = f"name another file in the settings: {setting}"
    if target.is_dir():
        yield Finding(check, PROBLEM, f"{setting} names a folder: {file}", f"name a file in it, such as {file / check}")
    elif target.exists() and not (target.is_file() or stat.S_ISCHR(target.stat().st_mode)):
        yield Finding(check, PROBLEM, f"{setting} does not name a file: {file}", right)
    elif target.exists() and not may(target, os.W_OK):
        yield Finding(check, PROBLEM, f"{setting}: {file} cannot be written", f"allow writing to it, or {right}")
    elif not target.exists() and not is_writable(nearest(parent)):
        what = f"{setting}: {file} cannot be made at {nearest(parent)}"
        yield Finding(check, PROBLEM, what, f"allow writing there, or {right}")
    elif chosen and not parent.exists():
        what = f"{setting}: the folder {parent} does not exist; the first line written would create it"
        yield Finding(check, NOTICE, what, f"create that folder if it is the right one, or {right}")
