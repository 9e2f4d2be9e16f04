"""The tables. Every one is append-only and hash-chained: a row has `id` (1, 2, 3 …, no gaps), `recorded_at`, `hash`.

A fact (document, judgement, observation, event, attestation) is corrected by a row whose `supersedes` names the row it
replaces, and withdrawn by such a row with `retracted` and a `reason`. `supersedes` is unique, so that the history of a
fact is a line.

A column added later must be nullable: nulls stay out of the hashed content, so that earlier hashes keep holding.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem

from db.types import Instant

SCHEMA_VERSION = "0003"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _rule(name: str, condition: str, sentence: str) -> CheckConstraint:
    return CheckConstraint(condition, name=name, info={"name": name, "sentence": sentence})


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return _rule(f"{column}_known", f"{column} IN ({listed})", f"{column} must be one of {', '.join(values)}")


def _between(column: str, low: int, high: int) -> CheckConstraint:
    return _rule(f"{column}_range", f"{column} BETWEEN {low} AND {high}", f"{column} must lie between {low} and {high}")


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _chained(name: str, *items: SchemaItem) -> Table:
    columns = [item for item in items if isinstance(item, Column)]
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        *columns,
        Column("recorded_at", Instant, nullable=False),
        Column("hash", String(64), nullable=False),
        *(item for item in items if not isinstance(item, Column)),
    )


def _partly_unique(name: str, columns: tuple[str, ...], where: str) -> Index:
    condition = text(where)
    return Index(f"uq_{name}", *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def _fact(name: str, key: tuple[str, ...], *items: SchemaItem, undated: bool = False) -> Table:
    """Make a table of facts named by `key`; `undated` facts may leave `known_on` empty, their corrections may not."""
    dated = _rule(
        "correction_dated",
        "supersedes IS NULL OR known_on IS NOT NULL",
        "a row that supersedes another must say known_on, the day from which the correction acts",
    )
    return _chained(
        name,
        *items,
        Column("known_on", Date, nullable=undated),
        Column("supersedes", Integer, ForeignKey(f"{name}.id")),
        Column("retracted", Boolean, nullable=False),
        _text("reason"),
        _rule(
            "retraction_reasoned",
            "NOT retracted OR (supersedes IS NOT NULL AND reason <> '')",
            "a retraction must name the row it supersedes and give a reason",
        ),
        *((dated,) if undated else ()),
        _partly_unique(f"{name}_fact", key, "supersedes IS NULL"),
        _partly_unique(f"{name}_supersedes", ("supersedes",), "supersedes IS NOT NULL"),
    )


cases = _chained(
    "cases",
    Column("case_id", Text, nullable=False, index=True),
    _text("name"),
    _text("headline"),
    Column("record_from", Date, nullable=False),
    Column("dry_after_days", Integer, nullable=False),
    Column("knots_until", Date, nullable=False),
    Column("case_hash", String(64), nullable=False),
    _rule("dry_after_days_positive", "dry_after_days > 0", "dry_after_days must be above 0"),
    _rule("knots_after_start", "knots_until > record_from", "knots_until must lie after record_from"),
)

indicators = _chained(
    "indicators",
    Column("case_row_id", ForeignKey("cases.id"), nullable=False),
    _text("indicator_id"),
    Column("position", Integer, nullable=False),
    _text("name"),
    _text("question"),
    _text("orientation"),
    _text("kind"),
    _text("group_name"),
    Column("half_life_days", Float, nullable=False),
    Column("expected_cadence_days", Float, nullable=False),
    Column("lag_days", Integer, nullable=False),
    Column("contested", Boolean, nullable=False),
    Column("typical_sources", JSON, nullable=False),
    Column("documents", JSON, nullable=False),
    Column("document_refs", JSON, nullable=False),
    _text("note"),
    UniqueConstraint("case_row_id", "indicator_id"),
    UniqueConstraint("case_row_id", "position"),
    _one_of("kind", "state", "event"),
    _rule("half_life_days_positive", "half_life_days > 0", "half_life_days must be above 0"),
    _rule("lag_days_not_negative", "lag_days >= 0", "lag_days must be 0 or more"),
)

level_criteria = _chained(
    "level_criteria",
    Column("indicator_row_id", ForeignKey("indicators.id"), nullable=False),
    Column("level", Integer, nullable=False),
    _text("criterion"),
    UniqueConstraint("indicator_row_id", "level"),
    _between("level", -2, 2),
)

grades = _chained(
    "grades",
    Column("case_row_id", ForeignKey("cases.id"), nullable=False),
    Column("reliability", String(1), nullable=False),
    Column("credibility", Integer, nullable=False),
    Column("sd_levels", Float, nullable=False),
    UniqueConstraint("case_row_id", "reliability", "credibility"),
    _one_of("reliability", *"ABCDEF"),
    _between("credibility", 1, 6),
    _rule("sd_levels_positive", "sd_levels > 0", "sd_levels must be above 0"),
)

deadlines = _chained(
    "deadlines",
    Column("case_row_id", ForeignKey("cases.id"), nullable=False),
    Column("deadline", Date, nullable=False),
    _text("meaning"),
    UniqueConstraint("case_row_id", "deadline"),
)

documents = _fact(
    "documents",
    ("case_id", "document_id"),
    _text("case_id"),
    _text("document_id"),
    _text("author"),
    _text("title"),
    _text("publisher"),
    Column("published_on", Date, nullable=False),
    Column("information_cutoff", Date),
    _text("language"),
    _text("directness"),
    _text("caveats"),
    undated=True,
)

judgements = _fact(
    "judgements",
    ("case_id", "document_id", "indicator_id", "target"),
    _text("case_id"),
    _text("document_id"),
    _text("indicator_id"),
    _text("target"),
    Column("weight", Float, nullable=False),
    _text("basis"),
    _text("location"),
    _text("note"),
    _between("weight", -3, 3),
    _one_of("basis", "explicit", "inferred"),
    undated=True,
)

observations = _fact(
    "observations",
    ("row_key",),
    _text("case_id"),
    _text("indicator_id"),
    Column("observed_on", Date, nullable=False),
    Column("level", Float, nullable=False),
    _text("source_title"),
    _text("source_publisher"),
    _text("source_url"),
    _text("origin"),
    Column("reliability", String(1), nullable=False),
    Column("credibility", Integer, nullable=False),
    _text("analyst"),
    _text("note"),
    Column("row_key", String(64), nullable=False),
    _between("level", -2, 2),
    _one_of("reliability", *"ABCDEF"),
    _between("credibility", 1, 6),
    _rule("known_once_observed", "known_on >= observed_on", "known_on must not lie before observed_on"),
    Index("ix_observations_known", "case_id", "indicator_id", "known_on"),
)

events = _fact(
    "events",
    ("case_id", "event_id"),
    _text("case_id"),
    _text("event_id"),
    _text("type"),
    _text("framing"),
    Column("started_on", Date, nullable=False),
    Column("ended_on", Date, nullable=False),
    _text("date_precision"),
    _text("level"),
    _text("format"),
    _text("venue"),
    _text("note"),
    _text("source"),
    _text("confidence"),
    Column("analyst", Text),
    _rule("ended_once_started", "ended_on >= started_on", "ended_on must not lie before started_on"),
    _rule("known_once_started", "known_on >= started_on", "known_on must not lie before started_on"),
)

completeness = _fact(
    "completeness",
    ("row_key",),
    _text("case_id"),
    _text("type"),
    Column("complete_from", Date, nullable=False),
    Column("complete_through", Date, nullable=False),
    _text("attested_by"),
    _text("note"),
    Column("row_key", String(64), nullable=False),
    _rule(
        "complete_in_order", "complete_through >= complete_from", "complete_through must not lie before complete_from"
    ),
    undated=True,
)

runs = _chained(
    "runs",
    _text("case_id"),
    _text("kind"),
    Column("as_of", Date, nullable=False),
    Column("as_recorded", Instant),
    Column("seed", BigInteger, nullable=False),
    Column("inputs_hash", String(64), nullable=False),
    Column("case_hash", String(64), nullable=False),
    _text("code_version"),
    Column("versions", JSON, nullable=False),
    Column("posterior_hash", String(64)),
    Column("dry", Boolean, nullable=False),
    Column("days_since_talks", Integer),
    Column("complete_through", Date, nullable=False),
    Column("p_dry_now", Float),
    _one_of("kind", "official", "manual", "backfill", "provisional"),
    _between("p_dry_now", 0, 1),
    Index(None, "case_id", "as_of"),
)

run_statuses = _chained(
    "run_statuses",
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    _text("status"),
    Column("detail", JSON, nullable=False),
    _one_of("status", "started", "published", "rejected", "failed"),
)


def _forecasts(name: str, subject: str, *items: SchemaItem) -> Table:
    """Make a table of forecasts of `subject` over either a rolling horizon or a fixed deadline."""
    return _chained(
        name,
        Column("run_id", ForeignKey("runs.id"), nullable=False),
        _text(subject),
        Column("horizon_days", Integer),
        Column("deadline", Date),
        *items,
        _rule(
            "horizon_or_deadline",
            "(horizon_days IS NULL) <> (deadline IS NULL)",
            "exactly one of horizon_days and deadline must be given",
        ),
        _rule("horizon_days_positive", "horizon_days > 0", "horizon_days must be above 0"),
        _partly_unique(f"{name}_horizon", ("run_id", subject, "horizon_days"), "horizon_days IS NOT NULL"),
        _partly_unique(f"{name}_deadline", ("run_id", subject, "deadline"), "deadline IS NOT NULL"),
    )


_PROBABILITIES = ("mean", "q05", "q25", "q50", "q75", "q95")
_BESIDE = ("base_rate", "documents_only", "history_only")

target_forecasts = _forecasts(
    "target_forecasts",
    "target",
    *(Column(name, Float, nullable=False) for name in _PROBABILITIES),
    Column("mcse", Float, nullable=False),
    *(Column(name, Float) for name in _BESIDE),
    *(_between(name, 0, 1) for name in (*_PROBABILITIES, "mcse", *_BESIDE)),
    _rule(
        "quantiles_in_order",
        "q05 <= q25 AND q25 <= q50 AND q50 <= q75 AND q75 <= q95",
        "q05, q25, q50, q75, q95 must not decrease",
    ),
)

scenario_forecasts = _forecasts(
    "scenario_forecasts", "scenario", Column("probability", Float, nullable=False), _between("probability", 0, 1)
)

indicator_states = _chained(
    "indicator_states",
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    _text("indicator_id"),
    Column("mean", Float, nullable=False),
    Column("sd", Float, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("last_observed_on", Date),
    UniqueConstraint("run_id", "indicator_id"),
    _rule("sd_not_negative", "sd >= 0", "sd must be 0 or more"),
)

effects = _chained(
    "effects",
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    _text("target"),
    _text("indicator_id"),
    _text("source"),
    Column("mean", Float, nullable=False),
    Column("sd", Float, nullable=False),
    UniqueConstraint("run_id", "target", "indicator_id", "source"),
    _one_of("source", "orientation", "documents", "history", "posterior"),
    _rule("sd_not_negative", "sd >= 0", "sd must be 0 or more"),
)

evaluations = _chained(
    "evaluations",
    _text("case_id"),
    _text("kind"),
    Column("as_of", Date, nullable=False),
    _text("code_version"),
    _text("model_version"),
    Column("case_hash", String(64), nullable=False),
    Column("inputs_hash", String(64), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    Column("file_hash", String(64)),
    _one_of("kind", "backtest", "check"),
    Index(None, "case_id", "kind"),
)
"""Results of backtests and checks of the model, with the code they hold for."""

seals = _chained(
    "seals",
    _text("table_name"),
    Column("last_id", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    UniqueConstraint("table_name", "last_id"),
)
"""After each append, where the chain of its table ended: the loss of a table's last rows shows here."""

CHAINED: tuple[Table, ...] = tuple(metadata.sorted_tables)
"""Every table, referred-to tables first."""

RULES: dict[str, str] = {
    f"ck_{table.name}_{constraint.info['name']}": constraint.info["sentence"]
    for table in CHAINED
    for constraint in table.constraints
    if "sentence" in constraint.info
}
"""What each CHECK constraint demands, as a sentence for messages."""
