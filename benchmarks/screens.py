"""A contact sheet of everything that is drawn or printed, in every language: `make screens`.

python -m benchmarks.screens [--out FOLDER] [--lang en|ja|ko]

At a desk of its own, with a few days of entries, it writes the brief, its short form, the trust page and all pictures,
prints the pages with Chromium as a reader would on A4, and lays them side by side. It fails where a page has another
length than it should, and where a letter has no glyph. Fonts are those that come with the program's own packages, so
that the sheet looks the same on every machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2
from PIL import Image, ImageDraw

from benchmarks.readme import desk, type_command
from forecast.plots.kinds import KINDS
from forecast.words.language import LANGUAGES

DAY = (
    'log us_posture 1 --on 2026-11-20 --source "White House briefing" --grade B2',
    'log kcna_tone -1 --on 2026-11-21 --source "KCNA statement" --grade A2',
    'event add contact --on 2026-11-18 --source Yonhap --confidence low --reason "denied by Seoul"',
    "event none --through 2026-10-31",
    "check as-of states",
)
"""What has been entered at the desk, so that every part of a page has something to say."""
PAGES: Mapping[str, int | None] = {"brief": 2, "short": 1, "trust": None}
"""How many sheets of A4 each page has; None where it is as long as it is."""
WIDE, GAP, COLUMNS = 560, 24, 6
"""Pixels of a picture on the sheet and between two, and how many stand in a row."""
FONTS = ("matplotlib_fontja", "koreanize_matplotlib")
"""Packages that bring the letters of Japanese and Korean."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of the sheet."""

    name: str
    image: Image.Image


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("screens"), help="the folder to write (default: screens)")
    parser.add_argument("--lang", nargs="+", choices=tuple(LANGUAGES), default=list(LANGUAGES))
    asked = parser.parse_args()
    if shutil.which("chromium") is None:
        print("error: chromium is not installed; run `make chromium`, or install it by hand", file=sys.stderr)
        return 1
    out = asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with desk():
        for command in DAY:
            _quietly(command)
        for language in asked.lang:
            shots = list(_shots(out, language, wrong))
            _sheet(shots).save(out / f"contact.{language}.png")
            print(f"written: {out / f'contact.{language}.png'} ({len(shots)} pictures)")
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return int(bool(wrong))


def _quietly(command: str) -> None:
    with redirect_stdout(StringIO()):
        type_command(f"parley {command}")


def _shots(out: Path, language: str, wrong: list[str]) -> Iterator[Shot]:
    """Pages sheet by sheet, then pictures; what is not as it should be goes to `wrong`."""
    made = {
        "brief": f"report --out {out}/brief.{language}.html --lang {language} --force",
        "short": f"report --short --out {out}/short.{language}.html --lang {language} --force",
        "trust": f"calibrate --out {out}/trust.{language}.html --lang {language} --force",
    }
    for name, command in made.items():
        _quietly(command)
        sheets = _printed(out / f"{name}.{language}.html")
        if PAGES[name] not in (None, len(sheets)):
            wrong.append(f"{name}.{language}.html has {len(sheets)} sheets of A4, not {PAGES[name]}")
        for number, sheet in enumerate(sheets, start=1):
            sheet.save(out / f"{name}.{language}.{number}.png")
            yield Shot(f"{name} {number}", sheet)
    for kind in KINDS:
        path = out / f"{kind}.{language}.png"
        _quietly(f"plot {kind} --out {path} --lang {language} --force")
        yield Shot(kind, Image.open(path).convert("RGB"))


def _printed(page: Path) -> list[Image.Image]:
    """The sheets of a page as Chromium prints it, 110 dots an inch."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        printed = folder / "page.pdf"
        switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        environment = {**os.environ, "FONTCONFIG_FILE": str(_fonts(folder)), "HOME": name}
        command = ["chromium", *switches, f"--print-to-pdf={printed}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=180, env=environment)
        with pypdfium2.PdfDocument(printed) as document:
            return [sheet.render(scale=110 / 72).to_pil().convert("RGB") for sheet in document]


def _fonts(folder: Path) -> Path:
    """Settings of fontconfig that know the system's fonts and those of our packages."""
    specs = [find_spec(name) for name in FONTS]
    places = [Path(spec.origin).parent / "fonts" for spec in specs if spec and spec.origin]
    listed = "".join(f"<dir>{place}</dir>" for place in (Path("/usr/share/fonts"), *places))
    path = folder / "fonts.conf"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>{listed}'
        f"<cachedir>{folder}/cache</cachedir></fontconfig>",
        encoding="utf-8",
    )
    return path


def _sheet(shots: Sequence[Shot]) -> Image.Image:
    """All pictures at one width, row by row, each under its name."""
    small = [one.image.resize((WIDE, round(one.image.height * WIDE / one.image.width))) for one in shots]
    rows = [range(first, min(first + COLUMNS, len(shots))) for first in range(0, len(shots), COLUMNS)]
    heights = [max(small[i].height for i in row) + 2 * GAP for row in rows]
    sheet = Image.new("RGB", (COLUMNS * (WIDE + GAP) + GAP, sum(heights) + GAP), "#777777")
    pen, top = ImageDraw.Draw(sheet), GAP
    for row, height in zip(rows, heights, strict=True):
        for column, i in enumerate(row):
            left = GAP + column * (WIDE + GAP)
            pen.text((left, top), shots[i].name, fill="white")
            sheet.paste(small[i], (left, top + GAP // 2 + 4))
        top += height
    return sheet


if __name__ == "__main__":
    sys.exit(main())
