"""Records and conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("election", sa.String(64), nullable=False),
        sa.Column("created", sa.String(32), nullable=False, comment="Time of the first question, RFC 3339, UTC"),
        sa.Column("turns", sa.Integer, nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("record", sa.String(64), primary_key=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False, comment="Counted from 1 within the conversation"),
        sa.Column("election", sa.String(64), nullable=False),
        sa.Column("status", sa.Text, nullable=True, comment="Status of the answer; null when there is none"),
        sa.Column("at", sa.String(32), nullable=False, comment="Time of the question, RFC 3339, UTC"),
        sa.Column("body", sa.LargeBinary, nullable=False, comment="The exchange as JSON"),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the body"),
    )
    op.create_index("records_by_turn", "records", ["conversation", "turn"], unique=True)


def downgrade() -> None:
    """Records are never dropped by a program."""
    raise NotImplementedError("restore a backup instead")
