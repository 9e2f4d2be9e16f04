"""Columns of exports that come from what was asserted: what each means, and where its value is.

Of the versions of a fact, what was asserted is in the row; what has become of it is got from the row that ended it.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Row

from db.rows import IndicatorRow
from forecast.exports.columns import BOOLEAN, DATE, INSTANT, INTEGER, JSON, NUMBER, TEXT, derived, stored, within
from forecast.exports.run_columns import INDICATOR, LEVEL, as_text

if TYPE_CHECKING:
    from forecast.facts.entries import IndicatorEntry


@dataclass(frozen=True, slots=True)
class Catalogued:
    """An indicator of the catalogue, and its level as of a day."""

    row: IndicatorRow
    level: "IndicatorEntry"
    case_id: str
    as_of: date


def _status_by(ending: Row[*tuple[Any, ...]] | None) -> str:
    """What a version is, given the row that ended it."""
    if ending is None:
        return "stands"
    return "retracted" if ending.retracted else "superseded"


def _criterion(row: IndicatorRow, level: int) -> str:
    return next((each.criterion for each in row.levels if each.level == level), "")


_ID = stored("id", INTEGER, "Number of this version of the row, which revisions and retractions refer to")
_CASE = stored("case_id", TEXT, "The case")
_KNOWN = stored("known_on", DATE, "First day it could be known")
_KNOWN_OR_SHIPPED = stored("known_on", DATE, "First day it could be known; empty for rows of the case", nullable=True)
_SUPERSEDES = stored(
    "supersedes", INTEGER, "The earlier version that this row replaces; empty for a first version", nullable=True
)
_ENTERED = (
    stored("recorded_at", INSTANT, "When it was entered"),
    derived(
        "status", TEXT, "stands, superseded (by a later version) or retracted, as of the date of the export", _status_by
    ),
    derived(
        "valid_until",
        DATE,
        "First day it no longer stands; empty while it stands",
        lambda ending: None if ending is None else ending.known_on,
        nullable=True,
    ),
    derived(
        "ended_by",
        INTEGER,
        "The row that ended it: a later version, or a retraction (not listed)",
        lambda ending: None if ending is None else ending.id,
        nullable=True,
    ),
    derived(
        "end_reason",
        TEXT,
        "Why it was ended; empty while it stands",
        lambda ending: "" if ending is None else ending.reason,
    ),
)
_ROW = (_SUPERSEDES, stored("reason", TEXT, "Why it was revised"), *_ENTERED)
OBSERVATION = (
    _ID,
    _CASE,
    INDICATOR,
    stored("observed_on", DATE, "Day on which it happened"),
    _KNOWN,
    stored("level", NUMBER, "Coded level, -2 to 2, where 2 favours talks", unit="levels"),
    stored("source_title", TEXT, "Title of the source"),
    stored("source_publisher", TEXT, "Publisher of the source"),
    stored("source_url", TEXT, "Address of the source"),
    stored("origin", TEXT, "Original source of the news: rows that share an origin count as one piece of evidence"),
    stored("reliability", TEXT, "Admiralty grade of the source, A (reliable) to E, F (cannot be judged)"),
    stored("credibility", INTEGER, "Admiralty grade of the content, 1 (confirmed) to 5 (improbable), 6 (unknown)"),
    stored("analyst", TEXT, "Who coded it"),
    stored("note", TEXT, "Note"),
    stored("row_key", TEXT, "SHA-256 of what was asserted: the same for identical observations"),
    *_ROW,
)
EVENT = (
    _ID,
    _CASE,
    stored("event_id", TEXT, "The event, the same in all its versions"),
    stored("type", TEXT, "talks, contact, deal or crisis"),
    stored("framing", TEXT, "arms_control or denuclearisation; none for contact and crisis"),
    stored("started_on", DATE, "First day"),
    stored("ended_on", DATE, "Last day"),
    _KNOWN,
    stored("date_precision", TEXT, "How precisely the date is known: day or month"),
    stored("level", TEXT, "Rank of those who met, or kind of crisis"),
    stored("format", TEXT, "Format of the meeting: bilateral, trilateral …; none where nobody met"),
    stored("venue", TEXT, "Place"),
    stored("note", TEXT, "Note"),
    stored("source", TEXT, "Source"),
    stored("confidence", TEXT, "high, medium or low; low with a reason means disputed, and left out of forecasts"),
    stored("analyst", TEXT, "Who entered it; empty for the events of the case", nullable=True),
    _SUPERSEDES,
    stored("reason", TEXT, "Why it was revised or, if confidence is low, why it is disputed"),
    *_ENTERED,
)
COMPLETENESS = (
    _ID,
    _CASE,
    stored("type", TEXT, "Type of event: talks, contact, deal or crisis"),
    stored("complete_from", DATE, "First day of the span attested complete"),
    stored("complete_through", DATE, "Last day of that span"),
    _KNOWN_OR_SHIPPED,
    stored("attested_by", TEXT, "Who attested it"),
    stored("note", TEXT, "Note"),
    *_ROW,
)
DOCUMENT = (
    _ID,
    _CASE,
    stored("document_id", TEXT, "The document, the same in all its versions"),
    stored("author", TEXT, "Author"),
    stored("title", TEXT, "Title"),
    stored("publisher", TEXT, "Publisher"),
    stored("published_on", DATE, "Day on which it was published"),
    stored(
        "information_cutoff", DATE, "Last day whose events it could take into account; empty if unknown", nullable=True
    ),
    stored("language", TEXT, "Language of the text that was read"),
    stored("directness", TEXT, "How directly it addresses the question of the case: high, medium or low"),
    stored("caveats", TEXT, "What to bear in mind when reading it"),
    stored("known_on", DATE, "First day it could be known; empty means the day it was published", nullable=True),
    *_ROW,
    stored("analyst", TEXT, "Who entered it; empty for the documents of the case", nullable=True),
)
JUDGEMENT = (
    _ID,
    _CASE,
    stored("document_id", TEXT, "The document; if it is retracted, its judgements no longer count"),
    stored("author", TEXT, "Author of the document"),
    stored("published_on", DATE, "Day on which the document was published"),
    INDICATOR,
    stored("target", TEXT, "Target that the indicator is said to affect"),
    stored(
        "weight",
        NUMBER,
        "How strongly a high level favours the target, according to the author: -3 to 3",
        unit="weight",
    ),
    stored("basis", TEXT, "explicit (the author says so) or inferred"),
    stored("location", TEXT, "Place in the text"),
    stored("note", TEXT, "Note"),
    stored("known_on", DATE, "First day it could be known; empty means the same as its document", nullable=True),
    *_ROW,
    stored("analyst", TEXT, "Who entered it; empty for the judgements of the case", nullable=True),
)
_DESCRIBED = (
    INDICATOR,
    stored("position", INTEGER, "Place in the catalogue"),
    stored("name", TEXT, "Name"),
    stored("question", TEXT, "Question answered when it is coded"),
    stored("orientation", TEXT, "What positive levels mean"),
    stored("kind", TEXT, "state (it holds until observed otherwise) or event (it fades)"),
    stored("group_name", TEXT, "Group of indicators"),
    stored("half_life_days", NUMBER, "Time in which an observation loses half its weight", unit="days"),
    stored("expected_cadence_days", NUMBER, "Expected time between observations", unit="days"),
    stored("lag_days", INTEGER, "Delay before it affects whether meetings continue", unit="days"),
    stored("contested", BOOLEAN, "Whether the documents disagree about its direction"),
    derived("typical_sources", JSON, "Where it is usually observed: a list", lambda row: as_text(row.typical_sources)),
    derived("documents", JSON, "Documents that discuss it: a list", lambda row: as_text(row.documents)),
    derived("document_refs", JSON, "Places in those documents: a list", lambda row: as_text(row.document_refs)),
    stored("note", TEXT, "Note"),
    derived("level_minus2", TEXT, "Criterion of level -2", lambda row: _criterion(row, -2)),
    derived("level_minus1", TEXT, "Criterion of level -1", lambda row: _criterion(row, -1)),
    derived("level_0", TEXT, "Criterion of level 0", lambda row: _criterion(row, 0)),
    derived("level_plus1", TEXT, "Criterion of level 1", lambda row: _criterion(row, 1)),
    derived("level_plus2", TEXT, "Criterion of level 2", lambda row: _criterion(row, 2)),
)
_AT_DESK = (
    stored("added_on", DATE, "Day on which the desk added it; empty for those of the case", nullable=True),
    stored("retired_on", DATE, "First day it no longer counts; empty while it is in use", nullable=True),
    stored("analyst", TEXT, "Who added it or, once it is retired, who retired it", nullable=True),
    stored("reason", TEXT, "Why it was added or retired", nullable=True),
)
CATALOGUE = (
    *within("row", _DESCRIBED),
    *within("level", LEVEL),
    derived("observations", INTEGER, "Number of observations that stand", lambda each: each.level.observations),
    stored("case_id", TEXT, "The case"),
    stored("as_of", DATE, "Day to which mean, sd, active, last_observed_on, stale_days and stale refer"),
    *within("row", _AT_DESK),
)
