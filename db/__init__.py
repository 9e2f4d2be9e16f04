"""Storage of Parley: tables, engine, migrations and named queries, on SQLite and PostgreSQL alike."""
