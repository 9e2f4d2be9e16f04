"""What would be said on a day ahead: if an indicator had come to a level by then, and if nothing had been seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from db.rows import CompletenessRow
from db.when import When
from forecast.engine.answers import PATHS
from forecast.engine.assemble import Rows, horizons_from
from forecast.engine.reading import take_reading
from forecast.errors import BadSupposition
from forecast.facts.plan import Said, Signpost
from forecast.facts.why import Reach
from forecast.plan.standing import Few, Stand, solvable_of
from forecast.plan.supposition import SOURCE
from forecast.plan.worth import state_of, updated
from indicators.content import EVENT_TYPES
from models.projection import Prepared, Projection, prepare
from models.spec import Horizon
from models.structure import SHIPPED

LEVELS = (2, -2)
"""To which an indicator may come."""
AHEAD_DAYS = 60
"""By when, unless a day is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """A day ahead, silent up to then and with nothing observed since today."""

    day: date
    ready: Prepared
    few: Few
    weights: np.ndarray[tuple[int], np.dtype[np.float64]]
    target: int
    deadline: bool
    """Whether the second of its windows ends on a deadline."""

    def said(self, projection: Projection) -> Said:
        mean = np.tensordot(self.weights, projection.targets[:, self.target], axes=1)
        return Said(rolling=float(mean[0]), deadline=float(mean[1]) if self.deadline else None)


def look_from(stand: Stand, few: Few, target: int, reach: Reach, day: date) -> Ahead:
    """The situation on a day ahead; what silence teaches until then weighs the draws."""
    if day <= stand.as_of:
        raise BadSupposition([f"by {day}: that day is not ahead; name one after {stand.as_of}"])
    rows = _silent_until(stand.reading.rows, day)
    solvable = solvable_of(take_reading(rows))
    told = few.anchor.likelihood(solvable, stand.reporting) - few.standing.log_likelihood
    rolling = reach.horizon_days or max(one.horizon_days or 0 for one in stand.reaches)
    ends = [one for one in horizons_from(day, rows.deadlines) if one.deadline is not None]
    held = few.anchor.hold(solvable.problem, stand.reporting)
    near = replace(held, horizons=(Horizon(rolling), *ends))
    weights = few.weights * np.exp(told - told.max())
    return Ahead(
        day=day,
        ready=prepare(near, solvable.filtered, few.anchor.parameters, SHIPPED, paths=PATHS, seed=few.anchor.run.seed),
        few=few,
        weights=weights / weights.sum(),
        target=target,
        deadline=bool(ends),
    )


def _silent_until(rows: Rows, day: date) -> Rows:
    """The rows as of the day, with every day before it attested as silent."""
    last = day - timedelta(days=1)
    attested = tuple(
        CompletenessRow(
            case_id=rows.case.case_id,
            type=kind,
            complete_from=rows.case.record_from,
            complete_through=last,
            known_on=None,
            attested_by=SOURCE,
            note="",
            id=max((row.id for row in rows.completeness), default=0) + 1 + number,
            recorded_at=datetime.combine(day, time(), UTC),
        )
        for number, kind in enumerate(EVENT_TYPES)
    )
    return replace(rows, when=When(as_of=day), completeness=(*rows.completeness, *attested))


def signposts_of(
    stand: Stand, ahead: Ahead, indicators: Sequence[int], now: Said, grade: str, error: float
) -> tuple[Signpost, ...]:
    """For each indicator, that it comes to either end of the scale; ``error`` is the variance of the grade."""
    ready, problem = ahead.ready, ahead.ready.problem
    unseen = ahead.said(ready.project(problem, ready.filtered))
    on = np.array([problem.as_of])
    levels = ready.filtered.at(on, on.astype(float))
    found = []
    for i in indicators:
        row = stand.catalogue[i]
        state = state_of(
            float(levels.mean[0, i]), float(levels.variance[0, i]), bool(levels.active[0, i]), row.kind == "event"
        )
        mean, variance = updated(state, np.array(LEVELS, dtype=float), error)
        each = ready.suppose_each(i, zip(mean.tolist(), variance.tolist(), strict=True))
        for level, projection in zip(LEVELS, each, strict=True):
            found.append(
                Signpost(
                    indicator=row.indicator_id,
                    name=row.name,
                    level=level,
                    criterion=next((one.criterion for one in row.levels if one.level == level), ""),
                    grade=grade,
                    by=ahead.day,
                    now=now,
                    seen=ahead.said(projection),
                    unseen=unseen,
                )
            )
    return tuple(found)
