"""What if: stories of the case, saved scenarios and what they were answered."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

SCENARIOS, ANSWERS = "scenarios", "scenario_answers"


def upgrade() -> None:
    op.add_column("cases", sa.Column("stories", sa.JSON))
    _make_scenarios()
    _make_answers()


def _make_scenarios() -> None:
    op.create_table(
        SCENARIOS,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        *(_text(name) for name in ("case_id", "name")),
        sa.Column("statements", sa.JSON, nullable=False),
        _text("analyst"),
        sa.Column("known_on", sa.Date, nullable=False),
        _referring(SCENARIOS, "supersedes", SCENARIOS, nullable=True),
        sa.Column("retracted", sa.Boolean, nullable=False),
        _text("reason"),
        *_chain(),
        sa.CheckConstraint("NOT retracted OR (supersedes IS NOT NULL AND reason <> '')", name="retraction_reasoned"),
    )
    _unique("scenarios_fact", ["case_id", "name"], "supersedes IS NULL")
    _unique("scenarios_supersedes", ["supersedes"], "supersedes IS NOT NULL")


def _make_answers() -> None:
    op.create_table(
        ANSWERS,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _text("case_id"),
        _referring(ANSWERS, "scenario_id", SCENARIOS),
        _referring(ANSWERS, "run_id", "runs"),
        *(_text(name) for name in ("mode", "status")),
        *(sa.Column(name, sa.Float) for name in ("pareto_k", "ess")),
        *(_text(name) for name in ("code_version", "model_version")),
        sa.Column("result", sa.JSON, nullable=False),
        *_chain(),
        sa.CheckConstraint("mode IN ('see', 'do', 'both')", name="mode_known"),
        sa.CheckConstraint("status IN ('exact', 'reweighted', 'refitted')", name="status_known"),
        sa.UniqueConstraint("scenario_id", "run_id", name=f"uq_{ANSWERS}_scenario_id_run_id"),
    )
    op.create_index(f"ix_{ANSWERS}_run_id", ANSWERS, ["run_id"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _referring(table: str, name: str, to: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{name}")
    return sa.Column(name, sa.Integer, key, nullable=nullable)


def _chain() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


def _unique(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(f"uq_{name}", SCENARIOS, columns, unique=True, sqlite_where=condition, postgresql_where=condition)
