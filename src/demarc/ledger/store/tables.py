"""The tables of a ledger. The migrations make them; this module is for those who ask them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""In SQLite an INTEGER PRIMARY KEY is the row itself."""
FOREVER = (1 << 63) - 1
"""Stands in ``standing.until`` for what still stands, so that one comparison does."""

metadata = MetaData()

entry = Table(
    "ledger_entry",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("valid_from_us", BigInteger),
    Column("valid_to_us", BigInteger),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("supersedes", BigInteger),
    Column("line", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""``line`` is the entry; the other columns repeat it for those who search, and verifying compares them."""

batch = Table(
    "ledger_batch",
    metadata,
    Column("size", NUMBER, primary_key=True, autoincrement=False),
    Column("recorded_us", BigInteger, nullable=False, unique=True),
    Column("root", LargeBinary, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
)
"""One row for each time of recording: how long the ledger was after it, and the tree's root and right edge."""

checkpoint = Table(
    "ledger_checkpoint",
    metadata,
    Column("size", NUMBER, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, primary_key=True),
)
"""Signed checkpoints, byte for byte."""

standing = Table(
    "ledger_standing",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("valid_from_us", BigInteger),
    Column("until", BigInteger, nullable=False),
)
"""Made by triggers, from the entries alone: from which entry on each no longer stands. Verifying makes it anew."""
