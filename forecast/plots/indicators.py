"""What figures of the evidence and the model share: indicators by group, and intervals of a normal."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any
from unicodedata import east_asian_width

from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from db.rows import IndicatorRow
from forecast.plots.style import INK, LIGHT
from indicators.languages import in_language
from indicators.names import Names, read_names

_BOLD: Mapping[str, dict[str, Any]] = {
    "ja": {},
    "ko": {"fontweight": 600, "fontfamily": ["NanumGothic"]},
}
"""The Japanese font has no bold face, and matplotlib would say so on stderr."""


def bold(locale: str) -> dict[str, Any]:
    """The style of words that stand out, of one family, in the fonts of a language."""
    return _BOLD.get(locale, {"fontweight": "bold", "fontfamily": "sans-serif"})


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where rows and headings of groups stand, counted downwards in rows."""

    places: tuple[float, ...]
    headings: tuple[tuple[str, float], ...]
    heading: float
    """Height of a heading."""
    height: float


def by_group[I: IndicatorRow](catalogue: Iterable[I]) -> tuple[I, ...]:
    """Groups in the order in which the catalogue first names them, indicators in its order within."""
    rows = tuple(catalogue)
    order = list(dict.fromkeys(row.group_name for row in rows))
    return tuple(sorted(rows, key=lambda row: order.index(row.group_name)))


def build_ladder(groups: Sequence[str], *, heading: float) -> Ladder:
    """One row for each indicator, given the group of each in order, and a heading wherever a group begins."""
    places: list[float] = []
    headings: list[tuple[str, float]] = []
    below = 0.0
    for number, group in enumerate(groups):
        if number == 0 or group != groups[number - 1]:
            headings.append((group, below + heading / 2))
            below += heading
        places.append(below + 0.5)
        below += 1
    return Ladder(tuple(places), tuple(headings), heading, below)


def draw_ladder(axes: Axes, ladder: Ladder, *, words: bool = True, beyond: float = 0) -> None:
    """Bands under the headings and lines between the rows; `words` writes the names of the groups.

    The bands reach by `beyond` inches over what stands to the right.
    """
    axes.set_ylim(ladder.height, 0)
    for group, place in ladder.headings:
        ends = place - ladder.heading / 2, place + ladder.heading / 2
        axes.axhspan(*ends, color=LIGHT, linewidth=0, zorder=1.5)
        if beyond:
            band = axes.axhspan(*ends, color=LIGHT, linewidth=0, zorder=1.5, clip_on=False)
            band.set_transform(axes.get_yaxis_transform() + moved(axes, beyond))
            band.set_in_layout(False)
        if words:
            written = axes.annotate(
                group,
                (0, place),
                (4, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                fontsize=7.5,
                color=INK,
            )
            written.set_in_layout(False)  # it may reach over the panels beside
    for place in ladder.places:
        axes.axhline(place + 0.5, color=LIGHT, linewidth=0.5, zorder=0)
    axes.tick_params(left=False)


def moved(axes: Axes, inches: float) -> ScaledTranslation:
    """To the right, whatever the scale of the axes."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return ScaledTranslation(inches, 0, figure.dpi_scale_trans)


def wrap_words(text: str, width: int, lines: int) -> str:
    """Broken into at most so many lines, about `width` Latin letters long; what does not fit ends in an ellipsis."""
    if not any(map(is_wide, text)):
        return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder="…"))
    out = _filled(text, width)
    least = ceil(max(_letters(piece.rstrip()) for piece in _PIECES.findall(text)))
    for narrower in range(width - 1, least - 1, -1):  # as even as they can be, so that no word stands alone
        if len(even := _filled(text, narrower)) > len(out):
            break
        out = even
    kept = [line.strip() for line in out[:lines]]
    return "\n".join(kept) + ("…" if len(out) > lines else "")


def _filled(text: str, width: int) -> list[str]:
    """Lines, each as full as may be."""
    out = [""]
    for piece in _PIECES.findall(text):
        if out[-1] and _letters(out[-1] + piece.rstrip()) > width:
            out.append("")
        out[-1] += piece
        while _letters(out[-1].rstrip()) > width:
            fits = next(n for n in range(len(out[-1]), 0, -1) if n == 1 or _letters(out[-1][:n]) <= width)
            out[-1:] = [out[-1][:fits], out[-1][fits:]]
    return out


_PIECES = re.compile(r".+?(?:[のへはがを・、：）](?![のはをも])|\s(?!데\s)|(?=[（(])|$)")
"""Where a line may end: after a particle, a stop or a space, and before a bracket; 데 leans on the word before it."""
WIDE = 1.6
"""Letters: the width of a Han character, kana or Hangul."""


def is_wide(letter: str) -> bool:
    """Whether a character is as wide as it is high."""
    return east_asian_width(letter) in "WF"


def _letters(text: str) -> float:
    return sum(WIDE if is_wide(letter) else 1 for letter in text)


@dataclass(frozen=True, slots=True)
class Naming:
    """How a picture calls what the case names; `group` and `author` give what has no other name its own."""

    indicators: Mapping[str, str]
    """By id; what is missing stands by its id."""
    others: Names

    def indicator(self, id_: str) -> str:
        return self.indicators.get(id_, id_)

    def group(self, own: str) -> str:
        return self.others.get(("group", own), own)

    def author(self, document: str, own: str) -> str:
        return self.others.get(("author", document), own)


def name_in(language: str, case_id: str, catalogue: Sequence[IndicatorRow]) -> Naming:
    """Names in a language, by its code; English has the ids that commands take."""
    rows = () if language == "en" else in_language(catalogue, case_id, language)
    return Naming({row.indicator_id: row.name for row in rows}, read_names(case_id, language))
