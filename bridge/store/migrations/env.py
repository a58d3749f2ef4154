"""What alembic runs around the scripts: they join the transaction of the connection that they are given."""

from alembic import context

from bridge.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,  # our transactions are real ones, see sqlite.py
)
context.run_migrations()
