"""Problems to test the mathematics on: read from a case folder, or made by hand on days counted from `DAY`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from db.engine import Database
from db.migrate import create_database
from db.rows import ObservationRow
from db.when import When
from forecast.engine.assemble import Rows, read_problem
from indicators.content import CaseFolder
from indicators.evidence import Evidence
from indicators.install import install_case
from models.laplace import LaplaceFit
from models.parameters import Parameters
from models.projection import Projection, project
from models.spec import FOREVER, Calendar, Catalogue, Horizon, Judgements, Meetings, Observations, Problem, Record, Span
from models.structure import Structure

DAY = date(2000, 1, 1).toordinal()
LOADED = datetime(2026, 10, 11, 12, tzinfo=UTC)
SHIPPED = Structure()

type Meeting = tuple[int, int, int]
"""(first day, last day, framing), days counted from `DAY`."""


class Solved(NamedTuple):
    """What a case holds as of a date, and Laplace's approximation to its posterior."""

    rows: Rows
    problem: Problem
    fit: LaplaceFit


def stored(folder: CaseFolder, path: Path) -> Database:
    """A fresh SQLite database in ``path`` that holds the case; the caller closes it."""
    path.mkdir(parents=True, exist_ok=True)
    database = create_database(f"sqlite:///{path / 'parley.db'}")
    install_case(database, folder, LOADED)
    return database


def read_as_of(database: Database, as_of: date) -> tuple[Rows, Evidence, Problem]:
    with database.read() as connection:
        return read_problem(connection, When(as_of=as_of))


def forecast(problem: Problem, fit: LaplaceFit, draws: int, paths: int = 1, seed: int = 1) -> Projection:
    return project_with(problem, fit, fit.draw(draws, seed), paths, seed)


def project_with(
    problem: Problem, fit: LaplaceFit, parameters: Parameters, paths: int = 1, seed: int = 1
) -> Projection:
    return project(problem, fit.density.exposure.filtered, parameters, SHIPPED, paths=paths, seed=seed)


def observation(
    rows: Rows, indicator: str, level: float, *, title: str = "New", origin: str = "new", grade: str = "B2"
) -> ObservationRow:
    """An observation of the as-of date, as the store would return it."""
    return ObservationRow(
        case_id=rows.case.case_id,
        indicator_id=indicator,
        observed_on=rows.as_of,
        known_on=rows.as_of,
        level=level,
        source_title=title,
        source_publisher="",
        source_url="",
        origin=origin,
        reliability=grade[0],
        credibility=int(grade[1]),
        analyst="",
        note="",
        id=10**6,
        recorded_at=LOADED,
        row_key=title,
        valid_from=rows.as_of,
        valid_until=None,
    )


def make_catalogue(
    fades: Sequence[bool] = (True, False),
    half_life: Sequence[float] = (30.0, 180.0),
    lag: Sequence[int] = (30, 0),
) -> Catalogue:
    names = tuple(f"indicator {i}" for i in range(len(fades)))
    return Catalogue(names, np.array(fades), np.array(half_life, dtype=float), np.array(lag, dtype=np.int64))


def make_observations(rows: Sequence[tuple[int, int, int, float, float]], **columns: Sequence[int]) -> Observations:
    """Rows of (indicator, observed, entered, level, variance), days from `DAY`; since and until may be given."""
    indicator, observed, entered, level, variance = (
        np.array([row[k] for row in rows], dtype=float if k > 2 else np.int64) for k in range(5)
    )
    since = np.array(columns["since"]) + DAY if "since" in columns else entered + DAY
    until = np.array(columns.get("until", [FOREVER - DAY] * len(rows)), dtype=np.int64) + DAY
    return Observations(
        indicator=indicator,
        observed=observed + DAY,
        entered=entered + DAY,
        since=since,
        until=until,
        level=level,
        variance=variance,
    )


NO_OBSERVATIONS = make_observations([])


def make_problem(
    meetings: Sequence[Meeting] = (),
    contacts: Sequence[int] = (),
    crises: Sequence[int] = (),
    *,
    days: int = 1000,
    attested: int | None = None,
    observations: Observations = NO_OBSERVATIONS,
    catalogue: Catalogue | None = None,
    dry_after: int = 90,
    horizons: Sequence[int] = (30, 90),
    deals: Sequence[bool] | None = None,
) -> Problem:
    """A record that begins on `DAY` and is attested through `attested`, as of the last of ``days`` days."""
    meetings = sorted(meetings)
    column = np.array(meetings, dtype=np.int64).reshape(-1, 3).T
    span = Span(DAY, DAY + (days - 1 if attested is None else attested))
    marked = np.array(deals, dtype=bool) if deals is not None else np.zeros(len(meetings), dtype=bool)
    return Problem(
        as_of=DAY + days - 1,
        catalogue=catalogue or make_catalogue(),
        calendar=Calendar(DAY, DAY + 3000, dry_after),
        observations=observations,
        judgements=Judgements(*(np.empty(0, np.int64) for _ in range(3)), np.empty(0), np.empty(0, dtype=bool)),
        record=Record(
            meetings=Meetings(column[0] + DAY, column[1] + DAY, column[2], marked),
            contacts=np.sort(np.array(contacts, dtype=np.int64)) + DAY,
            crises=np.sort(np.array(crises, dtype=np.int64)) + DAY,
            talks_span=span,
            contact_span=span,
            crisis_span=span,
            deal_span=span,
        ),
        horizons=tuple(Horizon(h) for h in horizons),
    )
