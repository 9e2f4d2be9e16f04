"""What stands on a day: what is on file, and the last published posterior with which it is forecast."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from sqlalchemy import Connection

from db.engine import Database
from db.read import read_documents
from db.rows import CaseRow, DocumentRow, IndicatorRow
from db.when import When
from forecast.engine.answers import DRAWS
from forecast.engine.assemble import read_rows
from forecast.engine.looking import reporting_of
from forecast.engine.provisional import TAUGHT_DRAWS, Anchor, Standing, check_case, learns, read_anchor
from forecast.engine.reading import Reading, Solvable, take_reading
from forecast.engine.rows import reach_of
from forecast.errors import NoPosterior
from forecast.facts.why import Reach
from indicators.content import Reporting
from models.projection import Projection
from models.raking import rake
from models.spec import Floats

MET = 1e-4
"""In probability: how closely a few draws meet the means of many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What is supposed is supposed of this; draws are read when they are asked for."""

    database: Database
    connection: Connection
    today: date
    reading: Reading
    """As of the day that is asked about; of a day in the past, what could be known then."""
    kept: dict[int, Anchor] = field(default_factory=dict)

    @property
    def case(self) -> CaseRow:
        return self.reading.rows.case

    @property
    def catalogue(self) -> tuple[IndicatorRow, ...]:
        return self.reading.rows.catalogue

    @property
    def documents(self) -> tuple[DocumentRow, ...]:
        """Those known today, also where another day is asked about."""
        rows = self.reading.rows
        if rows.as_of == self.today:
            return rows.documents
        return read_documents(self.connection, rows.case.case_id, When(as_of=self.today))

    @property
    def as_of(self) -> date:
        return self.reading.rows.as_of

    @property
    def solvable(self) -> Solvable:
        """NoPosterior where the rows make no problem."""
        if self.reading.solvable is None:
            raise NoPosterior(f"no forecast can be supposed: {self.reading.lacking}")
        return self.reading.solvable

    @property
    def reporting(self) -> dict[str, Reporting]:
        return reporting_of(self.case.priors)

    @property
    def reaches(self) -> tuple[Reach, ...]:
        return tuple(Reach(*reach_of(horizon)) for horizon in self.solvable.problem.horizons)

    @property
    def last_day(self) -> date:
        """Of the longest window."""
        problem = self.solvable.problem
        return date.fromordinal(problem.as_of + max(horizon.days for horizon in problem.horizons))

    def anchor(self, draws: int = DRAWS) -> Anchor:
        """So many draws of the last published posterior; NoPosterior where there is none for the case as it is."""
        found = read_anchor(
            self.connection, self.database.posteriors, self.case.case_id, self.today, self.kept, draws=draws
        )
        check_case(found, self.reading.rows)
        return found

    def stand(self, anchor: Anchor, reading: Reading | None = None) -> Standing:
        """Where the forecast stands for what is on file, or for what else is read."""
        solvable = self.solvable if reading is None else solvable_of(reading)
        return anchor.stand(solvable, self.reporting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Few:
    """A few draws that say of what stands what all draws say, also where events have taught those."""

    anchor: Anchor
    standing: Standing
    weights: Floats  # (draw,) sum to 1

    @property
    def now(self) -> Floats:
        """P(target), (target, horizon)."""
        return np.asarray(np.tensordot(self.weights, self.standing.projection.targets, axes=1))

    def mean(self, projection: Projection) -> Floats:
        """The same of another projection of these draws."""
        return np.asarray(np.tensordot(self.weights, projection.targets, axes=1))


def few_of(stand: Stand) -> Few:
    """As many draws as the desk takes; those of more than it are met where these are weighed too unevenly."""
    anchor = stand.anchor(DRAWS)
    standing = stand.stand(anchor)
    weights = anchor.weigh(standing).weights
    if learns(anchor, (stand.reading,)):
        many = stand.anchor(TAUGHT_DRAWS)
        there = stand.stand(many)
        means = np.tensordot(many.weigh(there).weights, there.projection.targets, axes=1)
        values = standing.projection.targets
        weights = rake(values.reshape(len(values), -1), means.ravel(), np.full(means.size, MET), weights)
    return Few(anchor=anchor, standing=standing, weights=weights)


def solvable_of(reading: Reading) -> Solvable:
    """NoPosterior where the rows make no problem."""
    if reading.solvable is None:
        raise NoPosterior(f"no forecast can be supposed: {reading.lacking}")
    return reading.solvable


def read_stand(
    database: Database, connection: Connection, case_id: str, today: date, *, as_of: date | None = None
) -> Stand:
    """What stands today or, for `as_of`, what could be known on that day, with today's posterior."""
    rows = read_rows(connection, When(as_of=as_of or today), case_id=case_id)
    return Stand(database=database, connection=connection, today=today, reading=take_reading(rows))
