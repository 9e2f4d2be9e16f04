"""A database of either kind that holds what a published folder holds, its posteriors among it."""

import shutil
from functools import partial
from pathlib import Path

from sqlalchemy import insert, select

from db.engine import Database, open_database
from db.posteriors import keep, opened, prepare
from db.read_runs import read_posterior_hashes
from db.tables import CHAINED


def copy_published(folder: Path, target: Database) -> None:
    """Copy the rows of the database in a folder, and the files they name, into one without rows."""
    with open_database(f"sqlite:///{folder / 'parley.db'}") as source, source.read() as old:
        files = []
        for digest in read_posterior_hashes(old):
            with opened(old, source.posteriors, digest) as path:
                files.append(prepare(target.posteriors, partial(_copy, path)))
        with target.write() as new:
            for file in files:
                keep(new, file)
            for table in CHAINED:
                if rows := [dict(row) for row in old.execute(select(table).order_by(table.c.id)).mappings()]:
                    new.execute(insert(table), rows)


def _copy(source: Path, draft: Path) -> None:
    shutil.copy(source, draft)
