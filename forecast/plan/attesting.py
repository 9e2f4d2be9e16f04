"""What attesting the open days is worth: how they may have turned out, and what would then be said.

Each outcome is weighed by its own likelihood, by which it also teaches the draws: so their mean is what is said now, to
Monte-Carlo error.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from forecast.engine.answers import PATHS
from forecast.engine.provisional import Anchor
from forecast.facts.plan import ATTESTATION, SILENT, Candidate, Outcome
from forecast.facts.whatif import ARMS_CONTROL, CONTACT, CRISIS, DENUCLEARISATION, EVENT, SEE, Statement
from forecast.facts.whatif import ATTESTATION as ATTESTED
from forecast.plan.standing import Few, Stand, solvable_of
from forecast.plan.supposition import FRAMED, attested_through, form_supposition
from forecast.plan.worth import entropy
from indicators.content import EVENT_TYPES
from models.projection import project
from models.spec import Floats
from models.structure import SHIPPED

HAPPENED = (CONTACT, CRISIS, ARMS_CONTROL, DENUCLEARISATION)
"""Outcomes beside silence, each as one event in the middle of the open days."""


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


def attestation_of(stand: Stand, few: Few, target: int, window: int, cost: float, lead_days: int) -> Candidate:
    """What attesting is worth: nothing where no day is open."""
    now = float(few.now[target, window])
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
    found = outcomes_of(stand, few, days, target, window)
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


def outcomes_of(stand: Stand, few: Few, days: OpenDays, target: int, window: int) -> tuple[Outcome, ...]:
    """Silence; contacts, crises and meetings: their probabilities sum to 1.

    Meetings go before contacts, and these before crises: an outcome may hold what comes after it in that order.
    """
    anchor, weights = few.anchor, few.weights
    before = _Side.of(stand, anchor, (), window)

    def likely(statements: Sequence[Statement]) -> tuple[Floats, _Side]:
        side = _Side.of(stand, anchor, statements, window)
        return weights * np.exp(side.log_likelihood - before.log_likelihood), side

    silent, quiet = likely([_none(days)])
    no_talks, neither = (float(likely(each)[0].sum()) for each in _nothing_of(days))
    share = {SILENT: float(silent.sum()), CRISIS: neither - float(silent.sum()), CONTACT: no_talks - neither}
    after = {SILENT: _mean(silent, quiet, target)}
    density = {}
    for event in HAPPENED:
        weighed, side = likely([_none(days), Statement(mode=SEE, kind=EVENT, day=days.middle, event=event)])
        density[event], after[event] = float(weighed.sum()), _mean(weighed, side, target)
    meetings = {event: density[event] for event in FRAMED}
    share |= {event: (1 - no_talks) * each / sum(meetings.values()) for event, each in meetings.items()}
    kept = {kind: max(share[kind], 0.0) for kind in after}
    return tuple(
        Outcome(kind=kind, probability=each / sum(kept.values()), after=after[kind]) for kind, each in kept.items()
    )


def _none(days: OpenDays, event: str = "") -> Statement:
    return Statement(mode=SEE, kind=ATTESTED, day=days.last, event=event)


def _nothing_of(days: OpenDays) -> tuple[tuple[Statement, ...], ...]:
    """That there were no meetings, and that there were neither meetings nor contacts."""
    meetings = (_none(days, "talks"), _none(days, "deal"))
    return meetings, (*meetings, _none(days, CONTACT))


def _mean(weighed: Floats, side: "_Side", target: int) -> float:
    return float(weighed @ side.values[:, target] / weighed.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """What draws say in one situation, of one window."""

    values: Floats  # (draw, target)
    log_likelihood: Floats  # (draw,) of what is known of the days that the fit has not read

    @classmethod
    def of(cls, stand: Stand, anchor: Anchor, statements: Sequence[Statement], window: int) -> "_Side":
        solvable = stand.solvable if not statements else solvable_of(form_supposition(stand, statements, 0).reading)
        held = anchor.hold(solvable.problem, stand.reporting)
        near = replace(held, horizons=(held.horizons[window],))
        seed = anchor.run.seed
        found = project(near, solvable.filtered, anchor.parameters, SHIPPED, paths=PATHS, seed=seed)
        return cls(values=found.targets[:, :, 0], log_likelihood=found.log_weight)
