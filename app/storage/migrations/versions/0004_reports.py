"""What readers report to the operator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "reports",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at", sa.String(32), nullable=False, comment="RFC 3339, UTC"),
        sa.Column("election", sa.String(64), nullable=False),
        sa.Column("record", sa.String(64), nullable=True, comment="The answer it is about"),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False, comment="Personal data masked"),
    )
    op.create_index("reports_by_record", "reports", ["record"])


def downgrade() -> None:
    """Reports are never dropped by a program."""
    raise NotImplementedError("restore a backup instead")
