"""Which files make up a register, and their bytes: bounded, inside the folder, in an order that does not change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from msgspec import Struct

from demarc.model.errors import Where
from demarc.register.codeowners import CODEOWNERS, OWNERS
from demarc.register.problems import Problems
from demarc.register.words import clean

MAX_BYTES = 4 * 1024 * 1024
"""Of one file: some 50,000 entries."""
MAX_FILES = 5_000
MAX_TOTAL = 32 * 1024 * 1024

CHECKS = "checks"
"""Folder beside the register's files for checks of one's own: they are no part of the record."""
_SUFFIXES = (".yaml", ".yml", ".csv")
_NAMES = (CODEOWNERS, OWNERS)
_HIDDEN_BUT_READ = (".github", ".gitlab")
_HIDDEN_NAMES = (CODEOWNERS,)


class File(Struct, frozen=True, kw_only=True):
    """A file of the register."""

    name: str
    """As messages call it: the register as the user gave it, then the path within it."""
    relative: PurePosixPath
    data: bytes


def files_of(register: Path, problems: Problems) -> tuple[File, ...]:
    """Read the files of a register given as a folder or as one file, sorted by path.

    Files and folders whose name starts with a dot are left out (but CODEOWNERS in .github and .gitlab is read), links
    that lead out of the folder are refused.
    """
    where = Where(file=clean(str(register)))
    try:
        there = register.exists()
    except OSError as error:
        problems.error(f"it cannot be read: {error.strerror}", where, "give the right to read it")
        return ()
    if not there:
        problems.error("there is no such file or folder", where, "give the folder in which the register lies")
        return ()
    if not register.is_dir():
        read = _read(register, register.name, clean(str(register)), problems)
        return (read,) if read else ()
    files: list[File] = []
    total = 0
    for relative in _listed(register, problems):
        name = clean(f"{register}/{relative}")
        if len(files) >= MAX_FILES or total > MAX_TOTAL:
            problems.error(
                f"more than {MAX_FILES:,} files or {MAX_TOTAL >> 20} MiB: the rest is not read",
                where,
                "give the folder that holds the register alone",
            )
            break
        path = register / relative
        if not _inside(path, register):
            problems.error("a link that leads out of the register", Where(file=name), "put a copy in its place")
            continue
        read = _read(path, relative, name, problems)
        if read is not None:
            files.append(read)
            total += len(read.data)
    if not files and not problems.errors:
        todo = "give the folder of the register, or write a first draft with 'demarc register init'"
        problems.error("no file of a register in this folder", where, todo)
    return tuple(files)


def digest(files: Iterable[File]) -> str:
    """SHA-256 over the files by path: for each its path, its length and its bytes. Hex."""
    total = hashlib.sha256()
    for file in sorted(files, key=lambda file: str(file.relative)):
        total.update(f"{file.relative}\0{len(file.data)}\0".encode("utf-8", "surrogateescape"))
        total.update(file.data)
    return total.hexdigest()


def _inside(path: Path, register: Path) -> bool:
    try:
        return path.resolve().is_relative_to(register.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False


def _listed(register: Path, problems: Problems) -> list[str]:
    found: list[str] = []

    def unreadable(error: OSError) -> None:
        where = Where(file=clean(str(error.filename)))
        problems.error(f"the folder cannot be read: {error.strerror}", where, "give the right to read it")

    for folder, folders, names in os.walk(register, onerror=unreadable):
        here = Path(folder)
        hidden = here.name in _HIDDEN_BUT_READ and here != register
        folders[:] = (
            [] if hidden else [name for name in folders if not name.startswith(".") or name in _HIDDEN_BUT_READ]
        )
        if here == register and CHECKS in folders:
            folders.remove(CHECKS)
        for name in names:
            wanted = name in _HIDDEN_NAMES if hidden else name in _NAMES or name.lower().endswith(_SUFFIXES)
            if wanted and not name.startswith("."):
                found.append((here / name).relative_to(register).as_posix())
    return sorted(found)


def _read(path: Path, relative: str, name: str, problems: Problems) -> File | None:
    where = Where(file=name)
    try:
        if not path.is_file():
            problems.error("not a regular file", where, "put a file in its place")
            return None
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        problems.error(f"it cannot be read: {error.strerror}", where, "give the right to read it")
        return None
    if len(data) > MAX_BYTES:
        problems.error(
            f"larger than {MAX_BYTES >> 20} MiB: not read", where, "split it, or move it out of the register"
        )
        return None
    return File(name=name, relative=PurePosixPath(relative), data=data)
