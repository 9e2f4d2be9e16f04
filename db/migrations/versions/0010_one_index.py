"""One index fewer on observations: that by day serves lists and filters alike, and each is paid for by every import."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_index("ix_observations_known", "observations", if_exists=True)
