"""Checkpoints in the C2SP form: a short text that says how long the ledger is and which root it has, and who signed it.

A checkpoint (https://c2sp.org/tlog-checkpoint) is a signed note (https://c2sp.org/signed-note): other logs' witnesses
and monitors read it. Knows nothing of where keys lie.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from demarc.ledger.merkle import HASH

ED25519 = b"\x01"
"""Algorithm of a signed note's key."""
MOST_BYTES = 16 * 1024
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class Key(Struct, frozen=True, kw_only=True):
    """A public key under a name."""

    name: str
    public: bytes
    """32 bytes, Ed25519."""

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        """The verifier key of a signed note: ``name+id+key``."""
        return f"{self.name}+{self.id.hex()}+{_text(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read a verifier key. Raises ValueError for anything else, and for a key whose id does not fit."""
        name, _, rest = text.strip().partition("+")
        wanted, _, coded = rest.partition("+")
        data = _bytes(coded)
        if not _NAME.fullmatch(name) or data[:1] != ED25519 or len(data) != 1 + 32:
            raise ValueError("not the verifier key of a signed note: NAME+ID+KEY")
        key = cls(name=name, public=data[1:])
        if key.id.hex() != wanted:
            raise ValueError("the id of this key does not fit it: it was changed on the way")
        return key

    def signed(self, signature: bytes, text: bytes) -> bool:
        """Check a signature."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A checkpoint as it was read, with its signatures not yet checked."""

    origin: str
    size: int
    root: bytes
    text: bytes
    """What was signed."""
    signatures: tuple[tuple[str, bytes, bytes], ...]
    """Name, key id and signature of each line."""

    def signers(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """The keys that signed it."""
        return tuple(
            key
            for key in keys
            for name, key_id, signature in self.signatures
            if name == key.name and key_id == key.id and key.signed(signature, self.text)
        )


def is_name(text: str) -> bool:
    """Tell whether a text can be the origin of a ledger, or name a key."""
    return bool(_NAME.fullmatch(text))


def unsigned(origin: str, size: int, root: bytes) -> bytes:
    """The text of a checkpoint."""
    return f"{origin}\n{size}\n{_text(root)}\n".encode()


def handover(origin: str, key: Key) -> bytes:
    """What the key of a ledger signs to hand over to another."""
    return f"demarc.ledger/key\n{origin}\n{key}\n".encode()


def signed(text: bytes, key: Key, signature: bytes) -> bytes:
    """The signed note: the text, and the line of a signature."""
    return text + f"\n— {key.name} {_text(key.id + signature)}\n".encode()


def read(note: bytes) -> Checkpoint:
    """Read a signed checkpoint, strictly. Raises ValueError with what is wrong."""
    if len(note) > MOST_BYTES:
        raise ValueError("too long for a checkpoint")
    text, blank, rest = note.partition(b"\n\n")
    if not blank or not rest.endswith(b"\n"):
        raise ValueError("not a signed note: no blank line before the signatures, or cut off")
    try:
        lines = text.decode().split("\n")
        signatures = [_signature(line) for line in rest[:-1].decode().split("\n")]
    except UnicodeDecodeError as error:
        raise ValueError("not a signed note: it is no text") from error
    if len(lines) != 3:
        raise ValueError("not a checkpoint: origin, size and root, one line each")
    origin, size, root = lines
    if not is_name(origin) or not re.fullmatch("0|[1-9][0-9]{0,15}", size) or len(_bytes(root)) != HASH:
        raise ValueError("not a checkpoint: origin, size and root, one line each")
    return Checkpoint(origin=origin, size=int(size), root=_bytes(root), text=text + b"\n", signatures=tuple(signatures))


def _signature(line: str) -> tuple[str, bytes, bytes]:
    match = _SIGNATURE.fullmatch(line)
    data = _bytes(match[2]) if match else b""
    if not match or len(data) < 5:
        raise ValueError("not a signed note: a signature is not in its form")
    return match[1], data[:4], data[4:]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    """Read base64 that is written in the one way; empty for anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if _text(data) == text else b""
