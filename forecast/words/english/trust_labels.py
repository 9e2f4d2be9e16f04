"""The fixed words of the trust page, in English."""

from forecast.words.trust_labels import TrustPage, TrustTables

TABLES = TrustTables(
    bounds="{target} {window}: bounds set before it was measured",
    bounds_header=("", "n", "found", ""),
    comparisons="{target}: mean log scores of Parley and of the best naive forecast",
    comparisons_header=("", "n", "spells", "said", "came true", "bias, points", "Parley", "naive", "difference"),
    structures="Other structures of the model, which no forecast is made with: mean log scores beside the best naive "
    "forecast",
    structures_header=(
        "",
        "",
        "n",
        "spells",
        "said",
        "came true",
        "bias, points",
        "log score",
        "naive",
        "difference",
    ),
    bands="{target} {window}: how often what was said came true",
    bands_header=("said", "n", "came true", "stretches of time", "windows apart", ""),
    bands_note="Windows overlap: those apart are the most of them that do not. Outcomes of one stretch of time are "
    "hardly more than one. Too few: fewer than {fewest} windows apart.",
    few_windows="too few to go by",
    ranked="When (ranked probability score over the windows), and which scenario (multi-category log score)",
    ranked_header=("", "n", "Parley", "naive", "difference"),
    when="when: {target}, {situation}",
    which="scenario {window}",
    calibration="Calibration of Parley: curve (CORP) and parts of the Brier score",
    calibration_header=("", "n", "curve in its band", "Brier", "MCB", "DSC", "UNC"),
    calibration_row="{target} {window}, {situation}",
    calibration_note="Brier = MCB (miscalibration) − DSC (discrimination) + UNC (uncertainty); of DSC more is better.",
    track="Live forecasts that have been resolved: log scores, weighted by the days on which they stood",
    track_by="Live forecasts by model {structure} that have been resolved: log scores, weighted by the days on which "
    "they stood",
    track_header=("", "forecasts", "effective n", "said", "came true", "Parley", "base rate", "difference", ""),
    enough="enough to tell",
    too_few="too few to tell",
    checks="Checks",
    checks_header=("", "", "", "found"),
    measured="What was measured",
    situations={"all": "all", "dry": "dry", "wet": "wet"},
    eras={},
    structure_names={},
    forecasters={},
    verdicts={},
    check_names={
        "as-of": "reading as of a past date",
        "states": "levels by another method",
        "prior-predictive": "worlds drawn from the prior",
        "posterior-predictive": "worlds drawn from the posterior",
        "power-scaling": "weight of prior and record",
        "assumptions": "other assumptions",
        "leave-out-indicator": "without one indicator",
        "leave-out-document": "without one document",
        "sbc": "simulation-based calibration",
    },
    window="{days} d",
    window_situation="{days} d {situation}",
    era_situation="{era} {situation}",
    band="{situation}, {range}",
    of_target="{target}, {row}",
    interval=" ({} to {})",
    curve="{place} ({reach})",
    points="{} points",
    inside="inside",
    outside="outside",
)
PAGE = TrustPage(
    title="How far to trust the forecasts: {}",
    in_short="In short",
    track="The live track record",
    backtest="How it would have done",
    backtest_is="Backtest {}. This is not a track record: catalogue, criteria and half-lives were made later, with "
    "what happened in view.",
    own_sentence="Of this backtest: {}",
    differences="Differences of log scores with intervals, by window",
    differences_caption="Mean log score of Parley less that of the naive forecast that is best over the same origins, "
    "with {level} intervals by block bootstrap; the small numbers are n (origins). Below 0 Parley is better. Filled: "
    "enough to tell; hollow: too few.",
    timelines="Forecasts over time, with what came true",
    timelines_caption="What Parley said on each origin (solid) and the naive forecast that is best over all of them "
    "(dotted). Ticks above: the window that began there came true; ticks below: it did not. A line that runs low under "
    "ticks above, or high over ticks below, was wrong there.",
    calibration="Calibration",
    calibrated="If forecasts are calibrated, of what was said to have 30 % about 30 % comes true.",
    not_measured="Curves are not measured: this backtest has no windows of 180 days.",
    reliability="Reliability diagrams with consistency bands",
    reliability_caption="Frequency with which windows came true against the probability said, by isotonic regression "
    "(CORP). A calibrated forecaster's whole curve lies in the band with a probability of {level}; the band knows that "
    "windows overlap. Below: how many origins got which probability.",
    bounds="Bounds we set ourselves",
    bounds_are="Set before the measurement. “Met but within chance”: the figure lies on the right side, but there is "
    "too little to exclude that it does so by chance.",
    missed="Missed: {missed} of {all}.",
    checks="Checks of the machinery",
    look="“Look”: nothing that could fail, something to look at.",
    sources="What was measured, with which code",
    source="backtest",
    reading="How to read this",
    below="Below: backtest {}. Not a track record.",
)
