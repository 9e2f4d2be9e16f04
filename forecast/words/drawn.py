"""The words inside pictures of the evidence, the model and the backtest; braces hold what is filled in."""

from collections.abc import Mapping
from dataclasses import dataclass

from forecast.facts.evidence import ALL_CHAINS, HEADLINE, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesLabels:
    """Of levels through time."""

    title: str
    level: str
    band: str
    stale: str
    grade: str
    replaced: str
    not_observed: str
    path: str
    """Over a panel, under what stands there in bold: the group, and the name where that is an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsLabels:
    """Of the effects of indicators on a target."""

    sources: Mapping[str, str]
    """What each effect is taken from."""
    units: Mapping[str, str]
    """By intensity and odds."""
    effect: str
    factor: Mapping[str, str]
    """By intensity and odds."""
    interval: str
    taught: str
    """Above the shares that events taught."""
    by_documents: str
    """In place of too small a share."""
    gone: str
    """The group of what the catalogue does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementsLabels:
    """Of what authors say of indicators."""

    title: str
    means: str
    """Above the column of means."""
    mean_of: str
    """Under it."""
    author: str
    """Under an author's column."""
    basis: Mapping[bool, str]
    """Of a judgement: whether it is explicit; after its sign."""
    no_bearing: str
    disputed: str
    silent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticsLabels:
    """Of the diagnostics of a fit."""

    title: str
    statuses: Mapping[str, str]
    gate: tuple[str, str, str, str]
    """Over the columns of its table: measure, worst value, whose, bound."""
    kept: str
    broken: str
    measures: Mapping[str, str]
    sampler: Mapping[str, str]
    """What samplers tell of a chain, by the names of `forecast.plots.mixing.STATS`."""
    chain: str
    """Over the column of their numbers."""
    chain_number: str
    diverged: str
    headline: str
    all_chains: str
    ranks: str
    holds: str
    worst: str
    rhat: str
    effective: str
    bound: str
    energy: str
    density: str
    centred: str
    change: str
    draw: str

    def whose(self, verdict: Verdict) -> str:
        """The parameter or chain whose value a rule of the gate was held against."""
        if verdict.chain:
            return self.chain_number.format(verdict.of)
        return {HEADLINE: self.headline, ALL_CHAINS: self.all_chains}.get(verdict.of, verdict.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestLabels:
    """Of the pictures of a backtest."""

    band: str
    perfect: str
    came_true: str
    """How often: beside a curve."""
    true: str
    """One forecast."""
    did_not: str
    said: str
    """How likely it was called."""
    origins: str
    origin: str
    curve: str
    """Over a curve of reliability."""
    sides: Mapping[bool, str]
    """Whether a curve lies inside its band."""
    situations: Mapping[str, str]
    naive_better: str
    parley_better: str
    window: str
    difference: str
    all_origins: str
    when_dry: str
    enough: str
    wet: str
    best_naive: str
    held_out: str
    timeline: str
