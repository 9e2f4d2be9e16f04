"""What a language has to say in a brief of one page, for people who know nothing of models."""

from dataclasses import dataclass
from typing import Protocol

from forecast.facts.brief import Brief
from forecast.facts.levels import Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortHeadings:
    """What stands above each section."""

    confidence: str
    moved: str
    week: str
    watch: str
    quality: str


class ShortWords(Protocol):
    """Every sentence that the long form does not have; "" or no lines where there is nothing to say."""

    HEADINGS: ShortHeadings
    COLON: str
    """Between a name and what is said of it."""

    def dateline(self, brief: Brief, number: int | None) -> str:
        """Which report this is; the number is None where it is not recorded."""

    def number(self, brief: Brief) -> str:
        """The probability, to stand large."""

    def reach(self, brief: Brief) -> str:
        """Of what, and up to when."""

    def interval(self, brief: Brief) -> str: ...

    def base_rate(self, brief: Brief) -> str: ...

    def meaning(self) -> str:
        """What an interval and a base rate are."""

    def ground(self, brief: Brief) -> str:
        """The first ground for the confidence, and how many there are."""

    def moved(self, brief: Brief) -> str:
        """By how much since the last brief."""

    def movers(self, brief: Brief) -> str:
        """By what."""

    def week(self, brief: Brief) -> list[str]:
        """What happened, by name and source; one line that says so where nothing is on record."""

    def watched(self, one: Watched) -> str:
        """What it would do to the number."""

    def favours(self, one: Watched) -> str: ...

    def hinders(self, one: Watched) -> str: ...

    def quality(self, brief: Brief) -> str:
        """Whether live forecasts have been scored; then what a test on the past found, told apart from them."""

    def caption(self, brief: Brief) -> str:
        """Of the picture."""

    def longer(self) -> str:
        """What stands in the long form."""
