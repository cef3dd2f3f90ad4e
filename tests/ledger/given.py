"""Ledgers for tests: made in memory as exports, or in a database, with a key and a clock that never stands still."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demarc.ledger.export import written
from demarc.ledger.line import line_of
from demarc.ledger.merkle import Tree, leaf_hash
from demarc.ledger.note import Key
from demarc.ledger.signing import checkpoint
from demarc.ledger.store.open import create
from demarc.ledger.store.reader import Reader
from demarc.ledger.store.store import Appended, Store
from demarc.ledger.verify import Trust, verify_export
from demarc.model.ledger import FORMAT, Draft, Entry, Verified, stamp

ORIGIN = "acme.example/ledger"
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class MemorySigner:
    """A key that lives as long as the test."""

    def __init__(self, seed: int = 1) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


SIGNER = MemorySigner()
KEY = Key(name=ORIGIN, public=SIGNER.public)
OTHER_SIGNER = MemorySigner(2)


def ticking(start: datetime = START, step: timedelta = timedelta(seconds=1)) -> Callable[[], datetime]:
    """A clock that goes on by a step whenever it is read."""
    now = [start - step]

    def clock() -> datetime:
        now[0] += step
        return now[0]

    return clock


def a_draft(number: int = 0, **given: Any) -> Draft:
    """A draft of an approval, unless told otherwise."""
    said: dict[str, Any] = {
        "actor": "alice",
        "kind": "approval",
        "subject": f"change {number}",
        "valid_from": stamp(START),
        "body": {"ticket": f"CH-{number}"},
    }
    return Draft(**{**said, **given})


def opening(keys: Iterable[Key] = (KEY,), origin: str = ORIGIN) -> Draft:
    """The first entry."""
    body = {"format": FORMAT, "origin": origin, "keys": [str(key) for key in keys]}
    return Draft(actor="alice", kind="ledger.opened", subject=origin, body=body)


def lines_of(drafts: Iterable[Draft], batch: int = 3) -> list[bytes]:
    """The lines of a ledger with these entries after the first, some recorded at once."""
    found: list[bytes] = []
    prev: bytes | None = None
    for seq, draft in enumerate([opening(), *drafts]):
        at = stamp(START + timedelta(seconds=seq // batch))
        line = line_of(draft, seq=seq, recorded_at=at, writer="root", prev=prev)
        prev = leaf_hash(line)
        found.append(line)
    return found


def root_of(lines: Sequence[bytes]) -> bytes:
    return Tree(map(leaf_hash, lines)).root()


def signed_over(lines: Sequence[bytes], signer: Any = SIGNER, name: str = ORIGIN) -> bytes:
    """A signed checkpoint over lines."""
    return checkpoint(signer, name=name, origin=ORIGIN, size=len(lines), root=root_of(lines))


def export_of(lines: Sequence[bytes], notes: Sequence[bytes] | None = None) -> bytes:
    """The export of lines, signed unless told otherwise."""
    notes = [signed_over(lines)] if notes is None else notes
    return b"".join(written(ORIGIN, len(lines), root_of(lines), lines, notes))


def verified(data: bytes, **trust: Any) -> Verified:
    """The verdict on an export."""
    return verify_export(io.BytesIO(data), Trust(**trust))


def a_store(target: str, drafts: Sequence[Draft] = (), clock: Callable[[], datetime] | None = None) -> Store:
    """A ledger in a database, opened, with some entries."""
    store = create(target)
    clock = clock or ticking()
    store.append(lambda _: [opening()], writer="root", clock=clock)
    if drafts:
        store.append(lambda _: drafts, writer="root", clock=clock)
    return store


def appended(store: Store, drafts: Sequence[Draft], clock: Callable[[], datetime]) -> Appended:
    """Append, and give what was recorded."""
    done = store.append(lambda _: drafts, writer="root", clock=clock)
    assert done is not None
    return done


def the(reader: Reader, seq: int) -> Entry:
    """An entry that is there."""
    found = reader.entry(seq)
    assert found is not None
    return found


def said(entry: Entry) -> dict[str, Any]:
    """The body of an entry that has one."""
    assert entry.body is not None
    return entry.body


def sign(store: Store) -> bytes:
    """Sign a ledger as it stands, and keep the checkpoint."""
    with store.reading() as reader:
        head = reader.head()
    note = checkpoint(SIGNER, name=ORIGIN, origin=ORIGIN, size=head.size, root=head.root)
    store.keep(note)
    return note
