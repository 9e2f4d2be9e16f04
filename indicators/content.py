"""What a case folder says: frozen rows, free of files and of the database, and the hash of them all."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date

LEVELS: tuple[int, ...] = (-2, -1, 0, 1, 2)
EVENT_TYPES: tuple[str, ...] = ("talks", "contact", "deal", "crisis")
FRAMINGS: tuple[str, ...] = ("arms_control", "denuclearisation")
NO_FRAMING = "none"
TARGETS: tuple[str, ...] = (
    "limits_talks",
    "arms_control_talks",
    "denuclearisation_talks",
    "contact",
    "deal",
    "crisis",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the whole case shares; dates bound the record and the calendar of the regime."""

    id: str
    name: str
    headline: str
    record_from: date
    dry_after_days: int
    knots_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator of the catalogue; `levels` pairs each described level with its criterion, lowest level first."""

    id: str
    position: int
    name: str
    question: str
    orientation: str
    kind: str
    group: str
    half_life_days: float
    expected_cadence_days: float
    lag_days: int
    contested: bool
    typical_sources: tuple[str, ...]
    documents: tuple[str, ...]
    document_refs: tuple[str, ...]
    note: str
    levels: tuple[tuple[int, str], ...]
    bears_on: tuple[str, ...] = ()
    """What else an entry may bear on, as `indicators.bearings` reads it."""


@dataclass(frozen=True, slots=True)
class Grade:
    """Standard deviation, in levels, of an observation of one Admiralty grade."""

    reliability: str
    credibility: int
    sd_levels: float


@dataclass(frozen=True, slots=True)
class Deadline:
    """A fixed date that forecasts reach to."""

    deadline: date
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A source text; its judgements may be used from `published_on`."""

    document_id: str
    author: str
    title: str
    publisher: str
    published_on: date
    information_cutoff: date | None
    language: str
    directness: str
    caveats: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An author's weight, -3…+3, of one indicator for one target; halves occur."""

    document_id: str
    indicator_id: str
    target: str
    weight: float
    basis: str
    location: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One coded level; rows that share a non-empty `origin` are one piece of evidence."""

    indicator_id: str
    observed_on: date
    known_on: date
    level: int
    source_title: str
    source_publisher: str
    source_url: str
    origin: str
    reliability: str
    credibility: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; `framing` is "none" where it does not apply."""

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


@dataclass(frozen=True, slots=True)
class Completeness:
    """The span over which events of one type are attested complete; no `known_on` = it holds at every as-of date."""

    type: str
    complete_from: date
    complete_through: date
    known_on: date | None


@dataclass(frozen=True, slots=True)
class YearPrior:
    """What is expected of beginnings as of a year, from a reference class of other subjects; means and sd of normals.

    `onset` is of the log rate per day at one year of silence, `duration` of the power of silence by which it falls.
    """

    year: int
    onset: tuple[float, float]
    duration: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reporting:
    """How much of what happens of a type is ever reported, and after how many days half of that is."""

    type: str
    share: float
    delay_days: float


@dataclass(frozen=True, slots=True)
class Priors:
    """What a case expects before its record speaks.

    `change` is the Beta of the probability that a meeting changes the framing of its spell, None where it is left open;
    `tables` the sha256 of the reference class that the years were made from, "" where there are none; `reporting` what
    is expected of reports, by type of event, in the order of `EVENT_TYPES`.
    """

    change: tuple[float, float] | None
    tables: str
    years: tuple[YearPrior, ...]
    reporting: tuple[Reporting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A level of an indicator from one day after the as-of date to another; `until` None: from `start` on."""

    indicator_id: str
    level: int
    start: int
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an author says becomes of a target: up, down, none or up_or_none; now, later or by_deadline."""

    target: str
    direction: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a document says would happen if indicators took certain levels.

    `against` are the levels it is contrasted with; where there are none, with what happens anyway.
    """

    id: str
    document_id: str
    name: str
    place: str
    reading: str
    """explicit, inferred or advice."""
    settings: tuple[Setting, ...]
    against: tuple[Setting, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFolder:
    """A whole case folder, checked; `case_hash` is derived from everything else."""

    case: Case
    indicators: tuple[Indicator, ...]
    grades: tuple[Grade, ...]
    deadlines: tuple[Deadline, ...]
    documents: tuple[Document, ...]
    judgements: tuple[Judgement, ...]
    observations: tuple[Observation, ...]
    events: tuple[Event, ...]
    completeness: tuple[Completeness, ...]
    priors: Priors | None = None
    stories: tuple[Story, ...] | None = None
    case_hash: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "case_hash", _hash(self))


type _Content = (
    Case | Indicator | Grade | Deadline | Document | Judgement | Observation | Event | Completeness | Priors | Story
)

_PARTS = ("indicators", "grades", "deadlines", "documents", "judgements", "observations", "events", "completeness")


def _hash(folder: CaseFolder) -> str:
    """SHA-256 (hex) of the content; the order of rows does not enter, the position of an indicator does."""
    parts: dict[str, list[str] | str] = {
        name: sorted(_canonical(row) for row in getattr(folder, name)) for name in _PARTS
    }
    parts["case"] = _canonical(folder.case)
    if folder.priors is not None:  # a case without them has the hash it has always had
        parts["priors"] = _canonical(folder.priors)
    if folder.stories is not None:  # likewise
        parts["stories"] = sorted(map(_canonical, folder.stories))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _canonical(row: _Content) -> str:
    values = asdict(row)
    if not values.get("bears_on", True):  # a case that names none has the hash it has without the key
        del values["bears_on"]
    if not values.get("reporting", True):  # so has one that says nothing of reports
        del values["reporting"]
    return json.dumps(values, sort_keys=True, default=date.isoformat)
