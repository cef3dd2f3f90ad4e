"""Checks an export of a Demarc ledger, without Demarc: one file, Python 3.11 or later, and the package "cryptography".

    python3 verify.py EXPORT [--trust-key KEY] [--checkpoint FILE] [--tsa-ca FILE] [--unsigned]

Written apart from Demarc on purpose (Demarc itself uses only the part that reads time stamps), so that somebody who
does not trust Demarc can read it in one sitting. What is checked:

1. The first line names the format, the origin, the size and the root.
2. Every following line is an entry in its one spelling, in its place, naming the hash of the line before it: SHA-256
   over the byte 0x00 and the line. What an entry supersedes comes before it, is of its kind, and still stood.
3. The root of the RFC 9162 tree over those hashes is the one in the first line, and that of every checkpoint.
4. Checkpoints (C2SP signed notes, Ed25519) are signed by a key you named; else by one that the ledger names itself;
   or by one to which that key handed over, by its signature in an entry.
5. Time stamps (RFC 3161) are over a checkpoint of this ledger, and signed by an authority; with --tsa-ca, by yours.
6. Checkpoints that you were handed earlier (--checkpoint) are continued by this ledger.

Exit code 0: nothing was found. 1: something was found; each line says where. 2: it could not be looked at.
Entries that no checkpoint covers are found, too, unless --unsigned says that they are expected.

What this cannot prove: that the ledger was not written anew as a whole by whoever holds its key, after the last time
stamp and after the last checkpoint that you hold; that what an entry says was true when it was recorded; who typed it.
"""
# ruff: noqa: D101, D102, D103 - one file to be read by strangers

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from demarc.ledger.tokens import RejectedError, check_token, unbase64

FORMAT = "demarc.ledger/1"
NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")
PLAIN = r'[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029]*'
TEXT = rf'"({PLAIN}(?:\\["\\]{PLAIN})*)"'
TIME = r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"'
NUMBER = "0|[1-9][0-9]{0,15}"
FIELDS = {
    "seq": f"({NUMBER})",
    "recorded_at": TIME,
    "writer": TEXT,
    "actor": TEXT,
    "act": '"(states|replaces|withdraws)"',
    "supersedes": f"(null|{NUMBER})",
    "kind": '"([a-z][a-z0-9]*(?:[.-][a-z0-9]+)*)"',
    "subject": TEXT,
    "valid_from": f"(?:null|{TIME})",
    "valid_to": f"(?:null|{TIME})",
    "body": r"(null|\{.*\})",
    "prev": '"([0-9a-f]{64})"',
}
"""How each field of an entry is spelled, in their order. What the body holds is looked at by itself."""
SPELLED = [f'"{name}":{form}' for name, form in FIELDS.items()]
LINE = re.compile(r"\{" + ",".join(SPELLED) + r"\}", re.ASCII)
LARGEST = (1 << 53) - 1
DEEPEST = 32


# --- bytes and text ---------------------------------------------------------------------------------------------------


def whole(digits: str) -> int:
    number = int(digits) if len(digits) <= 17 else LARGEST + 1
    if abs(number) > LARGEST:
        raise RejectedError("it holds a number that is too large")
    return number


def no_number(text: str) -> Any:
    raise RejectedError(f"it holds {text[:20]}, which is no whole number")


READER = json.JSONDecoder(parse_int=whole, parse_float=no_number, parse_constant=no_number)
WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def read_json(text: str) -> Any:
    """Read text, whole numbers, true, false, null, and lists and objects of them, in their one spelling.

    What is the same when it is written again has no spaces, no key twice, no other spelling of the same text.
    """
    value, _ = READER.raw_decode(text)
    if WRITER.encode(value) != text:
        raise RejectedError("it is not in its one spelling")
    if text.count("[") + text.count("{") > DEEPEST and depth(value) > DEEPEST:
        raise RejectedError("it is nested too deep")
    return value


def depth(value: Any) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)


