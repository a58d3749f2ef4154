"""Fencing numbers of the organizations' locks."""

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "fences",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column(
            "number",
            Integer,
            nullable=False,
            comment="Of the last holder of its lock: who has a lower one writes no more",
        ),
        Column("taken", Text, nullable=False, comment="When it took the lock"),
        comment="Fencing numbers: whoever holds an organization's lock has the highest",
    )
