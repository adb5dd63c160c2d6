"""Alembic's entry: it runs on the connection that `jobs.store.database.upgrade` hands it."""

from __future__ import annotations

from alembic import context

from jobs.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
