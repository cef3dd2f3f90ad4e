"""``demarc ledger init | append | record``: what comes into the ledger."""

from __future__ import annotations

import hashlib
import secrets
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Group, Parameter

from demarc.catalog.duties import duties, parts
from demarc.cli.answer import run_now
from demarc.cli.ledger.book import BOOK, KEY_FILE, Book, Signing, account, clock, opened, said, target, told_time, words
from demarc.cli.main import STDIN
from demarc.cli.options import OUTPUT
from demarc.cli.screen import Screen
from demarc.intake.masking import mask
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import FORMAT, Act, Draft, stamp
from demarc.reports.text import count

ENTRY = Group("What to record", sort_key=0)
BATCH = 1_000
"""Lines that are recorded at once."""


def init(
    *,
    book: Book = Book(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
    origin: Annotated[str | None, Parameter(group=BOOK)] = None,
    public_key: Annotated[Path | None, Parameter(group=BOOK)] = None,
    writer: Annotated[tuple[str, ...], Parameter(group=BOOK, negative=())] = (),
    reader: Annotated[tuple[str, ...], Parameter(group=BOOK, negative=())] = (),
) -> None:
    """Make a new ledger, or bring the tables of an older Demarc up to date. Prints the key that its checkpoints bear.

    Parameters
    ----------
    origin
        Name of the ledger, without spaces, that every checkpoint bears: fjordkite.example/demarc. Default: one made
        from the key.
    public_key
        With --sign-command: the public key it signs for, PEM.
    writer
        PostgreSQL: role that may read and append; can be given several times.
    reader
        PostgreSQL: role that may read; can be given several times.
    """
    from demarc.ledger import note  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger import signing as keys  # noqa: PLC0415
    from demarc.ledger.store.open import create  # noqa: PLC0415

    screen, run = Screen(), run_now()
    path = signing.key or run.settings.home / KEY_FILE
    if origin is not None and not note.is_name(origin):
        raise DemarcError(
            "no name for a ledger", where=Where(file="--origin"), todo="write one without spaces and without +"
        )
    if (signing.sign_command is None) != (public_key is None):
        raise DemarcError("--sign-command and --public-key go together", todo="give both, or neither")
    store = create(target(book, run), writers=writer, readers=reader)
    with store.reading() as looked:
        first = looked.entry(0)
    if first is not None:
        screen.note(f"{store.name} is a ledger already; its tables are up to date")
        print(*((first.body or {}).get("keys") or ()), sep="\n")
        return
    if signing.sign_command is not None and public_key is not None:
        words(signing.sign_command)
        public = keys.public_key(public_key)
    else:
        if not path.exists():
            keys.make_key(path, random_bytes=secrets.token_bytes)
            screen.note(f"made the key {path}: whoever has it can sign, so keep a copy where only you can read it")
        public = keys.FileSigner(path).public
    name = origin or f"demarc-ledger-{hashlib.sha256(public).hexdigest()[:16]}"
    key = note.Key(name=name, public=public)
    body = {"format": FORMAT, "origin": name, "keys": [str(key)]}
    opening = Draft(actor=account(), kind="ledger.opened", subject=name, body=body)
    store.append(lambda there: [] if there.head().size else [opening], writer=account(), clock=clock)
    print(key)
    said(screen, store, signing, run, 1)


def append(
    *,
    kind: Annotated[str | None, Parameter(group=ENTRY)] = None,
    subject: Annotated[str | None, Parameter(group=ENTRY)] = None,
    actor: Annotated[str | None, Parameter(group=ENTRY)] = None,
    field: Annotated[tuple[str, ...], Parameter(group=ENTRY, negative=())] = (),
    body: Annotated[Path | None, Parameter(group=ENTRY)] = None,
    file: Annotated[tuple[Path, ...], Parameter(group=ENTRY, negative=())] = (),
    valid_from: Annotated[str | None, Parameter(group=ENTRY)] = None,
    valid_to: Annotated[str | None, Parameter(group=ENTRY)] = None,
    replaces: Annotated[int | None, Parameter(group=ENTRY)] = None,
    withdraws: Annotated[int | None, Parameter(group=ENTRY)] = None,
    lines: Annotated[str | None, Parameter(group=ENTRY)] = None,
    book: Book = Book(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Record a decision: an approval, a rotation, a verdict. Prints its place once it is on disk.

    Parameters
    ----------
    kind
        What sort of thing: approval, rotation, assessment, incident-verdict, or a name of your own.
    subject
        What it is about, the same words every time: identity.rbac @ namespace=payments.
    actor
        Who decided it, as the register calls them.
    field
        One thing that it says, as name=value; can be given several times.
    body
        File with a JSON object of what it says.
    file
        File whose name, size and SHA-256 it records, not its content: a report, a ticket. Can be given several times.
    valid_from
        First moment for which it holds. Default: now.
    valid_to
        First moment for which it no longer holds.
    replaces
        Entry that it corrects: what that one said no longer stands.
    withdraws
        Entry that no longer stands, with nothing in its place.
    lines
        File with one JSON object a line, with kind, subject, actor and what else an entry has; - for standard input.
    """
    screen, run = Screen(), run_now()
    store = opened(book, run, writing=True)
    if lines is not None:
        if any((kind, subject, actor, field, body, file, valid_from, valid_to)) or replaces is not None:
            raise DemarcError("--lines says everything that an entry has", todo="leave the other options out")
        size = _append_lines(store, lines)
    else:
        says = {**_read_body(body), **_fields(field)}
        if file:
            says["files"] = [_digest(path) for path in file]
        draft = _draft((kind, subject, actor), says, (valid_from, valid_to), (replaces, withdraws))
        done = store.append(lambda _: [draft], writer=account(), clock=clock)
        if done is None:
            return
        print(done.first)
        size = done.size
    said(screen, store, signing, run, size)


def record(
    folder: Annotated[Path | None, Parameter(group=ENTRY)] = None,
    /,
    *,
    actor: Annotated[str | None, Parameter(group=ENTRY)] = None,
    approved_by: Annotated[str | None, Parameter(group=ENTRY)] = None,
    reference: Annotated[str | None, Parameter(group=ENTRY)] = None,
    dry_run: Annotated[bool, Parameter(group=OUTPUT, negative=())] = False,
    book: Book = Book(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Record every change of the register since it was last recorded: one entry each, all or none.

    Parameters
    ----------
    folder
        Folder of the register. Default: $DEMARC_REGISTER.
    actor
        Who made the change. Default: your account.
    approved_by
        Who approved it.
    reference
        Where it was approved: the pull request, the ticket, the commit.
    dry_run
        Print what would be recorded, and record nothing.
    """
    from demarc.ledger.recording import recorded  # noqa: PLC0415 - loaded only when needed
    from demarc.register import load_or_raise  # noqa: PLC0415
    from demarc.reports.terminal.ledger import changes as show  # noqa: PLC0415

    screen, run = Screen(), run_now()
    folder = folder or run.settings.register
    if folder is None:
        raise DemarcError("no register was named", todo="name its folder, or set DEMARC_REGISTER")
    register = load_or_raise(folder, duties=duties().keys(), parts=parts(), now=run.now).register
    store = opened(book, run, writing=not dry_run)
    recording = recorded(register, actor=actor or account(), approved_by=approved_by, reference=reference, mask=mask)
    if dry_run:
        with store.reading() as reader:
            _, found = recording.drafts(reader)
        show(found, screen.out)
        screen.note(f"{count(found.count, 'change')}; nothing was recorded")
        return
    done = store.append(recording, writer=account(), clock=clock)
    changed = recording.changed
    if changed is not None:
        show(changed, screen.out)
    if recording.masked:
        screen.note(f"{recording.masked} texts of the register read like secret values: they are recorded masked")
    if done is None:
        screen.note("nothing has changed since the register was last recorded")
        return
    screen.note(
        f"{count(done.size - done.first, 'entry', 'entries')} from entry {done.first} on, recorded at {done.at}"
    )
    said(screen, store, signing, run, done.size)


def _append_lines(store: Any, name: str) -> int:
    """Record a stream of drafts, some at once; every batch is acknowledged by a line once it is on disk."""
    size = 0
    for drafts in _batches(_drafts(name)):
        done = store.append(lambda _, drafts=drafts: drafts, writer=account(), clock=clock)
        print(f"{done.first}-{done.size - 1}", flush=True)
        size = done.size
    return size


def _batches(drafts: Iterator[Draft]) -> Iterator[list[Draft]]:
    while batch := list(islice(drafts, BATCH)):
        yield batch


def _drafts(name: str) -> Iterator[Draft]:
    from demarc.ledger.intake import admitted  # noqa: PLC0415 - loaded only when needed

    for number, line in enumerate(_lines(name), 1):
        try:
            given = msgspec.json.decode(line, type=Draft)
            draft = msgspec.structs.replace(
                given, valid_from=_stamped(given.valid_from), valid_to=_stamped(given.valid_to)
            )
        except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError) as error:
            raise DemarcError(
                f"not what an entry has: {error}",
                where=Where(file="standard input" if name == STDIN else name, line=number),
                todo='write one object a line: {"kind": ..., "subject": ..., "actor": ..., "body": {...}}',
            ) from error
        yield admitted(draft, mask)


def _lines(name: str) -> Iterable[bytes]:
    if name == STDIN:
        yield from sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as stream:
            yield from stream
    except OSError as error:
        raise DemarcError(
            f"it cannot be read: {error.strerror}", where=Where(file=name), todo="name a file that you may read"
        ) from error


def _stamped(text: str | None) -> str | None:
    from demarc.model.time import instant  # noqa: PLC0415

    return None if text is None else stamp(instant(text))


def _draft(
    named: tuple[str | None, str | None, str | None],
    says: dict[str, Any],
    times: tuple[str | None, str | None],
    old: tuple[int | None, int | None],
) -> Draft:
    from demarc.ledger.intake import admitted  # noqa: PLC0415 - loaded only when needed

    kind, subject, actor = named
    if not (kind and subject and actor):
        raise DemarcError("an entry needs --kind, --subject and --actor", todo="give all three")
    replaces, withdraws = old
    if replaces is not None and withdraws is not None:
        raise DemarcError("--replaces and --withdraws exclude each other", todo="give one of them")
    act = Act.REPLACES if replaces is not None else Act.WITHDRAWS if withdraws is not None else Act.STATES
    since, until = told_time(times[0], "--valid-from") or clock(), told_time(times[1], "--valid-to")
    draft = Draft(
        actor=actor,
        kind=kind,
        subject=subject,
        act=act,
        supersedes=replaces if replaces is not None else withdraws,
        valid_from=stamp(since),
        valid_to=None if until is None else stamp(until),
        body=says or None,
    )
    return admitted(draft, mask)


def _read_body(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise DemarcError(
            f"it cannot be read: {error.strerror}", where=Where(file=str(path)), todo="name a file that you may read"
        ) from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise DemarcError("not a JSON object", where=Where(file=str(path)), todo="write one: {...}") from error
    return found


def _fields(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise DemarcError("a field is name=value", where=Where(file="--field"), todo="write --field ticket=CH-12")
        found[name] = value
    return found


def _digest(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DemarcError(
            f"it cannot be read: {error.strerror}", where=Where(file=str(path)), todo="name a file that you may read"
        ) from error
    return {"name": path.name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
