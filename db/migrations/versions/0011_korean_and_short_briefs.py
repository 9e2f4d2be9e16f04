"""Briefs in Korean, and briefs of one page."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TABLE = "reports"
RULES = {
    "language": ("language IN ('en', 'ja')", "language IN ('en', 'ja', 'ko')"),
    "format": ("format IN ('html', 'md')", "format IN ('html', 'md', 'html-short', 'md-short')"),
}
"""By column: what it could hold before, and what it can hold."""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
        return
    for column, (_, after) in RULES.items():
        op.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT ck_{TABLE}_{column}_known")
        op.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT ck_{TABLE}_{column}_known CHECK ({after})")


def _rebuild() -> None:
    """Exchange rules of an SQLite table, which can be done only by copying it (https://sqlite.org/lang_altertable.html
    §7); rows and their hashes stay as they are, and triggers are made anew once all migrations are done."""
    kept = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL")
    made = op.get_bind().execute(kept, {"table": TABLE}).all()
    (form,) = (sql for kind, sql in made if kind == "table")
    copied = re.sub(f'^CREATE TABLE "?{TABLE}"? ', f"CREATE TABLE {TABLE}_copy ", form)  # quoted where once renamed
    for before, after in RULES.values():
        copied = copied.replace(before, after, 1)
    op.execute(sa.text(copied))
    op.execute(f"INSERT INTO {TABLE}_copy SELECT * FROM {TABLE}")
    op.execute(f"DROP TABLE {TABLE}")
    op.execute(f"ALTER TABLE {TABLE}_copy RENAME TO {TABLE}")
    for kind, sql in made:
        if kind == "index":
            op.execute(sa.text(sql))
