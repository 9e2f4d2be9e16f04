"""The forecast as things stand: what came on file after the last full run had read, taken in without a fit."""

from datetime import date, datetime

from sqlalchemy import Connection

from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database
from db.posteriors import Posteriors
from db.read_runs import read_standing
from db.when import When
from forecast.clock import Clock, moment_of, utc_now
from forecast.engine.assemble import read_rows
from forecast.engine.provisional import Provisional, read_anchor_for, shift
from forecast.engine.reading import take_reading
from forecast.engine.standing import find_standing

CAUSE = "what came on file after the full run had read"


def store_provisional(database: Database, forecast: Provisional, cause: str, clock: Clock = utc_now) -> int:
    """Store a forecast without a fit, and return its run; `cause` says what brought it about."""
    with database.write() as connection:
        return append_provisional(connection, forecast, cause, clock())


def append_provisional(connection: Connection, forecast: Provisional, cause: str, at: datetime) -> int:
    """The same in a transaction that goes on."""
    detail = {
        "diagnostics": {},
        "failures": [],
        "posterior_of": forecast.source,
        "structure": forecast.structure,
        "cause": cause,
        **({"untaught": forecast.untaught} if forecast.untaught else {}),
    }
    run_id = append_run(connection, forecast.run, at)
    append_run_status(connection, run_id, "published", detail, at)
    append_forecasts(
        connection,
        run_id,
        targets=forecast.targets,
        scenarios=forecast.scenarios,
        states=forecast.states,
        effects=(),
        recorded_at=at,
    )
    return run_id


def project_standing(connection: Connection, posteriors: Posteriors, case_id: str, today: date) -> Provisional:
    """The forecast that takes in all there is, made from the last full run's posterior and not stored.

    Raises
    ------
    NoPosterior
        if it cannot be made: only a full update then gives the number
    """
    reading = take_reading(read_rows(connection, When(as_of=today), case_id=case_id))
    anchor = read_anchor_for((reading,), connection, posteriors, case_id, today)
    return shift(anchor, reading, reading, None)


def refresh(database: Database, case_id: str, clock: Clock = utc_now) -> int | None:
    """Store the forecast that takes in all there is where none on file does, and return its run; None where one does.

    Raises
    ------
    NoPosterior
        if it cannot be made
    """
    today = moment_of(database, clock).today
    with database.read() as connection:
        source = read_standing(connection, case_id, today)
        if source is None or find_standing(connection, source, today) is not None:
            return None
        forecast = project_standing(connection, database.posteriors, case_id, today)
    return store_provisional(database, forecast, CAUSE, clock)
