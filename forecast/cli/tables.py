"""Text for a terminal, a file or a pipe: paragraphs and grids that use the width there is and cut nothing off."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from forecast.words.numbers import signed

NARROWEST_FLUID = 30
"""A last column of words gets at least so many characters, or goes below its row."""
NARROWEST, WIDEST, NARROWEST_BEFORE_PARTS = 24, 60, 19
"""Characters of a first column whose words go on below; where there are fewer, words stand above their numbers."""
_KEPT_TOGETHER = re.compile(r"(?<=\d) (?=%|d\b)|(?<=\bin) (?=\d)|(?<=\bby) (?=\d)|(?<=±) (?=\d)|(?<=\bP\(dry) (?=on)")
_HANGUL = "\uac00-\ud7a3"
_WIDE = re.compile(
    f"[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf{_HANGUL}\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]"
)
_FILLER = "\0"
"""Stands after a letter of double width, so that it counts for two; no stored text has one."""
_OPEN, _CLOSE = "（「『〈", "、。，．）」』〉：；・ー"


class _Wrapper(textwrap.TextWrapper):
    """Breaks also between letters of Japanese and Chinese: not after a mark that opens, nor before one that closes."""

    wordsep_simple_re = re.compile(
        rf"([\t\n\x0b\x0c\r ]+|(?:[{_OPEN}]{_FILLER})*[^\s{_OPEN}{_HANGUL}]{_FILLER}(?:[{_CLOSE}]{_FILLER})*)"
    )


def console() -> Console:
    return Console(highlight=False, markup=False, emoji=False)


def emit(lines: Iterable[str | Text]) -> None:
    """Print lines as they are, however long."""
    out = console()
    for line in lines:
        out.print(line, overflow="ignore", no_wrap=True, crop=False)


def bold(text: str) -> Text:
    return Text(text, style="bold")


def paragraph(text: str, *, indent: str = "", hanging: str | None = None) -> list[str]:
    """A sentence or more, wrapped; a number stays with its unit."""
    later = indent if hanging is None else hanging
    kept = _KEPT_TOGETHER.sub("\N{NO-BREAK SPACE}", text)
    lines = _Wrapper(
        _width(),
        initial_indent=_filled(indent),
        subsequent_indent=_filled(later),
        break_long_words=False,
        break_on_hyphens=False,
    ).wrap(_filled(kept))
    return [line.replace("\N{NO-BREAK SPACE}", " ").replace(_FILLER, "") for line in lines]


def wrapped(text: str, width: int, *, indent: str = "") -> list[str]:
    """Words in lines of at most so many columns, each indented."""
    lines = _Wrapper(
        width,
        initial_indent=_filled(indent),
        subsequent_indent=_filled(indent),
        break_long_words=True,
        break_on_hyphens=False,
    ).wrap(_filled(text))
    return [line.replace(_FILLER, "") for line in lines] or [indent]


def width_left(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Columns that the first one may take beside the others."""
    others = column_widths(header, rows)[1:]
    return _width() - sum(others) - 2 * len(others)


def _filled(text: str) -> str:
    """The same, as long as it is wide."""
    return _WIDE.sub(rf"\g<0>{_FILLER}", text)