@lru_cache(maxsize=4096)
def is_time(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def is_short(spelled: str) -> bool:
    """1 to 400 characters; a quotation mark or backslash is spelled with two."""
    length = len(spelled) if len(spelled) <= 400 else len(re.sub(r"\\(.)", r"\1", spelled))
    return 0 < length <= 400


def misspelled(text: str) -> str:
    """Which field of a line comes first that is not as it must be."""
    for number, name in enumerate(FIELDS):
        if not re.match(r"\{" + ",".join(SPELLED[: number + 1]), text, re.ASCII):
            return f"its {name} is not written as it is in entries"
    return "it is not written as entries are"


# --- the tree of RFC 9162 ---------------------------------------------------------------------------------------------


class Tree:
    """Hashes of all complete subtrees, by height, one after another: gives the root at any size."""

    def __init__(self) -> None:
        self.leaves = bytearray()
        self.heights = [self.leaves]

    def grow(self) -> None:
        """Hash what came in since: two by two, height by height."""
        for height, row in enumerate(self.heights):
            if height + 1 == len(self.heights):
                if len(row) < 64:
                    return
                self.heights.append(bytearray())
            above = self.heights[height + 1]
            for at in range(2 * len(above), len(row) - 32, 64):
                above += hashlib.sha256(b"\x01" + row[at : at + 64]).digest()

    def root(self, size: int) -> bytes:
        self.grow()
        node, start = b"", size
        for height, row in enumerate(self.heights):
            if size >> height & 1:
                start -= 1 << height
                place = 32 * (start >> height)
                left = bytes(row[place : place + 32])
                node = hashlib.sha256(b"\x01" + left + node).digest() if node else left
        return node or hashlib.sha256(b"").digest()


# --- checkpoints: signed notes ----------------------------------------------------------------------------------------


class Key(NamedTuple):
    name: str
    id: bytes
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        name, key_id, coded = text.strip().split("+", 2)
        data = unbase64(coded)
        right = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if not NAME.fullmatch(name) or data[:1] != b"\x01" or len(data) != 33 or right.hex() != key_id:
            raise RejectedError("not a key: NAME+ID+KEY")
        return cls(name, right, data[1:])

    def signed(self, signature: bytes, text: bytes) -> bool:
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: list[tuple[str, bytes, bytes]]

    def signers(self, keys: list[Key]) -> list[Key]:
        return [
            key
            for key in keys
            for name, key_id, signature in self.signatures
            if (name, key_id) == (key.name, key.id) and key.signed(signature, self.text)
        ]


def read_checkpoint(note: bytes) -> Checkpoint:
    text, blank, rest = note.partition(b"\n\n")
    lines, signatures = text.decode().split("\n"), []
    if not blank or not rest.endswith(b"\n") or len(lines) != 3 or len(note) > 16384:
        raise RejectedError("not a signed checkpoint")
    for line in rest[:-1].decode().split("\n"):
        match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
        data = unbase64(match[2]) if match else b""
        if match is None or len(data) < 5:
            raise RejectedError("a signature is not in its form")
        signatures.append((match[1], data[:4], data[4:]))
    root = unbase64(lines[2])
    if not NAME.fullmatch(lines[0]) or not re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]) or len(root) != 32:
        raise RejectedError("not a checkpoint")
    return Checkpoint(lines[0], int(lines[1]), root, text + b"\n", signatures)


# --- the whole --------------------------------------------------------------------------------------------------------


