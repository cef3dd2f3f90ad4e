"""Called by Alembic: runs the steps on the connection that was handed over, in its transaction."""

from __future__ import annotations

from alembic import context

from demarc.ledger.store.quick import VERSIONS

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table=VERSIONS)
context.run_migrations()
