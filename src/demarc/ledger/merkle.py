"""The Merkle tree of RFC 9162 over the lines of a ledger: roots at every size, inclusion and consistency proofs.

Knows nothing of entries: leaves are bytes. The 0x00 and 0x01 before leaf and node keep one from passing as the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH = 32
EMPTY = sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    """Hash of a leaf."""
    return sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: all that is needed to append. At most one hash for each bit of the size."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: bytes = b"") -> None:
        """Take up where ``packed`` left off. Raises ValueError when the number of hashes does not fit the size."""
        if len(peaks) != HASH * size.bit_count():
            raise ValueError("the hashes do not fit the size")
        self.size = size
        self.peaks = [peaks[at : at + HASH] for at in range(0, len(peaks), HASH)]

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        peaks, rest = self.peaks, self.size
        while rest & 1:
            leaf = node_hash(peaks.pop(), leaf)
            rest >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Root of the tree as it stands."""
        return _folded(self.peaks)

    def packed(self) -> bytes:
        """The hashes, largest subtree first."""
        return b"".join(self.peaks)


class Tree:
    """A whole tree: 64 bytes a leaf, and every earlier root within reach."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        """Start with the hashes of leaves."""
        self.size = 0
        self._levels: list[bytearray] = [bytearray()]
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        levels, height, rest = self._levels, 0, self.size
        levels[0] += leaf
        while rest & 1:
            leaf = sha256(b"\x01" + levels[height][-2 * HASH :]).digest()
            height += 1
            if height == len(levels):
                levels.append(bytearray())
            levels[height] += leaf
            rest >>= 1
        self.size += 1

    def leaf(self, index: int) -> bytes:
        """Hash of a leaf."""
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """Root over the first ``size`` leaves."""
        size = self.size if size is None else size
        return self._range(0, size) if size else EMPTY

    def peaks(self, size: int) -> bytes:
        """What ``Frontier.packed`` gave at that size."""
        found, start = [], 0
        for height in reversed(range(size.bit_length())):
            if size >> height & 1:
                found.append(self._node(height, start >> height))
                start += 1 << height
        return b"".join(found)

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Audit path of a leaf in the tree over the first ``size`` leaves (RFC 9162, 2.1.3.1)."""
        return tuple(self._path(index, 0, size))

    def consistency(self, old: int, size: int) -> tuple[bytes, ...]:
        """Proof that the tree at ``size`` continues the tree at ``old`` (RFC 9162, 2.1.4.1)."""
        return tuple(self._subproof(old, 0, size, known=True)) if 0 < old < size else ()

    def _node(self, height: int, index: int) -> bytes:
        return bytes(self._levels[height][index * HASH : (index + 1) * HASH])

    def _range(self, start: int, stop: int) -> bytes:
        width = stop - start
        if width & (width - 1) == 0:
            height = width.bit_length() - 1
            return self._node(height, start >> height)
        split = start + _split(width)
        return node_hash(self._range(start, split), self._range(split, stop))

    def _path(self, index: int, start: int, stop: int) -> list[bytes]:
        if stop - start == 1:
            return []
        split = start + _split(stop - start)
        if index < split:
            return [*self._path(index, start, split), self._range(split, stop)]
        return [*self._path(index, split, stop), self._range(start, split)]

    def _subproof(self, old: int, start: int, stop: int, *, known: bool) -> list[bytes]:
        if old == stop:
            return [] if known else [self._range(start, stop)]
        split = start + _split(stop - start)
        if old <= split:
            return [*self._subproof(old, start, split, known=known), self._range(split, stop)]
        return [*self._subproof(old, split, stop, known=False), self._range(start, split)]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Check an inclusion proof (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(step, found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, step)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def continues(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Check a consistency proof (RFC 9162, 2.1.4.2)."""
    if old == size:
        return old_root == root and not proof
    if not 0 < old < size or not proof:
        return old == 0 < size and not proof and old_root == EMPTY
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    here, last = old - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, step)
        here, last = here >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def _split(width: int) -> int:
    """Largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


def _folded(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
