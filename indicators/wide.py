"""Wide tables: a column for each indicator, or for each day, turned into a row for each level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from indicators.days import read_day
from indicators.grid import Grid
from indicators.mapping import fold
from indicators.missing import is_missing

INDICATOR, DAY, LEVEL = "indicator", "observed_on", "level"
_LEAST_DAYS = 2  # one column that is named by a day may be anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """What a wide table has in its columns."""

    across: str
    """INDICATOR or DAY."""
    values: Mapping[int, str]
    """By place of a column the indicator or day that it stands for."""

    @property
    def down(self) -> str:
        """What its rows are."""
        return DAY if self.across == INDICATOR else INDICATOR

    @property
    def said(self) -> str:
        """The shape in words."""
        named = ", ".join([*self.values.values()][:3])
        more = ", …" if len(self.values) > 3 else ""
        what, rows = ("indicators", "days") if self.across == INDICATOR else ("days", "indicators")
        return f"{len(self.values)} of its columns are {what} ({named}{more}), and its rows are {rows}"


def find_wide(header: Sequence[str], indicators: Mapping[str, str]) -> Wide | None:
    """The shape of a table of which columns are indicators or days; None where they are not.

    `indicators` are their ids by what they are called, folded.
    """
    named = {place: indicators[fold(name)] for place, name in enumerate(header) if fold(name) in indicators}
    if named:
        return Wide(across=INDICATOR, values=named)
    days = {place: day.isoformat() for place, name in enumerate(header) if name and (day := read_day(name).day)}
    return Wide(across=DAY, values=days) if len(days) >= _LEAST_DAYS else None


def turn(grid: Grid, wide: Wide, indicators: Mapping[str, str]) -> Grid:
    """The table with a row for each level; cells without one say nothing, and make none."""
    kept = [place for place in range(len(grid.header)) if place not in wide.values]
    names = _names(grid, wide, kept, indicators)
    records = [
        (line, [value, cell, *(cells[each] if each < len(cells) else "" for each in kept), *cells[len(grid.header) :]])
        for line, cells in grid.records
        for place, value in wide.values.items()
        if (cell := cells[place] if place < len(cells) else "") and not is_missing(cell)
    ]
    said = f"turned: {wide.said}; {len(records)} levels, and empty cells are none"
    header = (wide.across, LEVEL, *names)
    damage = [replace(each, place=2 + kept.index(each.place)) for each in grid.damage if each.place in kept]
    understood = (*grid.understood, said)
    return replace(grid, header=header, records=records, understood=understood, damage=tuple(damage))


def _names(grid: Grid, wide: Wide, kept: Sequence[int], indicators: Mapping[str, str]) -> list[str]:
    """The names of the columns that stay; one without a name is that of the rows where its cells are nothing else."""
    names = [grid.header[place] for place in kept]
    if names.count("") == 1 and wide.down not in map(fold, names):
        place = kept[names.index("")]
        cells = [cells[place] for _, cells in grid.records if place < len(cells) and cells[place]]
        if cells and all(_is(wide.down, cell, indicators) for cell in cells):
            names[names.index("")] = wide.down
    return names


def _is(column: str, cell: str, indicators: Mapping[str, str]) -> bool:
    return fold(cell) in indicators if column == INDICATOR else read_day(cell).day is not None


def called(ids: Mapping[str, str]) -> dict[str, str]:
    """The ids of indicators by what they may be called in a header, folded: the id, with blanks for its strokes, its
    name."""
    by_id = {fold(id_): id_ for id_ in ids}
    spaced = {fold(id_).replace("_", " "): id_ for id_ in ids}
    named = {fold(name): id_ for id_, name in ids.items() if name}
    return {**named, **spaced, **by_id}
