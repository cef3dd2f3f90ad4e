"""Follows a ledger line by line: places, chain, tree, what supersedes what, keys and anchors. Collects what is wrong.

Fed with the bytes as they lie, from an export or a database; knows neither.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from cryptography.x509 import Certificate

from demarc.ledger import note
from demarc.ledger.line import NOBODY_BEFORE, entry_of
from demarc.ledger.merkle import Tree, leaf_hash
from demarc.ledger.note import Checkpoint, Key
from demarc.ledger.tokens import RejectedError, check_token
from demarc.model.ledger import FORMAT, Act, Entry, Finding, Stamp, stamp

OPENED, ANCHOR, KEY = "ledger.opened", "ledger.anchor", "ledger.key"
MOST_FINDINGS = 100


class Findings:
    """What was found: the first ones in full, the others counted."""

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.more = 0

    def add(self, what: str, seq: int | None = None) -> None:
        """Note one."""
        if len(self.kept) < MOST_FINDINGS:
            self.kept.append(Finding(what=what, seq=seq))
        else:
            self.more += 1


class Chain:
    """A ledger as far as it was read."""

    def __init__(
        self,
        origin: str | None,
        *,
        keys: Sequence[Key] = (),
        roots: Sequence[Certificate] = (),
    ) -> None:
        """Take what the reader trusts: origin, keys and certificates of authorities; None and nothing for unknown."""
        self.origin = origin
        self.keys = tuple(keys)
        self.keys_given = bool(keys)
        self.findings = Findings()
        self.tree = Tree()
        self.first = self.last = ""
        self.signed = 0
        self.signers: dict[str, None] = {}
        self.stamps: list[Stamp] = []
        self.closed: dict[int, int] = {}
        """Entry -> the one that replaced or withdrew it."""
        self._roots = list(roots)
        self._prev = NOBODY_BEFORE
        self._shift = 0
        self._stands: dict[int, str] = {}
        self._handovers: list[tuple[int, Key]] = []

    @property
    def size(self) -> int:
        """Lines that were read."""
        return self.tree.size

    def feed(self, line: bytes) -> Entry | None:
        """Read the next line. Gives its entry, or None where it is none."""
        seq = self.tree.size
        try:
            entry = entry_of(line)
        except ValueError as error:
            entry = None
            self.findings.add(str(error), seq)
        if entry is not None:
            self._place(entry, seq)
            self._supersede(entry, seq)
            self._special(entry, seq)
        leaf = leaf_hash(line)
        self.tree.add(leaf)
        self._prev = leaf.hex()
        return entry

    def checkpoint(self, data: bytes, called: str, seq: int | None = None) -> Checkpoint | None:
        """Check a signed checkpoint against what was read. Gives it, or None where it is none."""
        try:
            found = note.read(data)
        except ValueError as error:
            self.findings.add(f"{called}: {error}", seq)
            return None
        if found.origin != self.origin:
            self.findings.add(f"{called}: it is of another ledger, {found.origin}", seq)
        elif found.size > self.size:
            self.findings.add(f"{called}: it is over {found.size} entries, of which {self.size} are here", seq)
        elif self.tree.root(found.size) != found.root:
            self.findings.add(f"{called}: the first {found.size} entries are not those that it was made over", seq)
        elif not (signers := found.signers(self._keys_at(found.size))):
            self.findings.add(f"{called}: it is signed by no key that is known", seq)
        else:
            self.signed = max(self.signed, found.size)
            self.signers.update(dict.fromkeys(key.name for key in signers))
            return found
        return None

    def _place(self, entry: Entry, seq: int) -> None:
        if entry.seq - seq != self._shift:
            how = "missing" if entry.seq - seq > self._shift else "put in"
            self.findings.add(f"entry {entry.seq} is in this place: entries are {how}, or in another order", seq)
            self._shift = entry.seq - seq
        if entry.prev != self._prev:
            what = f"entry {seq} does not name it as the one before: one of the two was changed" if seq else ""
            self.findings.add(what or "the first entry names one before it", max(seq - 1, 0))
        if entry.recorded_at < self.last:
            self.findings.add("it was recorded before the entry before it", seq)
        self.first = self.first or entry.recorded_at
        self.last = entry.recorded_at

    def _supersede(self, entry: Entry, seq: int) -> None:
        old = entry.supersedes
        if old is not None:
            if self._stands.pop(old, None) != entry.kind:
                self.findings.add(f"it supersedes entry {old}, which does not stand or is of another kind", seq)
            self.closed[old] = entry.seq
        if entry.act is not Act.WITHDRAWS:
            self._stands[entry.seq] = entry.kind

    def _special(self, entry: Entry, seq: int) -> None:
        if (entry.kind == OPENED) != (seq == 0):
            self.findings.add("a ledger is opened by its first entry, and by no other", seq)
        elif seq == 0:
            self._opened(entry.body or {})
        elif entry.kind == ANCHOR:
            self._anchor(entry.body or {}, seq)
        elif entry.kind == KEY:
            self._handover(entry.body or {}, seq)

    def _keys_at(self, size: int) -> tuple[Key, ...]:
        """The keys that may sign a ledger of that size: the first ones, until one handed over to another."""
        return next(((key,) for seq, key in reversed(self._handovers) if seq < size), self.keys)

    def _handover(self, body: dict[str, Any], seq: int) -> None:
        """The key in force hands over to another, by its signature: from here on, only that one counts."""
        try:
            key = Key.parse(str(body["key"]))
            signature = base64.b64decode(str(body["signature"]), validate=True)
        except (KeyError, ValueError):
            self.findings.add("it hands over to no key, or without a signature", seq)
            return
        if any(old.signed(signature, note.handover(self.origin or "", key)) for old in self._keys_at(seq)):
            self._handovers.append((seq, key))
        else:
            self.findings.add("it names a key that the key before it did not sign", seq)

    def _opened(self, body: dict[str, Any]) -> None:
        if self.origin is None:
            self.origin = str(body.get("origin"))
        if body.get("format") != FORMAT or body.get("origin") != self.origin:
            self.findings.add("it opens another ledger than this one", 0)
        try:
            keys = tuple(Key.parse(text) for text in body.get("keys") or ())
        except (ValueError, TypeError, AttributeError):
            self.findings.add("a key that it names is none", 0)
        else:
            self.keys = self.keys if self.keys_given else keys

    def _anchor(self, body: dict[str, Any], seq: int) -> None:
        try:
            data = str(body["checkpoint"]).encode()
            token = base64.b64decode(str(body["token"]), validate=True)
            if base64.b64encode(token).decode() != body["token"]:
                raise RejectedError("base64 in another spelling")
        except (KeyError, ValueError, binascii.Error):
            self.findings.add("an anchor without checkpoint or token", seq)
            return
        checkpoint = self.checkpoint(data, "anchor", seq)
        try:
            found = check_token(token, data, self._roots)
        except RejectedError as error:
            self.findings.add(f"anchor: {error}", seq)
            return
        if checkpoint is not None:
            self.stamps.append(
                Stamp(at=stamp(found.at), authority=found.authority, trusted=found.trusted, size=checkpoint.size)
            )
