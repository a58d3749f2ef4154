"""Room for what the last run read, so that whoever asks why needs no server."""

from alembic import op
from sqlalchemy import Column, LargeBinary, Text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "pictures",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column(
            "side", Text, primary_key=True, comment="A directory's key in the configuration; empty: Hyperproof"
        ),
        Column("digest", Text, nullable=False, comment="Of what was read"),
        Column("kept", Text, nullable=False, comment="When it was found to be new"),
        Column("unread", Text, nullable=False, comment="Why the last run could not read it, or empty"),
        Column(
            "picture", LargeBinary, nullable=False, comment="People and groups, or accounts and members; packed"
        ),
        comment="What the last run read of each side, for whoever asks why somebody is in a group",
    )
