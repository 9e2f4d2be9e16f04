"""Mappings by name: kept beside the database as small files, those that come with the program, or one at a path."""

import re
from pathlib import Path

from forecast.errors import NotWritten
from forecast.writing import check_kept, write_file
from indicators.errors import CaseError
from indicators.mapping import FileMapping, mapping_text, read_mapping
from indicators.shipped import shipped_mappings
from indicators.tables import suggest

FOLDER, ENDING = "mappings", ".toml"
_NAME = re.compile(r"\w[\w -]*")
_LONGEST = 60


def mapping_named(folder: Path, name: str) -> FileMapping:
    """The mapping of a name or at a path; one that is kept in the folder of the database goes before a shipped one."""
    path = _place(folder, name)
    if path.is_file():
        return read_mapping(path)
    if name in shipped_mappings():
        return shipped_mappings()[name]
    known = sorted({*(kept.stem for kept in (folder / FOLDER).glob(f"*{ENDING}")), *shipped_mappings()})
    raise CaseError([f"--mapping: there is no mapping {name!r}; {suggest(name, tuple(known))}"])


def check_mapping(folder: Path, name: str, mapping: FileMapping) -> Path:
    """Where a mapping is kept; NotWritten if something else stands there: it may be somebody's work."""
    path = _place(folder, name)
    check_kept(path.parent)
    if path.exists() and not _says(path, mapping):
        raise NotWritten(f"{path} exists with other contents; choose another name, or remove that file first")
    return path


def keep_mapping(folder: Path, name: str, mapping: FileMapping) -> Path:
    """Keep a mapping for the next file, and for others; where the same is there already, nothing is written."""
    path = check_mapping(folder, name, mapping)
    if not path.exists():
        if path.parent == folder / FOLDER:
            path.parent.mkdir(exist_ok=True)
        write_file(mapping_text(mapping).encode(), path)
    return path


def _says(path: Path, mapping: FileMapping) -> bool:
    """Whether a file says the same."""
    try:
        return path.is_file() and read_mapping(path) == mapping
    except CaseError:
        return False


def _place(folder: Path, name: str) -> Path:
    """The file of a mapping, by its name or its path."""
    if name.endswith(ENDING) and "\0" not in name:
        return Path(name)
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        what = "is not a name for a mapping; write letters, digits and -, or a path that ends in .toml"
        raise CaseError([f"--mapping: {name[:_LONGEST]!r} {what}"])
    return folder / FOLDER / f"{name}{ENDING}"
