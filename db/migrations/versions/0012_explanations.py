"""What made the difference between two runs."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TABLE = "explanations"
UNIQUE = ("before_run_id", "run_id", "path", "model_version")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("case_id", sa.Text, nullable=False),
        _run("before_run_id"),
        _run("run_id"),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("code_version", sa.Text, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("inputs_hash_before", sa.String(64), nullable=False),
        sa.Column("inputs_hash", sa.String(64), nullable=False),
        sa.Column("result", sa.JSON, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.CheckConstraint("path IN ('direct', 'daily')", name="path_known"),
        sa.UniqueConstraint(*UNIQUE, name=f"uq_{TABLE}_{'_'.join(UNIQUE)}"),
    )
    op.create_index(f"ix_{TABLE}_run_id", TABLE, ["run_id"])


def _run(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("runs.id", name=f"fk_{TABLE}_{name}"), nullable=False)
