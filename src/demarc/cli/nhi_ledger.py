"""What a run of ``demarc nhi`` writes into a ledger: one entry for each rotation that ended, and never a second one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from demarc.cli.answer import Run
from demarc.cli.ledger.book import Book, account, clock, opened
from demarc.lifecycle.record import LifecycleEntry, NoRecorder, Recorder
from demarc.model.ledger import Draft

if TYPE_CHECKING:
    from demarc.ledger.asof import Asked
    from demarc.ledger.store.store import Store

KIND = "rotation"


def recorder_for(book: Book, run: Run) -> Recorder:
    """The recorder into the ledger that was named; one that keeps nothing where none was."""
    if not (book.ledger or run.settings.ledger):
        return NoRecorder()
    return LedgerRecorder(opened(book, run, writing=True))


class LedgerRecorder:
    """Records into a ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, entry: LifecycleEntry) -> None:
        """Append an entry, unless an earlier run did before it was killed."""
        body: dict[str, Any] = {"what": entry.what, "strategy": entry.strategy, "plan": entry.plan}
        body |= {"approved_by": list(entry.by), "journal": entry.journal, "left": list(entry.left)}
        subject = f"secret.rotation @ {entry.credential}"
        actor = entry.by[0] if entry.by else account()

        def drafts(there: Asked) -> Sequence[Draft]:
            for known in there.standing(there.head().size, kinds=(KIND,)):
                said = known.body or {}
                if (known.subject, said.get("plan"), said.get("what")) == (subject, entry.plan, entry.what):
                    return ()
            return (Draft(actor=actor, kind=KIND, subject=subject, body=body),)

        self._store.append(drafts, writer=account(), clock=clock)
