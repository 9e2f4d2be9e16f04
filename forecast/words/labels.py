"""The words that stand in tables and pictures, and how a language writes dates, shares and lists.

Dates, lists and per cents are Babel's, of the language's locale; how many digits a probability has is ours.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_percent

from forecast.words.drawn import BacktestLabels, DiagnosticsLabels, EffectsLabels, JudgementsLabels, StatesLabels
from forecast.words.numbers import percent, percent_range, share

_PERCENT = re.compile(r"(\d+(?:\.\d+)?) %")
"""As `forecast.words.numbers` writes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """All words of one language; braces hold what is filled in."""

    locale: str
    """Babel's name of it."""

    targets: Mapping[str, str]
    scenarios: Mapping[str, str]
    kinds: Mapping[str, str]
    events: Mapping[str, str]
    """By type, and what they are about by framing."""
    within: str
    by: str
    probability: str
    at_least_one: str
    at_least_once: str
    mean: str
    interval: str
    base_rate: str
    documents_only: str
    history_only: str
    backtests: Mapping[str, str]
    """By kind: what would have been said before there were forecasts."""
    beside_windows: str
    not_published: str
    thinned: str
    """A kind of run of which only some are marked."""
    as_of: str
    days_after: str
    days: str
    model: str
    recomputed: str
    by_window: str
    by_date: str
    year: str
    month: str
    day: str
    day_tick: str
    percent_sign: str
    states: StatesLabels
    effects: EffectsLabels
    judgements: JudgementsLabels
    diagnostics: DiagnosticsLabels
    backtest: BacktestLabels
    gap: str
    """Between two sentences."""
    dash: str = "–"
    """Between the ends of a range."""

    def window(self, days: int | None, deadline: date | None) -> str:
        """How far a forecast reaches, as `forecast.words.numbers.reach` says it."""
        return self.within.format(days) if deadline is None else self.by.format(self.date(deadline))

    def target(self, target: str) -> str:
        return self.targets.get(target, target)

    def event(self, type_: str) -> str:
        """A type of event; one that is not known by its own name."""
        return self.events.get(type_, type_)

    def heading(self, form: str, **words: object) -> str:
        """One of the forms filled in, to stand above a picture."""
        text = form.format(**words)
        return text[:1].upper() + text[1:]

    def date(self, day: date) -> str:
        return format_date(day, self.day, locale=self.locale)

    def listed(self, items: Sequence[str]) -> str:
        """The last of several after an "and", where the language has one."""
        return format_list(list(items), locale=self.locale)

    def sentences(self, said: Iterable[str]) -> str:
        """Sentences one after another, without those that say nothing."""
        return self.gap.join(filter(None, said))

    def percent(self, p: float | None) -> str:
        return self._percents(percent(p))

    def share(self, p: float) -> str:
        """An observed share, as `forecast.words.numbers.share` has it."""
        return self._percents(share(p))

    def percent_range(self, low: float, high: float) -> str:
        return self._percents(percent_range(low, high).replace("–", self.dash))

    def _percents(self, said: str) -> str:
        """Per cents with the digits that English has, written as the locale writes them."""
        return _PERCENT.sub(self._percent, said)

    def _percent(self, found: re.Match[str]) -> str:
        form = re.sub(r"\d", "0", found[1].lstrip("0123456789")) or ""
        return format_percent(Decimal(found[1]) / 100, f"0{form}{self.percent_sign}", locale=self.locale)

    def level(self, percents: int) -> str:
        """An interval by its level."""
        return self.interval.format(f"{percents}{self.percent_sign}")
