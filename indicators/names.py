"""Names of a shipped case in another language: a file beside the case, which is no part of what is hashed."""

import csv
import tomllib
from collections.abc import Mapping
from pathlib import Path

from indicators.shipped import shipped_case, shipped_cases

COLUMNS = ("kind", "id", "name")
KINDS = ("case", "indicator", "question", "level", "author", "title", "deadline")
"""What is named: an indicator's question by its id, its level by id and level (`us_posture:+2`), a document's author
and title by the document's id, a deadline by its date."""

type Names = Mapping[tuple[str, str], str]
"""By kind and id."""


def read_names(case_id: str, language: str) -> Names:
    """The names a shipped case of this id has in a language; empty where there are none."""
    for name in shipped_cases():
        folder = shipped_case(name)
        path = folder / f"names.{language}.csv"
        if _case_id(folder) == case_id and path.is_file():
            return _read(path)
    return {}


def _case_id(folder: Path) -> str:
    return str(tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))["id"])


def _read(path: Path) -> Names:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["id"]): row["name"] for row in csv.DictReader(file)}
