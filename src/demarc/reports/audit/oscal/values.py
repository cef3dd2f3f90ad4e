"""The small change of OSCAL: uuids, tokens, lines, properties. Knows no duty and no framework."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from demarc.reports.text import safe_text

Value = dict[str, Any]

VERSION = "1.2.1"
NS = "urn:demarc:oscal"
"""Names our properties; every uuid is made below it."""
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, NS)
_NO_TOKEN = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_LINE = 2_000


def uid(*parts: str) -> str:
    """The uuid of what these ids name: the same every time."""
    name = "\x1f".join(part.encode("utf-8", "backslashreplace").decode() for part in parts)
    return str(uuid.uuid5(_SPACE, name))


def tokens(ids: Iterable[str]) -> dict[str, str]:
    """A token for each id: OSCAL allows no colon and no figure at the start. Two ids never get the same."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for one in ids:
        token = _NO_TOKEN.sub("-", one)
        if not token or not (token[0].isalpha() or token[0] == "_"):
            token = f"_{token}"
        base, number = token, 2
        while token.lower() in taken:
            token, number = f"{base}_{number}", number + 1
        taken.add(token.lower())
        found[one] = token
    return found


def line(text: str) -> str:
    """One line that is not empty, without what cannot be seen."""
    return safe_text(text.strip(), _LONGEST_LINE).strip() or "not named"


def text(*lines: str) -> str:
    """Text of several lines, each safe to look at."""
    return "\n".join(safe_text(one) for one in lines if one) or "nothing is said"


def prop(name: str, value: str) -> Value:
    """A property of our own."""
    return {"name": name, "ns": NS, "value": line(value)}


def props(**named: str) -> list[Value]:
    """Properties of our own; those without a value are left out."""
    return [prop(name.replace("_", "-"), value) for name, value in named.items() if value.strip()]


def filled(value: Value) -> Value:
    """Without what is empty: OSCAL has no empty lists."""
    return {key: item for key, item in value.items() if item not in ("", [], {}, None)}


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Every reference by uuid within a document, as (name of the field, uuid)."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "party-uuids":
                yield from ((key, one) for one in item)
            elif key.endswith("-uuid") and isinstance(item, str):
                yield key, item
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
