"""Verifies a ledger in its database: the lines, and everything that is kept beside them for those who search."""

from __future__ import annotations

from demarc.ledger.chain import Chain
from demarc.ledger.store.reader import Reader
from demarc.ledger.store.tables import FOREVER
from demarc.ledger.verify import Trust, concluded
from demarc.model.ledger import Act, Entry, Verified, micros


def verify_store(reader: Reader, trust: Trust) -> Verified:
    """Read a ledger in its database, with what is kept beside the lines: columns, hashes, batches, what stands."""
    chain = Chain(None, keys=trust.keys, roots=trust.roots)
    batches, standing = _Batches(reader, chain), _Standing(reader, chain)
    for seq, row in enumerate(reader.rows()):
        *columns, line, hashed = row
        entry = chain.feed(line)
        if chain.tree.leaf(seq) != hashed:
            chain.findings.add("line or hash was changed: it is not what was hashed", seq)
        if entry is not None and columns != _columns(entry):
            chain.findings.add("the columns beside the line say something else than the line", seq)
        batches.next(entry, seq)
        standing.next(entry)
    batches.end(chain.size)
    standing.end()
    return concluded(chain, reader.checkpoints(), trust, unsigned=True)


class _Batches:
    """Compares what is kept of each batch with its entries: those that were recorded at one time."""

    def __init__(self, reader: Reader, chain: Chain) -> None:
        self._batches = reader.batches()
        self._due = next(self._batches, None)
        self._chain = chain
        self._at: str | None = None

    def next(self, entry: Entry | None, seq: int) -> None:
        """Take the entry at a place, None where it does not read."""
        at = None if entry is None else entry.recorded_at
        if seq and (at is None or at != self._at):
            self.end(seq)
        self._at = at

    def end(self, size: int) -> None:
        """A batch ends here: compare it with what is kept."""
        while self._due is not None and self._due.size < size:
            self._chain.findings.add(
                "a batch is kept that ends here, within those recorded at one time", self._due.size - 1
            )
            self._due = next(self._batches, None)
        if self._at is None:
            return
        if self._due is None or self._due.size > size:
            self._chain.findings.add("the batch that ends with it is missing", size - 1)
            return
        expected = (micros(self._at), self._chain.tree.root(size), self._chain.tree.peaks(size))
        if (self._due.recorded_us, self._due.root, self._due.peaks) != expected:
            self._chain.findings.add("time or root of the batch that ends with it were changed, or it was", size - 1)
        self._due = next(self._batches, None)


class _Standing:
    """Compares what the triggers keep of every entry that stood with what the lines say."""

    def __init__(self, reader: Reader, chain: Chain) -> None:
        self._kept = reader.closings()
        self._due = next(self._kept, None)
        self._chain = chain
        self._until: dict[int, int] = {}

    def next(self, entry: Entry | None) -> None:
        """Take an entry, None where it does not read."""
        if entry is None or entry.act is Act.WITHDRAWS:
            return
        self._never_stood(entry.seq)
        if self._due is None or self._due[0] > entry.seq:
            self._chain.findings.add("that it stood is not kept any more", entry.seq)
            return
        since = None if entry.valid_from is None else micros(entry.valid_from)
        _, kind, subject, kept_since, until = self._due
        if kind != entry.kind or subject != entry.subject or kept_since != since:
            self._chain.findings.add("what is kept of it for those who ask of the past was changed", entry.seq)
        if until != FOREVER:
            self._until[entry.seq] = until
        self._due = next(self._kept, None)

    def end(self) -> None:
        """Compare until when each stood."""
        self._never_stood(None)
        closed = self._chain.closed
        for seq in sorted({*self._until, *closed}):
            if self._until.get(seq) != closed.get(seq):
                self._chain.findings.add("what is kept of how long it stood was changed", seq)

    def _never_stood(self, before: int | None) -> None:
        while self._due is not None and (before is None or self._due[0] < before):
            self._chain.findings.add("it is kept as standing, which it never did", self._due[0])
            self._due = next(self._kept, None)


def _columns(entry: Entry) -> list[int | str | None]:
    return [
        entry.seq,
        micros(entry.recorded_at),
        None if entry.valid_from is None else micros(entry.valid_from),
        None if entry.valid_to is None else micros(entry.valid_to),
        entry.kind,
        entry.subject,
        entry.actor,
        entry.act.value,
        entry.supersedes,
    ]
