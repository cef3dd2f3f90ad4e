"""A writer that appends until it is killed, and says what was acknowledged: ``python -m tests.ledger.writer``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from demarc.ledger.store.open import open_store
from tests.ledger.given import a_draft, appended


def main() -> None:
    target, name = sys.argv[1:]
    store = open_store(target, writing=True)
    for number in range(1_000_000):
        drafts = [a_draft(number, actor=name, body={"ticket": f"{number}.{part}"}) for part in range(1 + number % 40)]
        done = appended(store, drafts, lambda: datetime.now(UTC))
        sys.stdout.write(f"{number} {done.first} {done.size}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
