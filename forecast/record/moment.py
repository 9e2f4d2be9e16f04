"""The forecast that trust is a question of: the headline over its longest rolling window, and where it stands."""

from collections.abc import Iterable

from sqlalchemy import Connection

from db.kinds import FULL_KINDS
from db.read_runs import last_published, read_targets
from db.rows import CaseRow
from db.run_rows import NewRun, TargetForecastRow
from forecast.evaluation.alike import Moment


def moment_of(run: NewRun | None, targets: Iterable[TargetForecastRow], headline: str) -> Moment | None:
    """Of a run and its forecasts; None without a run, or where no window of days was forecast."""
    rolling = [(row.horizon_days, row.mean) for row in targets if row.target == headline and row.horizon_days]
    if run is None or not rolling:
        return None
    days, mean = max(rolling)
    return Moment(headline, days, run.dry, mean)


def read_moment(connection: Connection, case: CaseRow) -> Moment | None:
    """Of the last published full run; None before there is one."""
    run = last_published(connection, case.case_id, kinds=FULL_KINDS)
    return moment_of(run, read_targets(connection, run.id) if run else (), case.headline)
