"""Columns of exports that come from runs: what each means, and where its value is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.engine import Row

from db.kinds import PROVISIONAL
from db.run_rows import RunRow
from forecast.exports.columns import BOOLEAN, DATE, INSTANT, INTEGER, JSON, NUMBER, PROBABILITY, TEXT, derived, stored
from forecast.run_facts import diagnostics_of, failures_of, issued_before_the_fact
from forecast.structures import structure_of
from forecast.words.names import SCENARIO_NAMES

_SCENARIOS = ", ".join(f"{label} {name}" for label, name in SCENARIO_NAMES.items())


@dataclass(frozen=True, slots=True)
class About:
    """A run, and what is said of it that is not in its row."""

    run: RunRow
    headline: str = ""
    """Of the version of the case that it was made with."""
    stale: int | None = None
    """How many indicators were stale; None where it holds no levels."""
    names: tuple[str, ...] = ()
    """That people gave it, oldest first."""

    @property
    def diagnostics(self) -> Mapping[str, Any]:
        return diagnostics_of(self.run)


class Line(NamedTuple):
    """What one run said in one row."""

    row: Row[*tuple[Any, ...]]
    about: About


class Level(NamedTuple):
    """What one run said of one indicator; before its first observation, a stand-in that is no level."""

    indicator_id: str
    mean: float
    sd: float
    active: bool
    last_observed_on: date | None
    stale_days: int | None
    stale: bool


def as_text(value: object) -> str:
    """JSON in one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


