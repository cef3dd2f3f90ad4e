"""Cuts JSON text into values without reading them: a List gives its items one by one, so that no dump is held whole.

JSON lines and concatenated values are several values. The cutting itself is done by msgspec, which knows strings and
escapes; where a value is damaged, it is cut by its brackets, so that one bad object does not cost the others. It knows
lists by their ``items``; what the values mean is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from demarc.intake.limits import Limits
from demarc.intake.streams import Readable

_PIECE = 8 * 1024 * 1024
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_AT = re.compile(r"\(byte (\d+)\)")
_SPACE = re.compile(rb"[ \t\r\n\x1e]*")
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*')
_KEY_BEGUN: Final = re.compile(rb'"[^"]*("\s*)?\Z')
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[\]{}]', re.DOTALL)
_RAW: Final = msgspec.json.Decoder(msgspec.Raw)


class _Named(Struct):
    apiVersion: str = ""  # noqa: N815 - the API's own spelling
    kind: str = ""


_NAMED: Final = msgspec.json.Decoder(_Named)


class Value(Struct, frozen=True):
    """A value at the top level, whole."""

    data: bytes | memoryview
    at: int
    """Byte at which it begins."""


class Item(Struct, frozen=True):
    """An item of a Kubernetes List that was too large to be held whole."""

    data: memoryview
    at: int
    head: bytes
    """What stood before the items, as a List without items; the same value for all items of a List."""


class ListHead(Struct, frozen=True):
    """What stands beside the items of such a List: comes after the last item."""

    data: bytes
    """The List as JSON, with empty ``items``."""
    at: int


class Damage(Struct, frozen=True):
    """Something that is no JSON. Reading goes on behind it, unless ``cut`` says that the text ends here."""

    at: int
    says: str
    cut: bool = False
    too_large: bool = False


Frame = Value | Item | ListHead | Damage


def frames(source: Readable, limits: Limits) -> Iterator[Frame]:
    """Cut JSON text into its values. ``Item.data`` is only valid until the next frame is asked for."""
    yield from _Framer(source, limits).run()


class _Framer:
    """A window over the text: ``_data[_here:]`` is what is still to be read."""

    def __init__(self, source: Readable, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._data = b""
        self._here = 0
        self._base = 0
        self._ended = False

    def run(self) -> Iterator[Frame]:
        while self._next():
            if self._data[self._here] == ord("{"):
                found = self._streamed()
                if found is not None:
                    yield from self._list(found)
                    continue
            yield self._value()

    def _more(self) -> bool:
        """Read on, dropping what is behind; tell whether there was more."""
        if self._ended:
            return False
        kept = self._data[self._here :]
        more = self._source.read(max(_PIECE, len(kept)))
        self._base += self._here
        self._here = 0
        self._data = kept + more
        self._ended = not more
        return bool(more)

    def _next(self) -> bool:
        """Go to the next byte that is no space; False at the end."""
        while True:
            self._here = _behind_space(self._data, self._here)
            if self._here < len(self._data):
                return True
            if not self._more():
                return False

    def _value(self, head: bytes | None = None) -> Frame:
        """Cut off the value that begins here; an item, where there is the head of its List."""
        at = self._base + self._here
        end = self._end(self._limits.document_bytes if head is None else self._limits.item_bytes)
        if isinstance(end, Damage):
            return end
        # The window may have moved while the end was looked for; the value has not.
        data = memoryview(self._data)[self._here : end]
        self._here = end
        return Value(data, at) if head is None else Item(data, at, head)

    def _end(self, limit: int) -> int | Damage:
        """Find the end of the value that begins here, reading on as needed; goes behind it where it is damaged."""
        while True:
            says, end = _cut(self._data, self._here, whole=self._ended)
            if end >= 0 and (end < len(self._data) or self._ended or self._data[end - 1] in b'}]"'):
                if end - self._here <= limit:
                    return end
                at, self._here = self._base + self._here, end
                return Damage(at, f"one value is larger than {limit} bytes", too_large=True)
            if len(self._data) - self._here > limit:
                at = self._base + self._here
                self._skip_rest()
                return Damage(at, f"one value is larger than {limit} bytes; what follows was not read", too_large=True)
            if (says or self._ended) and (closed := _closing(self._data, self._here)) >= 0:
                at, text = self._base + self._here, says or "it holds text that is no Unicode"
                self._here = closed
                return Damage(at, text)
            if not self._more():
                at, text = self._base + self._here, says or "the text ends within a value"
                cut = not says or self._data[self._here] in b"{["
                self._skip_rest()
                return Damage(at, text, cut=cut)

    def _skip_rest(self) -> None:
        while self._source.read(_PIECE):
            pass
        self._here, self._ended = len(self._data), True

    def _streamed(self) -> tuple[int, dict[bytes, bytes]] | None:
        """Find the items of a List, and what stands before them; None where the value is better taken whole."""
        while True:
            found = self._items()
            if not isinstance(found, bool):
                return found
            if not found or len(self._data) - self._here > self._limits.item_bytes or not self._more():
                return None

    def _items(self) -> tuple[int, dict[bytes, bytes]] | bool:
        """Look for items in the window: where they begin; else whether more text could show them."""
        here, beside = self._here + 1, dict[bytes, bytes]()
        while True:
            key = _KEY.match(self._data, _behind_space(self._data, here))
            if key is None:
                return here + 256 > len(self._data)
            if key[1] == b"items":
                is_list = self._is_list(key.end(), beside)
                return (key.end(), beside) if is_list is True else is_list is None
            says, end = _cut(self._data, key.end(), whole=self._ended)
            if end < 0:
                return not says
            beside[key[1]] = self._data[key.end() : end]
            here = _behind_space(self._data, end)
            if self._data[here : here + 1] != b",":
                return here >= len(self._data)
            here += 1

    def _is_list(self, at: int, beside: dict[bytes, bytes]) -> bool | None:
        """Tell whether the items that begin here can be understood one by one; None where more text is needed."""
        if self._data[at : at + 1] != b"[":
            return None if at >= len(self._data) else False
        if b"kind" in beside and b"apiVersion" in beside:
            return b"Partial" not in beside[b"kind"]
        first = _behind_space(self._data, at + 1)
        says, end = _cut(self._data, first, whole=self._ended)
        if end < 0:
            return False if says else None
        try:
            named = _NAMED.decode(memoryview(self._data)[first:end])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return bool(named.apiVersion and named.kind)

    def _list(self, found: tuple[int, dict[bytes, bytes]]) -> Iterator[Frame]:
        """Cut a List into its items, then give what stands beside them."""
        at = self._base + self._here
        self._here, beside = found[0] + 1, found[1]
        head = _head(beside)
        while self._next() and self._data[self._here] != ord("]"):
            if self._data[self._here] == ord(","):
                self._here += 1
                continue
            yield self._value(head)
        self._here += 1
        closed = yield from self._beside(beside)
        yield ListHead(_head(beside), at)
        if not closed:
            yield Damage(self._base + len(self._data), "the text ends within a List", cut=True)

    def _beside(self, beside: dict[bytes, bytes]) -> Generator[Frame, None, bool]:
        """Collect what follows the items; returns whether the List was closed."""
        while self._next():
            if self._data[self._here] == ord("}"):
                self._here += 1
                return True
            if self._data[self._here] == ord(","):
                self._here += 1
                continue
            key = _KEY.match(self._data, self._here)
            if key is None and self._more():
                continue
            if key is None and _KEY_BEGUN.match(self._data, self._here):
                return False
            if key is None:
                yield Damage(self._base + self._here, "the List does not end as JSON does")
                self._skip_rest()
                return True
            self._here = key.end()
            if not self._next():
                return False
            end = self._end(self._limits.item_bytes)
            if isinstance(end, Damage):
                yield end
                continue
            beside[key[1]] = self._data[self._here : end]
            self._here = end
        return False


def _behind_space(data: bytes, at: int) -> int:
    match = _SPACE.match(data, at)
    return match.end() if match else at


def _head(beside: dict[bytes, bytes]) -> bytes:
    """Write what stands beside the items as a List of none."""
    return b"{%s}" % b",".join((*(b'"%s":%s' % pair for pair in beside.items()), b'"items":[]'))


def _cut(data: bytes, at: int, *, whole: bool = False) -> tuple[str, int]:
    """Find the end of the value at ``at``: what is wrong with it (empty if it is only incomplete), and the end or -1.

    ``whole`` says that no more text follows ``data``.
    """
    view = memoryview(data)[at:]
    try:
        return "", at + len(memoryview(_RAW.decode(view)))
    except msgspec.DecodeError as error:
        message = str(error)
        if trailing := _TRAILING.search(message):
            end = at + int(trailing[1]) - 1
            while data[end - 1] in b" \t\r\n":
                end -= 1
            return "", end
        if message.startswith("Input data was truncated"):
            return "", -1
        where = _AT.search(message)
        # Close to the end of the window it may be but the cut that makes it look wrong.
        if not whole and where and int(where[1]) + 16 >= len(view):
            return "", -1
        return message, -1
    except RecursionError:
        return "it is nested too deeply", -1


def _closing(data: bytes, at: int) -> int:
    """Find the end of a damaged value by its brackets, with strings skipped; -1 where it is not closed."""
    if data[at] not in b"{[":
        line = data.find(b"\n", at)
        return line + 1 if line >= 0 else -1
    depth = 0
    for match in _BRACKETS.finditer(data, at):
        token = data[match.start()]
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
            if depth == 0:
                return match.end()
    return -1
