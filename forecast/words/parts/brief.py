"""What a language has to say in a brief."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from db.anchors import Head
from forecast.facts.brief import Brief
from forecast.facts.levels import Cited, Source, Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """What stands above each section."""

    happened: str
    week: str
    table: str
    changes: str
    reasons: str
    attention: str
    differing: str
    watch: str
    quality: str
    method: str
    documents: str
    sources: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWords:
    """What names the rows of tables."""

    target: str
    base_rate: str
    documents_only: str
    history_only: str
    before: str
    now: str
    change: str
    cause: str
    points: str
    """Of the window that stands in it."""


class BriefWords(Protocol):
    """Every sentence of a brief, made from the facts; "" or no lines where there is nothing to say."""

    HEADINGS: Headings
    WORDS: TableWords
    TERMS: Mapping[str, str]
    """Of likelihood, by the names of `forecast.facts.bands`."""
    CONFIDENCE: Mapping[str, str]
    """By level."""
    SEPARATOR: str
    """Between items."""
    STOP: str
    """After the last one."""

    def title(self, brief: Brief) -> str: ...

    def dateline(self, brief: Brief, number: int | None) -> str:
        """Which report this is, and of which run; the number is None where it is not recorded."""

    def currency(self, brief: Brief) -> str:
        """What has come after the forecast."""

    def happened(self, brief: Brief) -> list[str]:
        """What came on file after the run, events first, by name and source."""

    def week(self, brief: Brief) -> list[str]:
        """Events and attestations of the week, and disputes, by name and source."""

    def likelihood(self, brief: Brief) -> str: ...

    def confidence(self, brief: Brief) -> str: ...

    def grounds(self, brief: Brief) -> str:
        """What speaks against confidence, and what in its favour."""

    def terms(self) -> str:
        """What each term of likelihood and confidence means."""

    def judgement(self, brief: Brief) -> str:
        """How much of the number is judgement."""

    def situation(self, brief: Brief) -> str:
        """Whether talks are under way, and how far that is known."""

    def reasons(self, brief: Brief) -> str:
        """Why forecasts are far from their base rates."""

    def table_note(self) -> str: ...

    def model_moved(self, brief: Brief) -> str:
        """What the change of model alone did."""

    def compared(self, brief: Brief) -> str:
        """With what."""

    def entered(self, brief: Brief) -> str: ...

    def moved(self, brief: Brief) -> str:
        """The levels that moved most."""

    def staleness(self, brief: Brief) -> str: ...

    def attestation(self, brief: Brief) -> str: ...

    def watching(self, brief: Brief) -> str: ...

    def swing(self, one: Watched) -> str:
        """What one level more or less would do to the headline."""

    def favours(self, one: Watched) -> str: ...

    def hinders(self, one: Watched) -> str: ...

    def deadline(self, brief: Brief) -> str: ...

    def track(self, brief: Brief) -> str:
        """What live forecasts were worth."""

    def backtest(self, brief: Brief) -> str: ...

    def bounds(self, brief: Brief) -> str: ...

    def method(self, brief: Brief) -> str: ...

    def provenance(self, brief: Brief) -> str: ...

    def reproduce(self, brief: Brief) -> str: ...

    def anchor(self, head: Head) -> str:
        """The head of the record, and what it is good for."""

    def document(self, one: Cited) -> str: ...

    def source(self, one: Source) -> str: ...

    def differing(self, brief: Brief) -> list[str]:
        """Codings that contradict each other, a sentence each, and how many more there are."""

    def grades(self) -> str: ...

    def definitions(self, brief: Brief) -> str:
        """What counts as each target, of those of which the case says so."""

    def left_out(self) -> str:
        """That a mail lacks the lists at the end."""
