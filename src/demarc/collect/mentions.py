"""Finds which Secrets an object of any kind refers to, by the names of its fields.

Only names are taken, and only from fields that by their own name refer to a Secret: a field that may hold a secret
itself (``clientSecret``) is taken where it is an object with a ``name``, never where it is a text.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

_TEXT: Final = re.compile(r".*secret_?(?:name|ref|reference)", re.IGNORECASE)
_OBJECT: Final = re.compile(r".*(?:secret|certificateref).*", re.IGNORECASE)
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_ANY: Final = msgspec.json.Decoder()
_MOST: Final = 100
_DEEPEST: Final = 60


def secrets_named(data: bytes | memoryview) -> tuple[str, ...]:
    """Names of Secrets that the JSON of an object refers to, sorted, a hundred at most; quick where there is none."""
    text = bytes(data)
    if b"ecret" not in text and b"ertificateRef" not in text:
        return ()
    try:
        body = _ANY.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ()
    found: set[str] = set()
    for name in ("spec", "data", "status"):
        if isinstance(body, dict):
            _walk(body.get(name), found, 0)
    return tuple(sorted(found)[:_MOST])


def _walk(value: Any, found: set[str], depth: int) -> None:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            _walk(item, found, depth + 1)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                _add(inner if _TEXT.fullmatch(key) else None, found)
            elif _OBJECT.fullmatch(key):
                for one in inner if isinstance(inner, list) else (inner,):
                    _add(one.get("name") if isinstance(one, dict) else None, found)
            _walk(inner, found, depth + 1)


def _add(name: Any, found: set[str]) -> None:
    if isinstance(name, str) and _NAME.fullmatch(name):
        found.add(name)
