"""The fixed words of the trust page and of its tables; braces hold what is filled in.

`forecast.words.parts.trust` has the sentences that depend on what was found. Between two ``**`` words are emphasised.
"""

from collections.abc import Mapping
from dataclasses import dataclass

type Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustTables:
    """Titles, headers and cells."""

    bounds: str
    bounds_header: Row
    comparisons: str
    comparisons_header: Row
    structures: str
    structures_header: Row
    bands: str
    bands_header: Row
    bands_note: str
    few_windows: str
    """Beside a band of which too few windows do not overlap."""
    ranked: str
    ranked_header: Row
    when: str
    which: str
    calibration: str
    calibration_header: Row
    calibration_row: str
    calibration_note: str
    track: str
    track_by: str
    """The same where there are several structures of the model."""
    track_header: Row
    enough: str
    too_few: str
    checks: str
    checks_header: Row
    measured: str
    """Above what the backtest was made from, on a terminal."""
    situations: Mapping[str, str]
    eras: Mapping[str, str]
    """By the names that a backtest has for them."""
    structure_names: Mapping[str, str]
    """Of other structures of the model, by the same; one that is not known keeps its name."""
    forecasters: Mapping[str, str]
    """Naive ones, likewise."""
    verdicts: Mapping[str, str]
    """Of bounds and of checks, by the words under which they are kept."""
    check_names: Mapping[str, str]
    """By the names that commands take; one that is not known has that alone."""
    window: str
    """A row of all origins, of so many days; then one of a situation, and one of an era and a situation."""
    window_situation: str
    era_situation: str
    band: str
    of_target: str
    """A target and a row."""
    interval: str
    """From one end to the other, after a number."""
    curve: str
    """Where a curve lies, and how far its band reaches."""
    points: str
    """An amount in percentage points, with its interval or not."""
    inside: str
    outside: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPage:
    """Headings, paragraphs, and what stands under pictures."""

    title: str
    in_short: str
    track: str
    backtest: str
    backtest_is: str
    own_sentence: str
    """Before what the backtest itself said, where it is not the one that the sentence on top is of."""
    differences: str
    """What a reader who cannot see the picture hears, and its caption; of the other pictures too."""
    differences_caption: str
    timelines: str
    timelines_caption: str
    calibration: str
    calibrated: str
    """What it means that forecasts are."""
    not_measured: str
    reliability: str
    reliability_caption: str
    """The word CORP becomes a link."""
    bounds: str
    bounds_are: str
    missed: str
    checks: str
    look: str
    sources: str
    source: str
    """The name of the backtest among what the numbers are from."""
    reading: str
    below: str
    """Which backtest the numbers on a terminal are of."""
