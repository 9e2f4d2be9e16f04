"""Exports as files: the format goes by the ending, and what the columns mean goes with the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from forecast.exports.columns import Export, Values
from forecast.exports.dictionary import build_dictionary, dictionary_place
from forecast.exports.text import write_csv, write_json
from forecast.writing import check_place, written

ENDINGS = (".csv", ".json", ".parquet", ".xlsx")
_STEP = 1000

type Progress = Callable[[int], None]
"""Told how many rows are done."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written, and where its columns are explained: another file, or None for a sheet of its own."""

    file: Path
    explained_in: Path | None
    what: str
    rows: int
    columns: int
    formulas: int
    """Cells of a .csv that a spreadsheet would take for formulas."""


def places_of(path: Path) -> tuple[Path, ...]:
    """The files that an export to `path` makes."""
    beside = dictionary_place(path)
    return (path,) if beside is None else (path, beside)


def check_places(path: Path, *, force: bool) -> None:
    """Raise NotWritten unless all files of an export to `path` may be written there."""
    for place in places_of(path):
        check_place(place, force=force, example="history.csv")


def write_export(
    export: Export, path: Path, *, force: bool = False, safe: bool = False, progress: Progress = lambda rows: None
) -> Written:
    """Write the export to `path`, which ends as one of `ENDINGS`, and its dictionary beside it: both, or none.

    With `safe` a .csv has an apostrophe before text that a spreadsheet would take for a formula.

    Raises
    ------
    NotWritten
        if a file cannot be written, or the format cannot hold the rows
    """
    followed = replace(export, rows=_followed(export.rows, progress))
    places = places_of(path)
    with written(places, force=force) as (file, *beside):
        for each in beside:
            each.write(build_dictionary(export, places[1]))
        formulas = _write(followed, file, path.suffix.casefold(), safe)
    explained_in = places[1] if beside else None
    return Written(path, explained_in, export.what, export.count, len(export.columns), formulas)


def _write(export: Export, file: BinaryIO, ending: str, safe: bool) -> int:
    """Write the rows in a format; libraries that only one of them needs are read for that one."""
    match ending:
        case ".csv":
            return write_csv(export, file, safe=safe)
        case ".json":
            write_json(export, file)
        case ".parquet":
            from forecast.exports.parquet import write_parquet

            write_parquet(export, file)
        case _:
            from forecast.exports.workbook import write_workbook

            write_workbook(export, file)
    return 0


def _followed(rows: Iterator[Values], progress: Progress) -> Iterator[Values]:
    for done, row in enumerate(rows, start=1):
        yield row
        if done % _STEP == 0:
            progress(done)
