"""The first tables.  Spelled out here, not taken from db.tables, which moves on.

Triggers are no part of any migration: `db.migrate.upgrade` makes them anew after the last one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None


def upgrade() -> None:
    make_case_tables()
    make_document_tables()
    make_record_tables()
    make_run_tables()
    make_forecast_tables()
    make_detail_tables()
    make_seals()


def make_case_tables() -> None:
    chained(
        "cases",
        *texts("case_id", "name", "headline"),
        sa.Column("record_from", sa.Date, nullable=False),
        sa.Column("dry_after_days", sa.Integer, nullable=False),
        sa.Column("knots_until", sa.Date, nullable=False),
        sa.Column("case_hash", sa.String(64), nullable=False),
        rule("dry_after_days_positive", "dry_after_days > 0"),
        rule("knots_after_start", "knots_until > record_from"),
    )
    op.create_index("ix_cases_case_id", "cases", ["case_id"])
    chained(
        "indicators",
        reference("case_row_id", "cases"),
        *texts("indicator_id"),
        sa.Column("position", sa.Integer, nullable=False),
        *texts("name", "question", "orientation", "kind", "group_name"),
        sa.Column("half_life_days", sa.Float, nullable=False),
        sa.Column("expected_cadence_days", sa.Float, nullable=False),
        sa.Column("lag_days", sa.Integer, nullable=False),
        sa.Column("contested", sa.Boolean, nullable=False),
        sa.Column("typical_sources", sa.JSON, nullable=False),
        sa.Column("documents", sa.JSON, nullable=False),
        sa.Column("document_refs", sa.JSON, nullable=False),
        *texts("note"),
        sa.UniqueConstraint("case_row_id", "indicator_id"),
        sa.UniqueConstraint("case_row_id", "position"),
        rule("kind_known", "kind IN ('state', 'event')"),
        rule("half_life_days_positive", "half_life_days > 0"),
        rule("lag_days_not_negative", "lag_days >= 0"),
    )
    chained(
        "level_criteria",
        reference("indicator_row_id", "indicators"),
        sa.Column("level", sa.Integer, nullable=False),
        *texts("criterion"),
        sa.UniqueConstraint("indicator_row_id", "level"),
        rule("level_range", "level BETWEEN -2 AND 2"),
    )
    chained(
        "grades",
        reference("case_row_id", "cases"),
        sa.Column("reliability", sa.String(1), nullable=False),
        sa.Column("credibility", sa.Integer, nullable=False),
        sa.Column("sd_levels", sa.Float, nullable=False),
        sa.UniqueConstraint("case_row_id", "reliability", "credibility"),
        *grade_rules(),
        rule("sd_levels_positive", "sd_levels > 0"),
    )
    chained(
        "deadlines",
        reference("case_row_id", "cases"),
        sa.Column("deadline", sa.Date, nullable=False),
        *texts("meaning"),
        sa.UniqueConstraint("case_row_id", "deadline"),
    )


def make_document_tables() -> None:
    fact(
        "documents",
        ("case_id", "document_id"),
        *texts("case_id", "document_id", "author", "title", "publisher"),
        sa.Column("published_on", sa.Date, nullable=False),
        sa.Column("information_cutoff", sa.Date),
        *texts("language", "directness", "caveats"),
        undated=True,
    )
    fact(
        "judgements",
        ("case_id", "document_id", "indicator_id", "target"),
        *texts("case_id", "document_id", "indicator_id", "target"),
        sa.Column("weight", sa.Float, nullable=False),
        *texts("basis", "location", "note"),
        rule("weight_range", "weight BETWEEN -3 AND 3"),
        rule("basis_known", "basis IN ('explicit', 'inferred')"),
        undated=True,
    )


def make_record_tables() -> None:
    fact(
        "observations",
        ("row_key",),
        *texts("case_id", "indicator_id"),
        sa.Column("observed_on", sa.Date, nullable=False),
        sa.Column("level", sa.Float, nullable=False),
        *texts("source_title", "source_publisher", "source_url", "origin"),
        sa.Column("reliability", sa.String(1), nullable=False),
        sa.Column("credibility", sa.Integer, nullable=False),
        *texts("analyst", "note"),
        sa.Column("row_key", sa.String(64), nullable=False),
        rule("level_range", "level BETWEEN -2 AND 2"),
        *grade_rules(),
        rule("known_once_observed", "known_on >= observed_on"),
    )
    op.create_index("ix_observations_known", "observations", ["case_id", "indicator_id", "known_on"])
    fact(
        "events",
        ("case_id", "event_id"),
        *texts("case_id", "event_id", "type", "framing"),
        sa.Column("started_on", sa.Date, nullable=False),
        sa.Column("ended_on", sa.Date, nullable=False),
        *texts("date_precision", "level", "format", "venue", "note", "source", "confidence"),
        rule("ended_once_started", "ended_on >= started_on"),
        rule("known_once_started", "known_on >= started_on"),
    )
    fact(
        "completeness",
        ("row_key",),
        *texts("case_id", "type"),
        sa.Column("complete_from", sa.Date, nullable=False),
        sa.Column("complete_through", sa.Date, nullable=False),
        *texts("attested_by", "note"),
        sa.Column("row_key", sa.String(64), nullable=False),
        rule("complete_in_order", "complete_through >= complete_from"),
        undated=True,
    )


def make_run_tables() -> None:
    chained(
        "runs",
        *texts("case_id", "kind"),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("as_recorded", sa.DateTime(timezone=True)),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("inputs_hash", sa.String(64), nullable=False),
        sa.Column("case_hash", sa.String(64), nullable=False),
        *texts("code_version"),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("posterior_hash", sa.String(64)),
        sa.Column("dry", sa.Boolean, nullable=False),
        sa.Column("days_since_talks", sa.Integer),
        sa.Column("complete_through", sa.Date, nullable=False),
        sa.Column("p_dry_now", sa.Float),
        rule("kind_known", "kind IN ('official', 'manual', 'backfill', 'provisional')"),
        rule("p_dry_now_range", "p_dry_now BETWEEN 0 AND 1"),
    )
    op.create_index("ix_runs_case_id_as_of", "runs", ["case_id", "as_of"])
    chained(
        "run_statuses",
        reference("run_id", "runs"),
        *texts("status"),
        sa.Column("detail", sa.JSON, nullable=False),
        rule("status_known", "status IN ('started', 'published', 'rejected', 'failed')"),
    )
    op.create_index("ix_run_statuses_run_id", "run_statuses", ["run_id"])


def make_forecast_tables() -> None:
    certain = ("mean", "q05", "q25", "q50", "q75", "q95", "mcse")
    beside = ("base_rate", "documents_only", "history_only")
    forecasts(
        "target_forecasts",
        "target",
        *(sa.Column(name, sa.Float, nullable=False) for name in certain),
        *(sa.Column(name, sa.Float) for name in beside),
        *(rule(f"{name}_range", f"{name} BETWEEN 0 AND 1") for name in (*certain, *beside)),
        rule("quantiles_in_order", "q05 <= q25 AND q25 <= q50 AND q50 <= q75 AND q75 <= q95"),
    )
    forecasts(
        "scenario_forecasts",
        "scenario",
        sa.Column("probability", sa.Float, nullable=False),
        rule("probability_range", "probability BETWEEN 0 AND 1"),
    )


def make_detail_tables() -> None:
    chained(
        "indicator_states",
        reference("run_id", "runs"),
        *texts("indicator_id"),
        sa.Column("mean", sa.Float, nullable=False),
        sa.Column("sd", sa.Float, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("last_observed_on", sa.Date),
        sa.UniqueConstraint("run_id", "indicator_id"),
        rule("sd_not_negative", "sd >= 0"),
    )
    chained(
        "effects",
        reference("run_id", "runs"),
        *texts("target", "indicator_id", "source"),
        sa.Column("mean", sa.Float, nullable=False),
        sa.Column("sd", sa.Float, nullable=False),
        sa.UniqueConstraint("run_id", "target", "indicator_id", "source"),
        rule("source_known", "source IN ('orientation', 'documents', 'history', 'posterior')"),
        rule("sd_not_negative", "sd >= 0"),
    )


def make_seals() -> None:
    chained(
        "seals",
        *texts("table_name"),
        sa.Column("last_id", sa.Integer, nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.UniqueConstraint("table_name", "last_id"),
    )


def texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def rule(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=name)


def grade_rules() -> tuple[sa.CheckConstraint, sa.CheckConstraint]:
    known = rule("reliability_known", "reliability IN ('A', 'B', 'C', 'D', 'E', 'F')")
    return known, rule("credibility_range", "credibility BETWEEN 1 AND 6")


def reference(column: str, table: str) -> sa.Column[int]:
    return sa.Column(column, sa.Integer, sa.ForeignKey(f"{table}.id"), nullable=False)


def chained(name: str, *items: SchemaItem) -> None:
    columns = [item for item in items if isinstance(item, sa.Column)]
    op.create_table(
        name,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        *columns,
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        *(item for item in items if not isinstance(item, sa.Column)),
    )


def fact(name: str, key: tuple[str, ...], *items: SchemaItem, undated: bool = False) -> None:
    chained(
        name,
        *items,
        sa.Column("known_on", sa.Date, nullable=undated),
        sa.Column("supersedes", sa.Integer, sa.ForeignKey(f"{name}.id")),
        sa.Column("retracted", sa.Boolean, nullable=False),
        *texts("reason"),
        rule("retraction_reasoned", "NOT retracted OR (supersedes IS NOT NULL AND reason <> '')"),
        *([rule("correction_dated", "supersedes IS NULL OR known_on IS NOT NULL")] if undated else []),
    )
    partly_unique(f"uq_{name}_fact", name, key, "supersedes IS NULL")
    partly_unique(f"uq_{name}_supersedes", name, ("supersedes",), "supersedes IS NOT NULL")


def forecasts(name: str, subject: str, *items: SchemaItem) -> None:
    chained(
        name,
        reference("run_id", "runs"),
        *texts(subject),
        sa.Column("horizon_days", sa.Integer),
        sa.Column("deadline", sa.Date),
        *items,
        rule("horizon_or_deadline", "(horizon_days IS NULL) <> (deadline IS NULL)"),
        rule("horizon_days_positive", "horizon_days > 0"),
    )
    for period in ("horizon_days", "deadline"):
        index = f"uq_{name}_{period.removesuffix('_days')}"
        partly_unique(index, name, ("run_id", subject, period), f"{period} IS NOT NULL")


def partly_unique(index: str, table: str, columns: tuple[str, ...], where: str) -> None:
    condition = sa.text(where)
    op.create_index(index, table, list(columns), unique=True, sqlite_where=condition, postgresql_where=condition)
