"""What the pictures of the evidence and the model show: levels, effects, judgements, diagnostics, reliability."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from statistics import NormalDist, fmean

from forecast.facts.quality import Calibration, Source
from forecast.facts.reasons import share_taught

HEADLINE, ALL_CHAINS = "(headline)", "(all chains)"
"""Whose a value of the gate is, where it is no parameter's and no one chain's."""
SOURCES = ("orientation", "documents", "history", "posterior")
"""What effects are taken from, as the store names them, in the order in which they are drawn."""
TRUSTED = 95
"""Per cent: in so many of a hundred fits that mixed, all chains of a parameter lie in the band of their ranks."""
REACH = {50: NormalDist().inv_cdf(0.75), 90: NormalDist().inv_cdf(0.95)}
"""Half-width of the equal-tailed intervals of a standard normal, by level in per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesTold:
    """What is told of levels through time."""

    as_of: date
    as_recorded: datetime | None
    first: date
    last: date
    indicators: int
    observations: int
    """Those that stand on the as-of date."""
    stale: Mapping[str, int]
    """Days without an observation on the last day, by the name of the indicator, of those that are stale on it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One effect by one source, taken as normal: log intensity (of a deal: log odds) per level."""

    mean: float
    sd: float

    def interval(self, level: int) -> tuple[float, float]:
        half = REACH[level] * self.sd
        return self.mean - half, self.mean + half


@dataclass(frozen=True, slots=True)
class IndicatorEffect:
    indicator: str
    name: str
    """As it is drawn: the id, or the name it has in the language of the picture."""
    group: str
    """"" where the catalogue does not hold it."""
    estimates: Mapping[str, Estimate]
    """By source; "history" is missing where no mode was found."""

    @property
    def taught(self) -> float | None:
        """The share of the effect that events taught; None where it is not known."""
        before, after = self.estimates.get("documents"), self.estimates.get("posterior")
        return share_taught(before.sd, after.sd) if before and after else None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsFacts:
    """The effects of one run on one target, by group."""

    run_id: int
    kind: str
    as_of: date
    target: str
    effects: tuple[IndicatorEffect, ...]

    @property
    def odds(self) -> bool:
        """Whether they are log odds (of a deal) per level, not log intensities."""
        return self.target == "deal"

    @property
    def sources(self) -> tuple[str, ...]:
        """What effects are taken from, in the order in which they are drawn."""
        return tuple(one for one in SOURCES if any(one in effect.estimates for effect in self.effects))

    @property
    def largest(self) -> IndicatorEffect:
        """By the mean of the posterior."""
        return max(self.effects, key=lambda effect: abs(effect.estimates["posterior"].mean))

    @property
    def clear(self) -> int:
        """How many 90 % intervals of the posterior leave out 0."""
        ends = (effect.estimates["posterior"].interval(90) for effect in self.effects)
        return sum(low > 0 or high < 0 for low, high in ends)

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares that events taught, where they are known."""
        return tuple(effect.taught for effect in self.effects if effect.taught is not None)


@dataclass(frozen=True, slots=True)
class Said:
    """One judgement: a weight from -3 to 3, per level."""

    weight: float
    explicit: bool


@dataclass(frozen=True, slots=True)
class Author:
    """One document; `said` by indicator, silence being absent."""

    document: str
    author: str
    published_on: date
    said: Mapping[str, Said]

    @property
    def mean(self) -> float:
        return fmean(one.weight for one in self.said.values())


@dataclass(frozen=True, slots=True)
class Asked:
    """One indicator, and what all authors who speak of it say together."""

    indicator: str
    name: str
    """As it is drawn: the id, or the name it has in the language of the picture."""
    group: str
    weights: tuple[float, ...]

    @property
    def mean(self) -> float | None:
        return fmean(self.weights) if self.weights else None

    @property
    def disputed(self) -> bool:
        """Whether authors differ in sign."""
        return any(weight > 0 for weight in self.weights) and any(weight < 0 for weight in self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementsFacts:
    """Judgements on one target, documents by date and indicators by group."""

    as_of: date
    as_recorded: datetime | None
    target: str
    authors: tuple[Author, ...]
    indicators: tuple[Asked, ...]
    others: int
    """Judgements on talks of any framing, which speak of the target too and are not drawn."""

    @property
    def judgements(self) -> tuple[Said, ...]:
        return tuple(one for author in self.authors for one in author.said.values())

    @property
    def disputed(self) -> tuple[Asked, ...]:
        return tuple(asked for asked in self.indicators if asked.disputed)


@dataclass(frozen=True, slots=True)
class ReliabilityFacts:
    """The curves of the trust page, and the backtest they are of."""

    source: Source
    calibrations: tuple[Calibration, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One rule of the gate: the worst value, whose it is, the bound, and whether it is kept."""

    measure: str
    """rhat, ess_bulk, ess_tail, divergences or ebfmi."""
    value: str
    of: str
    """A parameter, `HEADLINE`, `ALL_CHAINS`, or the number of a chain."""
    bound: str
    kept: bool

    @property
    def chain(self) -> bool:
        """Whether the value is one chain's."""
        return self.of.isdecimal()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsTold:
    """What is told of the diagnostics of one fit."""

    run_id: int
    kind: str
    as_of: date
    status: str
    chains: int
    draws: int
    """Of each chain."""
    seed: int
    parameters: int
    verdicts: tuple[Verdict, ...]
    failures: tuple[str, ...]
    """Why the run was not published, as it was stored."""

    @property
    def broken(self) -> tuple[Verdict, ...]:
        return tuple(one for one in self.verdicts if not one.kept)
