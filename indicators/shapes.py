"""What to say of a table whose columns are not all ours: what is missing first, what it looks like, what to give.

Every guess is put as a flag to type, and no guess is made where two columns may be meant.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from indicators.columns import Columns, own_name
from indicators.grid import Grid
from indicators.kinds import FileKind
from indicators.mapping import FileMapping
from indicators.meanings import candidates, may_mean, unclaimed
from indicators.shipped import shipped_mappings
from indicators.tables import Problems
from indicators.wide import LEVEL, Wide, find_wide

_NAMED = 5
_NEAR, _SLIP = 0.72, 2  # note and nota, not grade and date, nor source and resources
_NO_NAME = re.compile(r"[-+\u2212]?[0-9][0-9.,:/ -]*|https?://\S+")
_PLAIN = 0.3
_PARTS = ("year", "month", "day")


def check_shape(
    grid: Grid, columns: Columns, mapping: FileMapping, indicators: Mapping[str, str], problems: Problems
) -> None:
    """Refuse a table of which columns are missing, or hold something else that nobody has said to leave out."""
    place = f"{grid.file}: row {grid.line}"
    missing = columns.missing
    if missing and _headless(columns):
        problems.add(place, _no_header(columns.kind))
        return
    wide = None if mapping.wide else find_wide(columns.header, indicators)
    across = wide.values if wide else {}
    others = [columns.header[each] for each in columns.others if each not in across]
    meant = unclaimed(_meant(columns, others), missing)
    if missing:
        _tell_shape(grid, columns, wide, problems)
        asked = [name for name in missing if wide is None or name not in (wide.across, LEVEL)]
        _tell_missing(place, columns, asked, meant, grid.sheet, problems)
    if others and not mapping.ignore_other_columns:
        claimed = {name for column in missing for name in meant.get(column, ())}
        _tell_others(place, columns, [name for name in others if name not in claimed], meant, problems)


def _headless(columns: Columns) -> bool:
    """Whether the first row is more likely one of the table than the names of its columns."""
    filled = [name for name in columns.header if name]
    numbers = [name for name in filled if _NO_NAME.fullmatch(name)]
    return not columns.places and len(numbers) > _PLAIN * len(filled)


def _no_header(kind: FileKind) -> str:
    return (
        "holds numbers, days or addresses where the names of the columns should stand; write a first line that names "
        f"them, such as {', '.join(kind.columns[:4])}, …"
    )


def _meant(columns: Columns, others: Sequence[str]) -> dict[str, list[str]]:
    """By column of ours that is taken from nowhere the names in the file that may stand for it."""
    open_ = [name for name in columns.kind.columns if not columns.has(name)]
    found = candidates(filter(None, others), open_)
    for column in open_:
        if column not in found and (near := _near(column, others)):
            found[column] = near
    return found


def _near(column: str, others: Sequence[str]) -> list[str]:
    """Names that are this one but for a slip of the pen."""
    spelled = {own_name(name): name for name in others if abs(len(name) - len(column)) <= _SLIP}
    return [spelled[name] for name in get_close_matches(column, spelled, n=2, cutoff=_NEAR)]


def _tell_shape(grid: Grid, columns: Columns, wide: Wide | None, problems: Problems) -> None:
    """What the table is, in a line, where it is no table of ours with a slip."""
    if wide is not None:
        problems.add(grid.file, f"is a wide table: {wide.said}; give --wide to make a row of each level")
        return
    if len(columns.missing) < 2:
        return
    named = [name for name in columns.header if name]
    held = len(columns.kind.required) - len(columns.missing)
    counted = f"{len(columns.header)} column{'' if len(columns.header) == 1 else 's'} ({_listed(named)})"
    which = "none" if not held else f"{held}"
    like = _likeness(columns) or _parts_of_days(columns)
    problems.add(
        grid.file, f"holds {counted}, {which} of the {len(columns.kind.required)} required of {columns.kind.name}{like}"
    )


def _likeness(columns: Columns) -> str:
    """The shipped mapping for tables of this kind, where there is one."""
    own = {own_name(name) for name in columns.header}
    for name, mapping in shipped_mappings().items():
        if mapping.recognised_by and own.issuperset(map(own_name, mapping.recognised_by)):
            return f"; it looks like {mapping.about.partition(';')[0]}: try --mapping {name}"
    return ""


def _parts_of_days(columns: Columns) -> str:
    """That a table has no column of days, though it has their parts."""
    own = {own_name(name): name for name in columns.header}
    parts = [own[part] for part in _PARTS if part in own]
    if len(parts) < 2 or not set(columns.missing) & set(columns.kind.days):
        return ""
    whole = "join them into" if len(parts) == len(_PARTS) else "and none for the day: write"
    return f"; it has columns for {' and '.join(parts)}, {whole} one column of days, YYYY-MM-DD"


def _tell_missing(
    place: str,
    columns: Columns,
    missing: Sequence[str],
    meant: Mapping[str, Sequence[str]],
    sheet: str,
    problems: Problems,
) -> None:
    """The required columns that are missing, and the flags that would give them."""
    if not missing:
        return
    where, are = (f"column {missing[0]}", "is") if len(missing) == 1 else (f"columns {', '.join(missing)}", "are")
    sure = {name: meant[name][0] for name in missing if len(meant.get(name, ())) == 1}
    sure = {name: said for name, said in sure.items() if [*sure.values()].count(said) == 1}
    parts = [f"{are} missing; the columns are {', '.join(columns.kind.columns)}"]
    if sure:
        parts.append(f"if that is what they hold, give {_flags('--map', sure)}")
    parts += [_question(name, meant[name]) for name in missing if name in meant and name not in sure]
    blank = {name: sheet if name == "indicator" and _is_id(sheet) else "…" for name in missing if name not in meant}
    if blank:
        parts.append(f"what is the same in all rows goes in {_flags('--set', blank)}")
    problems.add(f"{place}, {where}", "; ".join(parts))


def _is_id(sheet: str) -> bool:
    """Whether a sheet may be named by its indicator."""
    return "_" in sheet and sheet.isidentifier()


def _question(column: str, names: Sequence[str]) -> str:
    flags = " or ".join(f"--map {_word(f'{column}={name}')}" for name in names)
    return f"is {column} what {' or '.join(map(repr, names))} holds? Then give {flags}"


def _tell_others(
    place: str, columns: Columns, others: Sequence[str], meant: Mapping[str, Sequence[str]], problems: Problems
) -> None:
    """The columns of the file that are none of ours."""
    by_name = {names[0]: column for column, names in meant.items() if len(names) == 1}
    slips = [name for name in others if name in by_name and not may_mean(name, by_name[name])]
    for name in slips:
        flag = f"give {_flags('--map', {by_name[name]: name})}"
        problems.add(f"{place}, column {name}", f"unknown column {name!r}; did you mean {by_name[name]!r}? Then {flag}")
    rest = [name for name in others if name not in slips]
    unnamed = rest.count("")
    if unnamed:
        what = "has a column without a name" if unnamed == 1 else f"has {unnamed} columns without names"
        problems.add(place, f"{what}; name it, delete it, or give --ignore-other-columns")
    foreign = [name for name in rest if name]
    if foreign:
        read = {by_name[name]: name for name in foreign if name in by_name}
        known = "" if read or columns.missing else f"; the columns are {', '.join(columns.kind.columns)}"
        also = f", or read {'it' if len(read) == 1 else 'them'} by {_flags('--map', read)}" if read else ""
        problems.add(place, f"{_unread(foreign, columns.kind)}; leave out with --ignore-other-columns{also}{known}")


def _unread(names: Sequence[str], kind: FileKind) -> str:
    if len(names) == 1:
        return f"the column {names[0]!r} is none of {kind.name}"
    return f"{len(names)} columns are none of {kind.name} ({_listed(names)})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def _flags(option: str, pairs: Mapping[str, str]) -> str:
    return f"{option} {' '.join(_word(f'{name}={said}') for name, said in pairs.items())}"


def _word(text: str) -> str:
    """As it is typed in a shell."""
    return text if text.isidentifier() or not re.search(r"[\s'\"$`\\!*?()<>|&;#]", text) else shlex.quote(text)
