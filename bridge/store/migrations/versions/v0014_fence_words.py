"""Words beside the fencing numbers."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them. Who holds a lock across the upgrade has none, and takes one with its next number."""
    comment = "Random, of that holder alone: after a failover that lost a number, two have the same"
    op.add_column("fences", Column("word", Text, nullable=False, server_default="", comment=comment))
