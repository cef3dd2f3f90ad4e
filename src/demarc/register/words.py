"""Words in messages: what was meant, and text that is safe to show. Knows nothing of the register's format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

MARKER = "TODO"
"""What a draft writes where somebody must still fill something in."""

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, line separators, overrides of the direction of writing, halves of characters."""

_MANY = 200
"""Above this many candidates only those of the same first letter and about the same length are compared."""


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


class Spellings:
    """Names that somebody may have meant. Built once, asked often: a name costs the same among ten or 10,000."""

    def __init__(self, candidates: Iterable[str], alike: dict[str, str] | None = None) -> None:
        """Take the names, and other words for them (``expires`` for ``valid_to``)."""
        self._candidates = list(candidates)
        self._same = {plain(word): goal for word, goal in (alike or {}).items()}
        self._same.update((plain(word), word) for word in self._candidates)
        self._by_letter: dict[str, list[str]] = {}
        if len(self._candidates) > _MANY:
            for word in self._candidates:
                self._by_letter.setdefault(word[:1].casefold(), []).append(word)

    def nearest(self, text: str) -> str | None:
        """The name that was most likely meant; None when nothing is near."""
        if len(text) > 200:
            return None
        found = self._same.get(plain(text))
        if found:
            return found
        among = self._candidates
        if len(among) > _MANY:
            likely = self._by_letter.get(text[:1].casefold(), ())
            among = [word for word in likely if abs(len(word) - len(text)) <= 2][:_MANY]
        near = get_close_matches(text, among, n=1, cutoff=0.6)
        return near[0] if near else None
