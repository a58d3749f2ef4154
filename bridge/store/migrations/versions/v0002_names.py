"""Room for what the names of directory groups led to."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "names",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("name", Text, primary_key=True, comment="A directory, how it names a group, and the name"),
        Column("directory_group", Text, nullable=False, comment="Stable id of the group that it led to"),
        comment="What the name of each directory group led to, whatever that group is called today",
    )
