"""Asks time stamp authorities (RFC 3161): the request as bytes, and the answer read and checked before it is kept.

Sends nothing itself: whoever calls has the connection, or a file.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from cryptography.x509 import Certificate

from demarc.ledger.line import clean
from demarc.ledger.note import read
from demarc.ledger.tokens import Der, RejectedError, Token, check_token
from demarc.model.errors import DemarcError
from demarc.model.ledger import Draft, stamp

REQUEST_TYPE, RESPONSE_TYPE = "application/timestamp-query", "application/timestamp-reply"
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
"""AlgorithmIdentifier of SHA-256, DER."""
_GRANTED = (0, 1)
"""PKIStatus granted, and grantedWithMods."""


def request(message: bytes, nonce: bytes) -> bytes:
    """A TimeStampReq over a message, that asks for the authority's certificate. ``nonce`` is random, 8 bytes."""
    imprint = _tlv(0x30, _SHA256 + _tlv(0x04, hashlib.sha256(message).digest()))
    number = _tlv(0x02, b"\x00" + nonce if nonce[0] & 0x80 else nonce.lstrip(b"\x00") or b"\x00")
    return _tlv(0x30, _tlv(0x02, b"\x01") + imprint + number + _tlv(0x01, b"\xff"))


def response(data: bytes, message: bytes, roots: Sequence[Certificate], *, nonce: bytes | None) -> tuple[bytes, Token]:
    """Read a TimeStampResp: gives the token and what it says. Raises DemarcError for anything but a good answer.

    ``nonce`` is that of the request; None where the answer comes from a file, long after its request.
    """
    try:
        parts = Der.one(data).inner()
        status = int.from_bytes(parts[0].inner()[0].value, "big", signed=True)
        if status not in _GRANTED or len(parts) < 2:
            words = b" ".join(text.value for one in parts[0].inner()[1:2] if one.tag == 0x30 for text in one.inner())
            raise RejectedError(
                f"the authority refused, status {status} {words.decode(errors='replace')[:200]}".strip()
            )
        token = parts[1].whole
        found = check_token(token, message, list(roots))
    except (ValueError, IndexError) as error:
        raise DemarcError(
            f"the answer of the time stamp authority is no good: {error}",
            todo="nothing was recorded; ask again, or ask another authority",
        ) from error
    if nonce is not None and found.nonce != int.from_bytes(nonce, "big"):
        raise DemarcError("the time stamp authority answered another request", todo="ask again; nothing was recorded")
    return token, found


def draft(note: bytes, token: bytes, found: Token, *, actor: str) -> Draft:
    """The entry that keeps an anchor: the checkpoint, and what the authority signed over it."""
    at = stamp(found.at)
    body = {
        "checkpoint": note.decode(),
        "token": base64.b64encode(token).decode(),
        "authority": clean(found.authority),
        "at": at,
    }
    return Draft(
        actor=actor, kind="ledger.anchor", subject=f"the first {read(note).size} entries", valid_from=at, body=body
    )


def _tlv(tag: int, value: bytes) -> bytes:
    length = len(value)
    if length < 0x80:
        return bytes([tag, length]) + value
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + value
