"""What was planned for a managed group and is still to be done."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it. The next run tells of every group anew."""
    comment = "JSON: what was planned and is still to be done, with some of those whom it is about"
    op.add_column("sights", Column("pending", Text, nullable=False, server_default="[]", comment=comment))
