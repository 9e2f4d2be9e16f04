"""The tables. All but `OPERATIONAL` are append-only and hash-chained: a row has `id` (1, 2, 3 …, no gaps),
`recorded_at`, `hash`.

A fact (document, judgement, observation, event, attestation) is corrected by a row whose `supersedes` names the row it
replaces, and withdrawn by such a row with `retracted` and a `reason`; so is a saved scenario. `supersedes` is unique,
so that the history of a fact is a line.

A column added later must be nullable: nulls stay out of the hashed content, so that earlier hashes keep holding.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from db.kinds import BACKFILL, OFFICIAL, RUN_KINDS, RUN_STATUSES
from db.operational import leases as leases
from db.operational import posterior_chunks as posterior_chunks
from db.shapes import (
    between,
    chained,
    fact,
    forecasts,
    known_once,
    metadata,
    one_of,
    partly_unique,
    rule,
    text_column,
)
from db.types import Instant

SCHEMA_VERSION = "0013"

cases = chained(
    "cases",
    Column("case_id", Text, nullable=False, index=True),
    text_column("name"),
    text_column("headline"),
    Column("record_from", Date, nullable=False),
    Column("dry_after_days", Integer, nullable=False),
    Column("knots_until", Date, nullable=False),
    Column("case_hash", String(64), nullable=False),
    Column("folder_hash", String(64)),
    Column("analyst", Text),
    Column("priors", JSON(none_as_null=True)),
    Column("stories", JSON(none_as_null=True)),
    rule("dry_after_days_positive", "dry_after_days > 0", "dry_after_days must be above 0"),
    rule("knots_after_start", "knots_until > record_from", "knots_until must lie after record_from"),
)

indicators = chained(
    "indicators",
    Column("case_row_id", ForeignKey("cases.id"), nullable=False),
    text_column("indicator_id"),
    Column("position", Integer, nullable=False),
    text_column("name"),
    text_column("question"),
    text_column("orientation"),
    text_column("kind"),
    text_column("group_name"),
    Column("half_life_days", Float, nullable=False),
    Column("expected_cadence_days", Float, nullable=False),
    Column("lag_days", Integer, nullable=False),
    Column("contested", Boolean, nullable=False),
    Column("typical_sources", JSON, nullable=False),
    Column("documents", JSON, nullable=False),
    Column("document_refs", JSON, nullable=False),
    text_column("note"),
    Column("bears_on", JSON(none_as_null=True)),
    Column("added_on", Date),
    Column("retired_on", Date),
    Column("analyst", Text),
    Column("reason", Text),
    UniqueConstraint("case_row_id", "indicator_id"),
    UniqueConstraint("case_row_id", "position"),
    one_of("kind", "state", "event"),
    rule("half_life_days_positive", "half_life_days > 0", "half_life_days must be above 0"),
    rule("lag_days_not_negative", "lag_days >= 0", "lag_days must be 0 or more"),
)

level_criteria = chained(
    "level_criteria",
    Column("indicator_row_id", ForeignKey("indicators.id"), nullable=False),
    Column("level", Integer, nullable=False),
    text_column("criterion"),
    UniqueConstraint("indicator_row_id", "level"),
    between("level", -2, 2),
)

grades = chained(
    "grades",
    Column("case_row_id", ForeignKey("cases.id"), nullable=False),
    Column("reliability", String(1), nullable=False),
    Column("credibility", Integer, nullable=False),
    Column("sd_levels", Float, nullable=False),
    UniqueConstraint("case_row_id", "reliability", "credibility"),
    one_of("reliability", *"ABCDEF"),
    between("credibility", 1, 6),
    rule("sd_levels_positive", "sd_levels > 0", "sd_levels must be above 0"),
)

deadlines = chained(
    "deadlines",
    Column("case_row_id", ForeignKey("cases.id"), nullable=False),
    Column("deadline", Date, nullable=False),
    text_column("meaning"),
    UniqueConstraint("case_row_id", "deadline"),
)

documents = fact(
    "documents",
    ("case_id", "document_id"),
    text_column("case_id"),
    text_column("document_id"),
    text_column("author"),
    text_column("title"),
    text_column("publisher"),
    Column("published_on", Date, nullable=False),
    Column("information_cutoff", Date),
    text_column("language"),
    text_column("directness"),
    text_column("caveats"),
    Column("analyst", Text),
    undated=True,
)

judgements = fact(
    "judgements",
    ("case_id", "document_id", "indicator_id", "target"),
    text_column("case_id"),
    text_column("document_id"),
    text_column("indicator_id"),
    text_column("target"),
    Column("weight", Float, nullable=False),
    text_column("basis"),
    text_column("location"),
    text_column("note"),
    Column("analyst", Text),
    between("weight", -3, 3),
    one_of("basis", "explicit", "inferred"),
    undated=True,
)

LISTED_BY = ("case_id", "observed_on", "known_on", "id", "indicator_id", "analyst")
"""All that a list of observations is ordered, cut and counted by, so that it reads no other rows than it shows."""

observations = fact(
    "observations",
    ("row_key",),
    text_column("case_id"),
    text_column("indicator_id"),
    Column("observed_on", Date, nullable=False),
    Column("level", Float, nullable=False),
    text_column("source_title"),
    text_column("source_publisher"),
    text_column("source_url"),
    text_column("origin"),
    Column("reliability", String(1), nullable=False),
    Column("credibility", Integer, nullable=False),
    text_column("analyst"),
    text_column("note"),
    Column("row_key", String(64), nullable=False),
    between("level", -2, 2),
    one_of("reliability", *"ABCDEF"),
    between("credibility", 1, 6),
    *known_once("known_once_observed", "observed_on"),
    Index("ix_observations_observed", *LISTED_BY),
)

events = fact(
    "events",
    ("case_id", "event_id"),
    text_column("case_id"),
    text_column("event_id"),
    text_column("type"),
    text_column("framing"),
    Column("started_on", Date, nullable=False),
    Column("ended_on", Date, nullable=False),
    text_column("date_precision"),
    text_column("level"),
    text_column("format"),
    text_column("venue"),
    text_column("note"),
    text_column("source"),
    text_column("confidence"),
    Column("analyst", Text),
    rule("ended_once_started", "ended_on >= started_on", "ended_on must not lie before started_on"),
    *known_once("known_once_started", "started_on"),
)

completeness = fact(
    "completeness",
    ("row_key",),
    text_column("case_id"),
    text_column("type"),
    Column("complete_from", Date, nullable=False),
    Column("complete_through", Date, nullable=False),
    text_column("attested_by"),
    text_column("note"),
    Column("row_key", String(64), nullable=False),
    rule(
        "complete_in_order", "complete_through >= complete_from", "complete_through must not lie before complete_from"
    ),
    undated=True,
)

runs = chained(
    "runs",
    text_column("case_id"),
    text_column("kind"),
    Column("as_of", Date, nullable=False),
    Column("as_recorded", Instant),
    Column("seed", BigInteger, nullable=False),
    Column("inputs_hash", String(64), nullable=False),
    Column("case_hash", String(64), nullable=False),
    text_column("code_version"),
    Column("versions", JSON, nullable=False),
    Column("posterior_hash", String(64)),
    Column("dry", Boolean, nullable=False),
    Column("days_since_talks", Integer),
    Column("complete_through", Date, nullable=False),
    Column("p_dry_now", Float),
    Column("positions", JSON(none_as_null=True)),
    one_of("kind", *RUN_KINDS),
    between("p_dry_now", 0, 1),
    Index(None, "case_id", "as_of"),
)

run_statuses = chained(
    "run_statuses",
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    text_column("status"),
    Column("detail", JSON, nullable=False),
    one_of("status", *RUN_STATUSES),
)


_PROBABILITIES = ("mean", "q05", "q25", "q50", "q75", "q95")
_BESIDE = ("base_rate", "documents_only", "history_only")

target_forecasts = forecasts(
    "target_forecasts",
    "target",
    *(Column(name, Float, nullable=False) for name in _PROBABILITIES),
    Column("mcse", Float, nullable=False),
    *(Column(name, Float) for name in _BESIDE),
    *(between(name, 0, 1) for name in (*_PROBABILITIES, "mcse", *_BESIDE)),
    rule(
        "quantiles_in_order",
        "q05 <= q25 AND q25 <= q50 AND q50 <= q75 AND q75 <= q95",
        "q05, q25, q50, q75, q95 must not decrease",
    ),
)

scenario_forecasts = forecasts(
    "scenario_forecasts", "scenario", Column("probability", Float, nullable=False), between("probability", 0, 1)
)

indicator_states = chained(
    "indicator_states",
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    text_column("indicator_id"),
    Column("mean", Float, nullable=False),
    Column("sd", Float, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("last_observed_on", Date),
    UniqueConstraint("run_id", "indicator_id"),
    rule("sd_not_negative", "sd >= 0", "sd must be 0 or more"),
)

effects = chained(
    "effects",
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    text_column("target"),
    text_column("indicator_id"),
    text_column("source"),
    Column("mean", Float, nullable=False),
    Column("sd", Float, nullable=False),
    UniqueConstraint("run_id", "target", "indicator_id", "source"),
    one_of("source", "orientation", "documents", "history", "posterior"),
    rule("sd_not_negative", "sd >= 0", "sd must be 0 or more"),
)

evaluations = chained(
    "evaluations",
    text_column("case_id"),
    text_column("kind"),
    Column("as_of", Date, nullable=False),
    text_column("code_version"),
    text_column("model_version"),
    Column("case_hash", String(64), nullable=False),
    Column("inputs_hash", String(64), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    Column("file_hash", String(64)),
    one_of("kind", "backtest", "check"),
    Index(None, "case_id", "kind"),
)
"""Results of backtests and checks of the model, with the code they hold for."""

attempts = chained(
    "attempts",
    text_column("case_id"),
    Column("scheduled_for", Date, nullable=False),
    Column("scheduled_at", Instant, nullable=False),
    Column("as_of", Date, nullable=False),
    text_column("kind"),
    text_column("holder"),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("wall_s", Float, nullable=False),
    text_column("outcome"),
    Column("run_id", ForeignKey("runs.id")),
    text_column("code_version"),
    Column("versions", JSON, nullable=False),
    Column("diagnostics", JSON, nullable=False),
    text_column("error"),
    text_column("log"),
    one_of("kind", OFFICIAL, BACKFILL),
    one_of("outcome", "published", "rejected", "failed", "skipped"),
    rule(
        "run_where_fitted",
        "(run_id IS NULL) = (outcome IN ('failed', 'skipped'))",
        "an attempt names its run where a fit was made, and only there",
    ),
    Index(None, "case_id", "scheduled_for"),
    partly_unique("attempts_day", ("case_id", "scheduled_for"), "outcome <> 'failed'"),
)
"""The ledger of scheduled runs: a day is tried until it is published, rejected or skipped, and that happens once."""

alerts = chained(
    "alerts",
    text_column("case_id"),
    text_column("rule"),
    text_column("subject"),
    Column("run_id", ForeignKey("runs.id")),
    text_column("title"),
    text_column("body"),
    Column("facts", JSON, nullable=False),
    Column("channels", JSON, nullable=False),
    UniqueConstraint("case_id", "rule", "subject"),
)
"""What was worth telling, once per rule and subject, and the channels it goes out by."""

deliveries = chained(
    "deliveries",
    Column("alert_id", ForeignKey("alerts.id"), nullable=False, index=True),
    text_column("channel"),
    text_column("outcome"),
    text_column("error"),
    one_of("outcome", "sent", "failed", "abandoned"),
    partly_unique("deliveries_end", ("alert_id", "channel"), "outcome <> 'failed'"),
)
"""Each try to send an alert by a channel, up to the one that ends them."""

reports = chained(
    "reports",
    text_column("case_id"),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("since_run_id", ForeignKey("runs.id")),
    text_column("language"),
    text_column("format"),
    Column("sha256", String(64), nullable=False),
    text_column("code_version"),
    one_of("language", "en", "ja", "ko"),
    one_of("format", "html", "md", "html-short", "md-short"),
    Index(None, "case_id"),
)
"""The briefs that were written: of which run, compared with which earlier one, and the hash of the file."""

zones = chained("zones", text_column("zone"), text_column("analyst"), text_column("reason"))
"""The time zone whose days are the database's, such as Asia/Tokyo: the last row's, UTC where there is none."""

run_names = chained(
    "run_names",
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    text_column("name"),
    text_column("analyst"),
    UniqueConstraint("name"),
)
"""Names that people gave to runs: the posterior of a named run is kept whole."""

thinnings = chained(
    "thinnings",
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("old_hash", String(64), nullable=False),
    Column("new_hash", String(64), nullable=False),
    text_column("rule"),
    UniqueConstraint("old_hash"),
)
"""Posteriors of which some draws are kept, weighted so that they say what the run said; the whole is gone."""

explanations = chained(
    "explanations",
    text_column("case_id"),
    Column("before_run_id", ForeignKey("runs.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    text_column("path"),
    text_column("method"),
    text_column("code_version"),
    text_column("model_version"),
    Column("inputs_hash_before", String(64), nullable=False),
    Column("inputs_hash", String(64), nullable=False),
    Column("result", JSON, nullable=False),
    one_of("path", "direct", "daily"),
    UniqueConstraint("before_run_id", "run_id", "path", "model_version"),
)
"""What made the difference between two runs, line by line, by the sources of a version of the model."""

scenarios = fact(
    "scenarios",
    ("case_id", "name"),
    text_column("case_id"),
    text_column("name"),
    Column("statements", JSON, nullable=False),
    text_column("analyst"),
)
"""What people suppose, saved under a name; versioned like facts, and read by no run."""

scenario_answers = chained(
    "scenario_answers",
    text_column("case_id"),
    Column("scenario_id", ForeignKey("scenarios.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    text_column("mode"),
    text_column("status"),
    Column("pareto_k", Float),
    Column("ess", Float),
    text_column("code_version"),
    text_column("model_version"),
    Column("result", JSON, nullable=False),
    one_of("mode", "see", "do", "both"),
    one_of("status", "exact", "reweighted", "refitted"),
    UniqueConstraint("scenario_id", "run_id"),
)
"""What a version of a scenario does to the forecast of a run."""

seals = chained(
    "seals",
    text_column("table_name"),
    Column("last_id", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    UniqueConstraint("table_name", "last_id"),
)
"""After each append, where the chain of its table ended: the loss of a table's last rows shows here."""

OPERATIONAL = (leases, posterior_chunks)

CHAINED: tuple[Table, ...] = tuple(table for table in metadata.sorted_tables if table not in OPERATIONAL)
"""Every table that is part of the record, referred-to tables first."""

RULES: dict[str, str] = {
    f"ck_{table.name}_{constraint.info['name']}": constraint.info["sentence"]
    for table in CHAINED
    for constraint in table.constraints
    if "sentence" in constraint.info
}
"""What each CHECK constraint demands, as a sentence for messages."""
