"""``demarc ledger export | backup | restore``: the ledger as a file, and back."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from demarc.cli.answer import run_now
from demarc.cli.ledger.book import BOOK, Book, Signing, identity, opened, sign, target
from demarc.cli.options import OUTPUT
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError, Where

RESTORE = Group("What to restore", sort_key=0)


def export(
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"), group=OUTPUT)],
    book: Book = Book(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Write the whole ledger as one file, signed, that anybody can check without Demarc.

    Parameters
    ----------
    output
        File to write.
    """
    from demarc.ledger import note as notes  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger.export import written  # noqa: PLC0415

    screen, run = Screen(), run_now()
    store = opened(book, run, writing=True)
    origin, _ = identity(store)
    note = sign(store, signing, run, needed=True) or b""
    signed = notes.read(note)
    with store.reading() as reader:
        lines = reader.lines(signed.size)
        size = _written(output, written(origin, signed.size, signed.root, lines, [note]))
    screen.note(f"wrote {output} ({size:,} bytes, {signed.size:,} entries)")


def backup(
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"), group=OUTPUT)],
    book: Book = Book(),  # noqa: B008 - frozen, without state
) -> None:
    """Write everything that a ledger holds to a file, while others go on writing. Needs no key.

    Parameters
    ----------
    output
        File to write.
    """
    from demarc.ledger.export import written  # noqa: PLC0415 - loaded only when needed

    screen, run = Screen(), run_now()
    store = opened(book, run)
    origin, _ = identity(store)
    with store.reading() as reader:
        head = reader.head()
        pieces = written(origin, head.size, head.root, reader.lines(head.size), reader.checkpoints())
        size = _written(output, pieces)
    screen.note(f"wrote {output} ({size:,} bytes, {head.size:,} entries)")


def restore(
    file: Annotated[Path, Parameter(group=RESTORE)],
    /,
    *,
    writer: Annotated[tuple[str, ...], Parameter(group=BOOK, negative=())] = (),
    reader: Annotated[tuple[str, ...], Parameter(group=BOOK, negative=())] = (),
    book: Book = Book(),  # noqa: B008 - frozen, without state
) -> None:
    """Make a ledger out of a backup or an export, byte for byte, once it was verified. All of it or nothing.

    Parameters
    ----------
    file
        The backup or the export.
    writer
        PostgreSQL: role that may read and append; can be given several times.
    reader
        PostgreSQL: role that may read; can be given several times.
    """
    from demarc.ledger.export import Export  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger.line import entry_of  # noqa: PLC0415
    from demarc.ledger.store.open import create  # noqa: PLC0415
    from demarc.ledger.verify import Trust, verify_export  # noqa: PLC0415

    screen, run = Screen(), run_now()
    try:
        with file.open("rb") as stream:
            found = verify_export(stream, Trust(unsigned=True))
            if not found.holds:
                raise DemarcError(
                    f"it does not verify: {found.findings[0]}",
                    where=Where(file=str(file)),
                    todo=f"demarc ledger verify {file}; take another backup",
                )
            store = create(target(book, run), writers=writer, readers=reader)
            stream.seek(0)
            again = Export(stream)
            again.header()
            signed = store.replay(((entry_of(line), line) for line in again.lines()), again.notes)
    except OSError as error:
        raise DemarcError(
            f"it cannot be read: {error.strerror}", where=Where(file=str(file)), todo="name a file that you may read"
        ) from error
    screen.note(f"restored {found.size:,} entries and {signed:,} checkpoints into {store.name}")


def _written(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a file whole or not at all, and wait until it is on disk."""
    temporary = path.with_name(f".{path.name}.part")
    size = 0
    try:
        with temporary.open("wb") as stream:
            for piece in pieces:
                size += stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise DemarcError(
            f"cannot write {path}: {error.strerror or error}",
            todo="name a folder that exists and that you may write to",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return size
