"""Room for the configuration that was applied last."""

from alembic import op
from sqlalchemy import Column, LargeBinary, Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "applied",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("digest", Text, nullable=False, comment="Of the configuration as it is kept here"),
        Column("run", Text, nullable=False, comment="The first run that applied it"),
        Column("since", Text, nullable=False, comment="When that run ended"),
        Column(
            "configuration",
            LargeBinary,
            nullable=False,
            comment="JSON, compressed: what it says of memberships, references as they are written",
        ),
        comment="The configuration that runs last applied, to compare the next one with",
    )
