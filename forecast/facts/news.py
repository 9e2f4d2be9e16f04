"""What came on file: after a run had read, and in the last week."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from db.run_rows import RunRow

ENTERED, REVISED, RETRACTED = "entered", "revised", "retracted"
ADDED, RETIRED, LOADED = "added", "retired", "loaded"
WITHDRAWN = "withdrawn"
"""Entered and retracted since: nothing came of it."""
TO_LEARN = ("documents", "judgements", "indicators")
"""Kinds of news that only a fit takes in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNews:
    """One version of an event; `what` is entered, revised or retracted, for `reason`, which also marks a dispute."""

    row: int
    what: str
    id: str
    type: str
    framing: str
    started_on: date
    ended_on: date
    known_on: date
    venue: str
    source: str
    analyst: str
    disputed: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationNews:
    """A person's word that events of a type are complete up to a day, or its withdrawal."""

    row: int
    what: str
    type: str
    complete_through: date
    known_on: date | None
    attested_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationNews:
    """One version of an observation."""

    row: int
    what: str
    indicator: str
    level: float
    observed_on: date
    known_on: date
    source: str
    analyst: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNews:
    """One version of a document."""

    row: int
    what: str
    id: str
    author: str
    title: str
    published_on: date
    known_on: date | None
    analyst: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementNews:
    """One version of a judgement."""

    row: int
    what: str
    document: str
    indicator: str
    target: str
    weight: float
    basis: str
    known_on: date | None
    analyst: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorNews:
    """An indicator added or retired at the desk; or, with an empty `id`, another version of the case loaded."""

    row: int
    """Of the version of the case."""
    what: str
    id: str
    name: str
    analyst: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What came on file, each kind in the order in which it was recorded."""

    events: tuple[EventNews, ...] = ()
    attestations: tuple[AttestationNews, ...] = ()
    observations: tuple[ObservationNews, ...] = ()
    documents: tuple[DocumentNews, ...] = ()
    judgements: tuple[JudgementNews, ...] = ()
    indicators: tuple[IndicatorNews, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, item.name) for item in fields(self))

    @property
    def to_learn(self) -> tuple[str, ...]:
        """The kinds that only a fit takes in, of documents, judgements and indicators."""
        return tuple(kind for kind in TO_LEARN if getattr(self, kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The events and attestations that became known, or were entered, in the last seven days; disputes that stand."""

    since: date
    events: tuple[EventNews, ...] = ()
    attestations: tuple[AttestationNews, ...] = ()
    disputes: tuple[EventNews, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """What came on file after the last full run had read."""

    source: RunRow
    since: News
    standing: RunRow | None
    """The run on file that takes in what can be without a fit, beside the full one."""

    @property
    def taken_in_by(self) -> RunRow | None:
        """The run that takes in all of it."""
        return None if self.since.to_learn else self.standing


def one_word(news: Sequence[AttestationNews]) -> list[tuple[AttestationNews, ...]]:
    """Attestations of several types that say the same, as the one word that was given, in the order of their first."""
    words: dict[object, list[AttestationNews]] = {}
    for one in news:
        words.setdefault((one.what, one.complete_through, one.attested_by, one.reason), []).append(one)
    return [tuple(word) for word in words.values()]
