"""Words in messages: what was meant, and text that is safe to show. Knows nothing of the register's format."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

MARKER = "TODO"
"""What a draft writes where somebody must still fill something in."""

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, line separators, overrides of the direction of writing, halves of characters."""

_MANY = 2_000
"""Above this many candidates only other spellings of the same letters are looked for."""


def is_marker(text: str) -> bool:
    """Tell whether a value is the marker for something to fill in, in any case."""
    return text.strip().upper() == MARKER


def unsafe(text: str) -> str | None:
    """Name the first character that must not stand in a name, as ``U+001B``; None for sound text."""
    found = _UNSAFE.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def shown(text: str, limit: int = 80) -> str:
    """Quote user input for a message: on one line, without characters that act on a terminal, cut at ``limit``."""
    flat = _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text[: limit + 1].replace("\n", " ").replace("\t", " "))
    return f"'{flat[:limit]}{'...' if len(text) > limit else ''}'"


def clean(text: str) -> str:
    """A text without characters that act on a terminal, otherwise as it is: for names of files."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\n", " ").replace("\t", " "))


def plain(text: str) -> str:
    """Letters and digits alone, in lower case: ``validTo``, ``valid-to`` and ``valid_to`` become the same."""
    return re.sub(r"[\W_]+", "", text.casefold())


def meant(text: str, candidates: Collection[str], alike: dict[str, str] | None = None) -> str | None:
    """Find what somebody most likely meant by ``text``: the nearest candidate, None when nothing is near.

    ``alike`` maps other words for a candidate to it (``expires`` to ``valid_to``).
    """
    if len(text) > 200:
        return None
    same = {plain(word): word for word in candidates} | {plain(word): goal for word, goal in (alike or {}).items()}
    found = same.get(plain(text))
    if found or len(candidates) > _MANY:
        return found
    near = get_close_matches(text, list(candidates), n=1, cutoff=0.6)
    return near[0] if near else None


def did_you_mean(text: str, candidates: Collection[str], otherwise: str, alike: dict[str, str] | None = None) -> str:
    """What to do about a name that nobody knows: the nearest one, else ``otherwise``."""
    found = meant(text, candidates, alike)
    return f"did you mean {shown(found)}?" if found else otherwise
