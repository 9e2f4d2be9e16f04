"""What the situation moved, at the rates known before: time first, then what was entered, averaged over orders.

Silence comes before events, since an event is worth nothing to rates whose exposure does not reach it; a row known
after the earlier run cannot be used on its day. Within entries each origin is one player, as it is one piece of
evidence, and its rows share what it makes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np

from forecast.engine.assemble import Rows
from forecast.facts.why import CORRECTION, DOCUMENT, EVENT, OBSERVATION, Reach
from forecast.why.differences import Difference, rows_with
from forecast.why.draws import Base, Few, both_scales, choose_few
from forecast.why.nodes import Node, held, node, node_of, silent_after
from models.attribution import Attribution, attribute
from models.spec import Floats

TOLERANCE = 5e-4
"""In probability: standard error of an average over orders, of the headline, below which no more are tried."""
LOST = 1e-9
"""In probability: no more is lost by rounding; what is lost beyond it is told."""
SHORT = 7
"""Days in which levels fade so little that the order in which they do makes no difference one could see."""
MANY = 40
"""Entries beyond which indicators are the players, and what they are told comes in the order of days."""
LEAST, MOST = 1e-4, 1 - 1e-4
"""Probabilities between which log odds are told."""

type Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What the two runs had read, and how far somebody had looked by then."""

    before: Rows
    after: Rows
    looked_before: date | None
    looked_after: date | None
    differences: tuple[Difference, ...]
    asked: tuple[Reach, ...]

    @property
    def ground(self) -> Rows:
        """As of the later day with its attestations, what the earlier run had read and nothing else."""
        old = self.before
        return replace(
            self.after,
            observations=old.observations,
            events=old.events,
            judgements=old.judgements,
        )

    @property
    def days(self) -> int:
        """By how many the as-of date has moved on."""
        return (self.after.as_of - self.before.as_of).days

    def taking(self, keys: frozenset[Key]) -> Rows:
        """The rows as of the later day with some of the differences."""
        return rows_with(self.ground, self.differences, keys)

    def with_entries(self, keys: frozenset[Key]) -> Node:
        return node_of(self.taking(keys), self.looked_after, self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stations:
    """The situations between two runs, from the earlier one's to the later one's."""

    start: Node
    """What the earlier run had read, on its day, under the case of the later run."""
    attested: Node
    """With its open days as they have been attested, or looked at, since."""
    moved: Node
    """On the later day: all days in between silent, levels held."""
    faded: Node
    """The same with levels let go."""
    opened: Node
    """The same with the days open that nobody has attested."""
    end: Node
    """What the later run had read."""


def stations_of(reads: Reads) -> Stations:
    """The way from one situation to the other."""
    attesting = replace(reads.ground, when=replace(reads.after.when, as_of=reads.before.as_of))
    looked = reads.looked_after and min(reads.looked_after, reads.before.as_of)
    opened = reads.with_entries(frozenset())
    faded = node(silent_after(opened.problem, reads.before.as_of.toordinal()))
    every = np.arange(opened.problem.catalogue.size)
    return Stations(
        start=node_of(_under_case(reads.before, reads.after), reads.looked_before, reads.asked),
        attested=node_of(attesting, looked, reads.asked),
        moved=node(held(faded.problem, reads.days, every)),
        faded=faded,
        opened=opened,
        end=reads.with_entries(frozenset(one.key for one in reads.differences)),
    )


def _under_case(rows: Rows, other: Rows) -> Rows:
    return replace(rows, case=other.case, catalogue=other.catalogue, grades=other.grades, deadlines=other.deadlines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What moved from one situation to another: probabilities and log odds, (2, target, reach) each."""

    silence: Floats
    days: Floats
    fading: Floats
    fading_by: Mapping[str, Floats]
    """By indicator."""
    open: Floats
    entries: Attribution[Key]
    rest: Floats
    """What a few draws lose of it."""
    few: Few


def split_situation(reads: Reads, stations: Stations, base: Base, known: Mapping[str, Floats], headline: int) -> Moved:
    """Split the way from the start to the end at the draws of one posterior.

    Parameters
    ----------
    known : by the name of the situation, means over all draws, (target, reach), of start, opened and end
    headline : its place among the targets
    """
    ends = (stations.start, stations.opened, stations.end)
    few = choose_few(base, [(one, known[one.name]) for one in ends], headline)

    def at(one: Node) -> Floats:
        return both_scales(known[one.name] if one.name in known else few.mean(one))

    way = [stations.start, stations.attested, stations.moved, stations.faded, stations.opened]
    few_at = [both_scales(few.mean(one)) for one in way]
    silence, days, fading, opened = (later - earlier for earlier, later in pairwise(few_at))
    days = days + (at(stations.opened) - at(stations.start)) - (silence + days + fading + opened)
    entries = _attribute(reads, few, headline)
    rest = at(stations.end) - at(stations.opened) - sum(entries.mean.values(), np.zeros_like(days))
    if entries.mean and np.abs(rest[0]).max() <= LOST:
        entries, rest = _with_rest(entries, rest, headline), np.zeros_like(rest)
    return Moved(
        silence=silence,
        days=days,
        fading=fading,
        fading_by=_fading_by(reads, stations, few, fading),
        open=opened,
        entries=entries,
        rest=rest,
        few=few,
    )


def _with_rest(entries: Attribution[Key], rest: Floats, headline: int) -> Attribution[Key]:
    """What a few draws lose by rounding goes to the entry that makes most of the headline."""
    largest = max(entries.mean, key=lambda key: (float(np.abs(entries.mean[key][0, headline]).max()), key))
    return replace(entries, mean={**entries.mean, largest: entries.mean[largest] + rest})


def with_odds(few: Few, known: Mapping[str, Floats]) -> Floats:
    """1 where all probabilities on the way have log odds worth telling, nan where not, (target, reach)."""
    values = [few.lowest, few.highest, *known.values()]
    return np.where((np.min(values, axis=0) >= LEAST) & (np.max(values, axis=0) <= MOST), 1.0, np.nan)


def _attribute(reads: Reads, few: Few, headline: int) -> Attribution[Key]:
    def value(keys: frozenset[Key]) -> Floats:
        return both_scales(few.mean(reads.with_entries(keys)))

    tolerance = np.full((2, *few.lowest.shape), np.inf)
    tolerance[0, headline] = TOLERANCE
    players = [one for one in reads.differences if one.cls != DOCUMENT]
    if len(players) > MANY:
        return _attribute_many(value, players, tolerance)
    return attribute(value, _nest(players), tolerance=tolerance, seed=1)


def _nest(players: Sequence[Difference]) -> list[list[list[Key]]]:
    """Classes of origins of rows."""
    classes: dict[str, dict[Key, list[Key]]] = {}
    for one in players:
        block = ("origin", one.origin) if one.origin else one.key
        classes.setdefault(one.cls, {}).setdefault(block, []).append(one.key)
    order = (OBSERVATION, CORRECTION, EVENT)
    return [list(classes[cls].values()) for cls in order if cls in classes]


def _attribute_many(
    value: Callable[[frozenset[Key]], Floats], players: Sequence[Difference], tolerance: Floats
) -> Attribution[Key]:
    """Indicators, and types of event, as players; what each is told comes day by day, and shares what it makes."""
    groups: dict[str, list[Difference]] = {}
    for one in sorted(players, key=lambda one: (one.known_on, one.key)):
        groups.setdefault(one.group, []).append(one)
    keys = {group: frozenset(one.key for one in mine) for group, mine in groups.items()}

    def of_groups(chosen: frozenset[str]) -> Floats:
        return value(frozenset().union(*(keys[group] for group in chosen)))

    whole = attribute(of_groups, [[[group] for group in groups]], tolerance=tolerance, seed=1)
    found: dict[str, dict[Key, Floats]] = {"mean": {}, "low": {}, "high": {}, "error": {}}
    for group, mine in groups.items():
        others = frozenset().union(*(keys[other] for other in groups if other < group))
        here, last = others, value(others)
        gains = {}
        for one in mine:
            here = here | {one.key}
            now = value(here)
            gains[one.key], last = now - last, now
        gained = sum(gains.values(), np.zeros_like(last))
        for key, gain in gains.items():
            mean = gain + (whole.mean[group] - gained) / len(mine)
            found["mean"][key] = mean
            found["low"][key], found["high"][key] = np.minimum(gain, mean), np.maximum(gain, mean)
            found["error"][key] = whole.error[group] / len(mine)
    return Attribution(**found, orders=whole.orders)


def _fading_by(reads: Reads, stations: Stations, few: Few, fading: Floats) -> dict[str, Floats]:
    """Fading by indicator: let go one after the other, in the order of the catalogue and, after long, back."""
    catalogue = stations.faded.problem.catalogue
    seen = np.unique(stations.faded.problem.observations.indicator)
    gains = {int(i): np.zeros_like(fading) for i in seen}
    if not reads.days:
        return {}
    orders = (seen,) if reads.days <= SHORT else (seen, seen[::-1])
    for order in orders:
        last = both_scales(few.mean(stations.moved))
        for k, i in enumerate(order, start=1):
            now = both_scales(few.mean(node(held(stations.faded.problem, reads.days, order[k:]))))
            gains[int(i)] = gains[int(i)] + (now - last) / len(orders)
            last = now
    return {catalogue.names[i]: gain for i, gain in gains.items()}
