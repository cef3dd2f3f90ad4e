"""Turns YAML into JSON, one document at a time, reading it as the cluster does (YAML 1.1) and trusting nothing.

It works on the parser's events, without recursion: depth, what aliases expand to, and duplicate keys are watched on the
way. Documents are cut apart first, so that a damaged one does not cost the others. Errors name a place, never content.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml
from msgspec import Struct

from demarc.intake.limits import Limits

_SEPARATOR = re.compile(rb"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
_EMPTY = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?(?:\r?\n|\r|\Z))*")
_TEMPLATE = re.compile(rb"\{\{[^}\n]*\}\}")
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*|0)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "-.inf", "-.Inf", "-.INF"), None),
}
_STANDARD = "tag:yaml.org,2002:"
_LARGEST = 2**64


class YamlDocument(Struct, frozen=True):
    """One document, as JSON."""

    data: bytes
    line: int
    """1-based line of its first content."""
    duplicates: tuple[int, ...] = ()
    """Lines on which a key stands a second time; the last one counts, as it does for the cluster."""
    lines: dict[str, int] | None = None
    """Path of a field -> 1-based line of its key; ``""`` is the first line. None for a List, whose items are many."""


class YamlDamage(Struct, frozen=True):
    """A document that cannot be read."""

    line: int
    says: str
    template: bool = False
    """It looks like a template that was not rendered."""
    refused: bool = False


def yaml_documents(data: bytes, limits: Limits) -> Iterator[YamlDocument | YamlDamage]:
    """Read a YAML stream; documents that hold nothing but comments are left out."""
    line, start = 1, 0
    separators = [match.start() for match in _SEPARATOR.finditer(data)]
    for end in [*separators, len(data)]:
        part = data[start:end]
        body = part[3:] if separators and start >= separators[0] else part
        if part.startswith(b"..."):
            part = body
        if not _EMPTY.fullmatch(body) and not body.lstrip().startswith(b"%"):
            yield _document(part, line, limits)
        line += part.count(b"\n")
        start = end


def _document(part: bytes, line: int, limits: Limits) -> YamlDocument | YamlDamage:
    try:
        composer = _Composer(part, line, limits)
        return YamlDocument(composer.compose(), line, tuple(composer.duplicates), composer.lines)
    except _RefusedError as refusal:
        return YamlDamage(line, str(refusal), template=bool(_TEMPLATE.search(part)), refused=True)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line if error.problem_mark else 0
        return YamlDamage(line + at, error.problem or "it is no YAML", template=bool(_TEMPLATE.search(part)))
    except yaml.reader.ReaderError as error:
        before = part[: error.position].count(b"\n") if isinstance(error.position, int) else 0
        return YamlDamage(line + before, f"it holds bytes that are no text: {error.reason}")
    except (UnicodeError, OverflowError) as error:
        return YamlDamage(line, f"it holds text that is no Unicode ({type(error).__name__})")


class _RefusedError(Exception):
    """A document that would grow or nest without end."""


class _Open:
    """A mapping or sequence that is not closed yet."""

    __slots__ = ("anchor", "is_items", "is_merge", "key", "merges", "path", "value", "weight")

    def __init__(
        self, value: dict[str, Any] | list[Any], anchor: str | None, weight: int, path: str, *, is_items: bool
    ) -> None:
        self.value = value
        self.path = path
        self.anchor = anchor
        self.weight = weight
        self.is_items = is_items
        self.key: str | None = None
        self.is_merge = False
        self.merges: list[Any] = []


class _Composer:
    """Builds one document from its events. Items of a List become JSON at once, so that only one is held as objects."""

    def __init__(self, data: bytes, line: int, limits: Limits) -> None:
        self._loader = yaml.CSafeLoader(data)
        self._line = line
        self._limits = limits
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._weight = 0
        self._expanded = 0
        self._root: Any = None
        self.duplicates: list[int] = []
        self.lines: dict[str, int] | None = {}

    def compose(self) -> bytes:
        """Give the document as JSON."""
        try:
            while (event := self._loader.get_event()) is not None:
                self._take(event)
        finally:
            self._loader.dispose()
        return msgspec.json.encode(self._root)

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._weight += len(event.value) + 8
            self._place(_scalar(event), event, anchor=event.anchor, weight=len(event.value) + 8)
        elif isinstance(event, yaml.MappingStartEvent):
            self._start({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._start([], event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)

    def _start(self, value: dict[str, Any] | list[Any], event: yaml.CollectionStartEvent) -> None:
        if len(self._open) >= self._limits.yaml_depth:
            raise _RefusedError(f"it is nested more than {self._limits.yaml_depth} levels deep")
        is_items = isinstance(value, list) and len(self._open) == 1 and self._open[0].key == "items"
        if is_items:
            self.lines = None
        path = self._path(event)
        self._open.append(_Open(value, event.anchor, self._weight, path, is_items=is_items))
        self._weight += 8

    def _path(self, event: yaml.Event) -> str:
        """Where the value that begins here stands; notes the line of an item of a list."""
        if self.lines is None or not self._open:
            if self.lines is not None:
                self._note("", event)
            return ""
        into = self._open[-1]
        if isinstance(into.value, list):
            path = f"{into.path}[{len(into.value)}]"
            self._note(path, event)
            return path
        return _below(into)

    def _note(self, path: str, event: yaml.Event) -> None:
        if self.lines is not None and event.start_mark is not None:
            self.lines.setdefault(path, self._line + event.start_mark.line)

    def _close(self, event: yaml.Event) -> None:
        done = self._open.pop()
        if isinstance(done.value, dict):
            for merged in done.merges:
                for source in merged if isinstance(merged, list) else [merged]:
                    if isinstance(source, dict):
                        done.value = {**source, **done.value}
        self._place(done.value, event, anchor=done.anchor, weight=self._weight - done.weight)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self._anchors:
            raise _RefusedError("an alias stands before, or inside, what it stands for")
        value, weight = self._anchors[event.anchor]
        self._weight += weight
        self._expanded += weight
        if self._expanded > self._limits.alias_bytes:
            raise _RefusedError(f"its aliases expand to more than {self._limits.alias_bytes} bytes")
        self._place(value, event, anchor=None, weight=weight)

    def _place(self, value: Any, event: yaml.Event, *, anchor: str | None, weight: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, weight)
        if not self._open:
            self._root = value
            return
        into = self._open[-1]
        if isinstance(into.value, list):
            whole = into.is_items and anchor is None
            into.value.append(msgspec.Raw(msgspec.json.encode(value)) if whole else value)
        elif into.key is None:
            into.key = value if isinstance(value, str) else _key(value)
            if self.lines is not None:
                self._note(_below(into), event)
            into.is_merge = into.key == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]
        else:
            self._put(into, value, event)

    def _put(self, into: _Open, value: Any, event: yaml.Event) -> None:
        key, into.key = into.key, None
        if into.is_merge and isinstance(value, (dict, list)):
            into.merges.append(value)
            return
        if isinstance(into.value, dict) and key is not None:
            if key in into.value:
                self.duplicates.append(self._line + (event.start_mark.line if event.start_mark else 0))
            into.value[key] = value


def _below(into: _Open) -> str:
    """Path of the value of the key that is being read."""
    return f"{into.path}.{into.key}" if into.path else str(into.key)


def _key(value: Any) -> str:
    """Write a key as the cluster's YAML reader does; a mapping or list cannot be one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, msgspec.Raw)):
        raise _RefusedError("a mapping or list stands where a key belongs")
    return "null" if value is None else str(value)


def _scalar(event: yaml.ScalarEvent) -> Any:
    """Resolve a scalar: plain ones by YAML 1.1, without base-60 numbers and dates, which the cluster keeps as text."""
    text: str = event.value
    tag: str | None = event.tag
    if tag is not None and tag.startswith(_STANDARD):
        return text if tag.removeprefix(_STANDARD) in {"str", "binary", "timestamp"} else _plain(text)
    return _plain(text) if event.implicit[0] else text


def _plain(text: str) -> Any:
    if len(text) > 40:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else None
    return text


def _integer(text: str) -> int | float:
    sign, digits = (-1 if text[0] == "-" else 1), text.lstrip("+-").replace("_", "")
    if digits[:1] == "0" and digits[1:2].isdigit():
        digits = f"0o{digits[1:]}"
    number = sign * int(digits, 0)
    return number if -_LARGEST // 2 <= number < _LARGEST else float(number)
