"""The house style of every picture, and how a picture becomes a file.

Colours are those of Okabe & Ito, told apart by the colour-blind; shape, fill, stroke and hatching say the same in grey.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from forecast.words.labels import Labels

BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"
INK, GREY, LIGHT = "#222222", "#555555", "#E4E4E4"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "parley",
    "svg.fonttype": "none",  # text stays text: small, searchable, in the fonts of the reader
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "savefig.dpi": 200,
}
FAMILIES = {
    "ja": ["sans-serif", "IPAexGothic", "NanumGothic"],
    "ko": ["sans-serif", "NanumGothic", "IPAexGothic"],
}
"""By language: of a generic family one font draws, and those after it have the characters that it lacks."""
_FONTS = (
    ("matplotlib_fontja", "fonts", "ipaexg.ttf"),
    ("koreanize_matplotlib", "fonts", "NanumGothic.ttf"),
    ("koreanize_matplotlib", "fonts", "NanumGothicBold.ttf"),
)
WIDTH = 7.1
"""Inches: the text width of a sheet of A4."""
_NO_METADATA = {"svg": dict.fromkeys(("Date", "Creator", "Format", "Type")), "png": {"Software": None}}
_HASHED = re.compile(r'\bid="([a-z]+[0-9a-f]{10})"')
_REFERRED = re.compile(r'(\bid="|url\(#|href="#)([\w.-]+)')


def percents(labels: Labels) -> FuncFormatter:
    """Ticks of probabilities."""
    return FuncFormatter(lambda value, _: f"{100 * value:.0f}{labels.percent_sign}")


@contextmanager
def house_style(locale: str = "en") -> Iterator[None]:
    """Ours alone, whatever the settings of the user; words of every language have their characters on any machine.

    Parameters
    ----------
    locale : of the words: characters that several scripts share are drawn as its readers write them
    """
    _add_fonts()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE | {"font.family": FAMILIES.get(locale, FAMILIES["ja"])})
        yield


@cache
def _add_fonts() -> None:
    """Fonts of packages that are not imported: one would change the settings of all plots, one needs an old Python."""
    for package, folder, name in _FONTS:
        found = find_spec(package)
        assert found is not None
        assert found.origin is not None
        font_manager.fontManager.addfont(Path(found.origin).parent / folder / name)


def as_png(figure: Figure) -> bytes:
    return _rendered(figure, "png")


def as_svg(figure: Figure) -> bytes:
    """A file of its own; the same figure gives the same bytes.

    Matplotlib names shapes by hashes of coordinates whose last bits the layout does not repeat: here they are numbered.
    """
    drawing = _rendered(figure, "svg").decode()
    found = dict.fromkeys(_HASHED.findall(drawing))
    numbered = {name: f"shape_{number}" for number, name in enumerate(found, start=1)}
    return _REFERRED.sub(lambda one: f"{one[1]}{numbered.get(one[2], one[2])}", drawing).encode()


def as_drawing(figure: Figure, name: str) -> str:
    """SVG to stand inside HTML, its identifiers kept apart from those of other drawings in the page."""
    drawing = as_svg(figure).decode()
    drawing = drawing[drawing.index("<svg") :]
    return _REFERRED.sub(rf"\g<1>{name}-\g<2>", drawing)


def _rendered(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format=kind, metadata=_NO_METADATA[kind])
    return buffer.getvalue()
