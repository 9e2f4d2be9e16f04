"""What attesting the open days is worth: how they may have turned out, and what would then be said.

Each outcome is weighed by its own likelihood, by which it also teaches the draws: so their mean is what is said now, to
Monte-Carlo error.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from forecast.engine.answers import PATHS
from forecast.engine.provisional import Anchor
from forecast.facts.plan import ATTESTATION, SILENT, Candidate, Outcome
from forecast.facts.whatif import ARMS_CONTROL, CONTACT, CRISIS, DENUCLEARISATION, EVENT, SEE, Statement
from forecast.facts.whatif import ATTESTATION as ATTESTED
from forecast.plan.standing import Stand, solvable_of
from forecast.plan.supposed import FRAMED, attested_through, suppose
from forecast.plan.worth import entropy
from indicators.content import EVENT_TYPES
from models.projection import project
from models.spec import Floats, Problem
from models.structure import SHIPPED

DRAWS = 200
HAPPENED = (CONTACT, CRISIS, ARMS_CONTROL, DENUCLEARISATION)
"""Outcomes beside silence; that two of them came together is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDays:
    """Days that nobody has attested of some type, up to the as-of date."""

    first: date
    last: date

    @property
    def middle(self) -> date:
        return self.first + (self.last - self.first) / 2


def open_days(stand: Stand) -> OpenDays | None:
    """None where all days up to the as-of date are attested, of every type."""
    rows = stand.reading.rows
    attested = [last for kind in EVENT_TYPES if (last := attested_through(rows, kind)) is not None]
    first = min(attested) + timedelta(days=1)
    return OpenDays(first=first, last=stand.as_of) if first <= stand.as_of else None


def attestation_of(stand: Stand, target: int, window: int, now: float, cost: float, lead_days: int) -> Candidate:
    """What attesting is worth: nothing where no day is open."""
    days = open_days(stand)
    if days is None:
        return Candidate(
            kind=ATTESTATION,
            movement=0.0,
            sd=0.0,
            mutual_information=0.0,
            drift=0.0,
            low=now,
            high=now,
            cost=cost,
            lead_days=lead_days,
        )
    found = outcomes_of(stand, days, target, window)
    p, after = np.array([one.probability for one in found]), np.array([one.after for one in found])
    mean = float(p @ after)
    return Candidate(
        kind=ATTESTATION,
        movement=float(p @ np.abs(after - mean)),
        sd=float(np.sqrt(p @ (after - mean) ** 2)),
        mutual_information=max(float(entropy(np.array(mean)) - p @ entropy(after)), 0.0),
        drift=mean - now,
        low=float(after.min()),
        high=float(after.max()),
        cost=cost,
        lead_days=lead_days,
        open_from=days.first,
        open_through=days.last,
        outcomes=found,
    )


def outcomes_of(stand: Stand, days: OpenDays, target: int, window: int) -> tuple[Outcome, ...]:
    """Silence, then each type of event; their probabilities sum to 1."""
    anchor = stand.anchor(DRAWS)
    before = _Side.of(stand, anchor, (), window)
    weights = anchor.weigh(stand.stand(anchor)).weights
    found = []
    for kind, statements in _statements(days):
        side = _Side.of(stand, anchor, statements, window)
        likely = weights * np.exp(side.log_likelihood - before.log_likelihood)
        chance = float(likely.sum()) * (1.0 if kind == SILENT else _unreported(before.problem, kind, days))
        found.append((kind, chance, float(likely @ side.values[:, target] / likely.sum())))
    silent = min(found[0][1], 1.0)
    others = sum(chance for _, chance, _ in found[1:])
    share = (1 - silent) / others if others > 0 else 0.0
    return (
        Outcome(kind=SILENT, probability=silent if others > 0 else 1.0, after=found[0][2]),
        *(Outcome(kind=kind, probability=chance * share, after=after) for kind, chance, after in found[1:]),
    )


def _statements(days: OpenDays) -> Iterator[tuple[str, tuple[Statement, ...]]]:
    attested = Statement(mode=SEE, kind=ATTESTED, day=days.last)
    yield SILENT, (attested,)
    for event in HAPPENED:
        yield event, (attested, Statement(mode=SEE, kind=EVENT, day=days.middle, event=event))


def _unreported(problem: Problem, event: str, days: OpenDays) -> float:
    """Over how many of the open days the event could have happened without a report, each by the share of those."""
    if problem.looked is None:
        return float((days.last - days.first).days + 1)
    reports = problem.looked.talks if event in FRAMED else getattr(problem.looked, event)
    share = reports.share[-((days.last - days.first).days + 1) :]
    return float((1 - share).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """What draws say in one situation, of one window."""

    problem: Problem
    values: Floats  # (draw, target)
    log_likelihood: Floats  # (draw,) of what is known of the days that the fit has not read

    @classmethod
    def of(cls, stand: Stand, anchor: Anchor, statements: tuple[Statement, ...], window: int) -> "_Side":
        solvable = stand.solvable if not statements else solvable_of(suppose(stand, statements, 0).reading)
        held = anchor.hold(solvable.problem, stand.reporting)
        near = replace(held, horizons=(held.horizons[window],))
        seed = anchor.run.seed
        found = project(near, solvable.filtered, anchor.parameters, SHIPPED, paths=PATHS, seed=seed)
        return cls(problem=near, values=found.targets[:, :, 0], log_likelihood=found.log_weight)
