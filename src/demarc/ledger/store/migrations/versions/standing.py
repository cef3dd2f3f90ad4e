"""What stands as of any size, kept by triggers, so that a question of the past reads an index and not the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from demarc.ledger.store.tables import FOREVER, NUMBER

revision = "0002"
down_revision = "0001"

SQLITE = (
    f"""CREATE TRIGGER ledger_standing_closes AFTER INSERT ON ledger_entry WHEN NEW.supersedes IS NOT NULL BEGIN
  UPDATE ledger_standing SET until = NEW.seq WHERE seq = NEW.supersedes AND until = {FOREVER};
END""",
    f"""CREATE TRIGGER ledger_standing_opens AFTER INSERT ON ledger_entry
WHEN NEW.act <> 'withdraws' BEGIN
  INSERT INTO ledger_standing (seq, kind, subject, valid_from_us, until)
  VALUES (NEW.seq, NEW.kind, NEW.subject, NEW.valid_from_us, {FOREVER});
END""",
)

POSTGRESQL = f"""
CREATE FUNCTION ledger_stands() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NEW.supersedes IS NOT NULL THEN
    UPDATE ledger_standing SET until = NEW.seq WHERE seq = NEW.supersedes AND until = {FOREVER};
  END IF;
  IF NEW.act <> 'withdraws' THEN
    INSERT INTO ledger_standing (seq, kind, subject, valid_from_us, until)
    VALUES (NEW.seq, NEW.kind, NEW.subject, NEW.valid_from_us, {FOREVER});
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_stands AFTER INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_stands();
"""


def upgrade() -> None:
    """Make the table, fill it from the entries that are there, and have it kept."""
    op.create_table(
        "ledger_standing",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("valid_from_us", sa.BigInteger),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO ledger_standing (seq, kind, subject, valid_from_us, until) "
        "SELECT e.seq, e.kind, e.subject, e.valid_from_us, "
        f"coalesce((SELECT min(l.seq) FROM ledger_entry l WHERE l.supersedes = e.seq), {FOREVER}) "
        "FROM ledger_entry e WHERE e.act <> 'withdraws'"
    )
    op.create_index("ledger_standing_kind", "ledger_standing", ["kind", "until", "seq"])
    op.create_index("ledger_standing_subject", "ledger_standing", ["kind", "subject", "valid_from_us", "seq"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
    else:
        schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(POSTGRESQL)
        # Whoever may insert must not be able to slip in tables of their own under the function's feet.
        op.execute(f"ALTER FUNCTION ledger_stands() SET search_path = {schema}, pg_temp")
        op.execute("REVOKE ALL ON ledger_standing FROM PUBLIC")
