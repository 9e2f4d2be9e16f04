"""What every language says of what the headline leans on beside the record."""

from typing import Protocol

from forecast.facts.summary import Summary


class LeaningWords(Protocol):
    """Judgement, and assumptions that the record cannot settle."""

    def judgement_sentence(self, summary: Summary) -> str | None:
        """How much of the headline number is judgement, at the longest rolling horizon; None where it is not known."""

    def assumption_sentence(self, summary: Summary) -> str | None:
        """Between what the headline lies with one assumption changed, at the longest rolling horizon."""

    def assumption_name(self, name: str) -> str:
        """An assumption by the name under which it is stored."""
