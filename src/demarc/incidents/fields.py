"""Reads the values of one mapping of a description: each of its kind, each fault with its line.

Knows what a text, a choice, a date and a list look like; which keys there are is ``reading``'s.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from demarc.model.errors import Where
from demarc.model.incidents import Day
from demarc.model.time import instant
from demarc.register.problems import Problems
from demarc.register.tree import Mapping, Node, Scalar, Sequence
from demarc.register.words import Spellings, shown, unsafe

E = TypeVar("E", bound=StrEnum)

_DAY = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")
_LONGEST = 4_000
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Fields:
    """One mapping that is being read."""

    def __init__(self, node: Node, path: str, file: str, problems: Problems, known: Iterable[str]) -> None:
        """Take the mapping, and report keys that nobody knows."""
        self._file, self._path, self._problems = file, path, problems
        self._lines: dict[str, int] = {}
        self._values: dict[str, Node] = {}
        self.line = node.line
        self.is_mapping = isinstance(node, Mapping)
        if not isinstance(node, Mapping):
            self.fault("this is not a mapping", None, "write keys and values")
            return
        spellings = Spellings(known)
        for key, value in node.entries:
            if key.text not in known:
                where = Where(file=file, line=key.line, field=path or None)
                todo = problems.did_you_mean(key.text, spellings, f"known here: {', '.join(known)}")
                problems.error(f"unknown key {shown(key.text)}", where, todo)
            self._values[key.text], self._lines[key.text] = value, key.line

    def fault(self, what: str, name: str | None, todo: str, *, line: int | None = None) -> None:
        """Report what is wrong with a key, or with the whole."""
        field = ".".join(part for part in (self._path, name) if part)
        at = line or (self._lines.get(name, self.line) if name else self.line)
        self._problems.error(what, Where(file=self._file, line=at, field=field or None), todo)

    def has(self, name: str) -> bool:
        """Tell whether a key is there with a value."""
        return self._given(name) is not None

    def inner(self, name: str, known: Iterable[str]) -> Fields | None:
        """A mapping below a key; None where there is none."""
        node = self._given(name)
        return None if node is None else Fields(node, self._under(name), self._file, self._problems, tuple(known))

    def entries(self, name: str, known: Iterable[str], *, required: bool = False) -> list[Fields]:
        """Mappings of a list below a key."""
        items = self._items(name, required=required)
        keys = tuple(known)
        return [
            Fields(item, f"{self._under(name)}[{at}]", self._file, self._problems, keys)
            for at, item in enumerate(items)
        ]

    def text(self, name: str, *, required: bool = False) -> str:
        """A text as written; empty where there is none."""
        node = self._given(name)
        if node is None:
            if required:
                self.fault(f"{name} is missing", name, f"add {name}")
            return ""
        return self._text(node, name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, or one."""
        node = self._given(name)
        if isinstance(node, Scalar):
            return (self._text(node, name),)
        return tuple(self._text(item, name) for item in self._items(name))

    def groups(self, name: str) -> tuple[tuple[tuple[str, ...], int], ...]:
        """A list of lists of texts, each with its line."""
        found = []
        for item in self._items(name):
            if isinstance(item, Sequence):
                found.append((tuple(self._text(one, name) for one in item.items), item.line))
            else:
                self.fault(f"an entry of {name} is not a list", name, "write [a, b]", line=item.line)
        return tuple(found)

    def choice(self, name: str, among: type[E], default: E | None = None) -> E | None:
        """One word of a vocabulary; ``default`` where the key is not there; without a default it must be."""
        node = self._given(name)
        if node is None:
            if default is None:
                self.fault(f"{name} is missing", name, f"one of: {', '.join(among)}")
            return default
        return self._choice(node, name, among) or default

    def optional(self, name: str, among: type[E]) -> E | None:
        """One word of a vocabulary, or nothing."""
        node = self._given(name)
        return None if node is None else self._choice(node, name, among)

    def choices(self, name: str, among: type[E]) -> tuple[E, ...]:
        """A list of words of a vocabulary, or one."""
        node = self._given(name)
        nodes = (node,) if isinstance(node, Scalar) else self._items(name)
        return tuple(one for item in nodes if (one := self._choice(item, name, among)) is not None)

    def flag(self, name: str, *, default: bool | None = None) -> bool | None:
        """True or false; ``default`` where the key is not there."""
        node = self._given(name)
        if node is None:
            return default
        said = node.text.lower() if isinstance(node, Scalar) else ""
        if said not in _WORDS:
            self.fault(f"{name} is neither true nor false", name, "write true or false")
            return default
        return _WORDS[said]

    def number(self, name: str) -> int | None:
        """A whole number from 1 on; None where there is none or it is none."""
        node = self._given(name)
        if node is None:
            self.fault(f"{name} is missing", name, f"add {name}: 1, 2, 3, ...")
            return None
        said = node.text if isinstance(node, Scalar) else ""
        if not said.isascii() or not said.isdigit() or not 0 < int(said) < 10_000:
            self.fault(f"{name} is not a number from 1 on", name, "write 1, 2, 3, ...")
            return None
        return int(said)

    def day(self, name: str, *, required: bool = False) -> Day | None:
        """A date as exact as it is known: YYYY, YYYY-MM or YYYY-MM-DD."""
        said = self.text(name, required=required)
        if not said:
            return None
        found = day(said)
        if found is None:
            self.fault(f"{name} is not a date: {shown(said, 40)}", name, "write 2026, 2026-03 or 2026-03-31")
        return found

    def moment(self, name: str) -> datetime | None:
        """An exact time; None where there is none."""
        said = self.text(name)
        if not said:
            return None
        try:
            return instant(said)
        except ValueError:
            self.fault(f"{name} is not a time: {shown(said, 40)}", name, "write 2026-03-31T12:00:00Z")
            return None

    def free(self, name: str) -> dict[str, Any]:
        """A mapping of whatever somebody wanted to note; values as YAML means them."""
        node = self._given(name)
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self.fault(f"{name} is not a mapping", name, "write keys and values")
            return {}
        return {key.text: _plain(value) for key, value in node.entries}

    def _given(self, name: str) -> Node | None:
        node = self._values.get(name)
        return None if node is None or (isinstance(node, Scalar) and node.means == "null") else node

    def _under(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _items(self, name: str, *, required: bool = False) -> tuple[Node, ...]:
        node = self._given(name)
        if node is None:
            if required:
                self.fault(f"{name} is missing", name, f"add {name}")
            return ()
        if not isinstance(node, Sequence):
            self.fault(f"{name} is not a list", name, "write a list")
            return ()
        if required and not node.items:
            self.fault(f"{name} is empty", name, "add at least one entry")
        return node.items

    def _text(self, node: Node, name: str) -> str:
        if not isinstance(node, Scalar):
            self.fault(f"{name} is not a text", name, "write one text", line=node.line)
            return ""
        if (found := unsafe(node.text)) is not None:
            self.fault(f"{name} holds the character {found}", name, "remove it", line=node.line)
            return ""
        if len(node.text) > _LONGEST:
            self.fault(f"{name} is longer than {_LONGEST:,} characters", name, "shorten it", line=node.line)
            return ""
        return node.text.strip()

    def _choice(self, node: Node, name: str, among: type[E]) -> E | None:
        said = self._text(node, name)
        if said in tuple(among):
            return among(said)
        if said:
            spellings = Spellings(among)
            todo = self._problems.did_you_mean(said, spellings, f"one of: {', '.join(among)}")
            self.fault(f"unknown {name} {shown(said, 40)}", name, todo, line=node.line)
        return None


def day(said: str) -> Day | None:
    """Read a date as exact as it is written; None for what is none."""
    match = _DAY.match(said)
    if match is None:
        return None
    year, month, on = (int(part) if part else None for part in match.groups())
    try:
        first = date(year or 0, month or 1, on or 1)
        last = first if on else date(first.year, month or 12, calendar.monthrange(first.year, month or 12)[1])
    except ValueError:
        return None
    return Day(first=first, last=last, text=said)


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.text: _plain(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    means = node.means
    if means == "null":
        return None
    if means == "bool":
        return _WORDS.get(node.text.lower(), node.text)
    if means == "int" and node.text.isascii() and node.text.isdigit() and len(node.text) < 10:
        return int(node.text)
    return node.text
