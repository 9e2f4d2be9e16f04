"""Files beside the database: posteriors that rows name, and what was left behind by processes that were killed."""

import os
import re
import time
from contextlib import suppress
from pathlib import Path

from db.access import beside, size_of
from db.backup import ASIDE as BACKING_UP
from db.errors import StoreError
from db.fill import ASIDE as COPYING
from db.posteriors import check_stored, orphans, unnamed_pieces, way_back
from db.read_runs import read_posterior_hashes
from db.sharing import how_shared, others_of
from forecast.doctor.finding import NOTICE, PROBLEM, Finding, Found, Opened, hindered, remove
from forecast.errors import BadSettings
from forecast.schedule.backups import CHECKING, Backups, read_backups
from forecast.schedule.settings import read_settings
from forecast.words.numbers import counted

ASIDES = {BACKING_UP: "backup", COPYING: "copy", CHECKING: "check of a backup"}
"""How folders begin in which something is made that is not whole yet, and what."""
HALF_WRITTEN = re.compile(r"\.(.+\.\w+)\.(\d+)")
"""What `forecast.writing` calls a file that is not whole yet: name, and number of the process."""
WRITTEN_WITHIN_S = 86400.0
"""What is older is not being written any more, even where a process has that number again."""


def check_posteriors(opened: Opened) -> Found:
    """Files that rows name are there with the content that their names say, and there are no others.

    Only of a folder that this database has to itself it is said what is to be removed.
    """
    posteriors = opened.database.posteriors
    named = read_posterior_hashes(opened.connection)
    if named and not posteriors.in_database and not posteriors.folder.is_dir() and not posteriors.older:
        what = f"{posteriors.folder} is not a folder, so {counted(len(named), 'posterior')} cannot be read"
        yield Finding("posteriors", PROBLEM, what, way_back("it"))
        return
    for digest in sorted(named):
        try:
            check_stored(opened.connection, posteriors, digest)
        except StoreError as error:
            yield hindered("posteriors", error)
    others = others_of(opened.database)
    if others:
        yield Finding("posteriors", NOTICE, *how_shared(posteriors.folder, others))
    alone = not (others or posteriors.shared or posteriors.in_database)
    unnamed = orphans(posteriors.folder, named) if alone else ()
    with opened.database.read() as connection:  # a later snapshot: a run may have been stored before the listing
        named = read_posterior_hashes(connection)
        pieces = unnamed_pieces(connection, named)
    for path in unnamed:
        if path.name.split(".")[0] not in named:
            yield Finding("posteriors", NOTICE, f"no row refers to {path}", remove(path, "update or backtest"))
    if pieces:
        what = f"the database holds {counted(len(pieces), 'posterior')} that no row refers to"
        yield Finding("posteriors", NOTICE, what, "run `parley keep`, which removes them")


def check_backups(opened: Opened) -> Found:
    """The service makes its backups, and they can be restored."""
    with suppress(BadSettings):  # which is a finding of its own
        backups = _read_backups(opened)
        if backups is None:
            return
        if backups.hindrance:
            what, _, run = backups.hindrance.rpartition("; ")
            yield Finding("backups", PROBLEM, f"no backup can be made: {what}", run)
        for what in backups.troubles:
            yield Finding("backups", PROBLEM, what, "put it right; until then run `parley backup FILE`")
        for what in backups.overdue:
            yield Finding("backups", NOTICE, what, "run `parley schedule run` and leave it running, or look in its log")


def check_leftovers(opened: Opened) -> Found:
    """What was cut off, where it would be looked for: beside the database, its backups, and in the current folder."""
    for folder in sorted({opened.database.folder.resolve(), Path.cwd(), *_backup_folder(opened)}):
        for begins, what in ASIDES.items():
            for path in sorted(folder.glob(f"{begins}*/")):
                yield Finding("leftovers", NOTICE, f"{path} was left by an interrupted {what}", remove(path, what))
        for path in sorted(folder.glob(".workbook-*/")):
            yield Finding("leftovers", NOTICE, f"{path} was left by an interrupted export", remove(path, "export"))
        for path in sorted(folder.iterdir()):
            yield from _check_half_written(path)
    journal = beside(Path(opened.database.url), "-journal")
    if opened.connection.dialect.name == "sqlite" and size_of(journal):  # opening has taken back what was to be
        what = f"{journal} belongs to no change in progress"
        yield Finding("leftovers", NOTICE, what, remove(journal, "command"))


def _backup_folder(opened: Opened) -> tuple[Path, ...]:
    with suppress(BadSettings):
        backups = _read_backups(opened)
        if backups is not None and os.path.isdir(backups.folder):
            return (Path(backups.folder).resolve(),)
    return ()


def _read_backups(opened: Opened) -> Backups | None:
    return read_backups(opened.connection, read_settings(), opened.database, opened.now, opened.case_id)


def _check_half_written(path: Path) -> Found:
    found = HALF_WRITTEN.fullmatch(path.name)
    if found and path.is_file() and _is_gone(int(found[2]), path):
        what = f"{path} was to become {found[1]}, but process {found[2]} ended first"
        yield Finding("leftovers", NOTICE, what, remove(path, "command"))


def _is_gone(process: int, path: Path) -> bool:
    if time.time() - path.stat().st_mtime > WRITTEN_WITHIN_S:
        return True
    if os.name != "posix":  # where asking would end it
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return False
