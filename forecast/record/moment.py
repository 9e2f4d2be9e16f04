"""The forecast that trust is a question of: the headline over its longest rolling window, and where it stands."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection

from db.read_runs import read_standing, read_targets
from db.rows import CaseRow
from db.run_rows import NewRun, RunRow, TargetForecastRow
from forecast.engine.standing import find_standing
from forecast.facts.quality import Moment
from forecast.structures import structure_of


def moment_of(run: NewRun | None, targets: Iterable[TargetForecastRow], headline: str) -> Moment | None:
    """Of a run and its forecasts; None without a run, or where no window of days was forecast."""
    rolling = [(row.horizon_days, row.mean) for row in targets if row.target == headline and row.horizon_days]
    if run is None or not rolling:
        return None
    days, mean = max(rolling)
    structure = structure_of(run) if isinstance(run, RunRow) else None
    dry = run.dry if run.p_dry_now is None else run.p_dry_now >= 0.5  # as of the day, not of the last one attested
    return Moment(headline, days, dry, mean, structure)


def read_moment(connection: Connection, case: CaseRow, today: date) -> Moment | None:
    """Of the forecast on file that takes in what came since the last full run, or of that run; None before there is
    one."""
    full = read_standing(connection, case.case_id, today)
    run = (find_standing(connection, full, today) or full) if full else None
    return moment_of(run, read_targets(connection, run.id) if run else (), case.headline)