RUN = (
    derived("run_id", INTEGER, "Number of the run, as in `parley show --run`", lambda about: about.run.id),
    derived("case_id", TEXT, "The case", lambda about: about.run.case_id),
    derived(
        "kind",
        TEXT,
        "official (scheduled), manual, backfill (made after its day was over) or provisional (no fit)",
        lambda about: about.run.kind,
    ),
    derived(
        "as_of",
        DATE,
        "Only what could be known by this day was used; windows begin the day after",
        lambda about: about.run.as_of,
    ),
    derived("issued_at", INSTANT, "When the run was stored", lambda about: about.run.issued_at),
    derived(
        "structure",
        INTEGER,
        "Structure of the model that made the run; runs of different structures do not form one series",
        lambda about: structure_of(about.run),
    ),
)
_REACH = (
    stored(
        "horizon_days",
        INTEGER,
        "Length of a rolling window; empty if the window ends on a deadline",
        unit="days",
        nullable=True,
    ),
    stored("deadline", DATE, "Last day of a window with a fixed end; empty for a rolling window", nullable=True),
)
SITUATION = (
    derived(
        "dry",
        BOOLEAN,
        "True if no qualifying meeting had ended recently as of complete_through; otherwise it was wet",
        lambda about: about.run.dry,
    ),
    derived(
        "days_since_talks",
        INTEGER,
        "Days from the end of the last qualifying meeting to complete_through; empty if there was none",
        lambda about: about.run.days_since_talks,
        unit="days",
        nullable=True,
    ),
    derived(
        "complete_through",
        DATE,
        "Last day, up to as_of, through which the record of talks is attested complete",
        lambda about: about.run.complete_through,
    ),
    derived(
        "unattested_days",
        INTEGER,
        "Days from complete_through to as_of, for which nobody has attested the record of talks",
        lambda about: max((about.run.as_of - about.run.complete_through).days, 0),
        unit="days",
    ),
    derived(
        "p_dry_now",
        PROBABILITY,
        "Probability that it is still dry on as_of; empty if the run failed",
        lambda about: about.run.p_dry_now,
        nullable=True,
    ),
    derived(
        "stale_indicators",
        INTEGER,
        "Number of indicators unobserved on as_of for more than twice their expected cadence; "
        "empty if the run has no levels",
        lambda about: about.stale,
        nullable=True,
    ),
    derived(
        "live",
        BOOLEAN,
        "Whether the run was issued before the fact, by the end of the day after as_of (UTC); the first such run of a "
        "day that is not provisional belongs to the track record",
        lambda about: about.run.kind != PROVISIONAL and issued_before_the_fact(about.run),
    ),
    derived(
        "rhat_max",
        NUMBER,
        "Largest R-hat of the fit; 1 is best, and above 1.01 the run is not published",
        lambda about: _number(about.diagnostics["rhat_max"]),
        nullable=True,
    ),
    derived(
        "ess_bulk_min",
        NUMBER,
        "Smallest bulk effective sample size of the fit",
        lambda about: _number(about.diagnostics["ess_bulk_min"]),
        unit="draws",
        nullable=True,
    ),
    derived(
        "ess_tail_min",
        NUMBER,
        "Smallest tail effective sample size of the fit",
        lambda about: _number(about.diagnostics["ess_tail_min"]),
        unit="draws",
        nullable=True,
    ),
    derived(
        "divergences",
        INTEGER,
        "Number of draws that diverged",
        lambda about: about.diagnostics["divergences"],
        unit="draws",
        nullable=True,
    ),
    derived(
        "draws",
        INTEGER,
        "Number of posterior draws",
        lambda about: about.diagnostics["draws"],
        unit="draws",
        nullable=True,
    ),
    derived(
        "seed",
        INTEGER,
        "Seed of the random numbers: up to 64 bits, so have it read as an integer or as text; "
        "above 2^53 programs that compute with doubles change its last digits",
        lambda about: about.run.seed,
    ),
    derived(
        "as_recorded",
        INSTANT,
        "Only rows recorded by then were used; empty if all rows on file were",
        lambda about: about.run.as_recorded,
        nullable=True,
    ),
    derived("inputs_hash", TEXT, "SHA-256 of the inputs", lambda about: about.run.inputs_hash),
    derived(
        "case_hash",
        TEXT,
        "SHA-256 of the version of the case: catalogue, grades, deadlines",
        lambda about: about.run.case_hash,
    ),
    derived(
        "posterior_hash",
        TEXT,
        "SHA-256 of the file with the posterior; empty if there is none",
        lambda about: about.run.posterior_hash,
        nullable=True,
    ),
    derived(
        "code_version",
        TEXT,
        "Release of Parley, and after the plus the hash of its sources",
        lambda about: about.run.code_version,
    ),
    derived(
        "versions",
        JSON,
        "Versions of the libraries that the numbers depend on",
        lambda about: as_text(about.run.versions),
    ),
)
FORECAST = (
    stored(
        "target",
        TEXT,
        "What is forecast, at least one in the window; arms_control_talks, denuclearisation_talks and deal lie within "
        "limits_talks",
    ),
    derived(
        "headline",
        BOOLEAN,
        "Whether the target is the headline of the case",
        lambda line: line.row.target == line.about.headline,
    ),
    *_REACH,
    stored("mean", PROBABILITY, "The probability: the mean of P(event | draw) over posterior draws"),
    stored("mcse", PROBABILITY, "Monte-Carlo standard error of the mean, which comes from the simulation alone"),
    stored("q05", PROBABILITY, "Lower end of the equal-tailed 90 % interval of P(event | draw)"),
    stored("q25", PROBABILITY, "Lower end of the equal-tailed 50 % interval of P(event | draw)"),
    stored("q50", PROBABILITY, "Median of P(event | draw)"),
    stored("q75", PROBABILITY, "Upper end of the equal-tailed 50 % interval of P(event | draw)"),
    stored("q95", PROBABILITY, "Upper end of the equal-tailed 90 % interval of P(event | draw)"),
    stored(
        "base_rate",
        PROBABILITY,
        "Share of past windows with an event, as of that day, with more weight on recent years",
        nullable=True,
    ),
    stored(
        "documents_only", PROBABILITY, "The probability from base rate and documents, without the record", nullable=True
    ),
    stored(
        "history_only",
        PROBABILITY,
        "The probability without the documents' judgements, by Laplace's approximation",
        nullable=True,
    ),
)
SCENARIO = (
    *_REACH,
    stored("scenario", TEXT, f"Label of the window; exactly one holds: {_SCENARIOS}"),
    derived(
        "scenario_name",
        TEXT,
        "The label in words",
        lambda line: SCENARIO_NAMES.get(line.row.scenario, line.row.scenario),
    ),
    stored("probability", PROBABILITY, "Probability of the scenario; those of one run and window add up to 1"),
)
INDICATOR = stored("indicator_id", TEXT, "The indicator")
LEVEL = (
    derived(
        "mean",
        NUMBER,
        "Filtered level, -2 to 2, where 2 favours talks; empty while inactive",
        lambda level: level.mean if level.active else None,
        unit="levels",
        nullable=True,
    ),
    derived(
        "sd",
        NUMBER,
        "Standard deviation of the filtered level; empty while inactive",
        lambda level: level.sd if level.active else None,
        unit="levels",
        nullable=True,
    ),
    stored("active", BOOLEAN, "Whether it has been observed yet; until then it contributes nothing"),
    stored(
        "last_observed_on", DATE, "Day of the last observation known by then; empty if there is none", nullable=True
    ),
    stored("stale_days", INTEGER, "Days from last_observed_on to the as-of date", unit="days", nullable=True),
    stored("stale", BOOLEAN, "Whether it has gone unobserved for more than twice its expected cadence"),
)
EFFECT = (
    stored(
        "target",
        TEXT,
        "What the indicator affects: the rate at which such events begin; for deal, the odds that a meeting brings one",
    ),
    INDICATOR,
    stored(
        "source",
        TEXT,
        "What the effect is based on: orientation (the catalogue's prior), documents (prior and judgements), history "
        "(prior and record, no judgements), posterior (everything)",
    ),
    stored("mean", NUMBER, "Mean effect", unit="log rate per level (deal: log odds per level)"),
    stored("sd", NUMBER, "Standard deviation of the effect", unit="log rate per level (deal: log odds per level)"),
    derived(
        "events_taught",
        PROBABILITY,
        "Share of the effect that events taught, of posterior: 1 − (sd / sd of documents)²; empty for other sources, "
        "and where the run keeps none of documents",
        lambda share: share,
        nullable=True,
    ),
)
STATUS = (
    derived(
        "status",
        TEXT,
        "published, rejected (its diagnostics were not sound), failed or started",
        lambda about: about.run.status,
        nullable=True,
    ),
    derived("status_at", INSTANT, "When it got that status", lambda about: about.run.status_at, nullable=True),
    derived(
        "failures", JSON, "Why it was not published: a list of sentences", lambda about: as_text(failures_of(about.run))
    ),
    derived("names", JSON, "Names given to the run: a list, oldest first", lambda about: as_text(about.names)),
)
