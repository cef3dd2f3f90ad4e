"""What a ledger gives to somebody who must check an answer: the entries that it rests on, and proofs of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import Struct

from demarc.ledger import note, proof
from demarc.ledger.asof import Asked, rests_on
from demarc.ledger.merkle import Tree
from demarc.model.ledger import Entry


class Kept(Asked, Protocol):
    """What of a ledger's reader is needed here."""

    def hashes(self) -> Iterator[bytes]:
        """Leaf hashes of all entries."""
        ...

    def checkpoints(self) -> list[bytes]:
        """Signed checkpoints, shortest ledger first."""
        ...


class Excerpt(Struct, frozen=True, kw_only=True):
    """The part of a ledger that an answer needs."""

    size: int
    """Entries to export: those that were known, and those after them up to the checkpoint that covers them."""
    root: bytes
    known: int
    """Entries that had been recorded by the moment that was asked for."""
    notes: tuple[bytes, ...]
    """Checkpoints over no more than ``size`` entries."""
    signed: int
    """Entries under the last of them."""
    proved: tuple[tuple[Entry, bytes | None], ...]
    """Entries that the answer rests on, each with its proof; None where no checkpoint covers it."""


def excerpt(
    reader: Kept, *, at: datetime, known: datetime | None, register_too: bool, kinds: Sequence[str] = ()
) -> Excerpt:
    """Take it. ``register_too``: the register is the ledger's, not only reviews; ``kinds``: further kinds of entries.

    As known at a moment, the same excerpt comes out however much is recorded after the checkpoint that follows it.
    """
    head, whole = reader.head(known), reader.head().size
    wanted = max(head.size, min(1, whole))  # what opens a ledger says whose it is
    sized = [(note.read(one).size, one) for one in reader.checkpoints()]
    size = min((covers for covers, _ in sized if covers >= wanted), default=wanted)
    notes = [(covers, one) for covers, one in sized if covers <= size]
    signed, newest = max(notes, default=(0, b""))
    tree = Tree(reader.hashes())
    entries = rests_on(reader, head, at=at, register_too=register_too)
    if kinds:
        entries += reader.standing(head.size, kinds=tuple(kinds))
    return Excerpt(
        size=size,
        root=tree.root(size),
        known=head.size,
        notes=tuple(one for _, one in notes),
        signed=signed,
        proved=tuple(
            (
                entry,
                proof.inclusion(tree, entry.seq, msgspec.json.encode(entry), newest) if entry.seq < signed else None,
            )
            for entry in sorted(entries, key=lambda one: one.seq)
        ),
    )
