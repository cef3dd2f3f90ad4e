"""Keyed fingerprints: they show that two Secret values are equal, and nothing else about them.

A plain digest of a weak password can be guessed; an HMAC under a key that never leaves the installation cannot. The key
is made once per installation, lies beside the user's settings, and never enters a snapshot, a report or an error.
"""

from __future__ import annotations

import binascii
import hmac
import os
import re
from collections.abc import Callable
from pathlib import Path

from demarc.model.errors import DemarcError, Where

KEY_BYTES = 32
KEY_FILE = "fingerprint.key"
PREFIX = "fp1:"
_DIGEST_BYTES = 16
_DOMAIN = b"demarc/fingerprint/1|"
_FINGERPRINT = re.compile(r"fp1:[0-9a-f]{32}")
_PLACEHOLDER = re.compile(
    rb"\d+ bytes long|[*+x.]{3,}|<?(?:redacted|removed|masked|omitted)>?|\[(?:redacted|masked)\]", re.IGNORECASE
)


class FingerprintKey:
    """A key for fingerprints. Its bytes show in no repr, and it refuses to be copied out by pickling."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        """Take exactly 32 bytes; raises ValueError otherwise."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a fingerprint key has {KEY_BYTES} bytes")
        self._keyed = hmac.new(key, _DOMAIN, "sha256")

    def of(self, value: bytes) -> str:
        """Fingerprint a value: ``fp1:`` and 32 hex digits (128 bits of HMAC-SHA-256)."""
        digest = self._keyed.copy()
        digest.update(value)
        return PREFIX + digest.digest()[:_DIGEST_BYTES].hex()

    def of_text(self, value: str) -> str:
        """Fingerprint text; a fingerprint stays itself, and what holds no value (empty, blanked out) gives ''."""
        if is_fingerprint(value):
            return value
        return self._of_value(value.encode("utf-8", "surrogatepass"))

    def of_base64(self, value: str) -> str:
        """Fingerprint what a base64 text stands for, so that line breaks and padding make no difference.

        Text that is no base64 is taken as it stands. A fingerprint stays itself: ``:`` is no base64.
        """
        return value if is_fingerprint(value) else self._of_value(decoded(value))

    def _of_value(self, value: bytes) -> str:
        return "" if not value or _PLACEHOLDER.fullmatch(value) else self.of(value)

    def __repr__(self) -> str:
        return "FingerprintKey(...)"

    def __reduce__(self) -> str:
        raise TypeError("a fingerprint key is not to be copied")


def is_fingerprint(value: str) -> bool:
    """Tell whether a text is a fingerprint that Demarc made."""
    return _FINGERPRINT.fullmatch(value) is not None


def decoded(value: str) -> bytes:
    """Decode base64 as leniently as the API server: line breaks are skipped, padding may lack; else the text itself."""
    if len(value) % 4 == 0:
        try:
            return binascii.a2b_base64(value, strict_mode=True)  # as the API server writes it
        except ValueError:
            pass
    packed = "".join(value.split())
    try:
        return binascii.a2b_base64(packed + "=" * (-len(packed) % 4), strict_mode=True)
    except ValueError:
        return value.encode("utf-8", "surrogatepass")


def load_or_create_key(config_dir: Path, *, random_bytes: Callable[[int], bytes]) -> FingerprintKey:
    """Read the installation's key, or make one: ``fingerprint.key``, readable by its owner alone.

    Two processes that start at once agree on one key: the file appears whole or not at all, and the first one wins.
    Raises DemarcError when the folder cannot be used, or the file is no key.
    """
    path = config_dir / KEY_FILE
    try:
        if not path.exists():
            _create(path, random_bytes)
        content = path.read_bytes()
    except OSError as error:
        raise DemarcError(
            f"the fingerprint key cannot be read or made: {error.strerror or type(error).__name__}",
            where=Where(file=str(path)),
            todo="make the folder writable, or name another one for Demarc's settings",
        ) from None
    if len(content) != KEY_BYTES:
        raise DemarcError(
            f"the file is no fingerprint key: it holds {len(content)} bytes, not {KEY_BYTES}",
            where=Where(file=str(path)),
            todo="restore it from a backup; or delete it, and fingerprints of older snapshots will no longer compare",
        )
    return FingerprintKey(content)


def _create(path: Path, random_bytes: Callable[[int], bytes]) -> None:
    """Write the key under a name of its own and link it into place, which fails where another was faster."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{KEY_FILE}.{random_bytes(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(random_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
