"""The journal: what was begun, what was done and what was learned, so that a killed run goes on or goes back.

One JSON object a line, each with the hash of the one before it, each on the disk before the next thing is done. A line
that was cut off by a crash is dropped; any other change is found. It has no field for a secret value.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct

from demarc.model.errors import DemarcError, Where
from demarc.model.time import iso

_FIRST: Final = "0" * 64


class Event(StrEnum):
    """What a line of the journal tells."""

    OPENED = "opened"
    APPROVED = "approved"
    BEGUN = "begun"
    FACT = "fact"
    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    CONFIRMED = "confirmed"
    UNDOING = "undoing"
    UNDO_BEGUN = "undo-begun"
    UNDONE = "undone"
    CLOSED = "closed"


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line."""

    at: str
    event: Event
    rotation: str = ""
    step: str = ""
    name: str = ""
    """Of a fact, of who approved, of what was confirmed."""
    value: str = ""
    """Of a fact: an id, a time, a count; never a secret value."""
    says: str = ""
    previous: str = ""
    hash: str = ""


def hash_of(entry: Entry) -> str:
    """The hash of a line, over everything in it but the hash."""
    content = msgspec.to_builtins(entry)
    content.pop("hash", None)
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


class Journal:
    """A journal. Without a file it takes nothing more; ``interrupt`` is called around every write."""

    def __init__(
        self,
        file: IO[bytes] | None,
        entries: list[Entry],
        *,
        now: Callable[[], datetime],
        interrupt: Callable[[str], None] | None = None,
    ) -> None:
        self._file = file
        self._now = now
        self._interrupt = interrupt
        self.entries = entries

    def write(
        self, event: Event, *, rotation: str = "", step: str = "", name: str = "", value: str = "", says: str = ""
    ) -> Entry:
        """Write a line, and return once it is on the disk. Raises DemarcError where it takes nothing."""
        if self._file is None:
            raise DemarcError("something would have to be noted first", todo="run demarc nhi apply again")
        bare = Entry(
            at=iso(self._now()),
            event=event,
            rotation=rotation,
            step=step,
            name=name,
            value=value,
            says=says,
            previous=self.entries[-1].hash if self.entries else _FIRST,
        )
        entry = msgspec.structs.replace(bare, hash=hash_of(bare))
        if self._interrupt is not None:
            self._interrupt(f"before {event.value} {step}")
        self._file.write(msgspec.json.encode(entry) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.entries.append(entry)
        if self._interrupt is not None:
            self._interrupt(f"after {event.value} {step}")
        return entry


@contextmanager
def open_journal(
    path: Path, *, now: Callable[[], datetime], interrupt: Callable[[str], None] | None = None
) -> Iterator[Journal]:
    """Open a journal for writing, made where it is not there; nobody else can meanwhile. Raises DemarcError."""
    where = Where(file=str(path))
    try:
        new = not path.exists()
        file = path.open("a+b")
    except OSError as error:
        raise DemarcError(f"cannot open the journal: {error.strerror}", where=where) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemarcError("another run holds the journal", where=where, todo="wait until it has ended") from None
        if new:
            _sync_folder(path.parent)
        file.seek(0)
        entries, length = parsed(file.read(), where)
        file.truncate(length)
        file.seek(0, os.SEEK_END)
        yield Journal(file, entries, now=now, interrupt=interrupt)


def read_journal(path: Path) -> list[Entry]:
    """Read a journal; empty where there is none yet. Raises DemarcError for one that was changed."""
    if not path.exists():
        return []
    return parsed(path.read_bytes(), Where(file=str(path)))[0]


def parsed(data: bytes, where: Where) -> tuple[list[Entry], int]:
    """The lines of a journal, and how many bytes of it are whole. Raises DemarcError for one that was changed."""
    entries: list[Entry] = []
    length, previous = 0, _FIRST
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        whole = line.endswith(b"\n")
        entry = _decoded(line)
        if entry is None or entry.previous != previous or entry.hash != hash_of(entry):
            if not whole and length + len(line) == len(data):
                break  # cut off while it was written: what it tells was not done yet
            raise DemarcError(
                "the journal was changed by somebody else",
                where=Where(file=where.file, line=number),
                todo="restore it from a copy; without it, look at the cluster by hand",
            )
        if not whole:
            break
        entries.append(entry)
        length += len(line)
        previous = entry.hash
    return entries, length


def _decoded(line: bytes) -> Entry | None:
    try:
        return msgspec.json.decode(line, type=Entry)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
