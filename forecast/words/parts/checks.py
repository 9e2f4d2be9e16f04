"""What is said of the checks of the machinery."""

from typing import Protocol

from forecast.facts.checks import Found


class CheckWords(Protocol):
    """The part `checks` of a language."""

    def check_sentence(self, found: Found) -> str:
        """What a check found, in one sentence."""

    def quantity_name(self, name: str) -> str:
        """A place, quantity, statistic or component that a check names; one that is not known keeps its name."""
