"""Run by Alembic: the connection is that of the run, so a new layout is there entirely or not at all."""

from __future__ import annotations

from alembic import context

from workbench.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
