"""What every language says of the documents' stories."""

from typing import Protocol

from forecast.facts.stories import Claim, Effect, Stories, Told
from forecast.words.whatif_numbers import Named


class StoryWords(Protocol):
    """Stories are told as of a day; names are those of the language, by id."""

    def title(self, found: Stories) -> str:
        """Of which day and run they are."""

    def heading(self) -> str:
        """What this checks, and what it does not."""

    def retrospective(self, found: Stories) -> str:
        """That today's judgements are held against the levels of a past day; "" where they are not."""

    def story(self, one: Told) -> str:
        """Its name, whose it is and where it stands."""

    def claim(self, one: Claim) -> str:
        """Of which number it is, and in which window."""

    def direction(self, direction: str) -> str:
        """What the author says becomes of it."""

    def verdict(self, direction: str, effect: Effect | None) -> str:
        """What the model makes of it, in points, and whether that is what was claimed."""

    def lacking(self, one: Told, names: Named) -> str:
        """Why a story was not run; "" where it was."""

    def counts(self, found: Stories) -> str:
        """How often the model says what was claimed, with all judgements and with the author's left out."""

    def chance(self, found: Stories) -> str:
        """From where on an effect is visible, and the largest Monte-Carlo error."""

    def label(self, name: str) -> str:
        """A word of tables: claimed, with_author, without_author, set, against, contrast, told, reading, none."""
