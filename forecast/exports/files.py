"""Exports as files: the format goes by the ending, and what the columns mean goes with the file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from db.progress import Progress, silent
from forecast.exports.columns import Column, Export, Values
from forecast.exports.dictionary import build_dictionary, build_table, dictionary_place
from forecast.exports.text import write_csv, write_json
from forecast.writing import check_place, written

ENDINGS = (".csv", ".json", ".parquet", ".xlsx")
_STEP = 1000

"""Told how many rows are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written, and where its columns are explained: another file, or None for a sheet of its own."""

    file: Path
    explained_in: Path | None
    what: str
    rows: int
    columns: int
    formulas: int
    """Cells of a .csv that a spreadsheet would take for formulas."""


def check_places(path: Path, columns: Sequence[Column], *, force: bool) -> None:
    """Raise NotWritten unless all files of an export to `path` may be written there."""
    check_place(path, force=force, example="history.csv")
    beside = dictionary_place(path)
    if beside is not None and not _says(beside, build_table(columns)):
        check_place(beside, force=force, example="history.columns.csv")


def write_export(
    export: Export,
    path: Path,
    *,
    force: bool = False,
    safe: bool = False,
    bom: bool = False,
    progress: Progress = silent,
) -> Written:
    """Write the export to `path`, which ends as one of `ENDINGS`, and its dictionary beside it: both, or none.

    With `safe` a .csv has an apostrophe before text that a spreadsheet would take for a formula, with `bom` a byte
    order mark, without which Excel does not read it as UTF-8.

    Raises
    ------
    NotWritten
        if a file cannot be written, or the format cannot hold the rows
    """
    write = _writer(path.suffix.casefold(), safe=safe, bom=bom)
    followed = replace(export, rows=_followed(export, progress))
    beside = dictionary_place(path)
    meanings = {} if beside is None else {beside: build_dictionary(export, beside)}
    new = {place: content for place, content in meanings.items() if not _says(place, content)}
    with written([path, *new], force=force) as (file, *others):
        for other, content in zip(others, new.values(), strict=True):
            other.write(content)
        formulas = write(followed, file) or 0
    return Written(
        file=path,
        explained_in=beside,
        what=export.what,
        rows=export.count,
        columns=len(export.columns),
        formulas=formulas,
    )


def _says(place: Path, content: bytes) -> bool:
    """Whether the file is there already: a .csv and a .parquet of one name share their dictionary."""
    try:
        return place.read_bytes() == content
    except OSError:
        return False


def _writer(ending: str, *, safe: bool, bom: bool) -> Callable[[Export, BinaryIO], int | None]:
    """What writes rows in a format, and counts the formulas of a .csv.

    Libraries that only one format needs are imported for that one, and before there is a file to take away again.
    """
    match ending:
        case ".csv":
            return partial(write_csv, safe=safe, bom=bom)
        case ".json":
            return write_json
        case ".parquet":
            from forecast.exports.parquet import write_parquet

            return write_parquet
        case _:
            from forecast.exports.workbook import write_workbook

            return write_workbook


def _followed(export: Export, progress: Progress) -> Iterator[Values]:
    for done, row in enumerate(export.rows, start=1):
        yield row
        if done % _STEP == 0:
            progress("writing", done, export.count, "")
