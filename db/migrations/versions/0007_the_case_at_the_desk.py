"""Who entered a document or judgement; indicators added and retired at the desk; the folder a case stems from."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ADDED = {
    "cases": (sa.Column("folder_hash", sa.String(64)), sa.Column("analyst", sa.Text)),
    "indicators": (
        sa.Column("added_on", sa.Date),
        sa.Column("retired_on", sa.Date),
        sa.Column("analyst", sa.Text),
        sa.Column("reason", sa.Text),
    ),
    "documents": (sa.Column("analyst", sa.Text),),
    "judgements": (sa.Column("analyst", sa.Text),),
}


def upgrade() -> None:
    for table, columns in _ADDED.items():
        for column in columns:
            op.add_column(table, column._copy())
