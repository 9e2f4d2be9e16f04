"""What changed since an earlier run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from db.run_rows import IndicatorStateRow, RunRow, TargetForecastRow
from db.when import When
from forecast.facts.why import Explanation, place_of
from forecast.structures import ModelChange

OLDER_DAYS = 7
"""Without an earlier brief the comparison is with a run at least so many days older."""
LEAST_MOVE = 0.05
"""Levels; less is not worth a word."""
REPORT, OLDER, ASKED, FIRST = "report", "older", "asked", "first"


@dataclass(frozen=True, slots=True)
class Since:
    """The run that is compared with, and why that one."""

    reason: str
    """report: the last brief was of it; older: the last at least a week older; asked; first: there is none."""
    run: RunRow | None
    report_id: int | None
    told: RunRow | None = None
    """The run whose numbers were told: `run`, or one that took in what had come after it."""


@dataclass(frozen=True, slots=True)
class Now:
    """What is shown: of the run, or with what came since."""

    headline: Sequence[TargetForecastRow]
    states: Sequence[IndicatorStateRow]
    when: When
    """What it could read."""


@dataclass(frozen=True, slots=True)
class Step:
    """The headline over one window, then and now; the error is of the difference, by Monte Carlo."""

    horizon_days: int | None
    deadline: date | None
    before: float
    now: float
    error: float

    @property
    def change(self) -> float:
        return self.now - self.before

    @property
    def within_error(self) -> bool:
        """Whether simulating once more could make as much of a difference."""
        return abs(self.change) <= 2 * self.error


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows of one kind that are in the later read and were not in the earlier one."""

    added: int
    revised: int
    retracted: int


@dataclass(frozen=True, slots=True)
class Move:
    """A filtered level, then and now."""

    indicator_id: str
    name: str
    before: float
    now: float

    @property
    def change(self) -> float:
        return self.now - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All of it; empty where there is nothing to compare with."""

    since: Since
    steps: tuple[Step, ...] = ()
    observations: Entries = Entries(0, 0, 0)
    events: Entries = Entries(0, 0, 0)
    attestations: int = 0
    fits_published: int = 0
    """Full runs after the earlier one, this one included."""
    fits_rejected: int = 0
    case_changed: bool = False
    code_changed: bool = False
    moves: tuple[Move, ...] = ()
    why: Explanation | None = None
    """What made the difference between the two full runs, where it can be told."""
    model: ModelChange | None = None
    """Where the two are by different structures of the model: what that alone did."""

    @property
    def towards(self) -> tuple[Move, ...]:
        """Moves to levels that favour talks more."""
        return tuple(one for one in self.moves if one.change > 0)

    @property
    def away(self) -> tuple[Move, ...]:
        return tuple(one for one in self.moves if one.change < 0)

    def why_at(self, horizon_days: int | None) -> tuple[Explanation, int, int] | None:
        """The explanation with the places of its headline and of a window; None where it says nothing of it."""
        reach = None if self.why is None else place_of(self.why, horizon_days)
        return None if self.why is None or reach is None else (self.why, self.why.place, reach)

    @property
    def entered(self) -> bool:
        """Whether anything was."""
        rows = (self.observations, self.events)
        return self.attestations > 0 or any((one.added, one.revised, one.retracted) != (0, 0, 0) for one in rows)
