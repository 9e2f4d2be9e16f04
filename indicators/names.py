"""Names and texts of a shipped case in another language: a file beside the case, which is no part of what is hashed."""

import csv
from collections.abc import Mapping
from pathlib import Path

from indicators.shipped import shipped_folder

COLUMNS = ("kind", "id", "name")
KINDS = (
    *("case", "group", "indicator", "question", "level", "orientation", "note", "author", "title", "deadline"),
    *("definition", "publisher", "story"),
)
"""What is named: an indicator's question, orientation and note by its id, its level by id and level (`us_posture:+2`),
a document's author and title by the document's id, a story by its own, a deadline by its date; a group of indicators by
its own word; what counts as a target by the target, and a publisher by the name that rows have for it."""
BETWEEN_SOURCES = "; "
"""Where one row names several."""

type Names = Mapping[tuple[str, str], str]
"""By kind and id."""


def read_names(case_id: str, language: str) -> Names:
    """The names a shipped case of this id has in a language; empty where there are none."""
    folder = shipped_folder(case_id)
    path = None if folder is None else folder / f"names.{language}.csv"
    return _read(path) if path is not None and path.is_file() else {}


def group_name(names: Names, group: str) -> str:
    """The name of a group of indicators; its own word where it has no other."""
    return names.get(("group", group), group)


def source_name(names: Names, source: str) -> str:
    """The source of a row in other words; of several each by its own name, and as it was entered where it has none."""
    return BETWEEN_SOURCES.join(names.get(("publisher", one), one) for one in source.split(BETWEEN_SOURCES))


def _read(path: Path) -> Names:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["kind"], row["id"]): row["name"] for row in csv.DictReader(file)}
