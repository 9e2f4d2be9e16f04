"""How far the forecasts can be trusted: everything that was measured."""

from dataclasses import dataclass
from datetime import date, datetime

from forecast.facts.quality import Band, Bound, Calibration, Comparison, Quality, Ranked, Source, Structured, Timeline
from forecast.facts.track import Counts, ScenarioLine, TrackLine

PASSED, FAILED, LOOK, NOT_RUN = "passed", "FAILED", "look", "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What live forecasts were worth; what waits is only counted (`parley score` lists it)."""

    sentence: str
    rule: str | None
    counts: Counts | None  # None where live forecasts cannot be scored; the sentence says why
    lines: tuple[TrackLine, ...]
    scenarios: tuple[ScenarioLine, ...]
    pending: int
    structure: int
    """Of the model that made the forecasts: the present one."""
    others: tuple["Track", ...] = ()
    """The records of other structures, the newest first; none is joined with another."""

    @property
    def records(self) -> tuple["Track", ...]:
        """That of the present structure first."""
        return (self, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The newest result of one check, and what it holds for."""

    name: str
    verdict: str
    sentence: str
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
    by_other_model: str | None
    """That the forecast as it stands is by another model than the present one."""
    track: Track
    source: Source
    rule: str
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
