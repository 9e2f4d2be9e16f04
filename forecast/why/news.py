"""What the filter expected of an observation on the day it became known, and what it did to the level.

News as in nowcasting: an observation moves a forecast by its news, what it says beyond what was expected, times a
weight. Bańbura & Modugno (2014), doi:10.1002/jae.2306.
"""

from dataclasses import replace

import numpy as np

from db.rows import ObservationRow
from forecast.engine.assemble import Rows, assemble_looked
from forecast.facts.why import Foretold
from forecast.why.differences import Difference
from forecast.why.situation import Reads
from indicators.evidence import form_evidence
from models.spec import Catalogue
from models.states import LEVEL_VARIANCE, expect_observation, filter_states


def foretell(reads: Reads, one: Difference) -> Foretold | None:
    """Of a row that is new; None of anything else, and of a row that no longer stands."""
    row = one.row
    if one.before or not isinstance(row, ObservationRow) or row.valid_until is not None:
        return None
    others = [other for other in reads.differences if not _same_report(other, one)]
    told = [other.key for other in others if other.known_on <= row.known_on]
    without, with_it = (reads.taking(frozenset(keys)) for keys in (told, [*told, one.key]))
    names = [indicator.indicator_id for indicator in reads.after.catalogue]
    if row.indicator_id not in names:
        return None
    place = names.index(row.indicator_id)
    mean, variance, catalogue = _level(without, row, place)
    later, _, _ = _level(with_it, row, place)
    grades = {(grade.reliability, grade.credibility): grade.sd_levels for grade in reads.after.grades}
    forecast, spread = expect_observation(
        mean,
        variance,
        bool(catalogue.fades[place]),
        float(catalogue.half_life[place]),
        (row.known_on - row.observed_on).days,
        grades[row.reliability, row.credibility] ** 2,
    )
    return Foretold(
        previous=mean,
        forecast=forecast,
        forecast_sd=float(np.sqrt(spread)),
        observed=float(row.level),
        level_change=later - mean,
    )


def _same_report(other: Difference, one: Difference) -> bool:
    """Whether both are one piece of evidence: what a row of it is expected to say is not what another said."""
    return other.key == one.key or (bool(one.origin) and (other.cls, other.origin) == (one.cls, one.origin))


def _level(rows: Rows, row: ObservationRow, place: int) -> tuple[float, float, Catalogue]:
    """Mean and variance of an indicator on the day a row became known; those of the prior before any is."""
    mine = tuple(one for one in rows.observations if one.indicator_id == row.indicator_id or one.origin == row.origin)
    some = replace(rows, observations=mine, judgements=())
    evidence = form_evidence(some.observations, some.catalogue, some.grades, some.events)
    problem = assemble_looked(some, evidence, None)
    day = np.array([row.known_on.toordinal()])
    states = filter_states(problem.observations, problem.catalogue).at(day, day.astype(float), [place])
    if not states.active[0, place]:
        return 0.0, LEVEL_VARIANCE, problem.catalogue
    return float(states.mean[0, place]), float(states.variance[0, place]), problem.catalogue
