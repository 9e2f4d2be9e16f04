"""Worlds in which the last days are unattested, and what happened on them is reported late or never.

python -m benchmarks.worlds.unattested --seeds 1 2 3 4 --origins 30 --days 60

Whether a forecast is nearer the truth when it knows what share of events is reported, than when silence and reports of
those days teach nothing; and how much nearer it would be had somebody attested them.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from benchmarks.worlds.hidden import HORIZONS, LIMITS
from benchmarks.worlds.scoring import (
    Difference,
    World,
    difference,
    expected_log_score,
    forecast_worlds,
    forecasts_of,
    world_problems,
)
from forecast.engine.looking import find_looked
from forecast.evaluation.forecasters import LaplaceModel
from indicators.content import Reporting
from models.spec import Floats, Ints, Meetings, Problem, Record, Span
from models.structure import SHIPPED

SHARES = {
    "talks": Reporting("talks", 0.9, 3),
    "contact": Reporting("contact", 0.7, 7),
    "deal": Reporting("deal", 0.95, 1),
    "crisis": Reporting("crisis", 0.95, 1),
}
"""Those of the shipped case."""
WEIGHED, KEPT, ATTESTED = "reported shares", "nothing is learnt", "attested"
DRY_SEED = 16


@dataclass(frozen=True, slots=True)
class Reported:
    """What has come in of the days after `last`, as of a day: each event with the share of its type and age."""

    as_of: int
    last: int
    rng: np.random.Generator

    def of(self, days: Ints, kind: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which events of these first days are on file; those of attested days all are."""
        share, delay = SHARES[kind].share, SHARES[kind].delay_days
        known = share * (1 - np.exp2(-np.maximum(self.as_of - days, 0) / delay))
        return np.asarray((days <= self.last) | (self.rng.random(len(days)) < known))


def leave_unattested(problem: Problem, days: int, seed: int) -> tuple[Problem, Problem]:
    """The problem with so many last days unattested and thinned: told of the shares, and told nothing."""
    last = problem.as_of - days
    reported = Reported(problem.as_of, last, np.random.default_rng([DRY_SEED, seed, problem.as_of]))
    record, span = problem.record, Span(problem.record.talks_span.first, last)
    kept = reported.of(record.meetings.started, "talks")
    meetings = Meetings(*(getattr(record.meetings, name)[kept] for name in Meetings.__slots__))
    meetings = replace(meetings, deal=meetings.deal & reported.of(meetings.started, "deal"))
    thinned = Record(
        meetings=meetings,
        contacts=record.contacts[reported.of(record.contacts, "contact")],
        crises=record.crises[reported.of(record.crises, "crisis")],
        talks_span=span,
        contact_span=Span(record.contact_span.first, last),
        crisis_span=Span(record.crisis_span.first, last),
        deal_span=Span(record.deal_span.first, last),
    )
    looked = find_looked(
        as_of=problem.as_of,
        reporting=SHARES,
        attested=thinned,
        fitted=thinned,
        reach=date.fromordinal(problem.as_of),
    )
    return replace(problem, record=thinned, looked=looked), replace(problem, record=thinned, looked=None)


def unattested_worlds(worlds: tuple[World, ...], days: int) -> dict[str, tuple[World, ...]]:
    """The same worlds as three desks see them."""
    pairs = [[leave_unattested(problem, days, world.seed) for problem in world.problems] for world in worlds]
    told, untold = (
        tuple(
            replace(world, problems=tuple(pair[place] for pair in mine))
            for world, mine in zip(worlds, pairs, strict=True)
        )
        for place in (0, 1)
    )
    return {WEIGHED: told, KEPT: untold, ATTESTED: worlds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--origins", type=int, default=30)
    parser.add_argument("--days", type=int, default=60, help="unattested at each origin")
    options = parser.parse_args()
    worlds = world_problems(options.seeds, options.origins)
    model = {"Parley": LaplaceModel(SHIPPED)}
    said = {
        name: forecasts_of(LIMITS, forecast_worlds(seen, model))["Parley"]
        for name, seen in unattested_worlds(worlds, options.days).items()
    }
    for horizon in (30, 180):
        _print(worlds, said, horizon)


def _print(worlds: tuple[World, ...], said: Mapping[str, Floats], horizon: int) -> None:
    h = HORIZONS.index(horizon)
    true = np.array([world.true[:, h] for world in worlds])
    every = np.ones_like(true, dtype=bool)
    away = {name: np.abs(forecast[..., h] - true) for name, forecast in said.items()}
    log = {name: expected_log_score(forecast[..., h], true) for name, forecast in said.items()}
    print(f"\nTalks on limits within {horizon} days, {true.size} origins\n")
    print("| | distance | less that of one that learns nothing | expected log score | less |")
    print("|---|---|---|---|---|")
    for name in said:
        nearer, better = difference(away[name] - away[KEPT], every), difference(log[name] - log[KEPT], every)
        print(f"| {name} | {away[name].mean():.4f} | {_text(nearer)} | {log[name].mean():.4f} | {_text(better)} |")


def _text(found: Difference) -> str:
    return f"{found.mean:+.4f} ± {found.error:.4f} ({found.low:+.4f} to {found.high:+.4f})"


if __name__ == "__main__":
    main()
