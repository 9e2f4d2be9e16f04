"""Runs the migrations on the connection, and inside the transaction, that the caller hands over."""

from alembic import context

import db.tables  # noqa: F401 - it makes the tables known to the metadata
from db.shapes import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
