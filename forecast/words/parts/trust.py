"""What is said on the trust page: how far the forecasts can be trusted."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from forecast.facts.quality import Calibration, Ranked, Source, Timeline
from forecast.facts.track import Counts
from forecast.facts.trust import Checked, Trust
from forecast.words.trust_labels import TrustPage, TrustTables


class TrustWords(Protocol):
    """The part `trust` of a language."""

    @property
    def TABLES(self) -> TrustTables: ...

    @property
    def PAGE(self) -> TrustPage: ...

    def statement(self, measure: str, situation: str) -> str:
        """What is asked of the model by a measure over the origins of a situation."""

    def rule(self) -> str:
        """When a number is told: what is enough."""

    def track_counts(self, counts: Counts, pending: int, structure: int | None) -> str:
        """What was counted and what not; of one structure of the model, where there are several."""

    def kept_apart(self) -> str:
        """That the records of several structures are not joined."""

    def backtest(self, source: Source) -> str:
        """Which backtest, of which origins: no sentence."""

    def eras(self, days: int, year: int) -> str:
        """What the rows of the eras mean: the structure was chosen on origins before the year."""

    def best_naive(self, rows: Mapping[str, Sequence[str]]) -> str:
        """Which naive forecast was best in which rows, by its name; everywhere, where there is one alone."""

    def best_naive_rows(self, rows: Mapping[str, Sequence[int]]) -> str:
        """The same, with rows by their numbers."""

    def came_true(self, scenarios: Sequence[Ranked]) -> str:
        """How often each scenario came true; "" where nothing was counted."""

    def calibration_sentence(self, one: Calibration) -> str:
        """Whether a curve lies in its band."""

    def timeline_sentence(self, one: Timeline) -> str:
        """What was said on average, what came true, and which forecasts were furthest off."""

    def check_found(self, one: Checked) -> str:
        """What a check found, as it was stored where it cannot be said; or how to run it."""

    def how_to_run(self, name: str) -> str:
        """The command that runs a check, between two backticks, where it was not run."""

    def last_run(self, one: Checked) -> str:
        """As of when and by which code a check was last run, no sentence; of several that share it."""

    def last_runs(self, runs: Mapping[str, Sequence[str]]) -> str:
        """The names of checks by what `last_run` says of them."""

    def provenance(self, trust: Trust) -> tuple[tuple[str, str], ...]:
        """Name and value of what the backtest was made from, with which code; an empty value is not known."""

    def reading(self) -> tuple[str, ...]:
        """How to read the page, term by term."""
