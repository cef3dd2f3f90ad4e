"""The register in the ledger: what is recorded of a change, and what was known when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demarc.catalog.duties import duties, parts
from demarc.intake.masking import mask
from demarc.ledger.asof import register_as_known, with_reviews
from demarc.ledger.elements import KINDS, elements, subject_of
from demarc.ledger.recording import recorded
from demarc.ledger.store.open import open_store
from demarc.ledger.store.verify import verify_store
from demarc.ledger.verify import Trust
from demarc.model.errors import Where
from demarc.model.ledger import stamp
from demarc.model.register import (
    Assignment,
    Claim,
    ExceptionEntry,
    Membership,
    Person,
    Register,
    Review,
    Selector,
    Settings,
    Team,
)
from demarc.model.time import Period
from demarc.register import load_or_raise
from tests.ledger.given import START, a_draft, a_store, said

FJORDKITE = Path(__file__).resolve().parents[2] / "examples" / "fjordkite" / "register"
HERE = Where(file="register/all.yaml", line=1)
FAR = datetime(2030, 1, 1, tzinfo=UTC)


def record(store, register, at=START, **given_):
    recording = recorded(register, actor="alice", approved_by=given_.get("approved_by"), reference=None, mask=mask)
    done = store.append(recording, writer="root", clock=lambda: at)
    return done, recording


def known(store, at=FAR, when=None):
    with store.reading() as reader:
        return register_as_known(reader, name="ledger", at=at, known=when).register


def plain(register):
    """A register without where it is written, and without the order of what has none."""
    value = msgspec.to_builtins(register)

    def strip(inner):
        if isinstance(inner, dict):
            return {key: strip(one) for key, one in inner.items() if key != "where"}
        if isinstance(inner, list | tuple):
            found = [strip(one) for one in inner]
            return sorted(found, key=msgspec.json.encode) if found and isinstance(found[0], dict) else found
        return inner

    return {key: one for key, one in strip(value).items() if key not in {"origin", "sha256"}}


def an_assignment(owner="payments", duty="identity.rbac", since=None, until=None, **scope):
    return Assignment(
        duties=(duty,),
        scope=Selector(**scope),
        owner=owner,
        period=Period(since=since, until=until),
        where=HERE,
    )


def test_the_example_comes_back_as_it_was_recorded(tmp_path):
    register = load_or_raise(FJORDKITE, duties=duties().keys(), parts=parts()).register
    store = a_store(str(tmp_path / "l.db"))
    done, recording = record(store, register)
    assert done.size == 2 + len(elements(register)) == 2 + recording.changed.count
    claims = [msgspec.structs.replace(one, origin=one.origin.replace(f"{FJORDKITE}/", "")) for one in register.claims]
    assert plain(known(store)) == plain(msgspec.structs.replace(register, claims=tuple(claims)))
    order = [(one.duties, one.scope) for one in register.assignments]
    assert [(one.duties, one.scope) for one in known(store).assignments] == order
    assert str(known(store).assignments[0].where).startswith("ledger entry ")
    assert "assignments.yaml:" in str(known(store).assignments[0].where)
    assert record(store, register)[0] is None


def test_each_change_is_an_entry_of_its_own_with_both_times(tmp_path):
    store = a_store(str(tmp_path / "l.db"))
    first = Register(
        people=(Person(id="bob", name="Bob", where=HERE),),
        teams=(Team(id="t", name="T", members=(Membership(person="bob", where=HERE),), where=HERE),),
        assignments=(an_assignment("t"), an_assignment("t", duty="secret.*")),
        exceptions=(
            ExceptionEntry(
                id="EX-1",
                duties=("node.*",),
                scope=Selector(),
                reason="later",
                owner="t",
                approved_by="bob",
                period=Period(until=FAR),
                where=HERE,
            ),
        ),
    )
    record(store, first)
    later = START + timedelta(days=30)
    second = Register(
        people=first.people,
        teams=(
            Team(
                id="t",
                name="T",
                members=(Membership(person="bob", period=Period(until=later), where=HERE),),
                where=HERE,
            ),
        ),
        assignments=(an_assignment("bob"), an_assignment("t", duty="secret.*")),
    )
    _, recording = record(store, second, later, approved_by="carla")
    with store.reading() as reader:
        size = reader.head().size
        new = list(reader.entries(size))[-5:]
    approval = new.pop(1)
    assert (approval.kind, approval.actor, approval.subject) == ("approval", "carla", "the register")
    assert [(one.kind, one.act.value, one.subject) for one in new] == [
        ("register", "states", "the register"),
        ("register.exception", "withdraws", "EX-1: node.* @ everything"),
        ("register.membership", "replaces", "bob in t"),
        ("register.assignment", "replaces", "identity.rbac @ everything"),
    ]
    assert said(new[0])["approved_by"] == "carla"
    assert new[2].valid_to == stamp(later)
    assert said(new[3])["owner"] == "bob"
    assert recording.changed.count == 3
    assert plain(known(store, when=START + timedelta(days=1))) == plain(first)
    assert plain(known(store, when=later - timedelta(microseconds=1))) == plain(first)
    assert plain(known(store, when=later)) == plain(second) == plain(known(store))
    assert plain(known(store, when=START - timedelta(days=1))) == plain(Register())


def test_a_line_that_moved_is_no_change(tmp_path):
    store = a_store(str(tmp_path / "l.db"))
    record(store, Register(assignments=(an_assignment(),)))
    moved = msgspec.structs.replace(an_assignment(), where=Where(file="register/other.yaml", line=99))
    assert record(store, Register(assignments=(moved,)))[0] is None


def test_a_secret_in_the_register_is_recorded_masked_once(tmp_path):
    store = a_store(str(tmp_path / "l.db"))
    review = Review(
        duties=("secret.*",), scope=Selector(), by="bob", on=START, evidence="password=hunter2-hunter2", where=HERE
    )
    register = Register(reviews=(review,))
    done, recording = record(store, register)
    assert recording.masked == 1
    with store.reading() as reader:
        assert b"hunter2" not in b"".join(reader.lines(done.size))
    assert record(store, register)[0] is None


def test_of_many_reviews_the_last_one_until_the_moment_counts(tmp_path):
    store = a_store(str(tmp_path / "l.db"))

    def review(day, by="bob", duty="identity.rbac"):
        on = START + timedelta(days=day)
        return Review(duties=(duty,), scope=Selector(namespace="x"), by=by, on=on, evidence=f"R-{day}", where=HERE)

    done = (*(review(day) for day in (0, 90, 180, 270)), review(100, "eve"), review(10, duty="node.*"))
    record(store, Register(reviews=done), START + timedelta(days=300))
    at = known(store, START + timedelta(days=200)).reviews
    assert {(one.by, one.duties[0], one.evidence) for one in at} == {
        ("bob", "identity.rbac", "R-180"),
        ("eve", "identity.rbac", "R-100"),
        ("bob", "node.*", "R-10"),
    }
    # One that turns out not to have been done is withdrawn, and the one before counts again.
    record(store, Register(reviews=tuple(one for one in done if one.evidence != "R-180")), START + timedelta(days=310))
    again = known(store, START + timedelta(days=200)).reviews
    assert {one.evidence for one in again} == {"R-90", "R-100", "R-10"}
    before = known(store, START + timedelta(days=200), START + timedelta(days=305)).reviews
    assert {one.evidence for one in before} == {"R-180", "R-100", "R-10"}


def test_reviews_that_were_done_with_the_ledger_count_beside_a_folder(place):
    body = {"duties": ["identity.rbac"], "scope": {"namespace": "x"}, "by": "bob", "evidence": "campaign"}
    draft = a_draft(1, kind="review", subject="identity.rbac @ namespace=x by bob", body=body)
    store = a_store(place, [draft])
    with store.reading() as reader:
        found = with_reviews(Register(), reader, at=FAR).register
        assert [(one.by, one.scope.namespace, one.on) for one in found.reviews] == [("bob", "x", START)]
        assert with_reviews(Register(), reader, at=START - timedelta(1)).register.reviews == ()


NAMES = st.sampled_from(["a", "b", "c"])
MOMENTS = st.none() | st.integers(0, 3).map(lambda day: START + timedelta(days=day))


@st.composite
def periods(draw):
    since, until = draw(MOMENTS), draw(MOMENTS)
    return Period(since=since, until=until if until is None or since is None or since < until else None)


@st.composite
def registers(draw):
    selector = st.builds(Selector, namespace=st.none() | NAMES, labels=st.dictionaries(NAMES, NAMES, max_size=1))
    assignment = st.builds(
        Assignment,
        duties=st.lists(NAMES, min_size=1, max_size=2).map(tuple),
        scope=selector,
        owner=NAMES,
        approver=st.none() | NAMES,
        review_every=st.none() | st.integers(1, 9),
        period=periods(),
        where=st.just(HERE),
    )
    member = st.builds(Membership, person=NAMES, lead=st.booleans(), period=periods(), where=st.just(HERE))
    team = st.builds(
        Team,
        id=NAMES,
        name=NAMES,
        members=st.lists(member, max_size=2).map(tuple),
        period=periods(),
        where=st.just(HERE),
    )
    claim = st.builds(Claim, owner=NAMES, scope=selector, origin=NAMES, where=st.just(HERE))
    teams = draw(st.lists(team, max_size=3, unique_by=lambda one: one.id))
    return Register(
        teams=tuple(teams),
        assignments=tuple(draw(st.lists(assignment, max_size=4))),
        claims=tuple(draw(st.lists(claim, max_size=2))),
        settings=draw(st.builds(Settings, owner_labels=st.lists(NAMES, max_size=2).map(tuple))),
    )


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(registers(), min_size=1, max_size=5))
def test_whatever_was_recorded_is_what_was_known_then(tmp_path_factory, history):
    store = a_store(str(tmp_path_factory.mktemp("asof") / "l.db"))
    for day, register in enumerate(history):
        record(store, register, START + timedelta(days=day))
    for day, register in enumerate(history):
        found = known(store, when=START + timedelta(days=day, hours=12))
        assert plain(found) == plain(register)
    with store.reading() as reader:
        assert verify_store(reader, Trust()).holds


def test_the_past_of_a_shared_ledger_is_asked_alike(server, tmp_path):
    register = load_or_raise(FJORDKITE, duties=duties().keys(), parts=parts()).register
    places = [str(tmp_path / "l.db"), server.address(server.database())]
    found = []
    for target in places:
        record(a_store(target), register)
        found.append(plain(known(open_store(target))))
    assert found[0] == found[1]


@pytest.mark.parametrize("text", ["x" * 500, "a\nb", "a\x00b", "ü" * 400])
def test_subjects_that_do_not_fit_are_told_apart(text):
    assert len(subject_of(text)) <= 400
    assert subject_of(text) == text if text == "ü" * 400 else subject_of(text) != subject_of(text + "y")
    assert len(set(KINDS)) == len(KINDS) == 10
