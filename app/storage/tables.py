"""The tables. Nothing about the person is in them: no address, no browser, no cookie, no account.

`migrations/` creates them step by step; a test compares both.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("election", String(64), nullable=False),
    Column("created", String(32), nullable=False, comment="Time of the first question, RFC 3339, UTC"),
    Column("turns", Integer, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("record", String(64), primary_key=True),
    Column("conversation", String(64), nullable=False),
    Column("turn", Integer, nullable=False, comment="Counted from 1 within the conversation"),
    Column("election", String(64), nullable=False),
    Column("status", Text, nullable=True, comment="Status of the answer; null when there is none"),
    Column("at", String(32), nullable=False, comment="Time of the question, RFC 3339, UTC"),
    Column("body", LargeBinary, nullable=False, comment="The exchange as JSON"),
    Column("key", String(32), nullable=True, comment="Name of its secret among the keys"),
    Column("follows", String(64), nullable=True, comment="The record that its question went on from"),
    Index("records_by_turn", "conversation", "turn", unique=True),
    Index("records_by_follows", "follows"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", String(32), nullable=False, comment="RFC 3339, UTC"),
    Column("election", String(64), nullable=False),
    Column("record", String(64), nullable=True, comment="The answer it is about"),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False, comment="Personal data masked"),
    Index("reports_by_record", "record"),
)

tallies = Table(
    "tallies",
    metadata,
    Column("day", String(10), primary_key=True, comment="UTC"),
    Column("election", String(64), primary_key=True),
    Column("party", String(64), primary_key=True, comment="Empty where whole answers are counted"),
    Column("outcome", String(64), primary_key=True, comment="What became of a party, or the status of the answer"),
    Column("count", BigInteger, nullable=False),
)

leaves = Table(
    "leaves",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True, comment="In the order of handing in"),
    Column("record", String(64), nullable=True, comment="What the leaf stands for, if it is a record"),
    Column("entry", LargeBinary, nullable=False, comment="The public bytes"),
    Column("place", BigInteger, nullable=True, comment="Index in the log; null while it waits"),
    Index("leaves_by_record", "record", unique=True),
    Index("leaves_by_place", "place", unique=True),
)

heads = Table(
    "heads",
    metadata,
    Column("origin", String(255), primary_key=True),
    Column("size", BigInteger, nullable=False, comment="Leaves that have a place"),
)

announced = Table(
    "announced",
    metadata,
    Column("subject", String(128), primary_key=True, comment="What a leaf says the present state of"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the newest such leaf's facts"),
)
