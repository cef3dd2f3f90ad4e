"""Small readings that all shapes of a cloud's trail share: parts of what may be anything, times, clean text.

What comes out of here is what is kept, so the masking is here: of signed addresses only the part before the question
mark stays, and what looks like a token is taken out.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from demarc.intake.masking import mask

Record = dict[str, Any]
LONGEST: Final = 512
_PORT: Final = re.compile(r"^\[?([0-9a-fA-F:.]+?)\]?(?::\d{1,5})?$")
_IPV4_PORT: Final = re.compile(r"^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$")
_DIGITS: Final = re.compile(r"^\d+(\.\d+)?(e\+?\d+)?$", re.IGNORECASE)
_SIGNED: Final = re.compile(r"\?.*", re.DOTALL)
_ZONE: Final = re.compile(r"\s*(?:UTC|Z)$", re.IGNORECASE)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")
_AMERICAN: Final = re.compile(
    r"^(\d{1,2})/(\d{1,2})/(\d{4}),? (\d{1,2}):(\d{2}):(\d{2})(?:\.(\d+))?(?: ?([AP]M))?$", re.IGNORECASE
)


def part(value: Any, *keys: str) -> Any:
    """What lies under some keys, one in the other; None where anything on the way is missing or no object."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def record(value: Any) -> Record:
    """An object, also where it comes as text of JSON; empty for anything else."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A list, also where it comes as text of JSON; empty for anything else."""
    if isinstance(value, str) and value[:1] == "[":
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return []
    return value if isinstance(value, list) else []


def records(value: Any) -> Iterator[Record]:
    """The objects of a list."""
    return (one for one in listed(value) if isinstance(one, dict))


def word(value: Any) -> str:
    """A name: text without secrets, cut where nobody would read on; empty for what is no text or number."""
    if type(value) is str:
        # What is cut is masked before: half a token looks like none.
        return _cleaned(value) if len(value) <= LONGEST else _clean(value)[:LONGEST]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


@lru_cache(maxsize=65_536)
def _cleaned(text: str) -> str:
    """The same few names come again and again: each is cleaned once, and is one text in all calls."""
    return _clean(text)


def _clean(text: str) -> str:
    if "://" in text:
        text = _SIGNED.sub("", text)
    return mask(text).replace("\0", "").strip()


def first(*values: Any) -> str:
    """The first name that is one."""
    return next((found for value in values if (found := word(value))), "")


def identifier(value: Any) -> str:
    """An id of a key or token: it names one and is none, so it is kept as it is. Anything longer is not kept."""
    text = value if isinstance(value, str) else ""
    return text if 0 < len(text) <= 256 and not text.startswith("eyJ") and not text.isspace() else ""


def address(value: Any) -> str:
    """An address without its port; the name of a service stays one."""
    return _address(word(value))


@lru_cache(maxsize=65_536)
def _address(text: str) -> str:
    if found := _IPV4_PORT.match(text):
        return found[1]
    try:
        found_ip = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        bare = _PORT.match(text)
        return bare[1] if bare and text.startswith("[") else text
    if isinstance(found_ip, ipaddress.IPv6Address) and found_ip.ipv4_mapped is not None:
        return str(found_ip.ipv4_mapped)
    return str(found_ip)


def microseconds(value: Any) -> int:
    """A time as microseconds since 1970; 0 where it is none.

    RFC 3339, ``2026-01-01 00:00:00.123 UTC`` as tables print it, seconds or milliseconds since 1970, and what portals
    export. A time without a zone is UTC, as all clouds write it.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_epoch(float(value))
    if not isinstance(value, str) or not value:
        return 0
    text = value.strip()
    if _DIGITS.match(text):
        return _since_epoch(float(text))
    if found := _AMERICAN.match(text):
        return _american(found)
    text = _FRACTION.sub(r"\1", _ZONE.sub("", text))
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return 0
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return round(when.timestamp() * 1_000_000)


def _since_epoch(value: float) -> int:
    if not 0 < value < 4e18:
        return 0
    scale = next(scale for most, scale in ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (4e18, 1e-3)) if value < most)
    return round(value * scale)


def _american(found: re.Match[str]) -> int:
    month, day, year, hour, minute, second = (int(found[at]) for at in range(1, 7))
    if found[8]:
        hour = hour % 12 + (12 if found[8].upper() == "PM" else 0)
    try:
        when = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return 0
    return int(when.timestamp()) * 1_000_000 + int((found[7] or "0")[:6].ljust(6, "0"))


def lowered(value: Mapping[str, Any]) -> Record:
    """An object with its keys in lower case: Azure spells them differently by the way they left it."""
    return {key.lower(): one for key, one in value.items()}


def values_of(value: Any, key: str) -> Iterator[Any]:
    """Whatever is called so, at any depth."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name.lower() == key:
                yield one
            yield from values_of(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from values_of(one, key)
