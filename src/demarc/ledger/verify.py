"""Verifies a ledger whole, from its export alone; and draws the conclusion for those who read it from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from cryptography.x509 import Certificate
from msgspec import Struct

from demarc.ledger.chain import Chain
from demarc.ledger.export import Export
from demarc.ledger.note import Key
from demarc.model.ledger import Verified


class Trust(Struct, frozen=True, kw_only=True):
    """What a reader brings along, got by another way than the ledger."""

    keys: tuple[Key, ...] = ()
    """Keys that may sign. None: those that the ledger names, which proves that it fits together, not whose it is."""
    handed: tuple[bytes, ...] = ()
    """Checkpoints that the reader was handed earlier: the ledger must continue them."""
    roots: tuple[Certificate, ...] = ()
    """Certificates to which those of time stamp authorities must lead."""
    unsigned: bool = False
    """Accept entries that nobody has signed yet."""


def verify_export(stream: BinaryIO, trust: Trust) -> Verified:
    """Read an export once and say everything that is wrong with it."""
    export = Export(stream)
    try:
        header = export.header()
    except ValueError as error:
        chain = Chain("", keys=trust.keys)
        chain.findings.add(str(error))
        return _verified(chain, ())
    chain = Chain(header.origin, keys=trust.keys, roots=trust.roots)
    for line in export.lines():
        chain.feed(line)
    if export.cut:
        chain.findings.add("it is too long for an entry, or the file ends within it", chain.size)
        return _verified(chain, ())
    if header.size != chain.size:
        chain.findings.add(f"the first line says {header.size} entries; {chain.size} are here")
    elif header.root != chain.tree.root().hex():
        chain.findings.add("the root in the first line is another: it, or this entry, was changed", chain.size - 1)
    try:
        notes = export.notes()
    except ValueError as error:
        chain.findings.add(str(error))
        notes = []
    return concluded(chain, notes, trust)


def concluded(chain: Chain, notes: Sequence[bytes], trust: Trust, *, unsigned: bool = False) -> Verified:
    """Hold checkpoints, kept and handed, against the ledger that was read, and sum up."""
    for number, data in enumerate(notes, 1):
        chain.checkpoint(data, f"checkpoint {number}")
    handed = [chain.checkpoint(data, "a checkpoint that you hold") for data in trust.handed]
    if chain.signed < chain.size and not (unsigned or trust.unsigned):
        chain.findings.add("it and all that follow are under no good signature", chain.signed)
    return _verified(chain, tuple(sorted(one.size for one in handed if one is not None)))


def _verified(chain: Chain, handed: tuple[int, ...]) -> Verified:
    return Verified(
        origin=chain.origin or "",
        size=chain.size,
        root=chain.tree.root(),
        findings=tuple(chain.findings.kept),
        more_findings=chain.findings.more,
        signed=chain.signed,
        signers=tuple(chain.signers),
        keys_given=chain.keys_given,
        handed=handed,
        stamps=tuple(chain.stamps),
        recorded=(chain.first, chain.last),
    )
