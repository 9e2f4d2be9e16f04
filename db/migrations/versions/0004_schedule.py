"""The ledger of scheduled runs, alerts and their deliveries, and the lease of whoever makes the runs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _attempts()
    _alerts()
    _deliveries()
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        _instant("since"),
        _instant("beat_at"),
        sa.Column("ttl_s", sa.Float, nullable=False),
        sa.Column("working_on", sa.Date),
        sa.Column("working_since", sa.DateTime(timezone=True)),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        _id(),
        _text("case_id"),
        sa.Column("scheduled_for", sa.Date, nullable=False),
        _instant("scheduled_at"),
        sa.Column("as_of", sa.Date, nullable=False),
        _text("kind"),
        _text("holder"),
        _instant("started_at"),
        _instant("ended_at"),
        sa.Column("wall_s", sa.Float, nullable=False),
        _text("outcome"),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", name="fk_attempts_run_id")),
        _text("code_version"),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("diagnostics", sa.JSON, nullable=False),
        _text("error"),
        _text("log"),
        *_chain(),
        sa.CheckConstraint("kind IN ('official', 'backfill')", name="kind_known"),
        sa.CheckConstraint("outcome IN ('published', 'rejected', 'failed', 'skipped')", name="outcome_known"),
        sa.CheckConstraint("(run_id IS NULL) = (outcome IN ('failed', 'skipped'))", name="run_where_fitted"),
    )
    op.create_index("ix_attempts_case_id_scheduled_for", "attempts", ["case_id", "scheduled_for"])
    _partly_unique("uq_attempts_day", "attempts", ["case_id", "scheduled_for"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        _id(),
        *(_text(name) for name in ("case_id", "rule", "subject")),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", name="fk_alerts_run_id")),
        *(_text(name) for name in ("title", "body")),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("channels", sa.JSON, nullable=False),
        *_chain(),
        sa.UniqueConstraint("case_id", "rule", "subject", name="uq_alerts_case_id_rule_subject"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _id(),
        sa.Column("alert_id", sa.Integer, sa.ForeignKey("alerts.id", name="fk_deliveries_alert_id"), nullable=False),
        *(_text(name) for name in ("channel", "outcome", "error")),
        *_chain(),
        sa.CheckConstraint("outcome IN ('sent', 'failed', 'abandoned')", name="outcome_known"),
    )
    op.create_index("ix_deliveries_alert_id", "deliveries", ["alert_id"])
    _partly_unique("uq_deliveries_end", "deliveries", ["alert_id", "channel"])


def _partly_unique(name: str, table: str, columns: list[str]) -> None:
    where = sa.text("outcome <> 'failed'")
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)


def _chain() -> tuple[sa.Column[object], ...]:
    return _instant("recorded_at"), sa.Column("hash", sa.String(64), nullable=False)


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=False)
