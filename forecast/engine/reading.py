"""What is on file at one moment, made ready for a forecast: rows, evidence, problem and filtered states.

`take_reading` makes it of all rows. `add_to_reading` takes in observations that have come since, in the time that the
origins and indicators they touch take; what it gives is what `take_reading` gives for all rows, to the last bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from db.rows import ObservationRow
from forecast.engine.assemble import (
    Rows,
    assemble_looked,
    check_rows,
    inputs_hash,
    observations_of,
    reach_of_looking,
)
from forecast.engine.standing import last_looked
from forecast.errors import NotEnough
from indicators.evidence import Evidence, form_evidence
from indicators.snapshot import Beside, Snapshot, add_rows, merge_rows, take_snapshot, with_added
from models.spec import Observations, Problem
from models.states import FilteredStates, filter_again, filter_states

_FEW = 0.02
"""Share of the rows up to which those that come are taken in one by one; of more, all evidence is formed anew."""


_NO_DAYS = np.empty(0, np.int64)
NOTHING_OBSERVED = Observations(
    indicator=_NO_DAYS,
    observed=_NO_DAYS,
    entered=_NO_DAYS,
    since=_NO_DAYS,
    until=_NO_DAYS,
    level=np.empty(0),
    variance=np.empty(0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solvable:
    """A problem, with what every forecast of it begins with."""

    problem: Problem
    name: str
    """The hash of its inputs."""
    ground: str
    """That of all of them but the observations; who has looked is for the posterior in use to say."""
    filtered: FilteredStates


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is on file, and the problem it makes."""

    rows: Rows
    snapshot: Snapshot
    """Of the observations among the rows."""
    evidence: Evidence
    reach: date | None
    """The last day on which somebody looked."""
    solvable: Solvable | None
    lacking: str = ""
    """Why there is no problem to solve."""

    @property
    def problem(self) -> Problem | None:
        return None if self.solvable is None else self.solvable.problem


def take_reading(rows: Rows) -> Reading:
    """Form the evidence, and assemble and filter the problem, where the rows make one."""
    evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
    reach = reach_of_looking(rows)
    bare = Reading(rows=rows, snapshot=take_snapshot(rows.observations), evidence=evidence, reach=reach, solvable=None)
    try:
        check_rows(rows)
    except NotEnough as error:
        return replace(bare, lacking=str(error))
    problem = assemble_looked(rows, evidence, reach)
    filtered = filter_states(problem.observations, problem.catalogue)
    return replace(bare, solvable=_solvable(problem, filtered, ground_of(problem)))


def add_to_reading(reading: Reading, added: Sequence[ObservationRow], positions: Mapping[str, int]) -> Reading:
    """The reading with observations that have come since, none of which corrects another, in the order of content.

    `positions` are those of the tables as they stand now; nothing else may be new in them.
    """
    heard = reading.rows.heard(added)
    if len(heard) > 1 + _FEW * len(reading.rows.observations):
        observations = merge_rows(reading.rows.observations, heard)
        return take_reading(replace(reading.rows, observations=observations, positions=positions))
    snapshot = with_added(reading.snapshot, heard)
    rows = replace(reading.rows, observations=snapshot.rows, positions=positions)
    beside = Beside(catalogue=rows.catalogue, grades=rows.grades, events=rows.events)
    found = add_rows(reading.evidence, reading.snapshot, snapshot, heard, beside)
    if found is None:
        return take_reading(rows)
    evidence, differs = found
    looked = [day for day in (reading.reach, last_looked(heard, rows.loaded, rows.as_of)) if day is not None]
    new = replace(reading, rows=rows, snapshot=snapshot, evidence=evidence, reach=max(looked, default=None))
    if reading.solvable is None:
        return new
    if new.reach == reading.reach:
        problem = replace(reading.solvable.problem, observations=observations_of(evidence))
        ground = reading.solvable.ground
    else:
        problem = assemble_looked(rows, evidence, new.reach)
        ground = ground_of(problem)
    filtered = filter_again(reading.solvable.filtered, problem.observations, differs)
    return replace(new, solvable=_solvable(problem, filtered, ground))


def ground_of(problem: Problem) -> str:
    """The hash of all that a problem is made of but its observations, and who has looked."""
    return inputs_hash(replace(problem, observations=NOTHING_OBSERVED, looked=None))


def _solvable(problem: Problem, filtered: FilteredStates, ground: str) -> Solvable:
    return Solvable(problem=problem, name=inputs_hash(problem), ground=ground, filtered=filtered)
