"""What can be exported, and what its columns mean."""

from dataclasses import dataclass

from forecast.exports.columns import (
    BOOLEAN,
    DATE,
    INSTANT,
    INTEGER,
    JSON,
    NUMBER,
    PROBABILITY,
    TEXT,
    Column,
)
from forecast.words.names import SCENARIO_NAMES

_SCENARIOS = ", ".join(f"{label} {name}" for label, name in SCENARIO_NAMES.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One thing that can be exported: one row of it, the column `--from` and `--to` bound, and its columns."""

    row: str
    columns: tuple[Column, ...]
    dated_by: str = ""
    """Empty where its rows have no day of their own."""
    options: tuple[str, ...] = ()
    """Further options that choose among its rows."""
    shared: tuple[int, int] = (0, 0)
    """As `Export` has it."""
    begin: str = "run `parley update`"
    """What to do where none is on file."""


_RUN = (
    Column("run_id", INTEGER, "Number of the run, as in `parley show --run`"),
    Column("case_id", TEXT, "The case"),
    Column("kind", TEXT, "official (scheduled), manual, backfill (for a day that was over) or provisional (no fit)"),
    Column("as_of", DATE, "Day by which what went in could be known; windows begin the day after it"),
    Column("issued_at", INSTANT, "When the run was stored"),
)
_REACH = (
    Column("horizon_days", INTEGER, "Length of a rolling window; empty where it ends on a deadline", "days", True),
    Column("deadline", DATE, "Last day of a window with a fixed end; empty where it is a rolling one", "", True),
)
_SITUATION = (
    Column("dry", BOOLEAN, "Whether no qualifying meeting had ended lately as of complete_through; else wet"),
    Column(
        "days_since_talks",
        INTEGER,
        "From the end of the last qualifying meeting to complete_through; empty where there was none",
        "days",
        True,
    ),
    Column("complete_through", DATE, "Last day, up to as_of, through which the record of talks is attested complete"),
    Column(
        "unattested_days", INTEGER, "From complete_through to as_of: days of which nobody attests the talks", "days"
    ),
    Column("p_dry_now", PROBABILITY, "Probability that it is still dry on as_of; empty where a run failed", "", True),
    Column(
        "stale_indicators",
        INTEGER,
        "Number of indicators that on as_of had gone unobserved for more than twice their expected cadence; "
        "empty where the run holds no levels",
        "",
        True,
    ),
    Column(
        "live",
        BOOLEAN,
        "Whether the run was issued before the fact: by the end of the day after as_of (UTC); of such runs the first "
        "of a day that is not provisional is track record",
    ),
    Column("rhat_max", NUMBER, "Largest R-hat of the fit; 1 is best, above 1.01 it is not published", "", True),
    Column("ess_bulk_min", NUMBER, "Smallest bulk effective sample size of the fit", "draws", True),
    Column("ess_tail_min", NUMBER, "Smallest tail effective sample size of the fit", "draws", True),
    Column("divergences", INTEGER, "Number of draws that diverged", "draws", True),
    Column("draws", INTEGER, "Number of posterior draws", "draws", True),
    Column(
        "seed",
        INTEGER,
        "Seed of the random numbers: up to 64 bits, so have it read as an integer or as text; "
        "above 2^53 programs that compute with doubles change its last digits",
    ),
    Column("as_recorded", INSTANT, "Only rows recorded by then went in; empty where all on file did", "", True),
    Column("inputs_hash", TEXT, "SHA-256 of what went in"),
    Column("case_hash", TEXT, "SHA-256 of the version of the case: catalogue, grades, deadlines"),
    Column("posterior_hash", TEXT, "SHA-256 of the file with the posterior; empty where there is none", "", True),
    Column("code_version", TEXT, "Release of Parley, and after the plus the hash of its sources"),
    Column("versions", JSON, "Versions of the libraries that numbers depend on"),
)
_FORECAST = (
    Column(
        "target",
        TEXT,
        "What is forecast, at least one in the window; arms_control_talks, denuclearisation_talks and deal lie within "
        "limits_talks",
    ),
    Column("headline", BOOLEAN, "Whether the target is the headline of the case"),
    *_REACH,
    Column("mean", PROBABILITY, "The probability: mean over posterior draws of P(event | draw)"),
    Column("mcse", PROBABILITY, "Monte-Carlo standard error of the mean: the simulation's own"),
    Column("q05", PROBABILITY, "Lower end of the equal-tailed 90 % interval of P(event | draw)"),
    Column("q25", PROBABILITY, "Lower end of the equal-tailed 50 % interval of P(event | draw)"),
    Column("q50", PROBABILITY, "Median of P(event | draw)"),
    Column("q75", PROBABILITY, "Upper end of the equal-tailed 50 % interval of P(event | draw)"),
    Column("q95", PROBABILITY, "Upper end of the equal-tailed 90 % interval of P(event | draw)"),
    Column(
        "base_rate", PROBABILITY, "How often past windows held one as of the day, recent years weighing more", "", True
    ),
    Column("documents_only", PROBABILITY, "The probability from base rate and documents, without the record", "", True),
    Column("history_only", PROBABILITY, "The probability without the documents' judgements, by Laplace", "", True),
)
_SCENARIO = (
    *_REACH,
    Column("scenario", TEXT, f"Label of the window, of which exactly one holds: {_SCENARIOS}"),
    Column("scenario_name", TEXT, "The label in words"),
    Column("probability", PROBABILITY, "Probability of the scenario; those of one run and window add up to 1"),
)
_INDICATOR = Column("indicator_id", TEXT, "The indicator")
_LEVEL = (
    Column("mean", NUMBER, "Filtered level, -2 to 2, where 2 favours talks; empty while inactive", "levels", True),
    Column("sd", NUMBER, "Standard deviation of the filtered level; empty while inactive", "levels", True),
    Column("active", BOOLEAN, "Whether it has been observed yet; before that it contributes nothing"),
    Column("last_observed_on", DATE, "Day of the last observation known by then; empty where there is none", "", True),
    Column("stale_days", INTEGER, "From last_observed_on to the as-of date", "days", True),
    Column("stale", BOOLEAN, "Whether it has gone unobserved for more than twice its expected cadence"),
)
_EFFECT = (
    Column(
        "target", TEXT, "What the indicator bears on: the rate at which such events begin; deal: a mark of a meeting"
    ),
    _INDICATOR,
    Column(
        "source",
        TEXT,
        "What the effect is known from: orientation (the catalogue's prior), documents (with the judgements), history "
        "(with the record and no judgements), posterior (all)",
    ),
    Column("mean", NUMBER, "Mean effect", "log rate per level (deal: log odds per level)"),
    Column("sd", NUMBER, "Standard deviation of the effect", "log rate per level (deal: log odds per level)"),
)
_STATUS = (
    Column("status", TEXT, "published, rejected (its diagnostics were not sound), failed or started", "", True),
    Column("status_at", INSTANT, "When it took that status", "", True),
    Column("failures", JSON, "Why it was not published: a list of sentences"),
)
_ID = Column("id", INTEGER, "Number of the row: the version, which revisions and retractions name")
_CASE = Column("case_id", TEXT, "The case")
_KNOWN = Column("known_on", DATE, "Day from which it could be known")
_KNOWN_OR_SHIPPED = Column("known_on", DATE, "Day from which it could be known; empty for rows of the case", "", True)
_ROW = (
    Column("supersedes", INTEGER, "The row it is a later version of; empty for a first version", "", True),
    Column("reason", TEXT, "Why it was revised"),
    Column("recorded_at", INSTANT, "When it was entered"),
    Column("status", TEXT, "stands, superseded (by a later version) or retracted, as of the date of the export"),
    Column("valid_until", DATE, "Day from which it no longer stands; empty while it stands", "", True),
    Column("ended_by", INTEGER, "The row that ended it: its later version, or a retraction, not listed", "", True),
    Column("end_reason", TEXT, "Why it was ended; empty while it stands"),
)
_OBSERVATION = (
    _ID,
    _CASE,
    _INDICATOR,
    Column("observed_on", DATE, "Day on which it happened"),
    _KNOWN,
    Column("level", NUMBER, "Coded level, -2 to 2, where 2 favours talks", "levels"),
    Column("source_title", TEXT, "Title of the source"),
    Column("source_publisher", TEXT, "Publisher of the source"),
    Column("source_url", TEXT, "Address of the source"),
    Column("origin", TEXT, "Where the news comes from: rows of one origin are one piece of evidence"),
    Column("reliability", TEXT, "Admiralty grade of the source, A (reliable) to E, F (cannot be judged)"),
    Column("credibility", INTEGER, "Admiralty grade of the content, 1 (confirmed) to 5 (improbable), 6 (unknown)"),
    Column("analyst", TEXT, "Who coded it"),
    Column("note", TEXT, "Note"),
    Column("row_key", TEXT, "SHA-256 of what was asserted: equal for equal observations"),
    *_ROW,
)
_EVENT = (
    _ID,
    _CASE,
    Column("event_id", TEXT, "The event, the same in all its versions"),
    Column("type", TEXT, "talks, contact, deal or crisis"),
    Column("framing", TEXT, "arms_control or denuclearisation; none for contact and crisis"),
    Column("started_on", DATE, "First day"),
    Column("ended_on", DATE, "Last day"),
    _KNOWN,
    Column("date_precision", TEXT, "Whether the day is known, or the month: day or month"),
    Column("level", TEXT, "Rank of those who met, or what kind of crisis it was"),
    Column("format", TEXT, "Who met: bilateral, trilateral …; none where nobody did"),
    Column("venue", TEXT, "Place"),
    Column("note", TEXT, "Note"),
    Column("source", TEXT, "Source"),
    Column("confidence", TEXT, "high, medium or low; low with a reason is in dispute, and left out of forecasts"),
    Column("analyst", TEXT, "Who entered it; empty for the events of the case", "", True),
    _ROW[0],
    Column("reason", TEXT, "Why it was revised or, where confidence is low, why it is in dispute"),
    *_ROW[2:],
)
_COMPLETENESS = (
    _ID,
    _CASE,
    Column("type", TEXT, "Type of event: talks, contact, deal or crisis"),
    Column("complete_from", DATE, "First day of the span that is attested complete"),
    Column("complete_through", DATE, "Last day of that span, as attested"),
    _KNOWN_OR_SHIPPED,
    Column("attested_by", TEXT, "Whose word it is"),
    Column("note", TEXT, "Note"),
    *_ROW,
)
_DOCUMENT = (
    _ID,
    _CASE,
    Column("document_id", TEXT, "The document, the same in all its versions"),
    Column("author", TEXT, "Author"),
    Column("title", TEXT, "Title"),
    Column("publisher", TEXT, "Publisher"),
    Column("published_on", DATE, "Day on which it was published"),
    Column("information_cutoff", DATE, "Last day it knows of; empty where that is not known", "", True),
    Column("language", TEXT, "Language of the text that was read"),
    Column("directness", TEXT, "How directly it speaks of the case's question: high, medium or low"),
    Column("caveats", TEXT, "What to bear in mind when reading it"),
    Column("known_on", DATE, "Day from which it could be known; empty: from the day it was published", "", True),
    *_ROW,
)
_JUDGEMENT = (
    _ID,
    _CASE,
    Column("document_id", TEXT, "The document; once that is retracted, its judgements no longer count"),
    Column("author", TEXT, "Author of the document"),
    Column("published_on", DATE, "Day on which the document was published"),
    _INDICATOR,
    Column("target", TEXT, "What the indicator is said to bear on"),
    Column("weight", NUMBER, "How strongly a high level favours the target, by the author: -3 to 3", "weight"),
    Column("basis", TEXT, "explicit (the author says so) or inferred"),
    Column("location", TEXT, "Place in the text"),
    Column("note", TEXT, "Note"),
    Column("known_on", DATE, "Day from which it could be known; empty: with its document", "", True),
    *_ROW,
)
_CATALOGUE = (
    _INDICATOR,
    Column("position", INTEGER, "Place in the catalogue"),
    Column("name", TEXT, "Name"),
    Column("question", TEXT, "What is asked when it is coded"),
    Column("orientation", TEXT, "Which way its levels point"),
    Column("kind", TEXT, "state (it holds until observed otherwise) or event (it fades)"),
    Column("group_name", TEXT, "Group of indicators"),
    Column("half_life_days", NUMBER, "Time in which half of what an observation says is gone", "days"),
    Column("expected_cadence_days", NUMBER, "Expected time between observations", "days"),
    Column("lag_days", INTEGER, "Delay after which it bears on whether meetings go on", "days"),
    Column("contested", BOOLEAN, "Whether the documents disagree on which way it points"),
    Column("typical_sources", JSON, "Where it is usually observed: a list"),
    Column("documents", JSON, "Documents that speak of it: a list"),
    Column("document_refs", JSON, "Places in them: a list"),
    Column("note", TEXT, "Note"),
    Column("level_minus2", TEXT, "Criterion of level -2"),
    Column("level_minus1", TEXT, "Criterion of level -1"),
    Column("level_0", TEXT, "Criterion of level 0"),
    Column("level_plus1", TEXT, "Criterion of level 1"),
    Column("level_plus2", TEXT, "Criterion of level 2"),
    *_LEVEL,
    Column("observations", INTEGER, "Number of observations that stand"),
    Column("case_id", TEXT, "The case"),
    Column("as_of", DATE, "Day of which mean, sd, active, last_observed_on, stale_days and stale are"),
)


CONTENTS = {
    "forecasts": Content(
        row="run, target and horizon",
        columns=(*_RUN, *_FORECAST, *_SITUATION),
        dated_by="as_of",
        options=("--target", "--horizon", "--kind"),
        shared=(len(_RUN), len(_SITUATION)),
    ),
    "scenarios": Content(
        row="run, horizon and scenario",
        columns=(*_RUN, *_SCENARIO),
        dated_by="as_of",
        options=("--horizon", "--kind"),
        shared=(len(_RUN), 0),
    ),
    "states": Content(
        row="run and indicator",
        columns=(*_RUN, _INDICATOR, *_LEVEL),
        dated_by="as_of",
        options=("--kind",),
        shared=(len(_RUN), 0),
    ),
    "effects": Content(
        row="run, target, indicator and source",
        columns=(*_RUN, *_EFFECT),
        dated_by="as_of",
        options=("--target", "--kind"),
        shared=(len(_RUN), 0),
    ),
    "runs": Content(
        row="run, whatever became of it", columns=(*_RUN, *_STATUS, *_SITUATION), dated_by="as_of", options=("--kind",)
    ),
    "observations": Content(
        row="version of an observation", columns=_OBSERVATION, dated_by="observed_on", begin="run `parley log`"
    ),
    "events": Content(row="version of an event", columns=_EVENT, dated_by="started_on", begin="run `parley event add`"),
    "completeness": Content(
        row="version of an attestation",
        columns=_COMPLETENESS,
        dated_by="complete_through",
        begin="run `parley event none --through DATE`",
    ),
    "indicators": Content(
        row="indicator of the catalogue, with its level", columns=_CATALOGUE, begin="run `parley init`"
    ),
    "documents": Content(
        row="version of a document",
        columns=_DOCUMENT,
        dated_by="published_on",
        begin="load a case that has some: `parley init --case FOLDER`",
    ),
    "judgements": Content(
        row="version of a judgement",
        columns=_JUDGEMENT,
        dated_by="published_on",
        options=("--target",),
        begin="load a case that has some: `parley init --case FOLDER`",
    ),
}
"""By the word that `--what` takes."""
ALWAYS = ("--as-of", "--as-recorded")


def options_of(what: str) -> tuple[str, ...]:
    """The options that choose among the rows of an export."""
    content = CONTENTS[what]
    return (*(("--from", "--to") if content.dated_by else ()), *content.options, *ALWAYS)
