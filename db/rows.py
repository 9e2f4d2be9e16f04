"""What people assert, as it goes into the tables and comes out: a case, and the facts entered about it.

`New…` holds what is asserted; the `…Row` read back is a `New…` with `id` and `recorded_at`, so that
`replace(row, level=1.0, supersedes=row.id, known_on=today)` is a correction, and the same with `retracted=True` and a
`reason` a withdrawal. Text that is not known is "", never None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LevelRow:
    """What one level of an indicator means."""

    level: int
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorRow:
    """One indicator of the catalogue, with its levels from -2 to 2; durations in days."""

    indicator_id: str
    position: int
    name: str
    question: str
    orientation: str
    kind: str
    """state or event."""
    group_name: str
    half_life_days: float
    expected_cadence_days: float
    lag_days: int
    contested: bool
    typical_sources: tuple[str, ...]
    documents: tuple[str, ...]
    document_refs: tuple[str, ...]
    note: str
    levels: tuple[LevelRow, ...]
    bears_on: tuple[str, ...] | None = None
    """Indicators and types of event that what is logged of this one may bear on as well; None where none are named."""
    added_on: date | None = None
    """The day on which the desk added it, before which nothing of it counts; None for those of a case folder."""
    retired_on: date | None = None
    """The day from which on nothing of it counts; None while it is in use."""
    analyst: str | None = None
    """Who added it at the desk or, once it is retired, who retired it; None for those of a case folder."""
    reason: str | None = None

    def in_use(self, day: date) -> bool:
        """Whether what is observed of it, and what documents say of it, counts as of a day."""
        return (self.added_on is None or self.added_on <= day) and (self.retired_on is None or day < self.retired_on)


@dataclass(frozen=True, slots=True)
class GradeRow:
    """Standard deviation, in levels, of an observation of one Admiralty grade."""

    reliability: str
    credibility: int
    sd_levels: float


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """A fixed date that forecasts reach to."""

    deadline: date
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """One version of a case: its settings, catalogue, grades, deadlines, priors and stories."""

    case_id: str
    name: str
    headline: str
    record_from: date
    dry_after_days: int
    knots_until: date
    case_hash: str
    indicators: tuple[IndicatorRow, ...]
    grades: tuple[GradeRow, ...]
    deadlines: tuple[DeadlineRow, ...]
    folder_hash: str | None = None
    """Of the folder it stems from, where the desk has added or retired indicators; None where it is that folder's."""
    analyst: str | None = None
    """Who made this version at the desk; None where it was loaded from a folder."""
    priors: Mapping[str, Any] | None = None
    """What is expected before the record speaks, in the form of the file of priors; None where there is none."""
    stories: Sequence[Mapping[str, Any]] | None = None
    """What documents say would happen, each in the form of the file of stories; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """The settings of one version of a case; `id` is the version's."""

    id: int
    case_id: str
    name: str
    headline: str
    record_from: date
    dry_after_days: int
    knots_until: date
    case_hash: str
    recorded_at: datetime
    folder_hash: str | None = None
    analyst: str | None = None
    priors: Mapping[str, Any] | None = None
    stories: Sequence[Mapping[str, Any]] | None = None

    @property
    def stems_from(self) -> str:
        """The hash of the folder that this version, with whatever the desk has changed, stems from."""
        return self.folder_hash or self.case_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A source text; `known_on` None means the day it was published."""

    case_id: str
    document_id: str
    author: str
    title: str
    publisher: str
    published_on: date
    information_cutoff: date | None
    language: str
    directness: str
    caveats: str
    known_on: date | None = None
    supersedes: int | None = None
    retracted: bool = False
    reason: str = ""
    analyst: str | None = None
    """Who entered it; None for the documents of a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJudgement:
    """What a document says about an indicator and a target: weight -3 to 3; `known_on` None means with the document."""

    case_id: str
    document_id: str
    indicator_id: str
    target: str
    weight: float
    basis: str
    """explicit or inferred."""
    location: str
    note: str
    known_on: date | None = None
    supersedes: int | None = None
    retracted: bool = False
    reason: str = ""
    analyst: str | None = None
    """Who entered it; None for the judgements of a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObservation:
    """One coded level (-2 to 2) of one indicator, with source and Admiralty grade."""

    case_id: str
    indicator_id: str
    observed_on: date
    known_on: date
    level: float
    source_title: str
    source_publisher: str
    source_url: str
    origin: str
    reliability: str
    credibility: int
    analyst: str
    note: str
    supersedes: int | None = None
    retracted: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """Something that happened from `started_on` to `ended_on`."""

    case_id: str
    event_id: str
    type: str
    framing: str
    started_on: date
    ended_on: date
    known_on: date
    date_precision: str
    level: str
    format: str
    venue: str
    note: str
    source: str
    confidence: str
    supersedes: int | None = None
    retracted: bool = False
    reason: str = ""
    """Why it was withdrawn or, where confidence is low, why it is disputed."""
    analyst: str | None = None
    """Who entered it; None for the events of a case."""

    @property
    def disputed(self) -> bool:
        """Whether it is unsettled that this happened, or happened as the rules demand."""
        return self.confidence == "low" and bool(self.reason) and not self.retracted


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCompleteness:
    """A person's word that events of one type are complete over some days; `known_on` None: holds at every date."""

    case_id: str
    type: str
    complete_from: date
    complete_through: date
    known_on: date | None
    attested_by: str
    note: str
    supersedes: int | None = None
    retracted: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow(NewDocument):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementRow(NewJudgement):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRow(NewObservation):
    """A stored observation, valid on the days from `valid_from` up to but not including `valid_until`."""

    id: int
    recorded_at: datetime
    row_key: str
    """sha256 of what was asserted: equal for equal observations."""
    valid_from: date
    valid_until: date | None
    """None while nothing supersedes or retracts it, as of the date read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow(NewEvent):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessRow(NewCompleteness):
    id: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class NewZone:
    """The time zone whose days are the database's from now on, such as Asia/Tokyo; who said so, and why."""

    zone: str
    analyst: str
    reason: str
