"""Lines gathered by what they are of: the sums stay what they are."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from forecast.facts.why import ENTRIES, FADING, TIME, Explanation, Grid, Line, added

LINE, INDICATOR, SOURCE, BY_DOCUMENT, CLASS = "line", "indicator", "source", "document", "class"
BY = (LINE, INDICATOR, SOURCE, BY_DOCUMENT, CLASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lines that go by one name."""

    cls: str
    """Of the lines where they are of one class, and no name of their own is known; "" where `name` says it."""
    name: str
    lines: tuple[Line, ...]
    points: Grid


def gather(found: Explanation, by: str, names: Mapping[str, str]) -> tuple[Group, ...]:
    """The lines by indicator, source, document or class; what has none of it goes by its class.

    Parameters
    ----------
    names : of the indicators, by id
    """
    of: dict[str, Callable[[Line], str]] = {
        CLASS: lambda line: "",
        INDICATOR: lambda line: names.get(line.subject.indicator, line.subject.indicator),
        SOURCE: _source,
        BY_DOCUMENT: lambda line: line.published.title if line.published else "",
    }
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in found.lines:
        for part in _parts(line, by):
            name = of[by](part)
            groups.setdefault(("" if name else part.cls, name), []).append(part)
    return tuple(
        Group(cls=cls, name=name, lines=tuple(lines), points=added(line.points for line in lines))
        for (cls, name), lines in groups.items()
    )


def _source(line: Line) -> str:
    if line.coded is not None:
        return line.coded.publisher or line.coded.title
    return line.happened.source if line.happened is not None else ""


def _parts(line: Line, by: str) -> Iterator[Line]:
    """The rows of an origin, and what fades by indicator, where they may belong apart; else the line."""
    apart = line.cls in ENTRIES or (by == INDICATOR and line.cls == TIME and line.kind == FADING)
    if by != CLASS and line.rows and apart:
        yield from line.rows
        if line.cls not in ENTRIES:
            yield _left(line)
    else:
        yield line


def _left(line: Line) -> Line:
    """What the rows of a line leave of it: their average over two orders meets it to rounding."""
    taken = added(row.points for row in line.rows)
    left = tuple(tuple(a - b for a, b in zip(x, y, strict=True)) for x, y in zip(line.points, taken, strict=True))
    return replace(line, rows=(), points=left)
