"""What a backtest found of the forecasts: of those like the one that is shown, and number by number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

FEWEST = 10
"""Windows that do not overlap, or spells of like outcomes, below which a count says nothing about chance."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is forecast, over how many days, in which situation, and how likely it is now."""

    target: str
    days: int
    dry: bool
    p: float
    structure: int | None = None
    """Of the model that says so; None for the present one."""

    @property
    def situation(self) -> str:
        return "dry" if self.dry else "wet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Forecasts from `low` to below `high`, and what came of them."""

    low: float
    high: float
    n: int
    """Origins whose window is resolved."""
    came_true: int
    spells: int
    """Stretches of successive origins, over the whole backtest, that those which came true lie in."""
    apart: int
    """Of the windows at most so many do not overlap."""

    @property
    def few(self) -> bool:
        return self.apart < FEWEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """How a backtest's forecasts of one target, window and situation turned out, those of about today's size apart."""

    target: str
    horizon_days: int
    asked_days: int
    """The window of the forecast that is shown; the backtest may reach only another."""
    situation: str
    kind: str
    origins: int
    first: date
    last: date
    n: int
    spells: int
    mean_forecast: float
    frequency: float
    log_score: float
    naive_log_score: float
    difference: float
    low: float | None
    high: float | None
    p: float
    """The forecast that is shown."""
    band: Band | None
    """The one that holds it; n is 0 where the backtest never said so. None where bands were not counted."""

    @property
    def verdict(self) -> str:
        """few (events, to tell), better or worse: than chance explains."""
        return _verdict(self.spells, self.difference, self.low, self.high)


def _verdict(spells: int, difference: float, low: float | None, high: float | None) -> str:
    """Of a difference in log scores with its interval, over so many spells of like outcomes."""
    if spells < FEWEST or low is None or high is None or low <= 0 <= high:
        return "few"
    return "better" if difference < 0 else "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What the newest backtest found, and what it holds for."""

    stored: str | None
    """The sentence that the backtest is kept with, in English, of the headline as a whole; None: there is none."""
    model_version: str | None
    evaluation_id: int | None
    """None where the backtest is the shipped one, or there is none."""
    as_of: date | None
    by: int
    """Structure of the model whose forecast is shown."""
    alike: Alike | None = None
    """What came of forecasts like the one that is shown."""
    structure: int | None = None
    """Of the model that was tested."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What a backtest said in one situation, and what came true."""

    situation: str
    n: int
    mean_forecast: float
    frequency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """How a backtest's forecasts of one target and window turned out as a whole."""

    target: str
    horizon_days: int
    kind: str
    first: date
    last: date
    n: int
    spells: int
    log_score: float
    naive_log_score: float
    difference: float
    low: float
    high: float
    level: float
    """Of the interval from `low` to `high`."""
    apart: tuple[Apart, ...]

    @property
    def verdict(self) -> str:
        """few (events, to tell), better or worse: than chance explains."""
        return _verdict(self.spells, self.difference, self.low, self.high)


MET, WITHIN_CHANCE, MISSED, UNMEASURED = "met", "met but within chance", "missed", "not measured"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, its interval by block bootstrap (None where there is none), and whether there is enough to tell it."""

    value: float
    low: float | None
    high: float | None
    enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Parley beside the naive forecast that is best over the same origins; log scores in nats, smaller is better."""

    target: str
    horizon_days: int
    situation: str
    era: str
    n: int  # origins
    spells: int  # runs of consecutive origins that ended alike
    mean_forecast: float
    frequency: Figure
    bias: Figure  # mean forecast less frequency
    log_score: float
    naive: str
    naive_log_score: float
    difference: Figure  # negative: Parley is better


@dataclass(frozen=True, slots=True)
class Structured:
    """Another structure of the model, by the name the backtest has for it, beside the best naive forecast."""

    name: str
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The same of a score of all windows at once: when (of a target), or which scenario (of a horizon)."""

    target: str | None
    horizon_days: int | None
    situation: str
    n: int
    score: float
    naive: str
    naive_score: float
    difference: Figure
    counts: Mapping[str, int] | None  # scenarios: how often each came true


@dataclass(frozen=True, slots=True)
class Curve:
    """Frequency of yes by isotonic regression at each distinct forecast, and its band; all of shape (value,)."""

    forecast: tuple[float, ...]
    count: tuple[int, ...]
    frequency: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Parley's reliability (CORP), and its Brier score = miscalibration - discrimination + uncertainty."""

    target: str
    horizon_days: int
    situation: str
    n: int
    level: float  # of the band
    inside: bool  # the whole curve within the band
    half_width: float  # of the band, mean over origins
    enough: bool
    brier: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    curve: Curve
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What Parley said at each origin, and what came of it; outcome is None where the window is not attested."""

    target: str
    horizon_days: int
    naive: str
    origin: tuple[date, ...]
    dry: tuple[bool, ...]
    probability: tuple[float, ...]
    naive_probability: tuple[float, ...]
    outcome: tuple[bool | None, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What we ask of the model at 180 days, set before it was measured."""

    measure: str  # difference, bias or curve
    situation: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Whether a promise was kept for one target; ``figure`` is its difference, bias, or reach beyond the band."""

    target: str
    horizon_days: int
    measure: str
    situation: str
    statement: str
    n: int
    figure: Figure | None
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which backtest the numbers are of, and which code, case and rows made it; None where that is not kept."""

    evaluation_id: int | None  # None: shipped with the program
    kind: str  # strict or retrospective
    engine: str | None
    every: str | None
    standard: bool
    origins: int
    first: date
    last: date
    as_of: date
    recorded_at: datetime | None
    code_version: str | None
    model_version: str
    structure: int
    """Of the model that was tested."""
    case_hash: str
    inputs_hash: str | None
    file_hash: str | None
    sentence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the backtest that the forecasts are judged by found of the headline, over the window in the box."""

    kind: str
    origins: int
    first: date
    last: date
    alike: Alike | None
    """In the situation of the run, with the forecasts of about its size apart; None where there was none in it."""
    all: Comparison
    dry: Comparison | None
    headline_dry: Comparison | None
    """The same as `dry`, under the name it had when that was of another target."""
    bounds: tuple[Bound, ...]
    """Of the headline."""
    other_version: str | None
    """Of the model that was tested, where it is not that of this program."""
    other_structure: int | None
    """Of the model that was tested, where it is not that of the forecast."""

    @property
    def verdict(self) -> str:
        """few (events, to tell), better or worse: than chance explains."""
        return self.alike.verdict if self.alike else "few"

    @property
    def measured(self) -> tuple[Bound, ...]:
        return tuple(bound for bound in self.bounds if bound.verdict != UNMEASURED)

    @property
    def missed(self) -> tuple[Bound, ...]:
        return tuple(bound for bound in self.bounds if bound.verdict == MISSED)
