"""How far the forecasts can be trusted: everything that was measured."""

from dataclasses import dataclass
from datetime import date, datetime

from forecast.facts.checks import Found
from forecast.facts.quality import (
    Band,
    Bound,
    Calibration,
    Comparison,
    Overall,
    Quality,
    Ranked,
    Source,
    Structured,
    Timeline,
)
from forecast.facts.track import TrackRecord, Unscored

PASSED, FAILED, LOOK, NOT_RUN = "passed", "FAILED", "look", "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The newest result of one check, and what it holds for."""

    name: str
    verdict: str
    sentence: str | None
    """As it was stored, in English; None where the check was not run."""
    found: Found | None
    """What the sentence says; None where too little of it was stored to say it anew."""
    as_of: date | None
    recorded_at: datetime | None
    code_version: str | None
    model_version: str | None


@dataclass(frozen=True, slots=True)
class Banded:
    """How often what was said of the headline came true, by the size of what was said."""

    target: str
    horizon_days: int
    situation: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The trust page."""

    case_id: str
    case_name: str
    case_hash: str
    headline: str
    model_version: str  # of this program
    quality: Quality
    other_structure: int | None
    """Of the model that made the forecast as it stands, where that is not the present one."""
    structure: int
    """The present one."""
    track: TrackRecord | Unscored
    source: Source
    overall: Overall | None
    """What that backtest found as a whole, where it is not the one that the forecasts are judged by."""
    bounds: tuple[Bound, ...]
    comparisons: tuple[Comparison, ...]
    """Of the shipped model alone."""
    structures: tuple[Structured, ...]
    """Other structures of the model that the backtest holds, under their own names."""
    times: tuple[Ranked, ...]
    scenarios: tuple[Ranked, ...]
    calibrations: tuple[Calibration, ...]
    timelines: tuple[Timeline, ...]
    bands: tuple[Banded, ...]
    checks: tuple[Checked, ...]
