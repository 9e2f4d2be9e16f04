"""What if: what is supposed, what the forecast would then say, and how far to trust that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from forecast.facts.why import Grid, Reach

SEE, DO, BOTH = "see", "do", "both"
"""What is supposed to be observed, what somebody brings about, and some of either."""
LEVEL, EVENT, ATTESTATION, WITHDRAWAL, JUDGEMENT = "level", "event", "attestation", "withdrawal", "judgement"
"""Kinds of statements."""
EXACT, REWEIGHTED, REFITTED = "exact", "reweighted", "refitted"
"""The parameters are untouched; draws were weighed; a fit was made in memory."""
CONTACT, CRISIS, DEAL = "contact", "crisis", "deal"
ARMS_CONTROL, DENUCLEARISATION = "arms_control_talks", "denuclearisation_talks"
EVENTS = (CONTACT, ARMS_CONTROL, DENUCLEARISATION, DEAL, CRISIS)
"""Events that can be supposed, by what they are called in statements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that is supposed."""

    mode: str
    kind: str
    day: date
    """On which it is observed or happens, from which on it is set, or through which nothing else happened."""
    indicator: str = ""
    level: float = 0.0
    grade: str = ""
    """Admiralty grade of what is observed; "" of what is set."""
    until: date | None = None
    """The last day on which a level is set; None where it stays so."""
    origin: str = ""
    """Of what is observed, where it is that of rows on file."""
    event: str = ""
    """One of `EVENTS`; of an attestation the type, "" for all; of a withdrawal the event's id."""
    document: str = ""
    target: str = ""
    weight: float = 0.0
    """Of a judgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the forecast would say if all of it held."""

    case_id: str
    as_of: date
    base_run_id: int
    headline: str
    statements: tuple[Statement, ...]
    status: str
    trusted: bool
    """Whether the draws can stand for a fit; always after a fit."""
    pareto_k: float | None
    """Of the weights; None where none were needed."""
    ess: float | None
    """Draws that stay effective."""
    draws: int
    """Of how many."""
    targets: tuple[str, ...]
    reaches: tuple[Reach, ...]
    before: Grid
    after: Grid
    error: Grid
    """Monte-Carlo error of the difference; all three are probabilities, by target and reach."""
    low: Grid
    high: Grid
    """The 90 % interval of what is said after, equal-tailed over draws."""
    scenarios: tuple[str, ...]
    scenarios_before: Grid
    scenarios_after: Grid
    """By scenario and reach."""
    foreseen: float | None = None
    """P(the events that are supposed to be seen on days ahead), before they are; None where there are none."""
    name: str = ""
    """Of the saved scenario that was answered."""

    @property
    def mode(self) -> str:
        """see, do, or both."""
        modes = {one.mode for one in self.statements}
        return modes.pop() if len(modes) == 1 else BOTH

    @property
    def place(self) -> int:
        """Of the headline among the targets."""
        return self.targets.index(self.headline)

    def change(self, target: int, reach: int) -> float:
        """In points."""
        return 100 * (self.after[target][reach] - self.before[target][reach])


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A scenario on file, in its newest version."""

    name: str
    statements: tuple[Statement, ...]
    analyst: str
    reason: str
    since: date
    """The day from which on it is known."""
    version: int
    """1 for the first."""
    answer: Answer | None
    """To the newest run that has one."""
    overtaken: date | None = None
    """The day, now over, on which something was to be done: it is answered no more; None while it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swung:
    """The forecast with one indicator set low and high from tomorrow on, for good."""

    indicator: str
    name: str
    level: float
    """At which it stands, expected."""
    sd: float
    low: float
    """P(the target) with the indicator at -2."""
    high: float
    """With it at +2."""

    @property
    def points(self) -> float:
        """From low to high."""
        return 100 * (self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """What each indicator could do to one number, the largest swing first."""

    case_id: str
    as_of: date
    base_run_id: int
    target: str
    reach: Reach
    now: float
    swings: tuple[Swung, ...]


def in_order(swings: Sequence[Swung]) -> tuple[Swung, ...]:
    """The largest first."""
    return tuple(sorted(swings, key=lambda one: (-abs(one.points), one.indicator)))
