"""Mappings whose writes keep failing."""

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "quarantine",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("key", Text, primary_key=True, comment="A mapping's key"),
        Column("name", Text, nullable=False, comment="Its group's name"),
        Column("cause", Text, nullable=False, comment="Why its writes failed last"),
        Column("runs", Integer, nullable=False, comment="In how many runs in a row they failed"),
        Column("since", Text, nullable=False, comment="When the first of these runs was"),
        Column("next_try", Text, comment="Until when it is left alone; null while it is not in quarantine"),
        comment="Mappings whose writes failed in the last run that tried them",
    )
