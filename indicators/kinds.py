"""The kinds of rows that a file may hold: the columns of each, which are required, and how else they are named."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from indicators.coding import ATTESTATION_COLUMNS, EVENT_COLUMNS, OBSERVATION_COLUMNS, REQUIRED, WANTED
from indicators.judging import DOCUMENT_COLUMNS, DOCUMENT_REQUIRED, JUDGEMENT_COLUMNS, JUDGEMENT_REQUIRED
from indicators.tables import suggest

HALVES = ("reliability", "credibility")
"""Of a grade, as the files of a case and exports write it."""
EXPORTED = frozenset(("recorded_at", "status", "ended_by"))
"""Columns by which an export of Parley is known: they say what became of a row."""
ABOUT_ROW = (
    *("id", "case_id", "row_key", "supersedes", "reason", "recorded_at", "status", "valid_until", "ended_by"),
    *("end_reason", "recorded_at_exact"),
)
"""Columns of an export that say something of the row, unless they are columns of its kind."""
STANDS = "stands"
"""The status of a row that was neither superseded nor retracted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """Rows of one kind in a file."""

    name: str
    one: str
    """What one row is called."""
    columns: tuple[str, ...]
    required: tuple[str, ...]
    aliases: Mapping[str, str]
    """Other names of columns, as the files of a case and exports have them."""
    told_by: tuple[str, ...]
    """Columns that a file of this kind has, and one of another kind has not."""
    names: tuple[str, ...] = ()
    """What else the kind is called."""
    days: tuple[str, ...]
    about: tuple[str, ...] = ()
    """Further columns of an export that say something of the row, and are not read."""
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By column, words that look like markers of a missing value and are none there."""

    def targets(self) -> tuple[str, ...]:
        """The columns that a cell or a constant may go to."""
        return (*self.columns, *HALVES) if "grade" in self.columns else self.columns

    def wanted(self, column: str) -> str:
        """What to write in a column."""
        return WANTED.get(column, "a value")


OBSERVATIONS = FileKind(
    name="observations",
    one="observation",
    columns=OBSERVATION_COLUMNS,
    required=REQUIRED,
    aliases={
        "indicator_id": "indicator",
        "source_title": "source",
        "source_publisher": "publisher",
        "source_url": "url",
    },
    told_by=("indicator", "observed_on", "grade"),
    days=("observed_on", "known_on"),
)
EVENTS = FileKind(
    name="events",
    one="event",
    columns=EVENT_COLUMNS,
    required=("type", "started_on", "source"),
    aliases={"event_id": "id"},
    told_by=("started_on", "ended_on", "framing"),
    days=("started_on", "ended_on", "known_on"),
    words={"framing": frozenset({"none"}), "format": frozenset({"none"})},
)
ATTESTATIONS = FileKind(
    name="attestations",
    one="attestation",
    columns=ATTESTATION_COLUMNS,
    required=("type", "complete_through"),
    aliases={"analyst": "attested_by"},
    told_by=("complete_through", "complete_from"),
    names=("completeness",),
    days=("complete_from", "complete_through", "known_on"),
)


DOCUMENTS = FileKind(
    name="documents",
    one="document",
    columns=DOCUMENT_COLUMNS,
    required=DOCUMENT_REQUIRED,
    aliases={"id": "document_id"},
    told_by=("directness", "information_cutoff", "caveats"),
    days=("published_on", "information_cutoff"),
    about=("known_on",),
)
JUDGEMENTS = FileKind(
    name="judgements",
    one="judgement",
    columns=JUDGEMENT_COLUMNS,
    required=JUDGEMENT_REQUIRED,
    aliases={"document": "document_id", "indicator": "indicator_id"},
    told_by=("weight", "basis"),
    days=(),
    about=("known_on", "author", "published_on"),
)


def kind_named(name: str, kinds: Sequence[FileKind]) -> FileKind | None:
    """The kind of that name, in whatever case, the singular included; None where there is none."""
    said = name.strip().casefold()
    return next((kind for kind in kinds if said in (kind.name, kind.one, *kind.names)), None)


def kinds_told(given: Collection[str], kinds: Sequence[FileKind]) -> list[FileKind]:
    """The kinds that columns may tell of: those of which none is missing, else those whose own columns are there."""
    whole = [kind for kind in kinds if all(column in given for column in _needed(kind, given))]
    return whole or [kind for kind in kinds if any(column in given for column in kind.told_by)]


def _needed(kind: FileKind, given: Collection[str]) -> list[str]:
    """Its required columns; a grade may come in halves."""
    halved = "grade" not in given and all(half in given for half in HALVES)
    return [column for column in kind.required if not (halved and column == "grade")]


def unknown_kind(name: str, kinds: Sequence[FileKind]) -> str:
    """What to say of a kind that there is not."""
    return f"{name!r} is no kind of file; {suggest(name, tuple(kind.name for kind in kinds))}"
