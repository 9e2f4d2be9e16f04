"""What live forecasts were worth, and which still wait."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

OPEN, YES_ALREADY, UNATTESTED = "open", "yes already", "awaiting attestation"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLine:
    """How forecasts of one target and horizon (or deadline) turned out; scores are time-weighted, smaller is better.

    Attributes
    ----------
    forecasts : how many were scored
    days : on which one of them stood; after the event of a deadline included
    events : distinct days on which events of the target began within the windows
    windows_with, windows_without : the most windows that do not overlap, with and without an event
    effective_n : days by the length of the window; of a deadline by its days from the first forecast on
    log_score : in nats
    mean_forecast, frequency : over days; their difference is the bias
    base_log_score, base_brier, base_mean : the same of the base rate; None where one was published without
    log_difference, brier_difference : from the base rate; negative: better
    enough : at least `ENOUGH_EFFECTIVE` effective windows, and `ENOUGH_APART` apart with and without an event
    """

    target: str
    horizon_days: int | None
    deadline: date | None
    first_as_of: date
    last_as_of: date
    forecasts: int
    days: int
    events: int
    windows_with: int
    windows_without: int
    effective_n: float
    log_score: float
    brier: float
    mean_forecast: float
    frequency: float
    base_log_score: float | None
    base_brier: float | None
    base_mean: float | None
    log_difference: float | None
    brier_difference: float | None
    enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioLine:
    """How the scenarios turned out over one horizon or deadline: time-weighted −log P(label that came true), in nats.

    `days_of_label` says on how many days the standing forecast was one that ended in each label. Here `enough` asks
    for `ENOUGH_APART` windows apart that ended in the commonest label, and as many that did not.
    """

    horizon_days: int | None
    deadline: date | None
    first_as_of: date
    last_as_of: date
    forecasts: int
    days: int
    days_of_label: Mapping[str, int] = field(hash=False)
    effective_n: float
    log_score: float
    enough: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Events of a type are attested complete through one day, and a forecast needs a later one."""

    type: str
    complete_through: date
    needed_through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A live forecast that cannot be scored yet.

    `state` is open, yes already (scored with its window all the same) or awaiting attestation; `scored_on` the first
    day on which it can be; `missing` what must be attested where that day is past.
    """

    target: str
    horizon_days: int | None
    deadline: date | None
    run_id: int
    as_of: date
    end: date
    probability: float | None
    state: str
    event_on: date | None
    scored_on: date
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Published runs by whether they are track record, and the number of targets' forecasts scored so far."""

    counted: int
    repeats: int
    after_the_fact: int
    provisional: int
    resolved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """What live forecasts were worth, from what was known as of a day."""

    as_of: date
    as_recorded: datetime | None
    headline: str
    counts: Counts
    lines: tuple[TrackLine, ...]
    scenarios: tuple[ScenarioLine, ...]
    pending: tuple[Pending, ...]
    structure: int
    """Of the model that made the forecasts: the present one. What it says is joined with no other."""
    others: tuple["TrackRecord", ...] = ()
    """The records of other structures, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscored:
    """That live forecasts cannot be scored: types of event that no one has attested as of a day."""

    as_of: date
    types: tuple[str, ...]
    """Empty where it is for another reason."""
    why: str
    """In English, as the error says it."""


def telling_line(record: TrackRecord) -> TrackLine | None:
    """The line of the headline that tells most; None where nothing of it has been scored."""
    mine = [line for line in record.lines if line.target == record.headline]
    return max(mine, key=_telling, default=None)


def first_pending(record: TrackRecord) -> Pending | None:
    """The live forecast of the headline that is scored first of those that wait."""
    mine = [one for one in record.pending if one.target == record.headline]
    return min(mine, key=lambda one: one.scored_on, default=None)


def scored_line(record: TrackRecord) -> TrackLine | None:
    """The telling line of the newest structure that has one."""
    return next(filter(None, map(telling_line, (record, *record.others))), None)


def waiting(record: TrackRecord) -> Pending | None:
    """The live forecast of the headline that is scored first, by whatever structure."""
    found = filter(None, map(first_pending, (record, *record.others)))
    return min(found, key=lambda one: one.scored_on, default=None)


def _telling(line: TrackLine) -> tuple[bool, float, float]:
    """A longer horizon where it can tell something, else the one with most independent windows."""
    return line.enough, float((line.enough and line.horizon_days) or 0), line.effective_n
