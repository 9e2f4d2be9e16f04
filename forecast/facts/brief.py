"""Everything a brief says, before it is said in any language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import log

from db.rows import CaseRow
from db.run_rows import NewRun, RunRow, TargetForecastRow
from forecast.facts.bands import Grounds
from forecast.facts.changes import Changes, Step
from forecast.facts.levels import Attested, Cited, Differing, Level, Source, Watched
from forecast.facts.news import Week
from forecast.facts.pictures import HistoryFacts, HorizonsFacts, ScenariosFacts
from forecast.facts.quality import Alike, Tested
from forecast.facts.reasons import Reason
from forecast.facts.summary import Summary
from forecast.facts.track import TrackRecord

REASONS = 3
"""Forecasts far from their base rates that have their reason told."""

type Phrase = Callable[[Brief, Grounds, bool], str]
"""One ground in words; True: it speaks against confidence."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The facts of the three plots."""

    history: HistoryFacts
    horizons: HorizonsFacts
    scenarios: ScenariosFacts


@dataclass(frozen=True, slots=True)
class Mark:
    """The end of a history that does not take in what has come since, and the number that does."""

    drawn: float
    shown: float
    windows: bool
    """Windows are drawn instead of a history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One run, told to someone who has to act on it."""

    case: CaseRow
    written_on: date
    read_at: datetime
    """When the run read its rows."""
    summary: Summary
    headline: TargetForecastRow
    """Over the longest rolling window."""
    by_deadline: TargetForecastRow | None
    deadline_meaning: str
    grounds: Grounds
    changes: Changes
    levels: tuple[Level, ...]
    attested: tuple[Attested, ...]
    watched: tuple[Watched, ...]
    track: TrackRecord | None
    """None where live forecasts cannot be scored; the summary's sentence says why."""
    tested: Tested | None
    documents: tuple[Cited, ...]
    sources: tuple[Source, ...]
    differing: tuple[Differing, ...]
    """Codings that contradict each other: as things stand, or for an earlier run as it read them."""
    figures: Figures
    later: RunRow | None = None
    """The last published full run, where this brief is of an earlier one."""
    definitions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What counts as a target, in the words of the language; of those of which the case says so."""

    @property
    def run(self) -> RunRow:
        """The full run."""
        return self.summary.run

    @property
    def standing(self) -> NewRun:
        """Where things stand: as of which day the numbers are, dry or wet; of the run, or with what came since."""
        return self.summary.shown.run

    @property
    def alike(self) -> Alike | None:
        """What came of forecasts like this one: as every face says it, else from the arrays of an older backtest."""
        return self.summary.quality.alike or (self.tested.alike if self.tested else None)

    @property
    def overtaken(self) -> Mark | None:
        """Where the number that is shown is not the one the history ends with; None where it is."""
        if self.summary.standing is None:
            return None
        history = self.figures.history
        return Mark(history.end.mean, self.headline.mean, bool(history.windows))

    def weigh(self, phrases: Mapping[str, Phrase]) -> tuple[list[str], list[str]]:
        """What speaks against confidence and what in its favour, each ground in its phrase of a language."""
        against = self.grounds.against()
        said = {name: say(self, self.grounds, name in against) for name, say in phrases.items()}
        return [said[name] for name in against], [words for name, words in said.items() if name not in against]

    def main_ground(self, phrases: Mapping[str, Phrase]) -> str:
        """The first that speaks against confidence, what could not be measured last; without one, the first in favour.

        `phrases` are a language's.
        """
        against = self.grounds.against()
        unmeasured = {"documents": self.grounds.moved is None, "backtest": not self.grounds.bounds}
        name = min(against, key=lambda one: unmeasured.get(one, False), default=next(iter(phrases)))
        return phrases[name](self, self.grounds, name in against)

    @property
    def week(self) -> Week:
        """What the week brought beside what has come since the forecast, which stands above it."""
        week, since = self.summary.week, self.summary.since
        return replace(
            week,
            events=tuple(one for one in week.events if one not in since.events),
            attestations=tuple(one for one in week.attestations if one not in since.attestations),
            disputes=tuple(one for one in week.disputes if one not in since.events),
        )

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why forecasts are far from their base rates: the headline's first, then the farthest, and not all of them."""
        order = sorted(self.summary.reasons, key=lambda one: (one.target != self.case.headline, -abs(log(one.factor))))
        return tuple(order[:REASONS])

    @property
    def step(self) -> Step | None:
        """The headline over its window, then and now; None where nothing of it is compared."""
        window = (self.headline.horizon_days, self.headline.deadline)
        return next((one for one in self.changes.steps if (one.horizon_days, one.deadline) == window), None)

    @property
    def ends_on(self) -> date:
        """The last day of the headline's window."""
        return self.standing.as_of + timedelta(days=self.headline.horizon_days or 0)

    @property
    def shorter_days(self) -> int:
        """By how much the window up to the deadline has shrunk since the run that is compared with."""
        since = self.changes.since.run
        return (self.run.as_of - since.as_of).days if since else 0

    @property
    def stale(self) -> tuple[Level, ...]:
        """The longest unobserved first."""
        return tuple(sorted((one for one in self.levels if one.stale), key=lambda one: -(one.days or 0)))

    @property
    def never_observed(self) -> tuple[Level, ...]:
        return tuple(one for one in self.levels if not one.active)
