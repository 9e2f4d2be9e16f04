"""The trust page: one HTML file without scripts and without anything to fetch."""

import re

from markupsafe import Markup

from forecast.facts.quality import LEVEL, MET, MISSED
from forecast.facts.trust import FAILED, Trust
from forecast.plots.trust import draw_differences, draw_reliability, draw_timelines
from forecast.rendering import render
from forecast.trust.sentences import other_model, own_sentence, track_note
from forecast.trust.tables import (
    band_table,
    bounds_tables,
    calibration_table,
    check_table,
    comparison_tables,
    era_note,
    ranked_table,
    structure_table,
    track_tables,
    verdict_name,
)
from forecast.words.language import LANGUAGES, Language
from indicators.names import read_names

EMPHASISED = {MET: "good", MISSED: "bad", FAILED: "bad"}
"""Verdicts that stand out, and their class in the style sheet."""
CORP = Markup('<a href="https://doi.org/10.1073/pnas.2016191118">CORP</a>')


def render_page(trust: Trust, language: Language = LANGUAGES["en"]) -> str:
    """The page in a language; the same facts give the same text."""
    words = language.trust
    level = language.labels.percent(LEVEL)
    reliability = Markup.escape(words.PAGE.reliability_caption.format(level=level))
    return render(
        "trust.html.j2",
        trust=trust,
        case_name=_case_name(trust, language),
        language=language,
        words=words,
        page=words.PAGE,
        emphasised={verdict_name(verdict, language): kind for verdict, kind in EMPHASISED.items()},
        quality=language.quality.quality_sentence(trust.quality),
        quality_note=language.quality.quality_note(trust.quality),
        other_model=other_model(trust, language),
        own_sentence=own_sentence(trust, language),
        track=language.quality.track_sentence(trust.track),
        track_note=track_note(trust, language),
        track_tables=track_tables(trust.track, language),
        backtest=words.backtest(trust.source),
        comparisons=comparison_tables(trust, language),
        bands=band_table(trust, language),
        eras=era_note(trust, language),
        structures=structure_table(trust, language),
        ranked=ranked_table(trust, language),
        calibration=calibration_table(trust, language),
        bounds=bounds_tables(trust, language),
        missed=sum(bound.verdict == MISSED for bound in trust.bounds),
        checks=check_table(trust.checks, language),
        marked=marked,
        differences_caption=words.PAGE.differences_caption.format(level=level),
        reliability_caption=reliability.replace("CORP", CORP),
        differences=Markup(draw_differences(trust.comparisons, language.labels)),
        timelines=Markup(draw_timelines(trust.timelines, language.labels)) if trust.timelines else "",
        reliability=Markup(draw_reliability(trust.calibrations, language.labels)) if trust.calibrations else "",
    )


def _case_name(trust: Trust, language: Language) -> str:
    """In the language, where the case has a name in it."""
    return read_names(trust.case_id, language.code).get(("case", trust.case_id), trust.case_name)


def marked(text: str) -> Markup:
    """Bold where the words stand between two ``**``, and as a command between two backticks."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", str(Markup.escape(text)))
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", bold))
