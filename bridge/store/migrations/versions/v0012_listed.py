"""Whose the addresses of the lists keep and ignore are; what rests in quarantine."""

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. Of failures before it is not known whether a removal was among them."""
    op.create_table(
        "listed",
        Column("organization", Text, primary_key=True, comment="Label of the Hyperproof organization"),
        Column("address", Text, primary_key=True, comment="An address on a list keep or ignore"),
        Column("accounts", Text, nullable=False, comment="JSON: the accounts that it led to last"),
        comment="Whom the lists keep and ignore mean, so that a changed address exposes nobody",
    )
    comment = "1 if a removal was among what failed, else 0: then removals go on"
    op.add_column("quarantine", Column("removals", Integer, nullable=False, server_default="1", comment=comment))
