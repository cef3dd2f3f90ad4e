"""Where a ledger lies: a SQLite file, or a PostgreSQL database that several share. Alone in knowing SQLAlchemy.

Append-only by rights and by triggers, safe under writers at the same time, and what was acknowledged is on disk.
Nothing is imported here: whoever only asks what was known when (``quick``) goes without SQLAlchemy.
"""
