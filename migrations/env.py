"""Runs migrations on the connection that `Database.migrate` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from matcher.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's too, as we begin its transactions ourselves
)
context.run_migrations()
