"""The line of an entry: the exact bytes that are hashed, chained, stored and handed out.

One entry has one line: decoding and encoding it again gives the same bytes, or it is refused. So no reader can take two
meanings from it (keys given twice, spaces, other spellings of the same text).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import msgspec

from demarc.model.ledger import Act, Draft, Entry, moment_of

MOST_BYTES = 1 << 20
"""Of one line."""
MOST_TEXT = 400
"""Characters of kind, subject, actor and writer: they are indexed."""
DEEPEST = 32
"""Levels of a body."""
LARGEST_NUMBER = (1 << 53) - 1
"""Whole numbers beyond it are not the same in every reader of JSON; numbers with a fraction never are."""
NOBODY_BEFORE = "0" * 64

_KIND = re.compile(r"[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*")
_HASH = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DECODER: Final = msgspec.json.Decoder(Entry, strict=True)
_ENCODER: Final = msgspec.json.Encoder()


def line_of(draft: Draft, *, seq: int, recorded_at: str, writer: str, prev: bytes | None) -> bytes:
    """The line of a draft at its place. Raises ValueError for what no line may hold."""
    entry = Entry(
        seq=seq,
        recorded_at=recorded_at,
        writer=writer,
        actor=draft.actor,
        act=draft.act,
        supersedes=draft.supersedes,
        kind=draft.kind,
        subject=draft.subject,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        body=None if draft.body is None else _ordered(draft.body, 0),
        prev=NOBODY_BEFORE if prev is None else prev.hex(),
    )
    _sound(entry)
    line = _ENCODER.encode(entry)
    if len(line) > MOST_BYTES:
        raise ValueError(f"an entry of {len(line):,} bytes; the most is {MOST_BYTES:,}")
    return line


def entry_of(line: bytes) -> Entry:
    """Read a line. Raises ValueError for anything that ``line_of`` would not have written."""
    if len(line) > MOST_BYTES:
        raise ValueError("the line is too long")
    try:
        entry = _DECODER.decode(line)
        again = _ENCODER.encode(entry)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ValueError("it does not read as an entry") from error
    if again != line:
        raise ValueError("it is not written as entries are")
    _sound(entry)
    if entry.body:
        _plain(entry.body, 0)
    return entry


def clean(text: str) -> str:
    """The same text without control characters, which none of an entry's own fields may hold."""
    return _CONTROL.sub("?", text)


def _sound(entry: Entry) -> None:
    if not 0 <= entry.seq <= LARGEST_NUMBER:
        raise ValueError("its place is no number from 0")
    if not (_is_text(entry.writer) and _is_text(entry.actor) and _is_text(entry.subject) and _is_text(entry.kind)):
        wrong = next(name for name in ("writer", "actor", "subject", "kind") if not _is_text(getattr(entry, name)))
        raise ValueError(f"its {wrong} is empty, longer than {MOST_TEXT} characters, or holds control characters")
    if not _is_kind(entry.kind):
        raise ValueError("its kind is no name such as register.assignment")
    if (entry.supersedes is None) != (entry.act is Act.STATES):
        raise ValueError("it must name what it supersedes exactly when it replaces or withdraws")
    if entry.supersedes is not None and not 0 <= entry.supersedes < entry.seq:
        raise ValueError("what it supersedes does not come before it")
    if not _HASH.fullmatch(entry.prev):
        raise ValueError("the hash of the entry before it is none")
    _timed(entry)


@lru_cache(maxsize=4096)
def _is_text(text: str) -> bool:
    return 0 < len(text) <= MOST_TEXT and not _CONTROL.search(text)


@lru_cache(maxsize=4096)
def _is_kind(text: str) -> bool:
    return _KIND.fullmatch(text) is not None


def _timed(entry: Entry) -> None:
    for at in (entry.recorded_at, entry.valid_from, entry.valid_to):
        if at is not None:
            moment_of(at)
    if entry.valid_from is not None and entry.valid_to is not None and entry.valid_from >= entry.valid_to:
        raise ValueError("the time for which it holds ends before it begins")


def _plain(value: dict[str, Any] | list[Any], depth: int) -> None:
    """Refuse what does not read alike everywhere, in what JSON gave."""
    if depth >= DEEPEST:
        raise ValueError("it is nested too deep")
    for inner in value.values() if isinstance(value, dict) else value:
        kind = type(inner)
        if kind is dict or kind is list:
            _plain(inner, depth + 1)
        elif kind is not str:
            _unlike(inner)


def _unlike(value: Any) -> None:
    """Refuse a value that is no text and holds none, and does not read alike everywhere."""
    if isinstance(value, float):
        raise ValueError("it holds a number with a fraction")  # noqa: TRY004 - it is a value that JSON allows
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        raise ValueError("it holds a number that is too large")


def _ordered(value: Any, depth: int) -> Any:
    """The same with the keys of every object sorted, so that equal bodies have equal bytes; refuses as ``_plain``."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list | tuple):
        if depth >= DEEPEST:
            raise ValueError("it is nested too deep")
        if not isinstance(value, dict):
            return [_ordered(inner, depth + 1) for inner in value]
        if not all(isinstance(key, str) for key in value):
            raise ValueError("it holds a key that is no text")
        return {key: _ordered(value[key], depth + 1) for key in sorted(value)}
    _unlike(value)
    return value
