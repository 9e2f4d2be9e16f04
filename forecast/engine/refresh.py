"""The forecast as things stand: what came on file after the last full run had read, taken in without a fit."""

from datetime import date

from sqlalchemy import Connection

from db.engine import Database
from db.posteriors import Posteriors
from db.read_runs import read_standing
from db.when import When
from forecast.clock import Clock, moment_of, utc_now
from forecast.engine.answers import Provisional, store_provisional
from forecast.engine.assemble import read_rows
from forecast.engine.provisional import read_anchor_for, shift
from forecast.engine.reading import take_reading
from forecast.engine.standing import find_standing

CAUSE = "what came on file after the full run had read"


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
