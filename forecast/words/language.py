"""What a language is: every sentence that pages, briefs, pictures and alerts show, as functions of facts.

A language is a package of this room, with a module for each part. `Language` and the protocols of
`forecast.words.parts` say what it must hold, so that a sentence which is missing in one is a type error.
"""

from collections.abc import Mapping
from typing import Protocol

from forecast.words import english, japanese, korean
from forecast.words.labels import Labels
from forecast.words.parts.alerts import AlertWords
from forecast.words.parts.news import NewsWords


class Language(Protocol):
    """One language; every part is a module of its package."""

    @property
    def code(self) -> str:
        """As in ISO 639-1."""

    @property
    def name(self) -> str:
        """In English, for help."""

    @property
    def labels(self) -> Labels: ...

    @property
    def alerts(self) -> AlertWords: ...

    @property
    def news(self) -> NewsWords: ...


LANGUAGES: Mapping[str, Language] = {"en": english, "ja": japanese, "ko": korean}
"""By code."""
