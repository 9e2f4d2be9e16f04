"""What every language says of hypotheticals, and of what each indicator could do."""

from typing import Protocol

from forecast.facts.whatif import Answer, Saved, Statement, Tornado
from forecast.words.whatif_numbers import Named


class WhatIfWords(Protocol):
    """Places are those of a target and a reach in the answer; names are those of the language, by id."""

    def statement(self, one: Statement, names: Named) -> str:
        """What is supposed, with whether it is seen or done as its first word."""

    def title(self, found: Answer, target: int, reach: int) -> str:
        """What a number would be and what it is, without a full stop."""

    def sentences(self, found: Answer, target: int, reach: int) -> list[str]:
        """Whether that is more than chance makes, what moves further, and how far to trust it."""

    def status(self, found: Answer) -> str:
        """Exact, reweighted, refitted, or not to be trusted with the way out."""

    def untouched(self, found: Answer) -> list[str]:
        """What each mode and kind that is there leaves untouched, and what it takes in."""

    def compared(self, one: Answer, other: Answer) -> str:
        """The title of two scenarios side by side."""

    def tornado(self, found: Tornado) -> str:
        """The title of what each indicator could do to a number."""

    def beside(self, found: Tornado) -> list[str]:
        """What the bars are, the largest of them, and that their order is not that of what is worth observing."""

    def saved(self, one: Saved) -> str:
        """The version of a scenario, who put it on file, since when, and why."""

    def answered(self, one: Saved, target: int, reach: int) -> str:
        """What it was answered last, or why it is not answered."""

    def kept(self, name: str) -> str:
        """That it is on file, and what becomes of it."""

    def withdrawn(self, name: str) -> str:
        """That it no longer is."""

    def none_saved(self) -> str:
        """That none is on file, and how one is put there."""

    def label(self, name: str) -> str:
        """A word of tables and pictures: now, then, points, error, interval, difference, scenarios, indicator, level,
        low, high, swing, supposed, saved."""
