"""What every language says of what to look at next."""

from collections.abc import Sequence
from typing import Protocol

from forecast.facts.plan import Candidate, Dated, Plan, Signpost


class PlanWords(Protocol):
    """Names of indicators, criteria and deadlines are in the facts already."""

    def title(self, found: Plan) -> str:
        """Of which number it is, and where that stands."""

    def sentences(self, found: Plan) -> list[str]:
        """What is worth most and why, what attesting the open days is worth, and by what rows are ranked."""

    def candidate(self, one: Candidate) -> str:
        """What could be found out."""

    def outcomes(self, one: Candidate) -> str:
        """How open days may have turned out, and what would then be said; "" where there are none."""

    def signposts(self, found: Plan) -> str:
        """The head of what would be said on a day ahead; "" where there is none."""

    def signpost(self, one: Signpost, target: str) -> str:
        """What would be said if an indicator came to a level, and if nothing were seen."""

    def entry(self, dated: Dated) -> tuple[str, str]:
        """A line for a day of a calendar, and what is said below it."""

    def expected(self, names: Sequence[str]) -> str:
        """The indicators that are next expected to be observed on one day."""

    def caption(self, found: Plan) -> str:
        """What stands under the picture."""

    def label(self, name: str) -> str:
        """A word of tables and pictures: candidate, moves, range, level, age, stale, cost, per_cost, never,
        calendar, movement, observe, attest, line."""
