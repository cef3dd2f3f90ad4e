"""``demarc ledger checkpoint | anchor | verify | prove | verifier``: what others can check without trusting us."""

from __future__ import annotations

import base64
import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Group, Parameter

from demarc.cli.answer import run_now
from demarc.cli.ledger.book import BOOK, Book, Signing, account, clock, identity, opened, said, sign, signer
from demarc.cli.options import OUTPUT
from demarc.cli.screen import Screen, write
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import Draft, stamp

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from demarc.ledger.note import Key
    from demarc.ledger.store.store import Store

TRUST = Group("What you trust", sort_key=2)
ANCHORING = Group("Where to anchor", sort_key=0)
PROOF = Group("What to prove", sort_key=0)
MOST_BYTES = 16 << 20
"""Of a checkpoint, an answer, a proof or certificates."""


def checkpoint(
    *,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    book: Book = Book(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Sign the ledger as it stands, and print the checkpoint: hand it to somebody who may later want to check.

    Parameters
    ----------
    output
        File to write instead of standard output.
    """
    screen, run = Screen(), run_now()
    note = sign(opened(book, run, writing=True), signing, run, needed=True) or b""
    _put(note, output, screen)


def rekey(
    *,
    new_key: Annotated[Path | None, Parameter(group=ANCHORING)] = None,
    public_key: Annotated[Path | None, Parameter(group=ANCHORING)] = None,
    book: Book = Book(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Hand the ledger over to another key: the key in force signs that, and from then on only the other one counts.

    Parameters
    ----------
    new_key
        File of the new private key; made where there is none.
    public_key
        Instead: public key, PEM, of a key that a key service or a hardware module holds.
    """
    from demarc.ledger import note as notes  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger import signing as keys  # noqa: PLC0415
    from demarc.ledger.chain import KEY  # noqa: PLC0415

    screen, run = Screen(), run_now()
    if (new_key is None) == (public_key is None):
        raise DemarcError("the new key is --new-key, or --public-key", todo="give one of them")
    store = opened(book, run, writing=True)
    origin, current = identity(store)
    found = signer(signing, current, run)
    if found is None:
        raise DemarcError("the key in force is not at hand", where=Where(file="--key"), todo="name it with --key")
    sign(store, signing, run, needed=True)
    if new_key is not None and not new_key.exists():
        keys.make_key(new_key, random_bytes=secrets.token_bytes)
        screen.note(f"made the key {new_key}")
    public = keys.public_key(public_key) if public_key is not None else keys.FileSigner(new_key or Path()).public
    key = notes.Key(name=origin, public=public)
    signature = base64.b64encode(found[0].sign(notes.handover(origin, key))).decode()
    body = {"key": str(key), "signature": signature}
    draft = Draft(actor=account(), kind=KEY, subject=origin, valid_from=stamp(clock()), body=body)
    store.append(lambda _: [draft], writer=account(), clock=clock)
    print(key)
    if new_key is not None:
        sign(store, Signing(key=new_key), run, needed=True)
    screen.note("sign with the new key from now on: --key, or put it in the place of ledger.key")


def anchor(
    *,
    tsa: Annotated[str | None, Parameter(group=ANCHORING)] = None,
    request: Annotated[Path | None, Parameter(group=ANCHORING)] = None,
    response: Annotated[Path | None, Parameter(group=ANCHORING)] = None,
    tsa_ca: Annotated[tuple[Path, ...], Parameter(group=TRUST, negative=())] = (),
    book: Book = Book(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Have a time stamp authority (RFC 3161) confirm that the ledger existed as it stands, and record what it says.

    Parameters
    ----------
    tsa
        Address of the authority; only the hash of the checkpoint is sent.
    request
        Instead: write the request to this file, to be sent by other means.
    response
        Then: read the authority's answer from this file.
    tsa_ca
        Certificates to which the authority's must lead, PEM; can be given several times.
    """
    from demarc.ledger import timestamps  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger.authority import ask  # noqa: PLC0415

    screen, run = Screen(), run_now()
    if sum(one is not None for one in (tsa, request, response)) != 1:
        raise DemarcError("an anchor needs --tsa, or --request and then --response", todo="give one of them")
    store = opened(book, run, writing=True)
    nonce = secrets.token_bytes(8)
    if response is not None:
        note, data, sent = _awaited(store, _bytes_of(response)), _bytes_of(response), None
    else:
        note = sign(store, signing, run, needed=True) or b""
        query = timestamps.request(note, nonce)
        if request is not None:
            write(request, query)
            screen.note(f"send {request} to an authority, then: demarc ledger anchor --response ANSWER")
            return
        data, sent = ask(tsa or "", query), nonce
    token, found = timestamps.response(data, note, _certificates(tsa_ca), nonce=sent)
    done = store.append(
        lambda _: [timestamps.draft(note, token, found, actor=account())], writer=account(), clock=clock
    )
    size = done.size if done is not None else 0
    print(f"{found.at.isoformat()} {found.authority}" + ("" if found.trusted else " (nobody vouches for it: --tsa-ca)"))
    said(screen, store, signing, run, size)


def verify(
    export: Annotated[Path | None, Parameter(group=BOOK)] = None,
    /,
    *,
    trust_key: Annotated[tuple[str, ...], Parameter(group=TRUST, negative=())] = (),
    checkpoint: Annotated[tuple[Path, ...], Parameter(group=TRUST, negative=())] = (),
    tsa_ca: Annotated[tuple[Path, ...], Parameter(group=TRUST, negative=())] = (),
    unsigned: Annotated[bool, Parameter(group=TRUST, negative=())] = False,
    proof: Annotated[Path | None, Parameter(group=BOOK)] = None,
    book: Book = Book(),  # noqa: B008 - frozen, without state
) -> int:
    """Check everything: an export by itself, the ledger in its database, or a proof. Exits with 1 when it is wrong.

    Parameters
    ----------
    export
        Export or backup to check. Without it: the ledger itself.
    trust_key
        Key that may sign, as init prints it, or a file with it; can be given several times. Without it, the keys that
        the ledger names: that shows that it fits together, not whose it is.
    checkpoint
        Checkpoint that you were handed earlier: the ledger must continue it. Can be given several times.
    tsa_ca
        Certificates to which those of time stamp authorities must lead, PEM; can be given several times.
    unsigned
        Accept entries at the end of an export that nobody has signed yet.
    proof
        Check this proof instead, as demarc ledger prove writes it.
    """
    from demarc.ledger.verify import Trust, verify_export  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.ledger import verified as show  # noqa: PLC0415

    screen, run = Screen(), run_now()
    keys = tuple(_key(text) for text in trust_key)
    if proof is not None:
        return _check_proof(proof, keys, screen)
    trust = Trust(
        keys=keys, handed=tuple(_bytes_of(path) for path in checkpoint), roots=_certificates(tsa_ca), unsigned=unsigned
    )
    if export is not None:
        try:
            with export.open("rb") as stream:
                found = verify_export(stream, trust)
        except OSError as error:
            raise _unreadable(export, error) from error
        name = str(export)
    else:
        from demarc.ledger.store.verify import verify_store  # noqa: PLC0415 - the database's library is slow to import

        store = opened(book, run)
        with store.reading() as reader:
            found = verify_store(reader, trust)
        name = store.name
    show(found, name, screen.out)
    return 0 if found.holds else 1


def prove(
    seq: Annotated[int | None, Parameter(group=PROOF)] = None,
    /,
    *,
    since: Annotated[Path | None, Parameter(group=PROOF)] = None,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    book: Book = Book(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Write a proof for somebody who does not get the whole ledger: of one entry, or that nothing earlier was changed.

    Parameters
    ----------
    seq
        Entry to prove: the proof carries it, and shows that it is in the ledger.
    since
        Checkpoint handed out earlier: the proof shows that the ledger continues it.
    output
        File to write instead of standard output.
    """
    from demarc.ledger import note as notes  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger import proof  # noqa: PLC0415
    from demarc.ledger.merkle import Tree  # noqa: PLC0415

    screen, run = Screen(), run_now()
    if (seq is None) == (since is None):
        raise DemarcError("a proof is of an entry, or since a checkpoint", todo="give a place, or --since FILE")
    store = opened(book, run, writing=True)
    signed = sign(store, signing, run, needed=False)
    with store.reading() as reader:
        tree = Tree(reader.hashes())
        newest = signed or next(reversed(reader.checkpoints()), None)
        found = None if seq is None else reader.entry(seq)
    if newest is None:
        raise DemarcError("nobody has signed this ledger yet", todo="demarc ledger checkpoint --key FILE")
    if since is not None:
        older = _bytes_of(since)
        try:
            known = notes.read(older)
        except ValueError as error:
            raise DemarcError(str(error), where=Where(file=str(since)), todo="give a checkpoint") from error
        if known.size > tree.size or tree.root(known.size) != known.root:
            raise DemarcError(
                "this ledger does not continue that checkpoint: it cannot be proved",
                where=Where(file=str(since)),
                todo="demarc ledger verify --checkpoint says more",
            )
        _put(proof.consistency(tree, older, newest), output, screen)
        return
    if found is None or found.seq >= notes.read(newest).size:
        raise DemarcError(
            f"no signed entry {seq}: {notes.read(newest).size:,} entries are signed", todo="demarc ledger checkpoint"
        )
    _put(proof.inclusion(tree, found.seq, msgspec.json.encode(found), newest), output, screen)


def verifier() -> None:
    """Print the stand-alone verifier: one file that checks exports without Demarc."""
    from demarc.ledger.verifier import verifier as text  # noqa: PLC0415 - loaded only when needed

    Screen().binary(text().encode())


def _put(data: bytes, output: Path | None, screen: Screen) -> None:
    if output is None:
        screen.binary(data)
    else:
        write(output, data)
        screen.note(f"wrote {output} ({len(data):,} bytes)")


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> DemarcError:
    return DemarcError(
        f"it cannot be read: {error.strerror}", where=Where(file=str(path)), todo="name a file that you may read"
    )


def _key(text: str) -> Key:
    """A key that was typed, or lies in a file."""
    from demarc.ledger.note import Key  # noqa: PLC0415 - loaded only when needed

    try:
        return Key.parse(text if "+" in text and not Path(text).is_file() else _bytes_of(Path(text)).decode())
    except ValueError as error:
        raise DemarcError(
            str(error), where=Where(file="--trust-key"), todo="give the key as demarc ledger init prints it"
        ) from error


def _certificates(paths: tuple[Path, ...]) -> tuple[Certificate, ...]:
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 - loaded only when needed

    found: list[Certificate] = []
    for path in paths:
        try:
            found.extend(load_pem_x509_certificates(_bytes_of(path)))
        except ValueError as error:
            raise DemarcError("no certificates in PEM", where=Where(file=str(path)), todo="give a PEM file") from error
    return tuple(found)


def _awaited(store: Store, answer: bytes) -> bytes:
    """The kept checkpoint that an answer is over."""
    with store.reading() as reader:
        for note in reversed(reader.checkpoints()):
            if hashlib.sha256(note).digest() in answer:
                return note
    raise DemarcError(
        "the answer is over no checkpoint of this ledger",
        where=Where(file="--response"),
        todo="demarc ledger anchor --request FILE, then have that file answered",
    )


def _check_proof(path: Path, keys: tuple[Key, ...], screen: Screen) -> int:
    from demarc.ledger.proof import check  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.ledger import proved as show  # noqa: PLC0415

    try:
        found = check(_bytes_of(path), keys)
    except ValueError as error:
        screen.note(f"{path}: {error}")
        print("REJECTED")
        return 1
    show(found, screen.out)
    return 1 if keys and not found.signers else 0
