"""Why a forecast moved, as an analyst reads it: sentences, then every line with what it makes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from forecast.cli.tables import bold, emit, grid, paragraph, width_left, wrapped
from forecast.facts.why import CHANCE, CLASSES, ENTRIES, TIME, Explanation, Grid, Line, total
from forecast.why.grouping import Group
from forecast.words.language import Language
from forecast.words.numbers import signed
from forecast.words.why_numbers import level_move, size_text

NARROWEST, WIDEST = 24, 60
"""Of the first column."""
MOST = 12
"""Entries of a class that have a row; of more only the sum is told."""

TOLD = ("expected", "said", "surprise", "moved")
"""The last columns: what was expected of an observation, and what became of it."""

type Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is to be seen of an explanation."""

    found: Explanation
    target: int
    reach: int
    columns: tuple[int, ...]
    """The places of the windows."""
    language: Language


def print_why(seen: Shown, groups: Sequence[Group] = ()) -> None:
    """Print it; gathered where there are groups."""
    words = seen.language.why
    lines: list[str | Text] = [*map(bold, paragraph(words.title(seen.found, seen.target, seen.reach))), ""]
    for sentence in words.sentences(seen.found, seen.target, seen.reach):
        lines += paragraph(sentence)
    rows, strong = _rows(seen, groups)
    lines += ["", *_table(_header(seen), rows, strong)]
    limits = words.limits(seen.found)
    for sentence in limits:
        lines += ["", *paragraph(sentence)] if sentence is limits[0] else paragraph(sentence)
    emit(lines)


def _table(header: Row, rows: Sequence[Row], strong: Sequence[int]) -> list[Text]:
    """A grid in whose first column words go on below where they do not do in one line.

    On a narrow terminal what was expected stands below its row, and on a narrower one the words above their numbers.
    """
    told = any(row[-1] for row in rows)
    beside = told and width_left(header, rows) >= NARROWEST
    top, *cells = (header, *rows) if beside else (row[: -len(TOLD)] for row in (header, *rows))
    room = width_left(top, cells)
    above = room < NARROWEST
    room = min(width_left(top[:1], ()) if above else room, WIDEST)
    words = [_in_lines(row[0], room) for row in cells]
    firsts = [("" if above else lines[0], *row[1:]) for lines, row in zip(words, cells, strict=True)]
    head, *numbers = grid(top, firsts, emphasised=strong)
    shown = [head]
    for k, (lines, number) in enumerate(zip(words, numbers, strict=True)):
        style = "bold" if k in strong else ""
        shown += [*(Text(line, style=style) for line in lines), number] if above else [number, *map(Text, lines[1:])]
        if told and not beside:
            shown += _below(header, rows[k])
    return shown


def _in_lines(label: str, room: int) -> list[str]:
    return wrapped(label.strip(), room, indent=_indent(label))


def _indent(label: str) -> str:
    return " " * (len(label) - len(label.lstrip()))


def _below(header: Row, row: Row) -> list[Text]:
    """What was expected of an observation, by name; nothing of another row."""
    named = zip(header[-len(TOLD) :], row[-len(TOLD) :], strict=True)
    told = "  ".join(f"{name} {value}" for name, value in named if value)
    return [Text(line) for line in paragraph(told, indent=_indent(row[0]) + "    ")] if told else []


def _header(seen: Shown) -> Row:
    windows = [seen.found.reaches[h] for h in seen.columns]
    words, labels = seen.language.why, seen.language.labels
    return (
        "",
        *(labels.window(one.horizon_days, one.deadline) for one in windows),
        *(words.label(name) for name in TOLD),
    )


def _rows(seen: Shown, groups: Sequence[Group]) -> tuple[list[Row], list[int]]:
    """All rows, and which of them are bold."""
    words, found = seen.language.why, seen.found
    rows: list[tuple[Row, bool]] = [(_ends(seen, words.label("before"), found.before.mean), True)]
    body = _gathered(seen, groups) if groups else _lines(seen)
    rows += [*body, (_ends(seen, words.label("after"), found.after.mean), True)]
    return [row for row, _ in rows], [k for k, (_, strong) in enumerate(rows) if strong]


def _ends(seen: Shown, label: str, mean: Grid) -> Row:
    return (label, *(f"{100 * mean[seen.target][h]:.2f} %" for h in seen.columns), "", "", "", "")


def _gathered(seen: Shown, groups: Sequence[Group]) -> Iterator[tuple[Row, bool]]:
    """The largest first of those with a name; the rest in the order of lines."""
    named = sorted((one for one in groups if one.name), key=lambda one: -abs(one.points[seen.target][seen.reach]))
    for one in (*named, *(one for one in groups if not one.name)):
        label = one.name or seen.language.why.class_label(one.cls)
        yield (label, *_points(seen, one.points), "", "", "", ""), False


def _lines(seen: Shown) -> Iterator[tuple[Row, bool]]:
    for cls in CLASSES:
        lines = seen.found.of(cls)
        if not lines:
            continue
        if cls == CHANCE:
            yield _row(seen, lines[0], ""), False
            yield from _expected(seen)
            continue
        label = seen.language.why.class_label(cls)
        if len(lines) == 1 and not lines[0].rows and cls not in (*ENTRIES, TIME):
            yield _row(seen, lines[0], ""), False
            continue
        sums = tuple(signed(total(lines, seen.target, h)) for h in seen.columns)
        yield (label, *sums, "", "", "", ""), False
        if cls in ENTRIES:
            lines = tuple(sorted(lines, key=lambda line: -abs(line.at(seen.target, seen.reach))))
        for line in lines[:MOST]:
            yield _row(seen, line, "  "), False
            if line.cls in ENTRIES:
                yield from ((_row(seen, row, "    "), False) for row in line.rows)
        if len(lines) > MOST:
            left = lines[MOST:]
            others = seen.language.why.label("others").format(len(left))
            yield (f"  {others}", *(signed(total(left, seen.target, h)) for h in seen.columns), "", "", "", ""), False


def _row(seen: Shown, line: Line, indent: str) -> Row:
    move = level_move(line)
    told = (f"{move[0]} ± {move[1]}", move[2], f"{move[3]} sd", move[4]) if move else ("", "", "", "")
    return f"{indent}{seen.language.why.line_label(line)}", *_points(seen, line.points), *told


def _expected(seen: Shown) -> Iterator[tuple[Row, bool]]:
    expected = seen.found.expected_chance
    if expected is None:
        return
    label = seen.language.why.label("chance").format("…").rstrip("… ")
    yield (f"  {label}", *(f"{size_text(expected[seen.target][h])}" for h in seen.columns), "", "", "", ""), False


def _points(seen: Shown, points: Grid) -> Row:
    return tuple(signed(points[seen.target][h]) for h in seen.columns)
