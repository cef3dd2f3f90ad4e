"""Reads a record that was cut: the fields that are whole before the cut, and nothing else.

CloudWatch cuts at 256 KB and appends ``[Truncated...]``; a disk that was full cuts anywhere. The API server writes the
fields in the order of ``audit.k8s.io``: who asked for what comes before the bodies, times and annotations behind them.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

_KEY: Final = re.compile(rb'[\s,]*"(\w+)"\s*:\s*')
_TRAILING: Final = re.compile(r"trailing characters \(byte (\d+)\)")
_WANTED: Final = frozenset({b"verb", b"user"})
_LARGEST: Final = 4 * 1024 * 1024


def is_json(data: bytes) -> bool:
    """Tell whether bytes are one JSON value, as far as its brackets and quotes go."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError):
        return False
    except RecursionError:
        return True
    return True


def salvaged(text: bytes) -> bytes | None:
    """An event of the whole fields of a cut one; None where it does not even say who did what."""
    start = text.find(b"{")
    if start < 0 or b'"auditID"' not in text[:_LARGEST]:
        return None
    data, at = text[:_LARGEST], start + 1
    found: dict[bytes, bytes] = {}
    while match := _KEY.match(data, at):
        end = _end(data, match.end())
        if end < 0:
            break
        found.setdefault(match[1], data[match.end() : end].rstrip())
        at = end
    if not found.keys() >= _WANTED:
        return None
    event = b"{%s}" % b",".join(b'"%s":%s' % pair for pair in found.items())
    try:
        return msgspec.json.format(event, indent=-1)
    except (msgspec.DecodeError, RecursionError):
        return None


def _end(data: bytes, at: int) -> int:
    """End of the value that begins here; -1 where it is not whole."""
    try:
        msgspec.json.decode(memoryview(data)[at:], type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        trailing = _TRAILING.search(str(error))
        return at + int(trailing[1]) - 1 if trailing else -1
    return -1  # what ends with the text may have gone on