class Check:
    """Reads an export once, from front to back."""

    def __init__(
        self, keys: list[Key], handed: list[bytes], roots: list[x509.Certificate], *, unsigned_too: bool = False
    ) -> None:
        self.keys, self.handed, self.roots, self.unsigned_too = list(keys), handed, roots, unsigned_too
        self.given = bool(keys)
        self.tree, self.size = Tree(), 0
        self.origin, self.prev, self.recorded = "", "0" * 64, ""
        self.kinds: list[str | None] = []
        self.handovers: list[tuple[int, Key]] = []
        self.signed, self.stamps, self.findings = 0, [], []  # type: int, list[str], list[str]

    def found(self, what: str) -> None:
        if len(self.findings) < 100:
            self.findings.append(what)

    def read(self, stream: BinaryIO) -> None:
        """Read header, entries, and what follows the empty line: the checkpoints."""
        head = self.header(stream.readline(1 << 16))
        while True:
            line = stream.readline((1 << 20) + 2)
            if line in {b"", b"\n"}:
                break
            if not line.endswith(b"\n"):
                self.found(f"entry {self.size}: it is too long, or cut off")
                return
            self.entry(line[:-1])
        if (self.size, self.tree.root(self.size)) != head:
            self.found(f"the first line says {head[0]} entries and another root, or entry {self.size - 1} was changed")
        if line:
            self.trailer(stream.read(64 << 20))
        for note in self.handed:
            self.checkpoint(note, "the checkpoint you hold")
        if self.signed < self.size and not self.unsigned_too:
            self.found(f"entries from {self.signed} on are under no signature")

    def header(self, line: bytes) -> tuple[int, bytes]:
        try:
            head = read_json(line.decode().removesuffix("\n"))
            if list(head) != ["format", "origin", "size", "root"] or not line.endswith(b"\n"):
                raise RejectedError("it is not written as first lines are")
            if head["format"] != FORMAT or not NAME.fullmatch(head["origin"]) or type(head["size"]) is not int:
                raise RejectedError("it is no export of a ledger of this format")
            self.origin = head["origin"]
            return head["size"], bytes.fromhex(head["root"])
        except (ValueError, TypeError, RecursionError) as error:
            self.found(f"the first line: {error}")
            return -1, b""

    def entry(self, line: bytes) -> None:
        leaf = hashlib.sha256(b"\x00" + line).digest()
        try:
            self.look(line)
        except (ValueError, TypeError, RecursionError, KeyError) as error:
            self.found(f"entry {self.size}: {error or type(error).__name__}")
            self.kinds.append(None)
        self.tree.leaves += leaf
        self.prev = leaf.hex()
        self.size += 1

    def look(self, line: bytes) -> None:
        text = line.decode()
        match = LINE.fullmatch(text)
        if match is None or len(line) > 1 << 20:
            raise RejectedError("it is too long" if match else misspelled(text))
        seq, recorded_at, writer, actor, act, old, kind, subject, valid_from, valid_to, body, prev = match.groups()
        if int(seq) != self.size:
            raise RejectedError(f"it says that it is entry {seq}")
        if prev != self.prev:
            raise RejectedError(f"it does not name entry {self.size - 1} as it is here: one of the two was changed")
        if not all(map(is_short, (writer, actor, subject, kind))):
            raise RejectedError("its writer, actor, subject or kind is empty or too long")
        self.times(recorded_at, valid_from, valid_to)
        self.special(kind, read_json(body))
        self.order(act, None if old == "null" else int(old), sys.intern(kind))

    def times(self, recorded_at: str, valid_from: str | None, valid_to: str | None) -> None:
        if not all(at is None or is_time(at) for at in (recorded_at, valid_from, valid_to)):
            raise RejectedError("one of its times is none")
        if valid_from and valid_to and valid_from >= valid_to:
            raise RejectedError("it ends before it begins")
        if recorded_at < self.recorded:
            raise RejectedError("it was recorded before the entry before it")
        self.recorded = recorded_at

    def special(self, kind: str, body: dict[str, Any] | None) -> None:
        if (kind == "ledger.opened") != (self.size == 0):
            raise RejectedError("a ledger is opened by its first entry, and by no other")
        if self.size == 0:
            self.opened(body or {})
        elif kind == "ledger.anchor":
            self.anchor(body)
        elif kind == "ledger.key":
            self.handover(body)

    def order(self, act: str, old: int | None, kind: str) -> None:
        """Keep which entries stand: None for those that do not."""
        if (old is None) != (act == "states"):
            raise RejectedError("it must name what it supersedes exactly when it replaces or withdraws")
        if old is not None:
            if old >= self.size or self.kinds[old] != kind:
                raise RejectedError(f"it supersedes entry {old}, which does not stand or is of another kind")
            self.kinds[old] = None
        self.kinds.append(None if act == "withdraws" else kind)

    def opened(self, body: dict[str, Any]) -> None:
        if body.get("origin") != self.origin or body.get("format") != FORMAT:
            raise RejectedError("it opens another ledger than the first line says")
        named = [Key.parse(text) for text in body.get("keys") or []]
        if not self.given:
            self.keys = named

    def keys_at(self, size: int) -> list[Key]:
        """Keys that may sign a ledger of that size: the first ones, until one handed over to another."""
        return next(([key] for seq, key in reversed(self.handovers) if seq < size), self.keys)

    def handover(self, body: dict[str, Any] | None) -> None:
        try:
            key = Key.parse(str((body or {})["key"]))
            signature = base64.b64decode(str((body or {})["signature"]), validate=True)
        except (KeyError, ValueError) as error:
            self.found(f"entry {self.size}: it hands over to no key: {error}")
            return
        text = f"demarc.ledger/key\n{self.origin}\n{str((body or {})['key']).strip()}\n".encode()
        if any(old.signed(signature, text) for old in self.keys_at(self.size)):
            self.handovers.append((self.size, key))
        else:
            self.found(f"entry {self.size}: it names a key that the key before it did not sign")

    def anchor(self, body: dict[str, Any] | None) -> None:
        try:
            note = (body or {})["checkpoint"].encode()
            checkpoint = self.checkpoint(note, f"entry {self.size}, anchor")
            token = check_token(unbase64((body or {})["token"]), note, self.roots)
            self.stamps.append(
                f"entries up to {checkpoint.size - 1 if checkpoint else '?'} existed at {token.at.isoformat()}, says "
                f"{token.authority}" + ("" if token.trusted else " (whom nobody vouches for: give --tsa-ca)")
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            self.found(f"entry {self.size}, anchor: {error or type(error).__name__}")

    def checkpoint(self, note: bytes, called: str) -> Checkpoint | None:
        try:
            found = read_checkpoint(note)
        except ValueError as error:
            self.found(f"{called}: {error}")
            return None
        if found.origin != self.origin or found.size > self.size or self.tree.root(found.size) != found.root:
            self.found(f"{called}: it is of {found.size} entries of {found.origin} that are not those here")
        elif not found.signers(self.keys_at(found.size)):
            self.found(f"{called}: it is not signed by a key that is known")
        else:
            self.signed = max(self.signed, found.size)
        return found

    def trailer(self, data: bytes) -> None:
        """Notes, each of a text and signatures, with an empty line between any two."""
        parts = data.split(b"\n\n")
        if len(parts) % 2 or not data.endswith(b"\n"):
            self.found("what follows the entries is no list of checkpoints")
            return
        for at in range(0, len(parts), 2):
            last = at + 2 == len(parts)
            self.checkpoint(parts[at] + b"\n\n" + parts[at + 1] + (b"" if last else b"\n"), f"checkpoint {at // 2 + 1}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=argparse.FileType("rb"))
    parser.add_argument("--trust-key", action="append", default=[], help="a key you trust: NAME+ID+KEY")
    parser.add_argument("--checkpoint", action="append", default=[], type=argparse.FileType("rb"), help="one you hold")
    parser.add_argument("--tsa-ca", action="append", default=[], type=argparse.FileType("rb"), help="certificates, PEM")
    parser.add_argument("--unsigned", action="store_true", help="accept entries that nobody has signed yet")
    given = parser.parse_args()
    try:
        keys = [Key.parse(text) for text in given.trust_key]
        roots = [one for file in given.tsa_ca for one in x509.load_pem_x509_certificates(file.read())]
    except ValueError as error:
        parser.error(str(error))
    check = Check(keys, [file.read() for file in given.checkpoint], roots, unsigned_too=given.unsigned)
    check.read(given.export)
    say = sys.stdout.write
    say(f"{check.origin}: {check.size} entries, root {check.tree.root(check.size).hex()}\n")
    say(f"signed: {check.signed} entries" + ("" if check.given else ", by a key that the ledger names itself") + "\n")
    for stamp in check.stamps:
        say(f"stamped: {stamp}\n")
    for finding in check.findings:
        say(f"FOUND {finding}\n")
    say("REJECTED\n" if check.findings else "nothing was found\n")
    return 1 if check.findings else 0


if __name__ == "__main__":
    sys.exit(main())
