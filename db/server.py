"""What a PostgreSQL server lets a role do."""

from sqlalchemy import Connection, text

from db.tables import CHAINED, posterior_chunks


def refusal(connection: Connection, name: str) -> str:
    """Why the server takes no rows from this role, and what to do; "" where it does."""
    if connection.execute(text("SELECT pg_is_in_recovery()")).scalar():
        return f"{name} cannot be written: it is a standby server; name the primary one in PARLEY_DATABASE_URL"
    if connection.execute(text("SHOW default_transaction_read_only")).scalar() == "on":
        what = "its transactions are read-only here (default_transaction_read_only)"
        return f"{name} cannot be written: {what}; set that off for the role and the database, or use another role"
    granted = text("SELECT has_table_privilege(to_regclass(:name), 'INSERT')")  # NULL of a table that is gone
    filled = (*CHAINED, posterior_chunks)
    refused = [table.name for table in filled if connection.execute(granted, {"name": table.name}).scalar() is False]
    if refused:
        role = connection.execute(text("SELECT current_user")).scalar()
        named = f"{', '.join(refused[:3])}{', …' * (len(refused) > 3)}"
        what = f"role {role} may not add rows to {named}"
        right = "let the owner grant INSERT on its tables, which a dry run needs too, or use another role"
        return f"{name} cannot be written: {what}; {right}"
    return ""
