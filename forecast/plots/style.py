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

BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"
INK, GREY, LIGHT = "#222222", "#555555", "#E4E4E4"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "parley",
    "svg.fonttype": "none",  # text stays text: small, searchable, in the fonts of the reader
    "font.family": ["sans-serif", "IPAexGothic"],  # of a generic family one font draws; the second has the characters
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],  # that it lacks
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "savefig.dpi": 200,
}
WIDTH = 7.1
"""Inches: the text width of a sheet of A4."""
_NO_METADATA = {"svg": dict.fromkeys(("Date", "Creator", "Format", "Type")), "png": {"Software": None}}
_HASHED = re.compile(r'\bid="([a-z]+[0-9a-f]{10})"')
_REFERRED = re.compile(r'(\bid="|url\(#|href="#)([\w.-]+)')

PERCENT = FuncFormatter(lambda value, _: f"{100 * value:.0f} %")
"""Ticks of probabilities."""


@contextmanager
def house_style() -> Iterator[None]:
    """Ours alone, whatever the settings of the user; Japanese words have their characters on any machine."""
    _add_japanese()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


@cache
def _add_japanese() -> None:
    """The font of `matplotlib_fontja`, without importing that package, which would change the settings of all plots."""
    found = find_spec("matplotlib_fontja")
    assert found is not None
    assert found.origin is not None
    font_manager.fontManager.addfont(Path(found.origin).parent / "fonts" / "ipaexg.ttf")


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
