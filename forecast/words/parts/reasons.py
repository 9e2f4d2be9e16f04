"""What every language says of why numbers differ."""

from collections.abc import Iterable
from typing import Protocol

from forecast.facts.reasons import Reason, Sibling


class ReasonWords(Protocol):
    """From their base rates, and from the scenarios of their names; and what events taught."""

    SET_BY_DOCUMENTS: str
    """That an effect is set by documents, not by events, without a full stop."""

    def reason_sentence(self, reason: Reason) -> str:
        """Why a forecast is far from its base rate: what that counts, what happened last, levels, what is beside it."""

    def siblings_sentence(self, siblings: Iterable[Sibling], headline: str) -> str:
        """Why a target and the scenario of its name differ, and by how much; "" where no two do."""

    def taught_words(self, share: float | None) -> str:
        """What is said beside an effect, without a full stop; "" where the share is not known."""
