"""What to look at next: what an observation would be worth, and what one could then say."""

from dataclasses import dataclass
from datetime import date

from forecast.facts.why import Reach

OBSERVATION, ATTESTATION = "observation", "attestation"
SILENT = "silent"
"""The outcome of an attestation that nothing happened; the others are called as events are."""
EXPECTED, SIGNPOST, DEADLINE, ATTESTED_UNTIL = "expected", "signpost", "deadline", "attested"
"""Kinds of entries in a calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One way in which open days may turn out."""

    kind: str
    probability: float
    after: float
    """P(the target) once it is attested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One thing that could be found out, and what that is expected to be worth; probabilities of the target."""

    kind: str
    indicator: str = ""
    name: str = ""
    grade: str = ""
    level: float = 0.0
    level_sd: float = 0.0
    """Where it is held to stand, and the standard deviation of that, in levels."""
    movement: float
    """E|P after - mean of P after|."""
    sd: float
    """Of P after."""
    mutual_information: float
    """In nats, between what is found out and whether the target comes about."""
    drift: float
    """Mean of P after, less P now: 0 were the forecast a martingale."""
    low: float
    high: float
    """P after the least and the most favourable of what may be found: at -2 and +2, or of the outcomes."""
    cost: float
    """Minutes, or any other unit that all costs share."""
    lead_days: int = 0
    """Days from asking to knowing."""
    age_days: int | None = None
    """Since it was last observed; None where it never was."""
    cadence_days: float | None = None
    stale: bool = False
    """Whether that is longer than it should be."""
    open_from: date | None = None
    open_through: date | None = None
    """The open days that an attestation is about; None where none are open."""
    outcomes: tuple[Outcome, ...] = ()

    @property
    def per_cost(self) -> float:
        return self.movement / self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What would be said of a target on the day of a signpost, over the rolling window and by the deadline."""

    rolling: float
    deadline: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signpost:
    """What would be said on a day if an indicator had come to a level by then, and if nothing had been seen."""

    indicator: str
    name: str
    level: int
    criterion: str
    """What that level means."""
    grade: str
    by: date
    now: Said
    seen: Said
    unseen: Said
    """On that day, all days attested as silent, with nothing observed of any indicator."""

    @property
    def rises(self) -> bool:
        return self.seen.rolling > self.unseen.rolling


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """One entry of a calendar."""

    kind: str
    subject: str
    """What tells it from others of its kind: an indicator, an indicator and a level, a deadline."""
    day: date
    name: str
    """Of the indicator, or what the deadline means."""
    signpost: Signpost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to look at next, and when."""

    case_id: str
    as_of: date
    base_run_id: int
    target: str
    reach: Reach
    deadline: date | None
    now: Said
    candidates: tuple[Candidate, ...]
    """Of each indicator at each grade, and the attestation; the most moving first."""
    signposts: tuple[Signpost, ...]
    calendar: tuple[Dated, ...]
    """By day."""
    grades: tuple[str, ...]
    main_grade: str
    """By which indicators are ranked."""

    @property
    def ranked(self) -> tuple[Candidate, ...]:
        """One row of each indicator, and the attestation, what moves most for its cost first."""
        rows = [one for one in self.candidates if one.kind == ATTESTATION or one.grade == self.main_grade]
        return tuple(sorted(rows, key=lambda one: (-one.per_cost, one.indicator)))
