"""Situations between two runs: rows as problems that can be projected, with levels held and open days silent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from forecast.engine.assemble import Rows, assemble_looked, inputs_hash
from forecast.engine.rows import reach_of
from forecast.facts.why import Reach
from indicators.evidence import form_evidence
from models.spec import FOREVER, Horizon, Ints, Looked, Observations, Problem, Record, Reports
from models.states import FilteredStates, filter_states


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A situation."""

    problem: Problem
    filtered: FilteredStates
    name: str
    """The hash of its inputs."""


def node_of(rows: Rows, reach: date | None, asked: Sequence[Reach]) -> Node:
    """The situation that rows make, of the reaches asked for; `reach` is the last day on which somebody looked."""
    evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
    problem = assemble_looked(rows, evidence, reach)
    return node(replace(problem, horizons=tuple(h for h in problem.horizons if Reach(*reach_of(h)) in asked)))


def node(problem: Problem) -> Node:
    """The same of a problem."""
    filtered = filter_states(problem.observations, problem.catalogue)
    return Node(problem=problem, filtered=filtered, name=inputs_hash(problem))


def reaches_of(horizons: Sequence[Horizon]) -> tuple[Reach, ...]:
    return tuple(Reach(*reach_of(horizon)) for horizon in horizons)


def held(problem: Problem, days: int, indicators: Ints) -> Problem:
    """The levels of some indicators as they stood so many days ago, with their rows moved on by these."""
    rows = problem.observations
    moved = np.isin(rows.indicator, indicators) * days
    observations = Observations(
        indicator=rows.indicator,
        observed=rows.observed + moved,
        entered=rows.entered + moved,
        since=rows.since + moved,
        until=np.where(rows.until < FOREVER, rows.until + moved, rows.until),
        level=rows.level,
        variance=rows.variance,
    )
    return replace(problem, observations=observations)


def silent_after(problem: Problem, day: int) -> Problem:
    """The open days after this one held to be known whole, and silent as far as nothing is on file."""
    looked = problem.looked

    def known(kind: str, beginning: str) -> Reports:
        days = np.arange(getattr(problem.record, f"{beginning}_span").last + 1, problem.as_of + 1)
        reports = Reports(np.zeros(len(days)), np.zeros(len(days), dtype=bool))
        found: Reports = reports if looked is None else getattr(looked, kind)
        later = days > day
        return Reports(np.where(later, 1.0, found.share), found.teaches | later)

    silent = Looked(
        talks=known("talks", "talks"),
        deal=known("deal", "talks"),
        contact=known("contact", "contact"),
        crisis=known("crisis", "crisis"),
    )
    return replace(problem, looked=silent) if open_days(problem) else problem


def open_days(problem: Problem) -> int:
    """Days up to the as-of date that nobody has attested of some type."""
    return max(problem.as_of - last for last in spans_of(problem.record).values())


def spans_of(record: Record) -> dict[str, int]:
    """The last attested day by type of event."""
    return {kind: getattr(record, f"{kind}_span").last for kind in ("talks", "contact", "deal", "crisis")}
