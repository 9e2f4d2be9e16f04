"""What every language says of codings: who says which level, from what source, of which day."""

from collections.abc import Iterable
from typing import Protocol

from forecast.words.codings import Coded, Contradicting


class CodingWords(Protocol):
    """Phrases without a full stop."""

    def row_place(self, row: int) -> str:
        """Where a stored coding stands."""

    def coding_text(self, one: Coded, place: str) -> str:
        """One coding; `place` says where it stands: its row, or that it is being entered."""

    def contradiction_title(self, one: Contradicting, name: str) -> str:
        """Of which indicator and of which report or day codings contradict each other, and by how much."""

    def contradiction_text(self, one: Contradicting, codings: Iterable[str], name: str) -> str:
        """The same with every coding; where there are very many, with those at both ends."""
