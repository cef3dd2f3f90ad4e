"""Proofs for those who do not get the whole ledger: that an entry is in it, and that a later one continues an earlier.

The first is written in the C2SP form (https://c2sp.org/tlog-proof), the entry's line with it; the second is a pair of
checkpoints and the hashes of RFC 9162 between them, in the same manner.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from msgspec import Struct

from demarc.ledger import note
from demarc.ledger.line import entry_of
from demarc.ledger.merkle import Tree, continues, included, leaf_hash
from demarc.ledger.note import Checkpoint, Key
from demarc.model.ledger import Entry

INCLUSION = "c2sp.org/tlog-proof@v1"
CONSISTENCY = "demarc.ledger/consistency@v1"
MOST_BYTES = 4 << 20


class Proved(Struct, frozen=True, kw_only=True):
    """What a proof shows."""

    checkpoint: Checkpoint
    """The one that it ends in."""
    signers: tuple[str, ...]
    """Whose signatures under it are good, of the keys that the reader named."""
    entry: Entry | None = None
    """The entry that is in the ledger, of a proof of inclusion."""
    older: Checkpoint | None = None
    """The checkpoint that is continued, of a proof of consistency."""


def inclusion(tree: Tree, seq: int, line: bytes, checkpoint: bytes) -> bytes:
    """Prove that a line is the entry at a place of the ledger that a checkpoint is over."""
    hashes = tree.inclusion(seq, note.read(checkpoint).size)
    return _written([INCLUSION, f"extra {_text(line)}", f"index {seq}", *map(_text, hashes)], checkpoint)


def consistency(tree: Tree, older: bytes, newer: bytes) -> bytes:
    """Prove that the ledger of the newer checkpoint continues that of the older."""
    hashes = tree.consistency(note.read(older).size, note.read(newer).size)
    return _written([CONSISTENCY, f"older {_text(older)}", *map(_text, hashes)], newer)


def check(proof: bytes, keys: Sequence[Key]) -> Proved:
    """Check a proof of either sort. Raises ValueError with what is wrong."""
    head, blank, rest = proof.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if not blank or len(proof) > MOST_BYTES or len(lines) < 2:
        raise ValueError("not a proof, or cut off")
    checkpoint = note.read(rest)
    signers = tuple(dict.fromkeys(key.name for key in checkpoint.signers(keys)))
    if lines[0] == INCLUSION:
        line, index = _field(lines[1], "extra"), lines[2].removeprefix("index ") if len(lines) > 2 else ""
        if not index.isdecimal() or not lines[2].startswith("index "):
            raise ValueError("not a proof: it names no place")
        hashes = [_bytes(text) for text in lines[3:]]
        if not included(leaf_hash(line), int(index), checkpoint.size, hashes, checkpoint.root):
            raise ValueError("the entry is not in the ledger of this checkpoint")
        entry = entry_of(line)
        if entry.seq != int(index):
            raise ValueError("the entry says that it has another place")
        return Proved(checkpoint=checkpoint, signers=signers, entry=entry)
    if lines[0] == CONSISTENCY:
        older = note.read(_field(lines[1], "older"))
        hashes = [_bytes(text) for text in lines[2:]]
        if older.origin != checkpoint.origin or not continues(
            older.size, older.root, checkpoint.size, checkpoint.root, hashes
        ):
            raise ValueError("the ledger of the newer checkpoint does not continue that of the older")
        if keys and not older.signers(keys):
            raise ValueError("the older checkpoint is signed by none of the keys that you named")
        return Proved(checkpoint=checkpoint, signers=signers, older=older)
    raise ValueError("not a proof that is known here")


def _written(lines: Sequence[str], checkpoint: bytes) -> bytes:
    return "\n".join(lines).encode() + b"\n\n" + checkpoint


def _field(line: str, name: str) -> bytes:
    if not line.startswith(f"{name} "):
        raise ValueError(f"not a proof: its line {name} is missing")
    return _bytes(line.removeprefix(f"{name} "))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not a proof: a line is no base64") from error
    if _text(data) != text:
        raise ValueError("not a proof: base64 in another spelling")
    return data
