"""What the pictures of a forecast show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

from forecast.facts.reasons import Sibling

GAP_DAYS = 45
"""Longer than a month: monthly runs are joined."""
RHYTHM = 8
"""From so many dates on, the distance that lies between most of them is their rhythm."""
RECOMPUTED_DAYS = 7
"""Between the points that the present model gives anew."""
type Horizon = int | date
"""A window of days, or one up to a deadline."""


def gap_days(days: Sequence[date]) -> int:
    """Over how many days without a forecast a history is broken: a month and a half, or twice a slower rhythm."""
    distances = [(later - earlier).days for earlier, later in pairwise(days)]
    return max(GAP_DAYS, 2 * int(median(distances))) if len(days) >= RHYTHM else GAP_DAYS


def stretches(days: Sequence[date], structures: Sequence[int] = ()) -> tuple[slice, ...]:
    """The stretches of a history, between which it is broken: by time or, where given, by another structure."""
    allowed = gap_days(days)
    changed = {i for i, (before, after) in enumerate(pairwise(structures), start=1) if before != after}
    breaks = [i for i in range(1, len(days)) if i in changed or (days[i] - days[i - 1]).days > allowed]
    return tuple(slice(*ends) for ends in zip((0, *breaks), (*breaks, len(days)), strict=True)) if days else ()


def gap_of(days: Sequence[date]) -> int | None:
    """The days between dates over which a history is broken; None where none lie so far apart."""
    return gap_days(days) if len(stretches(days)) > 1 else None


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a history goes over to another structure of the model."""

    last: date
    """Of the earlier structure."""
    first: date
    """Of the later one."""
    structure: int

    @property
    def place(self) -> float:
        """Between the two, as an ordinal."""
        return (self.last.toordinal() + self.first.toordinal()) / 2


def turns(days: Sequence[date], structures: Sequence[int]) -> tuple[Turn, ...]:
    """Every change of structure along a history."""
    pairs = pairwise(zip(days, structures, strict=True))
    return tuple(Turn(a, b, new) for (a, old), (b, new) in pairs if old != new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A forecast over one window, and what stands beside it."""

    horizon_days: int | None
    deadline: date | None
    mean: float
    q05: float
    q25: float
    q75: float
    q95: float
    base_rate: float | None
    documents_only: float | None
    history_only: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Forecasts of a backtest, by origin."""

    kind: str
    """strict or retrospective."""
    model_version: str
    origins: tuple[date, ...]
    said: tuple[float, ...]


type Recomputed = tuple[tuple[date, float], ...]
"""Probabilities by as-of date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """What one published run said of the target."""

    run_id: int
    as_of: date
    kind: str
    leads: bool
    """Whether it carries the line on its date."""
    mean: float
    q05: float
    q25: float
    q75: float
    q95: float
    base_rate: float | None
    structure: int


@dataclass(frozen=True, slots=True)
class EventMark:
    type: str
    framing: str
    started_on: date
    ended_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFacts:
    """A forecast history as it is drawn, by as-of date, then run."""

    target: str
    horizon_days: int | None
    deadline: date | None
    points: tuple[HistoryPoint, ...]
    unpublished: tuple[date, ...]
    """As-of dates of runs that were rejected or failed."""
    events: tuple[EventMark, ...]
    context: Context | None
    """What a backtest says would have been forecast before; None where the history has dates enough."""
    windows: tuple[Beside, ...]
    """The last run by window, which is drawn instead of too short a history without a context; else empty."""
    recomputed: Recomputed
    """What the present structure would have said of late; empty where that was not asked for."""

    @property
    def first(self) -> date:
        """Where the picture begins."""
        begin = self.context.origins[0] if self.context else self.points[0].as_of
        return min(begin, *(day for day, _ in self.recomputed[:1]), begin)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Where the line goes over to another structure of the model."""
        return turns([point.as_of for point in self.line], [point.structure for point in self.line])

    @property
    def line(self) -> tuple[HistoryPoint, ...]:
        return tuple(point for point in self.points if point.leads)

    @property
    def end(self) -> HistoryPoint:
        """Whose number is told: the end of the line; where only provisional runs are shown, the last of them."""
        return self.points[-1] if self.windows else (self.line or self.points)[-1]

    @property
    def gap(self) -> int | None:
        """Over how many days without a run the line is broken; None where it is not."""
        return gap_of([point.as_of for point in self.line])

    @property
    def run_ids(self) -> tuple[int, ...]:
        return tuple(point.run_id for point in self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizonPoint:
    """The probability within one window."""

    days: int
    deadline: date | None
    mean: float
    q05: float
    q25: float
    q75: float
    q95: float
    base_rate: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One target from short windows to long ones."""

    target: str
    points: tuple[HorizonPoint, ...]

    @property
    def longest(self) -> HorizonPoint:
        """The longest rolling window; the last deadline where none is rolling."""
        rolling = [point for point in self.points if point.deadline is None]
        return max(rolling or self.points, key=lambda point: point.days)


@dataclass(frozen=True, slots=True)
class HorizonsFacts:
    """The curves of one run as they are drawn, the headline's first."""

    run_id: int
    kind: str
    as_of: date
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The probabilities of all scenarios, S0 first, in one window of one run."""

    run_id: int
    as_of: date
    days: int
    deadline: date | None
    probabilities: tuple[float, ...]
    structure: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenariosFacts:
    """The areas as they are drawn: of one run by window, and of a history of runs in one window."""

    run_id: int
    kind: str
    as_of: date
    windows: tuple[Shares, ...]
    """From short to long."""
    history: tuple[Shares, ...]
    """By as-of date, of each date the last full run; empty where there are not two dates."""
    horizon: Horizon
    """Of the history."""
    siblings: tuple[Sibling, ...]
    """The run's targets beside the scenarios of their names."""
    headline: str
    """Of the case: told first of these."""

    @property
    def told(self) -> Shares:
        """The window of the history in this run; its longest where it has none of that length."""
        same = (one for one in self.windows if one.days == days_to(self.as_of, self.horizon))
        return next((one for one in same if isinstance(self.horizon, int) == (one.deadline is None)), self.windows[-1])

    @property
    def gap(self) -> int | None:
        """Over how many days without a run the history is broken; None where it is not."""
        return gap_of([one.as_of for one in self.history])

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Where the history goes over to another structure of the model."""
        return turns([one.as_of for one in self.history], [one.structure for one in self.history])

    @property
    def run_ids(self) -> tuple[int, ...]:
        return tuple(sorted({self.run_id, *(shares.run_id for shares in self.history)}))


def days_to(as_of: date, horizon: Horizon) -> int:
    return horizon if isinstance(horizon, int) else (horizon - as_of).days
