"""Posteriors in the database of a server, their thinning, names of runs, and observations by day."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "posterior_chunks",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "run_names",
        *_of_run("run_names"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("analyst", sa.Text, nullable=False),
        *_chain(),
        sa.UniqueConstraint("name", name="uq_run_names_name"),
    )
    op.create_index("ix_run_names_run_id", "run_names", ["run_id"])
    op.create_table(
        "thinnings",
        *_of_run("thinnings"),
        sa.Column("old_hash", sa.String(64), nullable=False),
        sa.Column("new_hash", sa.String(64), nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        *_chain(),
        sa.UniqueConstraint("old_hash", name="uq_thinnings_old_hash"),
    )
    op.create_index("ix_observations_observed", "observations", ["case_id", "indicator_id", "observed_on", "id"])


def _of_run(table: str) -> tuple[sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", name=f"fk_{table}_run_id"), nullable=False),
    )


def _chain() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
