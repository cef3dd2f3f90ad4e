"""Who signs checkpoints: a key in a file, or a command that asks a key service or a hardware module.

Every signature is checked before it is given on, so that a command that answers nonsense is found at once. Private keys
show in no error and no repr.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from demarc.ledger import note
from demarc.ledger.note import Key
from demarc.model.errors import DemarcError, Where

SECONDS = 60
"""After which a command that signs is given up."""


class Signer(Protocol):
    """Whoever signs for a key."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign; raises DemarcError where it cannot."""
        ...


class FileSigner:
    """A private key in a file: PEM, PKCS #8, Ed25519."""

    __slots__ = ("_key",)

    def __init__(self, path: Path) -> None:
        """Read the key. Raises DemarcError when there is none, or when others may read it."""
        where = Where(file=str(path))
        try:
            data = path.read_bytes()
            open_to_others = os.name == "posix" and path.stat().st_mode & 0o077
        except OSError as error:
            raise DemarcError(
                f"the signing key cannot be read: {error.strerror}", where=where, todo="name the key with --key"
            ) from error
        if open_to_others:
            raise DemarcError("others may read the signing key", where=where, todo=f"chmod 600 {path}")
        try:
            key = load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise DemarcError(
                "not an Ed25519 key in PEM without a password",
                where=where,
                todo="make one: openssl genpkey -algorithm ed25519 -out ledger.key",
            )
        self._key = key

    @property
    def public(self) -> bytes:
        """The public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Sign."""
        return self._key.sign(message)


class CommandSigner:
    """A command that signs standard input with Ed25519: 64 bytes, or base64 of them, on standard output."""

    def __init__(self, command: tuple[str, ...], public: bytes) -> None:
        """Take the command as its words, and the public key that it signs for."""
        self._command, self.public = command, public

    def sign(self, message: bytes) -> bytes:
        """Call the command. Raises DemarcError when it fails, or when what it gives is no signature by the key."""
        name = self._command[0]
        try:
            ran = subprocess.run(self._command, input=message, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - the user's own command
        except FileNotFoundError as error:
            raise DemarcError(f"there is no command {name}", todo="name the command that signs by its path") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DemarcError(f"the command {name} did not answer", todo="run it by hand") from error
        if ran.returncode:
            last = ran.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["nothing on standard error"]
            raise DemarcError(f"the command {name} failed: {last[0]}", todo="run it by hand")
        signature = ran.stdout if len(ran.stdout) == 64 else _decoded(ran.stdout)
        if not Key(name="-", public=self.public).signed(signature, message):
            raise DemarcError(
                f"what the command {name} gave is no signature by the key of this ledger",
                todo="it must sign its standard input as it is (pure Ed25519), and print 64 bytes or base64 of them",
            )
        return signature


def checkpoint(signer: Signer, *, name: str, origin: str, size: int, root: bytes) -> bytes:
    """Make a signed checkpoint."""
    text = note.unsigned(origin, size, root)
    return note.signed(text, Key(name=name, public=signer.public), signer.sign(text))


def make_key(path: Path, *, random_bytes: Callable[[int], bytes]) -> None:
    """Make a private key that its owner alone may read. Raises DemarcError where a file is there already."""
    key = Ed25519PrivateKey.from_private_bytes(random_bytes(32))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise DemarcError(
            f"the signing key cannot be written: {error.strerror}",
            where=Where(file=str(path)),
            todo="name another file with --key",
        ) from error


def public_key(path: Path) -> bytes:
    """Read a public key in PEM. Raises DemarcError for anything else."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise DemarcError(
            "not an Ed25519 public key in PEM",
            where=Where(file=str(path)),
            todo="openssl pkey -in ledger.key -pubout, or what your key service exports",
        )
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _decoded(data: bytes) -> bytes:
    try:
        return base64.b64decode(data.strip(), validate=True)
    except binascii.Error:
        return b""
