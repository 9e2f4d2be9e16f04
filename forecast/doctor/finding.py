"""What a check of the doctor is given, and what it finds."""

import os
import shlex
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from db.access import may
from db.engine import Database
from db.errors import StoreError
from indicators.errors import CaseError

PROBLEM, NOTICE = "problem", "notice"
TROUBLE = (StoreError, CaseError, SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError, RuntimeError)
"""What a broken database, file or setting can raise on being read: SQL, dates that are none, folders that are gone."""


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
class Opened:
    """An opened database, one snapshot of it, and the moment at which it is looked at."""

    database: Database
    connection: Connection
    now: datetime
    case_id: str | None


type Found = Iterable[Finding]


def hindered(name: str, error: Exception) -> Finding:
    """The finding that an error is: the store's messages say behind the last semicolon what to do."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    what, _, run = said.rpartition("; ") if isinstance(error, StoreError) else ("", "", "")
    if not what:
        what = said if isinstance(error, StoreError) else f"{name} cannot be checked ({said})"
        run = f"check {'PARLEY_DATABASE_URL' if name == 'database' else 'what this names'}, or restore a backup"
    return Finding(name, PROBLEM, what, run)


def nearest(folder: Path) -> Path:
    """The folder, or the one above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def is_writable(place: Path) -> bool:
    """Whether a file can be made in the folder."""
    return place.is_dir() and may(place, os.W_OK | os.X_OK)


def allow(place: Path, setting: str) -> str:
    """What to do about a place that cannot be written and that a setting names."""
    return f"allow writing to {shlex.quote(str(place))}, or point {setting} elsewhere"


def remove(path: Path, writer: str) -> str:
    """What to do about what was left behind."""
    return f"run `rm -r {shlex.quote(str(path))}` while no {writer} is running"
