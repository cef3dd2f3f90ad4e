"""The excerpt of a ledger: up to the checkpoint over what was known, the same whatever follows, with proofs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from demarc.ledger import note, proof
from demarc.ledger.excerpt import excerpt
from demarc.model.ledger import Act, moment_of
from tests.ledger.given import KEY, START, a_draft, a_store, appended, sign, the, ticking

LATER = datetime(2040, 1, 1, tzinfo=UTC)


def a_person(name: str):
    body = {"id": name, "name": name}
    return a_draft(kind="register.person", subject=name, act=Act.STATES, supersedes=None, body=body)


@pytest.fixture
def store(place):
    clock = ticking(START)
    made = a_store(place, clock=clock)
    for name in ("ann", "bob"):
        appended(made, [a_person(name)], clock)
    sign(made)
    appended(made, [a_person("cyd")], clock)
    return made, clock


def taken(store, known=None, **more):
    with store.reading() as reader:
        return excerpt(reader, at=LATER, known=known, register_too=True, **more)


def test_what_a_checkpoint_covers_is_proved_and_the_rest_is_not(store):
    made, _ = store
    found = taken(made)
    assert (found.size, found.known, found.signed) == (4, 4, 3)
    assert [(entry.subject, data is not None) for entry, data in found.proved] == [
        ("ann", True),
        ("bob", True),
        ("cyd", False),
    ]
    for entry, data in found.proved:
        if data is not None:
            assert proof.check(data, (KEY,)).entry == entry


def test_as_known_at_it_is_the_same_however_much_follows(store):
    made, clock = store
    with made.reading() as reader:
        known = moment_of(the(reader, 1).recorded_at)
    before = taken(made, known)
    assert (before.known, before.size, before.signed) == (2, 3, 3)
    assert [entry.subject for entry, _ in before.proved] == ["ann"]
    appended(made, [a_person("dan")], clock)
    sign(made)
    assert taken(made, known) == before
    assert note.read(before.notes[-1]).size == before.size


def test_before_the_first_entry_it_rests_on_nothing_and_still_says_whose_ledger_it_is(store):
    made, _ = store
    found = taken(made, START - timedelta(days=1))
    assert (found.known, found.proved) == (0, ())
    assert found.size == 3


def test_without_the_register_it_rests_on_reviews_alone(store):
    made, _ = store
    with made.reading() as reader:
        assert not excerpt(reader, at=LATER, known=None, register_too=False).proved
        more = excerpt(reader, at=LATER, known=None, register_too=False, kinds=("register.person",)).proved
    assert len(more) == 3
