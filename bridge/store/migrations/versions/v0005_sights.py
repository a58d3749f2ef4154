"""What runs saw of the managed groups."""

from alembic import op
from sqlalchemy import Column, Integer, LargeBinary, Text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "sights",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("key", Text, primary_key=True, comment="A mapping's key"),
        Column("digest", Text, nullable=False, comment="Of all that is told here"),
        Column("name", Text, nullable=False, comment="Its group's name"),
        Column("group_id", Text, comment="The group; null while there is none"),
        Column("size", Integer, nullable=False, comment="How many members it has"),
        Column("feeds", Text, nullable=False, comment="JSON: the directory groups behind it, with their doubts"),
        Column("doubts", Text, nullable=False, comment="JSON: why nobody is removed from it"),
        Column("skips", Text, nullable=False, comment="JSON: what is left undone there, and why"),
        Column("members", LargeBinary, nullable=False, comment="JSON, compressed: addresses of its members"),
        comment="How each managed group looked at the end of the last run, for people to see",
    )
