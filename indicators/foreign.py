"""A table of a file as rows of its kind: turned where it is wide, its columns told, its cells read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indicators.cells import graded, make_rows, plain_rows
from indicators.columns import Columns, own_name, read_columns
from indicators.damage import refuse_damage
from indicators.grid import Grid
from indicators.kinds import OBSERVATIONS, FileKind
from indicators.mapping import AS_NAMED, FileMapping
from indicators.shapes import check_shape
from indicators.tables import Problems, Row
from indicators.wide import called, find_wide, turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of a file, and how they were made."""

    kind: FileKind
    rows: list[Row]
    exported: bool
    """Whether the file is an export of Parley, whose cells are what is on file."""
    cases: tuple[str, ...]
    """The cases that an export names."""
    understood: tuple[str, ...]
    left_out: tuple[str, ...]


def read_table(
    grid: Grid, mapping: FileMapping, kinds: Sequence[FileKind], indicators: Mapping[str, str], problems: Problems
) -> Table | None:
    """The rows of a table; None, and problems, where its columns are refused.

    Parameters
    ----------
    mapping
        what a person says of it
    kinds
        of rows that may be meant, the one first that a table is taken for whose columns tell of none
    indicators
        names by id, for tables that have one in each column
    """
    before, known = len(problems.lines), called(indicators)
    if mapping.wide:
        wide = find_wide(grid.header, known)
        if wide is None:
            what = "is no wide table: none of its columns is named by an indicator or a day; leave --wide out"
            problems.add(grid.file, what)
            return None
        grid = turn(grid, wide, known)
    columns = read_columns(grid, mapping, kinds, problems)
    if columns is None:
        return None
    damaged = _check(grid, columns, mapping, known, problems)
    if len(problems.lines) > before:
        return None
    rows, done, left_out = make_rows(grid, columns, mapping, problems)
    return Table(
        kind=columns.kind,
        rows=rows,
        exported=columns.exported,
        cases=_cases(grid, columns),
        understood=(*grid.understood, *_said(columns), *done, *damaged),
        left_out=(*grid.left_out, *_unread(columns), *left_out),
    )


def observation_rows(grid: Grid, problems: Problems) -> list[Row]:
    """The rows of a table of observations by the names of its columns, cells as they stand; empty where refused."""
    columns, before = read_columns(grid, AS_NAMED, [OBSERVATIONS], problems), len(problems.lines)
    if columns is None:
        return []
    _check(grid, columns, AS_NAMED, {}, problems)
    if len(problems.lines) > before:
        return []
    return [graded(row) for row in plain_rows(grid.file, grid.records, columns, problems)]


def _check(
    grid: Grid, columns: Columns, mapping: FileMapping, known: Mapping[str, str], problems: Problems
) -> list[str]:
    """Refuse columns that are missing or none of ours, cells that have lost letters, and a table without rows."""
    damaged = refuse_damage(grid, _read_as(grid, columns), problems)
    check_shape(grid, columns, mapping, known, problems)
    if not grid.records:
        what = f"holds no {columns.kind.one}; write at least one row below the names of its columns"
        problems.add(grid.file, what)
    return damaged


def _read_as(grid: Grid, columns: Columns) -> list[str]:
    """By column of the file the one of ours that it is taken for, "" where it is none."""
    taken = {place: name for name, place in columns.places.items()}
    return [taken.get(place, "") for place in range(len(grid.header))]


def _said(columns: Columns) -> list[str]:
    """Where the cells come from, where that is not plain."""
    if columns.exported:
        return [f"an export of {columns.kind.name}: cells are taken as they stand"]
    taken = [
        f"{name} = column {columns.header[place]}"
        for name, place in columns.places.items()
        if own_name(columns.header[place]) not in (name, *columns.kind.aliases)
    ]
    constant = [f"{name} = {value} in all rows" for name, value in columns.constants.items()]
    return ["; ".join((*taken, *constant))] if taken or constant else []


def _unread(columns: Columns) -> list[str]:
    others = [columns.header[place] or "(no name)" for place in columns.others]
    found = []
    if others:
        found.append(f"{len(others)} column{'' if len(others) == 1 else 's'}: {', '.join(others)}")
    return found + [f"column {name}, which is given otherwise" for name in columns.replaced]


def _cases(grid: Grid, columns: Columns) -> tuple[str, ...]:
    own = [own_name(name) for name in columns.header]
    if not columns.exported or "case_id" not in own:
        return ()
    place = own.index("case_id")
    return tuple(sorted({cells[place] for _, cells in grid.records if place < len(cells)}))
