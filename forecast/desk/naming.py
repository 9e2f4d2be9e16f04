"""Naming a run, whose posterior is kept whole from then on."""

from dataclasses import dataclass
from datetime import datetime

from db.append import append_run_name
from db.engine import Database
from db.errors import Conflict
from db.keeping import named_run
from db.read_runs import read_run
from db.run_rows import NewRunName
from forecast.clock import Clock, utc_now
from forecast.engine.thinning import draws_left
from indicators.errors import CaseError
from indicators.texts import kept_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A run and its name, and what is left of its posterior."""

    run: int
    name: str
    stored: bool
    """Whether the name was stored now, and had not been before; False in a rehearsal."""
    already: bool
    """Whether the run had that name."""
    kept_whole: bool
    """Whether the whole posterior is there to be kept; False also where the run has none."""
    thinned_at: datetime | None
    draws_left: int | None
    """Of a thinned posterior; None where its file cannot be read."""


def name_run(
    database: Database, run_id: int, name: str, *, analyst: str, dry_run: bool = False, clock: Clock = utc_now
) -> Named:
    """Give a run a name, or with `dry_run` say what that would do.

    A run that is thinned can be named too: the name speaks of its forecast, and what is left of its posterior is told.
    Once more the same name changes nothing.

    Raises
    ------
    CaseError
        if the name is empty, too long or no text
    db.errors.Conflict
        if another run has the name
    db.errors.StoreError
        if there is no run of that number
    """
    text, analyst = kept_text(name, "name"), kept_text(analyst, "analyst")
    if not text:
        raise CaseError(["name: is empty; give a name of at least one letter"])
    with database.read() if dry_run else database.write() as connection:
        run, other = read_run(connection, run_id), named_run(connection, text)
        if other not in (None, run_id):
            raise Conflict(f"run {other} is already named {text}; give another name")
        store = other is None and not dry_run
        if store:
            append_run_name(connection, NewRunName(run_id, text, analyst), clock())
        return Named(
            run=run_id,
            name=text,
            stored=store,
            already=other is not None,
            kept_whole=run.posterior_hash is not None and run.thinned_hash is None,
            thinned_at=run.thinned_at,
            draws_left=draws_left(connection, database, run) if run.thinned_hash else None,
        )
