"""How Alembic runs a step: on the connection it is given, each step in a transaction of its own."""

from alembic import context

from afterdisc.clinic import ehr_tables  # noqa: F401 (its tables too)
from afterdisc.clinic.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    transactional_ddl=True,  # SQLite too: a step that is cut short leaves nothing behind
)
with context.begin_transaction():
    context.run_migrations()
