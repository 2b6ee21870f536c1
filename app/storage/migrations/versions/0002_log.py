"""The log: the salt of each record, the leaves as they are handed in, and how far each log has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what the log needs; records from before have neither salt nor leaf."""
    op.add_column("records", sa.Column("salt", sa.LargeBinary, nullable=True, comment="Of the leaf's commitment"))
    op.create_table(
        "leaves",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True, comment="In the order of handing in"),
        sa.Column("record", sa.String(64), nullable=True, comment="What the leaf stands for, if it is a record"),
        sa.Column("entry", sa.LargeBinary, nullable=False, comment="The public bytes"),
        sa.Column("place", sa.BigInteger, nullable=True, comment="Index in the log; null while it waits"),
    )
    op.create_index("leaves_by_record", "leaves", ["record"], unique=True)
    op.create_index("leaves_by_place", "leaves", ["place"], unique=True)
    op.create_table(
        "heads",
        sa.Column("origin", sa.String(255), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False, comment="Leaves that have a place"),
    )


def downgrade() -> None:
    """Records are never dropped by a program."""
    raise NotImplementedError("restore a backup instead")
