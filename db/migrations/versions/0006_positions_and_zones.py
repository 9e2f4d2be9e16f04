"""How far each run read; the time zone of the database; what else an entry may bear on; days that begin in the east."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("runs", sa.Column("positions", sa.JSON))
    op.add_column("indicators", sa.Column("bears_on", sa.JSON))
    op.create_table(
        "zones",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("analyst", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    _allow_days_of_the_east("observations", "ck_observations_known_once_observed", "observed_on")
    _allow_days_of_the_east("events", "ck_events_known_once_started", "started_on")


def _allow_days_of_the_east(table: str, constraint: str, day: str) -> None:
    """What happens on a day where days begin first can be known two dates earlier where they begin last."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(table, f"CHECK (known_on >= {day})", f"CHECK (known_on >= date({day}, '-2 days'))")
    else:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK (known_on >= {day} - 2)")


def _rebuild(table: str, before: str, after: str) -> None:
    """Exchange a rule of an SQLite table, which can be done only by copying it (https://sqlite.org/lang_altertable.html
    §7); rows and their hashes stay as they are, and triggers are made anew once all migrations are done."""
    bind = op.get_bind()
    kept = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL")
    made = bind.execute(kept, {"table": table}).all()
    (form,) = (sql for kind, sql in made if kind == "table")
    copied = form.replace(f"CREATE TABLE {table} ", f"CREATE TABLE {table}_copy ", 1)
    op.execute(sa.text(copied.replace(before, after, 1).replace(":", r"\:")))
    op.execute(f"INSERT INTO {table}_copy SELECT * FROM {table}")
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {table}_copy RENAME TO {table}")
    for kind, sql in made:
        if kind == "index":
            op.execute(sa.text(sql.replace(":", r"\:")))
