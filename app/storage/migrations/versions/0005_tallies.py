"""What is counted of answers for the public, without a word of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table, and count the answers that are there by status; what became of parties is counted from now on."""
    op.create_table(
        "tallies",
        sa.Column("day", sa.String(10), primary_key=True, comment="UTC"),
        sa.Column("election", sa.String(64), primary_key=True),
        sa.Column("party", sa.String(64), primary_key=True, comment="Empty where whole answers are counted"),
        sa.Column(
            "outcome", sa.String(64), primary_key=True, comment="What became of a party, or the status of the answer"
        ),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO tallies (day, election, party, outcome, count) "
        "SELECT substr(at, 1, 10), election, '', status, count(*) FROM records WHERE status IS NOT NULL "
        "GROUP BY substr(at, 1, 10), election, status"
    )


def downgrade() -> None:
    """Counts are never dropped by a program."""
    raise NotImplementedError("restore a backup instead")
