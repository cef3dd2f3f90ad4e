"""Identifiers that look random and are not: each is derived from a name, so that two runs give the same bytes."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

_SPACE = uuid.UUID("8a7f2c1e-5d1b-4c6e-9f2a-0b6f5c3d7e91")
_SAFE = "bcdfghjklmnpqrstvwxz2456789"


def uid(*parts: str) -> str:
    """UUID for a name; its version nibble says 4, as the API server's do."""
    digest = bytearray(hashlib.sha256((str(_SPACE) + "/".join(parts)).encode()).digest()[:16])
    return str(uuid.UUID(bytes=bytes(digest), version=4))


def number(*parts: str, below: int) -> int:
    """Return a number in ``range(below)``."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:8], "big") % below


def suffix(*parts: str, length: int = 5) -> str:
    """Name suffix in the alphabet that Kubernetes generates names with."""
    digest = hashlib.sha256("/".join(parts).encode()).digest()
    return "".join(_SAFE[byte % len(_SAFE)] for byte in digest[:length])


def hexes(*parts: str, length: int = 64) -> str:
    """Hexadecimal digits."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:length]


def moment(text: str) -> datetime:
    """Read ``2026-11-17T01:58:03Z``, with or without fractions."""
    return datetime.fromisoformat(text).astimezone(UTC)


def stamp(at: datetime) -> str:
    """Write an instant as the API server writes metadata times: to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(at: datetime) -> str:
    """Write an instant as the API server writes audit times: to the microsecond."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def later(text: str, **span: float) -> str:
    """Return the instant ``text`` moved by a ``timedelta`` given by its keywords."""
    return stamp(moment(text) + timedelta(**span))
