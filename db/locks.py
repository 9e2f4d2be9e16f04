"""Whether the write lock keeps others out, as it must: tried with another who asks for it meanwhile."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import text

from db.engine import WRITE_LOCK, Database
from db.errors import StoreError

_GRANTED, _PATIENCE_S = "granted", 60.0
_ASK = f"""
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], uri=True, timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
    print("{_GRANTED}")
except sqlite3.Error as error:
    print(error)
"""


def keeps_others_out(database: Database) -> bool:
    """Take the write lock, write nothing, and see whether another is refused it.

    Raises
    ------
    db.errors.StoreError
        if the lock cannot be had, or another process cannot be asked
    """
    with database.write():
        if database.engine.dialect.name == "sqlite":
            return not other_process_gets_lock(Path(database.url))
        with database.engine.connect() as other:
            return not other.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": WRITE_LOCK}).scalar()


def other_process_gets_lock(path: Path) -> bool:
    """Whether another process gets the write lock of the SQLite file.

    It must be another one: the system's locks do not hold between parts of one process, and SQLite knows of its own.
    """
    address = f"file:{quote(str(path))}?mode=rw"
    try:
        asked = [sys.executable, "-I", "-c", _ASK, address]
        said = subprocess.run(asked, capture_output=True, text=True, timeout=_PATIENCE_S, check=False).stdout.strip()
    except OSError:  # this user may not start a process: nothing can be found out
        return False
    except subprocess.SubprocessError as error:
        said = str(error)
    if said != _GRANTED and "is locked" not in said:
        what = f"whether the lock of {path} keeps other processes out cannot be tried ({said or 'no answer'})"
        raise StoreError(f"{what}; run `parley doctor` again")
    return said == _GRANTED