def facts(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Name and value, one a line; empty values are left out."""
    filled = [(name, value) for name, value in pairs if value]
    left = max((cell_len(name) for name, _ in filled), default=0) + 2
    return [
        line
        for name, value in filled
        for line in paragraph(value, indent=name + " " * (left - cell_len(name)), hanging=" " * left)
    ]


def grid(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: Sequence[int] = (0,),
    widths: Sequence[int] = (),
    emphasised: Iterable[int] = (),
    stacked: bool = False,
) -> list[Text]:
    """Columns under a header, those in ``left`` flush left, the others flush right; ``emphasised`` rows are bold.

    Where the width does not do for all of them, the first cell of a ``stacked`` row stands above the others.
    """
    need = list(widths or column_widths(header, rows))
    gap = "  " if sum(need) + 2 * (len(need) - 1) <= _width() else " "
    strong = set(emphasised)
    above = stacked and sum(need) + len(need) - 1 > _width()
    if above:
        need[0] = 1
    lines = [Text(_line(header, need, left, gap), style="dim")]
    for i, row in enumerate(rows):
        style = "bold" if i in strong else ""
        if above:
            lines.append(Text(row[0], style=style))
        lines.append(Text(_line(["", *row[1:]] if above else row, need, left, gap), style=style))
    return lines


def grid_with_words(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    words: Sequence[str],
    title: str,
    *,
    left: Sequence[int] = (0,),
) -> list[Text | str]:
    """A grid whose rows end in words: in a last, wrapped column where there is room for one, else below each row."""
    need = column_widths(header, rows)
    used = sum(need) + 2 * len(need)
    if _width() - used < NARROWEST_FLUID:
        first, *others = grid(header, rows, left=left)
        stacked: list[Text | str] = [first]
        for line, text in zip(others, words, strict=True):
            stacked += [line, *paragraph(text, indent="    ")]
        return stacked
    out: list[Text | str] = [Text(f"{_line(header, need, left, '  ', full=True)}  {title}", style="dim")]
    for row, text in zip(rows, words, strict=True):
        beside, *more = paragraph(text, indent=" " * used) or [""]
        out += [f"{_line(row, need, left, '  ', full=True)}  {beside[used:]}".rstrip(), *more]
    return out


def fitted(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: Sequence[int] = (0,),
    emphasised: Iterable[int] = (),
    narrowest: int = NARROWEST,
) -> list[Text]:
    """A grid that keeps to the width: words of the first column go on below or, on a narrow terminal, stand above.

    Where the numbers alone are too wide, each stands after its name, in as many lines as it takes.
    """
    strong, longest = set(emphasised), max((cell_len(row[0]) for row in rows), default=0)
    room = width_left(header, rows)
    if room >= min(narrowest, longest):
        return _beside(header, rows, min(room, WIDEST), left, strong)
    numbers = [["  ", *row[1:]] for row in rows]
    need = column_widths(["", *header[1:]], numbers)
    if sum(need) + 2 * (len(need) - 1) > _width():
        return _named(header, rows, strong)
    head, *lines = grid(["", *header[1:]], numbers, left=left, emphasised=strong)
    out = [head]
    for k, (row, line) in enumerate(zip(rows, lines, strict=True)):
        out += _words(row[0], _width(), k in strong) if row[0].strip() else []
        out += [line] if any(row[1:]) else []
    return out


def _beside(
    header: Sequence[str], rows: Sequence[Sequence[str]], room: int, left: Sequence[int], strong: set[int]
) -> list[Text]:
    words = [_words(row[0], room, k in strong) for k, row in enumerate(rows)]
    firsts = [[lines[0].plain, *row[1:]] for lines, row in zip(words, rows, strict=True)]
    head, *numbers = grid(header, firsts, left=left, emphasised=strong)
    out = [head]
    for lines, number in zip(words, numbers, strict=True):
        out += [number, *lines[1:]]
    return out


def in_parts(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, emphasised: Iterable[int] = ()
) -> list[list[Text]]:
    """The same of columns of one kind: as many as the width takes; the others in grids of their own."""
    strong, need = set(emphasised), column_widths(header, rows)
    room = _width() - min(need[0], NARROWEST_BEFORE_PARTS)
    parts: list[list[int]] = [[]]
    for k, width in enumerate(need[1:], start=1):
        if parts[-1] and sum(need[i] + 2 for i in parts[-1]) + width + 2 > room:
            parts.append([])
        parts[-1].append(k)
    return [
        fitted(
            [header[k] for k in (0, *part)],
            [[row[k] for k in (0, *part)] for row in rows],
            emphasised=strong,
            narrowest=NARROWEST_BEFORE_PARTS,
        )
        for part in parts
    ]


def _named(header: Sequence[str], rows: Sequence[Sequence[str]], strong: set[int]) -> list[Text]:
    out: list[Text] = []
    for k, row in enumerate(rows):
        out += _words(row[0], _width(), k in strong)
        told = [f"{name} {value}".strip() for name, value in zip(header[1:], row[1:], strict=True) if value.strip()]
        out += _packed(told, "    ")
    return out


def _packed(said: Sequence[str], indent: str) -> list[Text]:
    """Pairs of a name and a value, none of them broken, as many in a line as it takes."""
    lines: list[str] = []
    for each in said:
        longer = f"{lines[-1]}  {each}" if lines else ""
        if lines and cell_len(longer) <= _width():
            lines[-1] = longer
        else:
            lines.append(indent + each)
    return [Text(line) for line in lines]


def _words(label: str, room: int, strong: bool) -> list[Text]:
    """A label in lines, each as far in as it begins, later ones a little further."""
    inner = label.lstrip()
    indent = " " * (len(label) - len(inner))
    first, *others = wrapped(inner, max(room, len(indent) + 4), indent=indent)
    return [Text(line, style="bold" if strong else "") for line in (first, *others)]


def column_widths(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(header, *rows, strict=True)]


def _line(cells: Sequence[str], widths: Sequence[int], left: Sequence[int], gap: str, *, full: bool = False) -> str:
    padded = [
        cell + " " * (width - cell_len(cell)) if i in left else " " * (width - cell_len(cell)) + cell
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    line = gap.join(padded)
    return line if full else line.rstrip()


def _width() -> int:
    return max(console().width, 40)


def level_cells(
    mean: float, sd: float, active: bool, last: date | None, days: int | None, *, stale: bool, words: Mapping[str, str]
) -> list[str]:
    """The cells under the `LEVELS` of a language; `words` are its `CELLS` (`forecast.words.parts.show`)."""
    return [
        signed(mean) if active else words["inactive"],
        f"{sd:.2f}" if active else "–",
        str(last or words["never"]),
        "–" if days is None else str(days),
        words["stale"] if stale else "",
    ]
