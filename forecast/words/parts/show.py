"""What every language says in `parley show`: headings, the words of its tables, and its sentences."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from db.run_rows import RunRow, TargetForecastRow
from forecast.facts.news import Week
from forecast.facts.summary import Lacking, Summary
from forecast.structures import ModelChange


class ShowWords(Protocol):
    """Sentences have their full stop; headings and what stands in tables have none."""

    ROWS: Mapping[str, str]
    """What stands before the rows of a target, by name."""
    SCENARIOS: str
    INDICATORS: str
    METHOD: str
    """Headings."""
    LEVELS: Sequence[str]
    """Above the columns of a level; the last one says which is stale."""
    EFFECTS: Sequence[str]
    """Above the effect of an indicator, and the share that events taught."""
    CELLS: Mapping[str, str]
    """Words that stand for numbers: inactive, never (observed), stale, untaught."""

    def title(self, summary: Summary) -> str:
        """The case and the day that the numbers are as of."""

    def headline(self, row: TargetForecastRow) -> str:
        """The headline over its longest window, with its interval."""

    def others(self, rows: Sequence[TargetForecastRow]) -> str:
        """The headline over other windows, in one line."""

    def since_heading(self, run: RunRow) -> str:
        """Above what came on file after a run had read."""

    def not_taken_in(self, lacking: Lacking | None) -> str:
        """That the numbers know nothing of it."""

    def lacking_words(self, lacking: Lacking) -> str:
        """Why no forecast takes it in, without a full stop."""

    def before(self, summary: Summary) -> str:
        """What the full run said before what came since, and how the number came about; "" where nothing came."""

    def moved(self, summary: Summary) -> str:
        """What moved the headline since the run of a week before, or how to find out; "" where there is none."""

    def week_heading(self, week: Week) -> str:
        """Above events and attestations of the week, and disputes that stand."""

    def attempt(self, run: RunRow) -> str:
        """What became of a run that was not published, and why."""

    def last_good(self, good: RunRow | None) -> str:
        """That an earlier forecast stands, and by which run where that is to be said."""

    def no_forecast(self, run: RunRow) -> str:
        """That none was published up to the day of a run."""

    def overdue(self, run: RunRow, owed: date | None) -> str:
        """That a newer forecast should be there by now."""

    def situation(self, summary: Summary) -> str:
        """Dry or wet, since when, and what silence on unattested days says."""

    def target_heading(self, target: str, *, headline: bool) -> str:
        """Above the windows of a target."""

    def method(self) -> str:
        """How intervals and what stands beside a forecast come about."""

    def taught_note(self) -> str:
        """What the columns of effects mean."""

    def run_heading(self, run: RunRow) -> str: ...

    def run_facts(self, run: RunRow, zone: str, names: Sequence[str]) -> list[tuple[str, str]]:
        """Name and value of what a run is; a value is "" where there is nothing to say."""

    def model_heading(self, change: ModelChange) -> str:
        """Above what a change of the model alone did, target by target."""
