"""Seals: each record under a key of its own, the record it goes on from, and what the log has announced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from app.errors import RecordUnreadable

revision = "0003"
down_revision = "0002"

AT_ONCE = 256
"""Records that are sealed in one step."""


def upgrade() -> None:
    """Seal what is there, and take away salts and digests that stood beside it."""
    op.add_column(
        "records", sa.Column("key", sa.String(32), nullable=True, comment="Name of its secret among the keys")
    )
    op.add_column(
        "records",
        sa.Column("follows", sa.String(64), nullable=True, comment="The record that its question went on from"),
    )
    op.create_index("records_by_follows", "records", ["follows"])
    op.create_table(
        "announced",
        sa.Column("subject", sa.String(128), primary_key=True, comment="What a leaf says the present state of"),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the newest such leaf's facts"),
    )
    _seal()
    op.drop_column("records", "digest")
    op.drop_column("records", "salt")


def _seal() -> None:
    records = sa.table(
        "records", *(sa.column(c) for c in ("record", "conversation", "turn", "body", "salt", "key", "follows"))
    )
    bare = sa.select(records.c.record, records.c.body, records.c.salt).where(records.c.key.is_(None)).limit(AT_ONCE)
    bind, seal = op.get_bind(), context.config.attributes["seal"]
    while rows := bind.execute(bare).all():
        if seal is None:
            raise RecordUnreadable("the records of this database are not sealed, and no keys were given")
        for row in rows:
            name, body = seal(row.record, row.body, row.salt)
            bind.execute(sa.update(records).where(records.c.record == row.record).values(key=name, body=body))
    before = records.alias()
    earlier = (
        sa.select(before.c.record)
        .where(before.c.conversation == records.c.conversation, before.c.turn == records.c.turn - 1)
        .scalar_subquery()
    )
    bind.execute(sa.update(records).values(follows=earlier))


def downgrade() -> None:
    """Records are never dropped by a program."""
    raise NotImplementedError("restore a backup instead")
