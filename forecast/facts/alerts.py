"""What alerts are about: the facts of each rule, of which every language says a title and a body."""

from dataclasses import dataclass
from datetime import date, datetime

from db.read_schedule import ScheduledValue
from forecast.facts.why import Explanation, place_of

THRESHOLD, DAY, WEEK, DRIFT = "threshold", "move_day", "move_week", "drift"
MOVEMENTS = (THRESHOLD, DAY, WEEK, DRIFT)
"""Rules about the headline; an alert has the name of the first that holds."""
BACKUP, RESTORE = "backup", "restore"
"""The rules about backups."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the headline that one rule notifies."""

    rule: str
    before: ScheduledValue
    points: float
    """Change, in points of a hundred."""
    bound: float = 0.0
    """More points than this are notified; thresholds have none."""
    crossed: tuple[float, ...] = ()
    """Thresholds the headline is now on the other side of."""


@dataclass(frozen=True, slots=True)
class Movement:
    """All there is to notify of the headline of one run."""

    now: ScheduledValue
    notified: ScheduledValue
    """What was notified last; before anything was, the first scheduled run."""
    alerted: bool
    """Whether that was in an alert."""
    steps: tuple[Step, ...]
    """One or more, in the order of `MOVEMENTS`."""


@dataclass(frozen=True, slots=True)
class Remodelled:
    """What a change of the model's structure did to a number by itself."""

    run_id: int
    """The run of the old structure that the number is of."""
    old: int
    new: int
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlineMoved:
    """A movement, and what it is of."""

    target: str
    horizon_days: int
    movement: Movement
    remodelled: Remodelled | None
    """None where the numbers compared are of one structure."""
    explained: Explanation | None = None
    """What moved it since the run that the first step is from, where that is on file."""

    @property
    def place(self) -> tuple[int, int] | None:
        """That of the target and the window in the explanation; None where it says nothing of them."""
        found = self.explained
        reach = None if found is None else place_of(found, self.horizon_days)
        return None if found is None or reach is None else (found.targets.index(self.target), reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One comparison of an alert about the headline, for the forms of chat services."""

    horizon_days: int
    before: float
    before_as_of: date
    now: float
    now_as_of: date
    points: float
    crossed: tuple[float, ...] | None
    """None where the comparison is not of a threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDay:
    """A day whose run failed, and has not been made."""

    day: date
    failures: int
    ended_at: datetime
    """Of the last try."""
    error: str
    """As the ledger has it; "" where it has none."""
    log: str
    retry_at: datetime


@dataclass(frozen=True, slots=True)
class RecoveredDay:
    """A day whose run was published after it had failed."""

    day: date
    ended_at: datetime
    run_id: int | None


@dataclass(frozen=True, slots=True)
class RejectedDay:
    """A day whose run the diagnostics rejected."""

    day: date
    run_id: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why days were skipped."""

    error: str
    """As the ledger has it."""
    beyond_days: int | None
    """They lie further back than so many days; None where that is not the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """Days whose run was made after they were over, or is left out for good; each sort in order."""

    published: tuple[date, ...]
    rejected: tuple[date, ...]
    skipped: tuple[date, ...]
    reasons: tuple[Skipped, ...]

    @property
    def made(self) -> tuple[date, ...]:
        """Those that were made, in order."""
        return tuple(sorted((*self.published, *self.rejected)))


@dataclass(frozen=True, slots=True)
class Unobserved:
    """An indicator that was not observed for too long."""

    id: str
    name: str
    """In the language of the alert."""
    last_observed_on: date
    days_ago: int
    cadence_days: float


@dataclass(frozen=True, slots=True)
class Unattested:
    """A type of event that nobody attested for too long."""

    type: str
    through: date | None
    """The last day attested; None if none ever was."""
    days_ago: int | None


@dataclass(frozen=True, slots=True)
class AttestationDue:
    """Types of event that have fallen behind."""

    bound_days: int
    types: tuple[Unattested, ...]
    every_type: bool
    """Whether they are all that there are."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that is there, and when it was made, or restored and verified."""

    file: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTrouble:
    """What went wrong with the backup of a day."""

    rule: str
    day: date
    at: datetime
    why: str
    """As the program says it, in English."""
    known: bool
    """Whether it is known which backups there are."""
    made: Kept | None = None
    restored: Kept | None = None


@dataclass(frozen=True, slots=True)
class BriefDue:
    """A brief that goes out by mail."""

    target: str
    horizon_days: int
    value: float
    as_of: date
    run_id: int
