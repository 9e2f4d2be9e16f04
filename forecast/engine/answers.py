"""What an entry does to the forecast without a fit, and how that is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from db.append import append_forecasts, append_run, append_run_status
from db.engine import Database
from db.run_rows import IndicatorStateRow, NewRun, ScenarioForecastRow, TargetForecastRow
from forecast.clock import Clock, utc_now

DRAWS, PATHS = 100, 2
"""Draws of the posterior, and simulated paths of each: as many as in a full update, so that intervals mean the same."""
EXACT = 1e-6
"""How closely the headline of the full update is met: far below what is shown."""
UNPUBLISHED = "no forecast has been published yet; `parley update` will give one"
"""Why there is no answer before the first fit."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A target at one horizon before and after; `error` is the Monte-Carlo error of the difference."""

    horizon_days: int | None
    deadline: date | None
    old: float
    new: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisional:
    """The forecast after an entry, and what it was before it."""

    headline: str
    source: int
    """The run whose posterior it uses."""
    structure: int
    """That of this run."""
    anchored: bool
    """Whether its level is tied to that run's; if not, `error` holds for the differences alone."""
    by_target: Mapping[str, tuple[Shift, ...]]
    done: Mapping[str, tuple[Shift, ...]]
    """The same had somebody made it so, which teaches nothing of the rates: *do*, where `by_target` *sees*."""
    untaught: str
    """Why not all that has happened teaches here; "" where the draws can stand for a fit that had read it."""
    run: NewRun
    targets: tuple[TargetForecastRow, ...]
    scenarios: tuple[ScenarioForecastRow, ...]
    states: tuple[IndicatorStateRow, ...]

    @property
    def as_of(self) -> date:
        return self.run.as_of

    @property
    def taught(self) -> bool:
        """Whether what is new speaks for the rates: whether seeing it differs from doing it."""
        return any(
            abs(seen.new - done.new) > EXACT
            for target, shifts in self.by_target.items()
            for seen, done in zip(shifts, self.done[target], strict=True)
        )

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """Those of the headline."""
        return self.by_target[self.headline]


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
