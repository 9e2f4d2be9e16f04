"""What a case expects before its record speaks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("cases", sa.Column("priors", sa.JSON))
