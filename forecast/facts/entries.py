"""What lists of what is on file say: one payload each for table, JSON and later faces; durations in days."""

from dataclasses import dataclass
from datetime import date, datetime

from forecast.facts.reasons import Taught


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorEntry:
    """One indicator and where it stands: filtered level, without a fit; durations in days."""

    id: str
    name: str
    question: str
    group: str
    kind: str
    half_life_days: float
    lag_days: int
    expected_cadence_days: float
    contested: bool
    mean: float
    sd: float
    active: bool
    last_observed_on: date | None
    stale_days: int | None
    stale: bool
    observations: int
    added_on: date | None = None
    """The day on which the desk added it, from which on it counts; None for those of the case."""
    retired_on: date | None = None
    """The day from which on nothing of it counts."""
    analyst: str | None = None
    """Who added it or, once it is retired, who retired it."""
    reason: str | None = None
    effects: tuple[Taught, ...] = ()
    """On each target, in the last published fit as of the day; empty before there is one."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a level means."""

    level: int
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationEntry:
    """One coded level; `row` is the number that revisions name."""

    row: int
    observed_on: date
    known_on: date
    level: float
    grade: str
    source_title: str
    source_publisher: str
    source_url: str
    origin: str
    analyst: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """All codings of one report or one day, the highest level first, at least two levels apart.

    `origin` is the one that all of them go back to; "" where it is the day that they have in common.
    """

    indicator: str
    first_on: date
    last_on: date
    origin: str
    levels_apart: float
    codings: tuple[ObservationEntry, ...]


@dataclass(frozen=True, slots=True)
class ContradictionList:
    """Disagreements, the newest first; `nothing` says why there are none."""

    as_of: date
    as_recorded: datetime | None
    nothing: str
    disagreements: tuple[Contradiction, ...]


@dataclass(frozen=True, slots=True)
class IndicatorList:
    as_of: date
    as_recorded: datetime | None
    indicators: tuple[IndicatorEntry, ...]
    disagreements: tuple[Contradiction, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """The row that ended a version: a later version, or a retraction with its reason; `analyst` entered it."""

    row: int
    on: date
    reason: str
    analyst: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationVersion(ObservationEntry):
    """One version of an observation; `status` is stands, superseded or retracted."""

    indicator: str
    status: str
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class ObservationList:
    """Observations, newest first, of `matching` that were asked for; `nothing` says why there are none."""

    as_of: date
    as_recorded: datetime | None
    matching: int
    nothing: str
    observations: tuple[ObservationVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorDetail:
    """One indicator with its coding rule and its last observations, newest first."""

    as_of: date
    as_recorded: datetime | None
    indicator: IndicatorEntry
    orientation: str
    typical_sources: tuple[str, ...]
    documents: tuple[str, ...]
    document_refs: tuple[str, ...]
    note: str
    bears_on: tuple[str, ...]
    levels: tuple[Criterion, ...]
    last_observations: tuple[ObservationEntry, ...]
    also_that_day: int
    """Observations of the day of the last one shown that are not among them."""
    disagreements: tuple[Contradiction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEntry:
    """One source text and how many judgements it carries."""

    id: str
    author: str
    published_on: date
    directness: str
    explicit: int
    inferred: int
    row: int
    counts_from: date
    analyst: str
    """Who entered it; `case` for the documents of a case."""
    status: str = "stands"
    ending: Ending | None = None
    """Of one that was retracted: when, by whom and why."""


@dataclass(frozen=True, slots=True)
class DocumentList:
    as_of: date
    as_recorded: datetime | None
    documents: tuple[DocumentEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementEntry:
    """What an author says about how an indicator bears on a target."""

    target: str
    indicator: str
    weight: float
    basis: str
    location: str
    note: str
    row: int
    counts_from: date
    analyst: str
    status: str = "stands"
    ending: Ending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDetail:
    as_of: date
    as_recorded: datetime | None
    document: DocumentEntry
    title: str
    publisher: str
    language: str
    information_cutoff: date | None
    caveats: str
    judgements: tuple[JudgementEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """Something that happened, in one version; `row` is the number that revisions name.

    `reason` says why it is disputed; `status` is stands, superseded or retracted.
    """

    row: int
    id: str
    type: str
    framing: str
    started_on: date
    ended_on: date
    known_on: date
    date_precision: str
    level: str
    format: str
    venue: str
    source: str
    confidence: str
    note: str
    disputed: bool
    reason: str
    analyst: str
    status: str
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class Change:
    """A field that a version of an event says otherwise than the one before it."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventVersion:
    """One row of an event's history; `what` is entered, revised, retracted (for `reason`) or restored."""

    row: int
    recorded_at: datetime
    known_on: date
    analyst: str
    what: str
    reason: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class EventDetail:
    """One event with its source and its versions, oldest first."""

    as_of: date
    as_recorded: datetime | None
    event: EventEntry
    source: str
    history: tuple[EventVersion, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The span over which events of a type are attested complete, no further than the as-of date."""

    type: str
    complete_from: date
    complete_through: date
    row: int
    attested_by: str


@dataclass(frozen=True, slots=True)
class EventList:
    """Events, oldest first, and how far the record is complete; `nothing` says why there are none."""

    as_of: date
    as_recorded: datetime | None
    complete: tuple[Coverage, ...]
    events: tuple[EventEntry, ...]
    nothing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """One run; `headline` is the mean of the headline target at `horizon_days`, the longest rolling horizon."""

    id: int
    as_of: date
    kind: str
    status: str | None
    issued_at: datetime
    horizon_days: int | None
    headline: float | None
    rhat_max: float | None
    ess_bulk_min: float | None
    divergences: int | None
    draws: int | None
    failures: tuple[str, ...]
    structure: int
    """Of the model; numbers of different ones are not joined."""
    names: tuple[str, ...]
    """That people gave it, oldest first."""
    thinned: bool
    """Whether of its posterior only some draws are kept."""


@dataclass(frozen=True, slots=True)
class RunList:
    headline: str
    runs: tuple[RunEntry, ...]
    total: int
    """Of all that answer, shown or not."""
    nothing: str
    """Why there is none, and what is on file; "" where there is one."""
