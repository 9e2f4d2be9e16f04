"""What a language is: every sentence that pages, briefs, pictures and alerts show, as functions of facts.

A language is a package of this room, with a module for each part. `Language` and the protocols of
`forecast.words.parts` say what it must hold, so that a sentence which is missing in one is a type error.
"""

from collections.abc import Mapping
from typing import Protocol

from forecast.words import english, japanese, korean
from forecast.words.labels import Labels
from forecast.words.parts.alerts import AlertWords
from forecast.words.parts.brief import BriefWords
from forecast.words.parts.checks import CheckWords
from forecast.words.parts.codings import CodingWords
from forecast.words.parts.leaning import LeaningWords
from forecast.words.parts.model import ModelWords
from forecast.words.parts.news import NewsWords
from forecast.words.parts.plan import PlanWords
from forecast.words.parts.plots import PlotWords
from forecast.words.parts.quality import QualityWords
from forecast.words.parts.reasons import ReasonWords
from forecast.words.parts.short import ShortWords
from forecast.words.parts.show import ShowWords
from forecast.words.parts.stories import StoryWords
from forecast.words.parts.trust import TrustWords
from forecast.words.parts.whatif import WhatIfWords
from forecast.words.parts.why import WhyWords


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
    def brief(self) -> BriefWords: ...

    @property
    def checks(self) -> CheckWords: ...

    @property
    def alerts(self) -> AlertWords: ...

    @property
    def codings(self) -> CodingWords: ...

    @property
    def leaning(self) -> LeaningWords: ...

    @property
    def model(self) -> ModelWords: ...

    @property
    def news(self) -> NewsWords: ...

    @property
    def plan(self) -> PlanWords: ...

    @property
    def plots(self) -> PlotWords: ...

    @property
    def quality(self) -> QualityWords: ...

    @property
    def reasons(self) -> ReasonWords: ...

    @property
    def short(self) -> ShortWords: ...

    @property
    def show(self) -> ShowWords: ...

    @property
    def stories(self) -> StoryWords: ...

    @property
    def trust(self) -> TrustWords: ...

    @property
    def whatif(self) -> WhatIfWords: ...

    @property
    def why(self) -> WhyWords: ...


ENGLISH: Language = english
LANGUAGES: Mapping[str, Language] = {"en": english, "ja": japanese, "ko": korean}
"""By code."""
