"""What a check of the machinery found, before it is said."""

from dataclasses import dataclass
from datetime import date

PUBLISHED_SIMULATIONS = 200
"""Worlds of the simulation-based calibration that is published."""
TAIL = 0.025
"""A p-value nearer than this to 0 or 1 is extreme."""
TOLERANCE = 1e-6
"""Largest difference, in levels and levels squared, that passes for arithmetic."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a forecast reaches: a number of days, or a date."""

    horizon_days: int | None
    deadline: date | None


@dataclass(frozen=True, slots=True)
class Named:
    """A probability by the name of what it depends on; None where it could not be computed."""

    name: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class ReadAsOf:
    """Reading as of past dates, beside databases in which nothing later exists."""

    origins: int
    leaked: tuple[date, ...]
    """Of the origins those at which rows known later change what is read."""
    behind: int
    """The most rows that such a database lacked."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Levels that were solved again from the observations."""

    levels: int
    largest: float
    """Difference from those the model is given."""
    wrong: tuple[str, ...]
    """Where they differ by more than arithmetic does; empty where nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """Truths of simulated worlds among their posteriors."""

    worlds: int
    refused: int
    """Of the worlds, for being too crowded."""
    quantities: int
    outside: tuple[str, ...]
    """Quantities that left the band which holds all of them at `level`."""
    level: float
    smallest_p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeRecord:
    """The real record among those that the prior simulates, and what the headline is without it."""

    worlds: int
    refused: int
    outside: tuple[str, ...]
    """Statistics of the real one beyond the central 90 %."""
    target: str
    reach: Reach
    medians: tuple[Named, ...]
    """Of the headline, by source: the prior, the documents alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterRecord:
    """The real record among those that the posterior simulates."""

    worlds: int
    refused: int
    statistics: int
    outside: tuple[str, ...]
    """Statistics of the real one with an extreme p-value."""
    posterior: str
    """laplace or nuts"""
    joint: float
    """Share of simulated records that are as extreme in their most extreme statistics."""


@dataclass(frozen=True, slots=True)
class Leader:
    """A component of the posterior that leads the headline, where it does so most, and by how much."""

    name: str
    sensitivity: float
    reach: Reach
    above_all: str | None
    """The strongest of the priors, where this is all of them."""


@dataclass(frozen=True, slots=True)
class Led:
    """What leads the headline: the strongest first."""

    target: str
    notable: float
    """Sensitivity above which a component leads."""
    leaders: tuple[Leader, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """The headline as it is, and at its least and its greatest with one assumption changed."""

    target: str
    reach: Reach
    whole: float | None
    least: Named
    greatest: Named


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The headline as it is, and without each of the sources that it leans on most; none where none could be told."""

    kind: str
    """indicator or document"""
    target: str
    reach: Reach
    whole: float | None
    most: tuple[Named, ...]


type Found = ReadAsOf | Solved | Recovered | BeforeRecord | AfterRecord | Led | Assumed | LeftOut
"""What any of the checks found."""
