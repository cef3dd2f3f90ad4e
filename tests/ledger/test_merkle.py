"""The tree: roots against the definition of RFC 9162, proofs at every size, and proofs that must not hold."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.ledger.merkle import EMPTY, Frontier, Tree, continues, included, leaf_hash, node_hash

LEAVES = [leaf_hash(bytes([number])) for number in range(70)]

KNOWN = (
    b"",
    b"\x00",
    b"\x10",
    b" !",
    b"01",
    b"@ABC",
    b"PQRSTUVW",
    b"`abcdefghijklmno",
)
"""Leaves of the test vectors of Certificate Transparency."""
KNOWN_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def by_definition(leaves):
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


@pytest.mark.parametrize(("size", "root"), KNOWN_ROOTS.items())
def test_the_roots_of_certificate_transparency(size, root):
    assert Tree(leaf_hash(one) for one in KNOWN[:size]).root().hex() == root


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_the_root_is_that_of_the_definition_at_every_size(size):
    tree, frontier = Tree(LEAVES), Frontier()
    for leaf in LEAVES[:size]:
        frontier.add(leaf)
    assert tree.root(size) == by_definition(LEAVES[:size]) == frontier.root()
    assert tree.peaks(size) == frontier.packed()
    taken_up = Frontier(size, frontier.packed())
    taken_up.add(LEAVES[0])
    assert taken_up.root() == by_definition([*LEAVES[:size], LEAVES[0]])


def test_a_frontier_that_does_not_fit_its_size_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Frontier(3, LEAVES[0])


@pytest.mark.parametrize("size", range(1, 40))
def test_every_leaf_is_proved_and_nothing_else(size):
    tree = Tree(LEAVES)
    root = tree.root(size)
    for index in range(size):
        proof = tree.inclusion(index, size)
        assert included(LEAVES[index], index, size, proof, root)
        assert not included(LEAVES[index + 1], index, size, proof, root)
        assert not included(LEAVES[index], index, size, (*proof, LEAVES[0]), root)
        assert not proof or not included(LEAVES[index], index, size, proof[:-1], root)
        assert not included(LEAVES[index], index + size, size, proof, root)


@pytest.mark.parametrize("size", range(1, 40))
def test_every_earlier_size_is_continued_and_no_other_root(size):
    tree = Tree(LEAVES)
    root = tree.root(size)
    for old in range(size + 1):
        proof = tree.consistency(old, size)
        assert continues(old, tree.root(old), size, root, proof)
        assert not continues(old, LEAVES[-1], size, root, proof)
        if 0 < old < size:
            assert not continues(old, tree.root(old), size, LEAVES[-1], proof)
            assert not continues(old, tree.root(old), size, root, proof[:-1])
            assert not continues(old, tree.root(old), size, root, (*proof, LEAVES[0]))
    assert not continues(size + 1, tree.root(size + 1), size, root, ())


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=64), st.data())
def test_a_changed_leaf_changes_every_root_over_it(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.binary(max_size=8).filter(lambda one: one != leaves[index]))
    changed = [*leaves[:index], other, *leaves[index + 1 :]]
    before, after = Tree(map(leaf_hash, leaves)), Tree(map(leaf_hash, changed))
    for size in range(len(leaves) + 1):
        assert (before.root(size) == after.root(size)) == (size <= index)


def test_a_leaf_does_not_pass_as_a_node():
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    assert Tree().root() == EMPTY
