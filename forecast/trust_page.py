"""The trust page: one HTML file without scripts and without anything to fetch."""

import os
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from forecast.errors import NotWritten
from forecast.scoreboard import LEVEL
from forecast.trust import FAILED, Trust
from forecast.trust_figures import draw_differences, draw_reliability, draw_timelines
from forecast.trust_scores import MET, MISSED
from forecast.trust_tables import (
    backtest_words,
    bounds_tables,
    calibration_table,
    check_table,
    comparison_tables,
    era_note,
    provenance,
    ranked_table,
    track_table,
)
from forecast.words import SCENARIO_NAMES

EMPHASISED = {MET: "good", MISSED: "bad", FAILED: "bad"}
"""Verdicts that stand out, and their class in the style sheet."""


def render_page(trust: Trust) -> str:
    """The page; the same facts give the same text."""
    loader = PackageLoader("forecast")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.get_template("trust.html.j2").render(
        trust=trust,
        level=f"{100 * LEVEL:.0f} %",
        emphasised=EMPHASISED,
        backtest=backtest_words(trust.source),
        track=track_table(trust.track.lines),
        comparisons=comparison_tables(trust),
        eras=era_note(trust),
        scenarios=SCENARIO_NAMES,
        ranked=ranked_table(trust),
        calibration=calibration_table(trust),
        bounds=bounds_tables(trust),
        missed=sum(bound.verdict == MISSED for bound in trust.bounds),
        checks=check_table(trust.checks),
        provenance=provenance(trust),
        differences=Markup(draw_differences(trust.comparisons)),
        timelines=Markup(draw_timelines(trust.timelines)) if trust.timelines else "",
        reliability=Markup(draw_reliability(trust.calibrations)) if trust.calibrations else "",
    )


def check_place(path: Path, *, force: bool) -> None:
    """Raise NotWritten unless a page may be written there: before long work, not after it."""
    if path.is_dir():
        raise NotWritten(f"{path} is a folder; name a file, such as {path / 'trust.html'}")
    if path.exists() and not force:
        raise NotWritten(f"{path} exists; give --force to replace it, or name another file")
    if not path.parent.is_dir():
        raise NotWritten(f"the folder {path.parent} does not exist; make it, or name a file in one that does")


def write_page(page: str, path: Path, *, force: bool = False) -> None:
    """Write the page aside, sync it and rename it: the file is there whole or not at all.

    Raises
    ------
    NotWritten
        if a file stands there and is not to be replaced, or the place cannot be written
    """
    check_place(path, force=force)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise NotWritten(
            f"{path} cannot be written ({error.strerror}); name another file, or allow writing there"
        ) from error
    finally:
        with suppress(OSError):  # it is gone after the renaming, and was never there where its name is refused
            aside.unlink()
