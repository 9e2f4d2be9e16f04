"""One run with its forecast, and what came since."""

from dataclasses import dataclass
from datetime import date, datetime

from db.rows import IndicatorRow
from db.run_rows import IndicatorStateRow, NewRun, RunRow, ScenarioForecastRow, TargetForecastRow
from forecast.facts.causes import Explained
from forecast.facts.news import News, Week
from forecast.facts.quality import Quality
from forecast.facts.reasons import Reason, Sibling, Taught, siblings_of
from forecast.facts.track import TrackRecord, Unscored
from forecast.facts.untaught import Untaught

NO_NEWS = News()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A forecast that takes in what came since the last full run; `run_id` is None where it is not stored."""

    run_id: int | None
    run: NewRun
    """What it says of where things stood: as of which day, dry or wet."""
    issued_at: datetime | None
    targets: tuple[TargetForecastRow, ...]
    scenarios: tuple[ScenarioForecastRow, ...]
    states: tuple[IndicatorStateRow, ...]
    untaught: Untaught | None = None
    """What of all that has happened it has not learnt."""

    @property
    def as_of(self) -> date:
        return self.run.as_of


@dataclass(frozen=True, slots=True)
class Lacking:
    """That no forecast takes in what came since."""

    why: str = ""
    """In English, why none could be made; "" where none was tried."""


@dataclass(frozen=True, slots=True)
class SinceWeek:
    """The full run of a week before, and what moved the headline since."""

    before: RunRow
    explained: Explained | None
    """None where that is not on file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One run with its forecast; a run that was not published carries the last good forecast and that run's id."""

    case_name: str
    headline: str
    run: RunRow
    forecast_of: RunRow | None  # the run the forecasts below are of; None when nothing was ever published
    newer: RunRow | None  # a later attempt that was not published
    age_days: int | None  # days from the forecast's as-of date to today, where the current forecast was asked for
    owed: date | None  # as of which day the current forecast should be by now, where that was asked for and is known
    targets: tuple[TargetForecastRow, ...]
    scenarios: tuple[ScenarioForecastRow, ...]
    states: tuple[IndicatorStateRow, ...]
    catalogue: tuple[IndicatorRow, ...]
    quality: Quality
    track: TrackRecord | Unscored  # what live forecasts were worth so far, as of today
    names: tuple[str, ...]  # that people gave the run
    zone: str  # whose days are the database's
    week: Week
    since: News = NO_NEWS  # what came after the current forecast had read
    standing: Standing | None = None  # the forecast that takes it in
    lacking: Lacking | None = None  # that there is none, where something came
    reasons: tuple[Reason, ...] = ()  # why forecasts are far from their base rates
    effects: tuple[Taught, ...] = ()  # of each indicator on each target, and what events taught of it
    why: SinceWeek | None = None  # None where there is no forecast of a week before

    @property
    def rejected(self) -> bool:
        return self.run.status != "published"

    @property
    def overdue(self) -> bool:
        """Whether a newer forecast should be there by now: the one rule by which a forecast is stale."""
        return self.forecast_of is not None and self.owed is not None and self.forecast_of.as_of < self.owed

    @property
    def shown(self) -> Standing:
        """What is shown: the forecast as things stand, or that of the run where nothing came since."""
        source = self.forecast_of or self.run
        return self.standing or Standing(
            run_id=source.id,
            run=source,
            issued_at=source.issued_at,
            targets=self.targets,
            scenarios=self.scenarios,
            states=self.states,
        )

    @property
    def siblings(self) -> tuple[Sibling, ...]:
        return siblings_of(self.shown.targets, self.shown.scenarios)

    @property
    def untaught(self) -> Untaught | None:
        """What of all that has happened only a full update takes in."""
        return self.standing.untaught if self.standing else None

    def headline_rows(self) -> tuple[TargetForecastRow, ...]:
        """Those of the run."""
        return tuple(row for row in self.targets if row.target == self.headline)

    def shown_headline(self) -> tuple[TargetForecastRow, ...]:
        """Those that are shown."""
        return tuple(row for row in self.shown.targets if row.target == self.headline)
