"""The trust page: one HTML file without scripts and without anything to fetch."""

from markupsafe import Markup

from forecast.evaluation.scoreboard import LEVEL
from forecast.facts.quality import MET, MISSED
from forecast.facts.trust import FAILED, Trust
from forecast.plots.trust import draw_differences, draw_reliability, draw_timelines
from forecast.rendering import render
from forecast.trust.tables import (
    backtest_words,
    band_table,
    bounds_tables,
    calibration_table,
    check_table,
    comparison_tables,
    era_note,
    provenance,
    ranked_table,
    structure_table,
    track_tables,
)
from forecast.words.language import ENGLISH
from forecast.words.names import SCENARIO_NAMES

EMPHASISED = {MET: "good", MISSED: "bad", FAILED: "bad"}
"""Verdicts that stand out, and their class in the style sheet."""


def render_page(trust: Trust) -> str:
    """The page; the same facts give the same text."""
    return render(
        "trust.html.j2",
        trust=trust,
        w=ENGLISH,
        level=f"{100 * LEVEL:.0f} %",
        emphasised=EMPHASISED,
        backtest=backtest_words(trust.source),
        track=track_tables(trust.track),
        comparisons=comparison_tables(trust),
        bands=band_table(trust),
        eras=era_note(trust),
        structures=structure_table(trust),
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
