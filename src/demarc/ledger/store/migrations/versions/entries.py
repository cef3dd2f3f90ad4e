"""Entries, batches and checkpoints, and what keeps them from being changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from demarc.ledger.store.tables import NUMBER

revision = "0001"
down_revision = None

KEPT = ("ledger_entry", "ledger_batch", "ledger_checkpoint")

POSTGRESQL = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;
CREATE FUNCTION ledger_in_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM ledger_entry) THEN
    RAISE EXCEPTION 'an entry of the ledger comes after the last one';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_in_place BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_in_place();
"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_entry",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("recorded_us", sa.BigInteger, nullable=False),
        sa.Column("valid_from_us", sa.BigInteger),
        sa.Column("valid_to_us", sa.BigInteger),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("supersedes", sa.BigInteger),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_entry_kind", "ledger_entry", ["kind", "seq"])
    op.create_table(
        "ledger_batch",
        sa.Column("size", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("recorded_us", sa.BigInteger, nullable=False, unique=True),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, primary_key=True),
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    for table in KEPT:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
    # INSERT OR REPLACE deletes without asking the trigger for DELETE: a row that is there must be refused as well.
    op.execute(
        "CREATE TRIGGER ledger_entry_in_place BEFORE INSERT ON ledger_entry "
        "WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM ledger_entry) "
        "BEGIN SELECT RAISE(ABORT, 'an entry of the ledger comes after the last one'); END"
    )
    for table, same in (
        ("ledger_batch", "size = NEW.size OR recorded_us = NEW.recorded_us"),
        ("ledger_checkpoint", "size = NEW.size AND note = NEW.note"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_new BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )


def _postgresql() -> None:
    op.execute(POSTGRESQL)
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER ledger_refuse BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER ledger_refuse_all BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
        op.execute(f"REVOKE ALL ON {table} FROM PUBLIC")
