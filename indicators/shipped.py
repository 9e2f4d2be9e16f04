"""The cases and the mappings that come with the program."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from indicators.mapping import FileMapping, read_mapping

DEFAULT_CASE = "us_dprk"


def shipped_cases() -> tuple[str, ...]:
    """Folder names of the shipped cases, sorted."""
    return tuple(sorted(folder.name for folder in _root().iterdir() if (folder / "case.toml").is_file()))


def shipped_case(name: str = DEFAULT_CASE) -> Path:
    """Folder of a shipped case; LookupError names the choices when there is none of that name."""
    if name not in shipped_cases():
        raise LookupError(f"no shipped case {name!r}; use one of {', '.join(shipped_cases())}")
    return _root() / name


def shipped_folder(case_id: str) -> Path | None:
    """Folder of the shipped case of this id, None where none has it."""
    return next((folder for name in shipped_cases() if _case_id(folder := shipped_case(name)) == case_id), None)


@cache
def shipped_mappings() -> dict[str, FileMapping]:
    """How some well-known tables become ours, by name."""
    folder = Path(str(files("indicators"))) / "mappings"
    return {path.stem: read_mapping(path) for path in sorted(folder.glob("*.toml"))}


def _case_id(folder: Path) -> str:
    return str(tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))["id"])


def _root() -> Path:
    return Path(str(files("indicators.cases")))
