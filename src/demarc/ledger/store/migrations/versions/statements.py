"""PostgreSQL looks at all entries of a statement at once, where it looked at each: thousands come with one COPY."""

from __future__ import annotations

from alembic import op

from demarc.ledger.store.tables import FOREVER

revision = "0003"
down_revision = "0002"

# Places are unique (the primary key), and were without a gap before: so they are after it if those that come are
# without one, and the first of them follows an entry or is the first of all.
IN_PLACE = """
DROP TRIGGER ledger_in_place ON ledger_entry;
CREATE OR REPLACE FUNCTION ledger_in_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  first bigint; last bigint; many bigint;
BEGIN
  SELECT min(seq), max(seq), count(*) INTO first, last, many FROM added;
  IF many > 0 AND (
    last - first + 1 <> many OR first < 0
    OR first > 0 AND NOT EXISTS (SELECT FROM ledger_entry WHERE seq = first - 1)
  ) THEN
    RAISE EXCEPTION 'an entry of the ledger comes after the last one';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_in_place AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION ledger_in_place();
"""
STANDS = f"""
DROP TRIGGER ledger_stands ON ledger_entry;
CREATE OR REPLACE FUNCTION ledger_stands() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO ledger_standing (seq, kind, subject, valid_from_us, until)
  SELECT seq, kind, subject, valid_from_us, {FOREVER} FROM added WHERE act <> 'withdraws';
  UPDATE ledger_standing s SET until = closing.seq
  FROM (SELECT supersedes, min(seq) AS seq FROM added WHERE supersedes < seq GROUP BY supersedes) closing
  WHERE s.seq = closing.supersedes AND s.until = {FOREVER};
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_stands AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION ledger_stands();
"""


def upgrade() -> None:
    """Replace the triggers of PostgreSQL; SQLite knows none for statements."""
    if op.get_bind().dialect.name == "sqlite":
        return
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar()
    op.execute(IN_PLACE)
    op.execute(STANDS)
    # CREATE OR REPLACE forgets it: whoever may insert must not be able to slip in tables of their own.
    op.execute(f"ALTER FUNCTION ledger_stands() SET search_path = {schema}, pg_temp")
