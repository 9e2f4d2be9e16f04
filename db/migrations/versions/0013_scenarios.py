"""What if: stories of a case, saved scenarios, and what these were answered."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("cases", sa.Column("stories", sa.JSON))
    _create_scenarios()
    _create_answers()


def _create_scenarios() -> None:
    name = "scenarios"
    op.create_table(
        name,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("statements", sa.JSON, nullable=False),
        sa.Column("analyst", sa.Text, nullable=False),
        sa.Column("known_on", sa.Date, nullable=False),
        sa.Column("supersedes", sa.Integer, sa.ForeignKey(f"{name}.id", name=f"fk_{name}_supersedes")),
        sa.Column("retracted", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("NOT retracted OR (supersedes IS NOT NULL AND reason <> '')", name="retraction_reasoned"),
    )
    _partly_unique(f"uq_{name}_fact", name, ["case_id", "name"], "supersedes IS NULL")
    _partly_unique(f"uq_{name}_supersedes", name, ["supersedes"], "supersedes IS NOT NULL")


def _create_answers() -> None:
    name = "scenario_answers"
    op.create_table(
        name,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column(
            "scenario_id", sa.Integer, sa.ForeignKey("scenarios.id", name=f"fk_{name}_scenario_id"), nullable=False
        ),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", name=f"fk_{name}_run_id"), nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("pareto_k", sa.Float),
        sa.Column("ess", sa.Float),
        sa.Column("code_version", sa.Text, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("mode IN ('see', 'do', 'both')", name="mode_known"),
        sa.CheckConstraint("status IN ('exact', 'reweighted', 'refitted')", name="status_known"),
        sa.UniqueConstraint("scenario_id", "run_id", name=f"uq_{name}_scenario_id_run_id"),
    )
    op.create_index(f"ix_{name}_run_id", name, ["run_id"])


def _partly_unique(index: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(index, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)
