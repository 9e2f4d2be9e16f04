"""The indicators of a brief: levels, what to watch, attestations, documents and sources."""

from dataclasses import dataclass
from datetime import date

from forecast.facts.entries import ObservationEntry

DIFFERING = 3
"""Disagreements between codings that are told; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A filtered level on the as-of date, and how old what it rests on is."""

    indicator_id: str
    name: str
    mean: float
    sd: float
    active: bool
    last_observed_on: date | None
    days: int | None
    cadence_days: float
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An indicator whose present uncertainty matters for the headline.

    `effect` is the posterior mean, in log rate per level; `swing` how much one sd of the level moves the rate, as a
    share of it: exp(|effect| · sd) − 1.
    """

    indicator_id: str
    name: str
    question: str
    mean: float
    sd: float
    effect: float
    taught: float | None
    """The share of it that events taught; None where it is not known."""
    swing: float
    favours: str
    hinders: str
    step: int
    """+1: what one level up does is told; −1: one level down, where there is no level above."""
    change: float
    """About how much that moves the headline, in probability, with its sign: see `_change`."""
    certain: bool
    """Whether the 90 % interval of the effect leaves out 0."""
    horizon_days: int
    now: float
    """The headline over that window."""
    at_most: bool
    """Talks are under way: only a fraction of the effect acts on the next meeting."""


@dataclass(frozen=True, slots=True)
class Attested:
    """How far the events of a type are attested; None where no one has."""

    type: str
    through: date | None
    days_ago: int | None
    behind: bool


@dataclass(frozen=True, slots=True)
class Cited:
    """A document, graded by how directly it speaks of the case."""

    document_id: str
    author: str
    title: str
    published_on: date
    directness: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An observation behind a present level, of the latest day that has one."""

    indicator_id: str
    name: str
    row_id: int
    observed_on: date
    level: float
    grade: str
    title: str
    publisher: str
    analyst: str
    of_day: int
    """Observations of the indicator on that day, this one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """Codings of one report or one day that contradict each other, the highest level first."""

    indicator_id: str
    name: str
    first_on: date
    last_on: date
    origin: str
    levels_apart: float
    codings: tuple[ObservationEntry, ...]
