"""Room for reads of directories that the next run may go by."""

from alembic import op
from sqlalchemy import Column, LargeBinary, Text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "snapshots",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("directory", Text, primary_key=True, comment="A directory's key in the configuration"),
        Column("digest", Text, nullable=False, comment="Of all that decides what a read of it finds"),
        Column("taken", Text, nullable=False, comment="When the read began"),
        Column(
            "mark", Text, nullable=False, comment="From where to ask the directory what changed; its own words"
        ),
        Column("read", LargeBinary, nullable=False, comment="What the read found, packed"),
        comment="The last read of each directory without doubt, where runs may ask what changed since",
    )
