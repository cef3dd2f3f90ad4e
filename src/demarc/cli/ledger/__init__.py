"""``demarc ledger``: what was decided, kept so that it can be shown to somebody who does not trust whoever keeps it."""
