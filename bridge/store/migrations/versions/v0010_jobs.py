"""Runs of one job."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name the job of each run: those before wrote all managed groups."""
    comment = "The job whose groups it wrote; empty: all"
    op.add_column("runs", Column("job", Text, nullable=False, server_default="", comment=comment))
