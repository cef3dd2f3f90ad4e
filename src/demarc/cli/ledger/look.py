"""``demarc ledger log | show`` and ``demarc history``: what is in the ledger."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Literal

import msgspec
from cyclopts import Group, Parameter

from demarc.cli.answer import run_now
from demarc.cli.ledger.book import Book, opened, told_time
from demarc.cli.options import OUTPUT
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import stamp

QUESTION = Group("What to ask", sort_key=0)
FormatName = Literal["text", "json"]


def log(
    *,
    kind: Annotated[tuple[str, ...], Parameter(group=QUESTION, negative=())] = (),
    subject: Annotated[str | None, Parameter(group=QUESTION)] = None,
    actor: Annotated[str | None, Parameter(group=QUESTION)] = None,
    as_known_at: Annotated[str | None, Parameter(group=QUESTION)] = None,
    limit: Annotated[int, Parameter(group=QUESTION)] = 40,
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    book: Book = Book(),  # noqa: B008 - frozen, without state
) -> None:
    """List entries, the newest first.

    Parameters
    ----------
    kind
        Kind of entries: approval, register.assignment, or register.* for all of the register. Can be given several
        times.
    subject
        Words that the subject holds.
    actor
        Who decided.
    as_known_at
        Only what had been recorded by then: a date or a time.
    limit
        Entries to list at most; 0 for all.
    format
        text, or json: the entries as they are stored, one a line.
    """
    from demarc.reports.terminal.ledger import entries as show  # noqa: PLC0415 - loaded only when needed

    screen, run = Screen(), run_now()
    known = told_time(as_known_at, "--as-known-at")
    store = opened(book, run)
    with store.reading() as reader:
        head = reader.head(known)
        found = (
            entry
            for entry in reader.entries(head.size, kinds=kind, newest_first=True)
            if (subject is None or subject in entry.subject) and (actor is None or actor == entry.actor)
        )
        listed = list(islice(found, limit or None))
        more = bool(limit) and next(found, None) is not None
    if format == "json":
        screen.binary(b"".join(msgspec.json.encode(entry) + b"\n" for entry in listed))
        return
    show(listed, head, screen.out)
    if more:
        screen.note(f"only the newest {limit} are listed: --limit 0 lists all")


def show(
    seq: Annotated[int, Parameter(group=QUESTION)],
    /,
    *,
    raw: Annotated[bool, Parameter(group=OUTPUT, negative=())] = False,
    book: Book = Book(),  # noqa: B008 - frozen, without state
) -> None:
    """Show one entry, what it superseded, and what became of it.

    Parameters
    ----------
    seq
        Place of the entry.
    raw
        Write the exact bytes that were hashed, and nothing else.
    """
    from demarc.reports.terminal.ledger import entry as show_entry  # noqa: PLC0415 - loaded only when needed

    screen, run = Screen(), run_now()
    store = opened(book, run)
    with store.reading() as reader:
        size = reader.head().size
        found = reader.entry(seq)
        if found is None:
            raise DemarcError(
                f"there is no entry {seq}: the ledger has {size:,}",
                where=Where(file=store.name),
                todo="demarc ledger log",
            )
        later = reader.superseding(seq)
    if raw:
        screen.binary(msgspec.json.encode(found))
        return
    show_entry(found, later, screen.out)


def history(
    about: Annotated[str, Parameter(group=QUESTION)],
    /,
    *,
    at: Annotated[str | None, Parameter(group=QUESTION)] = None,
    as_known_at: Annotated[str | None, Parameter(group=QUESTION)] = None,
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    book: Book = Book(),  # noqa: B008 - frozen, without state
) -> None:
    """Say what the ledger says about a duty, a scope or an owner over time: when it held, and when it was recorded.

    Parameters
    ----------
    about
        A duty (identity.rbac), a scope (namespace:payments, or a name alone), or a person or team (team:payments).
    at
        Only what holds at that time.
    as_known_at
        Only what had been recorded by then.
    format
        text, or json: one entry a line, with what it superseded and what superseded it.
    """
    from demarc.ledger.history import history as told  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.ledger import history as show_history  # noqa: PLC0415

    screen, run = Screen(), run_now()
    moment, known = told_time(at, "--at"), told_time(as_known_at, "--as-known-at")
    with opened(book, run).reading() as reader:
        head = reader.head(known)
        events = told(reader.entries(head.size), about, at=moment)
    if format == "json":
        screen.binary(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
        return
    show_history(about, events, head, screen.out, known=None if known is None else stamp(known))
