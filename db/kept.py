"""Places that no file somebody asks for may take: what Parley keeps, what people wrote for it, and what is no file.

Most of it is told by the content, so that it is kept under whatever name and through whatever link, also from who does
not know of it; the database in use and the settings in force are kept even where their content tells nothing.
"""

import os
import stat
from pathlib import Path

from db.places import MAGIC
from db.posteriors import FOLDER, PLACE

SETTINGS_MARK = "# Written by `parley schedule settings`."
"""The first line of settings that may be replaced: without it, or in somebody's own words, they are somebody's work."""
_BESIDE = ("-wal", "-shm", "-journal")
"""How the names of files end that SQLite keeps beside a database, and without which it loses what was written last."""
_CASE = "case.toml"
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFLNK: "a link that leads nowhere",
}


def why_kept(path: Path, *, database: Path | None = None, settings: Path | None = None) -> str | None:
    """Why no file may be written at `path`, as the rest of a sentence about it; None where one may, or a folder stands.

    Links are followed: what counts is the file that would be replaced.

    Parameters
    ----------
    database
        the SQLite file in use, kept even where it is damaged or not made yet
    settings
        the settings in force, kept unless Parley wrote them

    Raises
    ------
    OSError
        if it cannot be looked at
    """
    reason = why_stored(path, database=database)
    if reason is not None:
        return reason
    place = Path(os.path.realpath(path))
    mode = _mode(place)
    if not mode or stat.S_ISDIR(mode):
        return None
    if not stat.S_ISREG(mode):
        return f"is {_KINDS.get(stat.S_IFMT(mode), 'a device')}, not a file; name a file"
    return _why_written(place, settings)


def why_stored(path: Path, *, database: Path | None = None) -> str | None:
    """Why nothing may be written into the file at `path`, not even at its end, in the words of `why_kept`.

    What belongs to a database is kept whether it is there or not: a new file would be taken for a part of it.
    """
    try:
        place = Path(os.path.realpath(path))
        _mode(place)
    except ValueError:  # a null character, half a character
        return "cannot be the name of a file; name another"
    bases = [place, *(place.with_name(place.name.removesuffix(end)) for end in _BESIDE if place.name.endswith(end))]
    if database is not None and any(_same(base, Path(os.path.realpath(database))) for base in bases):
        return "is the database itself; name another file"
    if _is_sqlite(place):
        return "is an SQLite database; name another file"
    if any(map(_is_sqlite, bases[1:])):
        return f"belongs to the database {bases[1]}; name another file"
    given = os.environ.get(PLACE)
    chosen = {Path(os.path.realpath(os.path.expanduser(given)))} if given else set()
    if any(above.name.casefold() == FOLDER or above in chosen for above in place.parents):
        return "lies among the posteriors; name a file elsewhere"
    return None


def _why_written(place: Path, settings: Path | None) -> str | None:
    if place.name.casefold() == _CASE or _mode(place.with_name(_CASE)):
        return f"belongs to the case in {place.parent}; name a file elsewhere"
    in_force = settings is not None and _same(place, Path(os.path.realpath(settings)))
    if (in_force or place.suffix.casefold() == ".toml") and not _begins(place, SETTINGS_MARK.encode()):
        return "holds settings that Parley did not write; name another file"
    return None


def _mode(place: Path) -> int:
    """The mode of what is there, 0 where nothing is."""
    try:
        return place.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _same(one: Path, other: Path) -> bool:
    """Whether both are one file, also where the disk takes capitals and small letters for the same."""
    if str(one).casefold() == str(other).casefold():
        return True
    return stat.S_ISREG(_mode(one)) and stat.S_ISREG(_mode(other)) and one.samefile(other)


def _is_sqlite(place: Path) -> bool:
    return stat.S_ISREG(_mode(place)) and _begins(place, MAGIC)


def _begins(place: Path, content: bytes) -> bool:
    with place.open("rb") as file:
        return file.read(len(content)) == content
