"""Campaigns: who may decide, what counts as a review and what does not, and lists that come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from demarc.ledger.asof import register_as_known
from demarc.ledger.store.reader import Reader
from demarc.model.duties import Unit
from demarc.model.errors import DemarcError, Where
from demarc.model.inventory import Scope
from demarc.model.register import Membership, Person, Register, Selector, Team
from demarc.model.reviews import About, Choice, Item
from demarc.model.time import Period
from demarc.reviews.campaign import KINDS, Bench, Wanted, campaigns, closing, deciding, opening
from demarc.reviews.forms import as_csv, as_yaml, filled
from demarc.reviews.items import selector_of
from tests.ledger.given import a_store, ticking

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HERE = Where(file="register/people.yaml", line=1)
REGISTER = Register(
    people=(
        Person(id="ann", name="Ann", where=HERE),
        Person(id="bob", name="Bob", where=HERE),
        Person(id="sue", name="Sue", where=HERE),
        Person(id="old", name="Old", period=Period(until=NOW), where=HERE),
    ),
    teams=(
        Team(id="platform", name="Platform", members=(Membership(person="bob", where=HERE),), where=HERE),
        Team(id="security", name="Security", members=(Membership(person="sue", where=HERE),), where=HERE),
    ),
)
BENCH = Bench(REGISTER, NOW)


def an_item(number=1, **given):
    said = {
        "campaign": "q4",
        "number": number,
        "about": About.ACCESS,
        "what": f"access {number}",
        "evidence": ("can: exec",),
        "duties": ("identity.rbac",),
        "scopes": ({"namespace": "payments"},),
        "owner": "platform",
        "reviewer": "security",
    }
    return Item(**{**said, **given})


class Ledger:
    """A ledger with a campaign in it."""

    def __init__(self, target, *items):
        self.store, self.clock = a_store(str(target)), ticking(NOW)
        drafts = opening("q4", "Fourth quarter", [About.ACCESS], items, actor="ann", now=NOW, due=NOW + timedelta(14))
        self.append(drafts)

    def append(self, drafts):
        self.store.append(lambda _: drafts, writer="root", clock=self.clock)

    def campaign(self):
        with self.store.reading() as reader:
            return campaigns(reader.standing(reader.head().size, kinds=KINDS))["q4"]

    def decide(self, by, **choices):
        wanted = [
            Wanted(number=int(number[1:]), choice=choice, note="reason", where=HERE)
            for number, choice in choices.items()
        ]
        self.append(deciding(self.campaign(), wanted, by, BENCH, now=NOW))

    def close(self, **given):
        self.append(closing(self.campaign(), actor="ann", now=NOW, **{"incomplete": False, **given}))

    def reviews(self, at=NOW + timedelta(days=1)):
        with self.store.reading() as reader:
            found = register_as_known(reader, name="l", at=at, known=None).register.reviews
        return {(duty, review.scope.namespace, review.by) for review in found for duty in review.duties}


@pytest.mark.parametrize(
    ("by", "item", "says"),
    [
        ("sue", {}, ""),
        ("bob", {}, "an owner does not review themselves"),
        ("bob", {"owner": "bob"}, "an owner does not review themselves"),
        ("bob", {"owner": "bob", "reviewer": "platform"}, "an owner does not review themselves"),
        ("ann", {}, "for security to decide"),
        ("ann", {"reviewer": ""}, ""),
        ("bob", {"reviewer": ""}, "an owner does not review themselves"),
        ("ann", {"owner": "", "reviewer": ""}, ""),
    ],
)
def test_who_may_decide(by, item, says):
    fault = BENCH.fault(an_item(**item), by)
    assert says in fault
    assert bool(fault) == bool(says)


@pytest.mark.parametrize(
    ("by", "says"), [("sue", ""), ("eve", "knows no person"), ("old", "held it until"), ("security", "no person")]
)
def test_who_can_review_at_all(by, says):
    assert says in BENCH.knows(by)
    assert bool(BENCH.knows(by)) == bool(says)


def test_a_campaign_is_decided_closed_and_counts(tmp_path):
    ledger = Ledger(tmp_path / "l.db", an_item(1), an_item(2), an_item(3, scopes=({"namespace": "shop"},)))
    assert [item.number for item in ledger.campaign().waiting] == [1, 2, 3]
    assert ledger.campaign().items[0].evidence == ("can: exec",)
    ledger.decide("sue", n1=Choice.KEEP, n3=Choice.REVOKE)
    assert ledger.reviews() == set()
    with pytest.raises(DemarcError, match="1 of 3 items wait"):
        ledger.close()
    ledger.decide("sue", n2=Choice.CHANGE)
    ledger.close()
    assert ledger.reviews() == {("identity.rbac", "payments", "sue"), ("identity.rbac", "shop", "sue")}
    with ledger.store.reading() as reader:
        record = reader.standing(reader.head().size, kinds=["review.closed"])[0].body
    assert record is not None
    assert record["decided"] == {"change": 1, "keep": 1, "revoke": 1}
    assert [(one["number"], one["choice"], one["note"]) for one in record["to_do"]] == [
        (2, "change", "reason"),
        (3, "revoke", "reason"),
    ]
    with pytest.raises(DemarcError, match="closed already"):
        ledger.close()


def test_what_was_left_open_counts_as_no_review(tmp_path):
    ledger = Ledger(tmp_path / "l.db", an_item(1), an_item(2), an_item(3, scopes=({"namespace": "shop"},)))
    ledger.decide("sue", n1=Choice.KEEP, n2=Choice.NOT_MINE, n3=Choice.KEEP)
    assert [item.number for item in ledger.campaign().waiting] == [2]
    ledger.close(incomplete=True)
    assert ledger.reviews() == {("identity.rbac", "shop", "sue")}


@pytest.mark.parametrize("about", [About.OWNERSHIP, About.EXCEPTIONS, About.BOUNDARY])
def test_what_says_nothing_of_the_control_counts_as_no_review(tmp_path, about):
    ledger = Ledger(tmp_path / "l.db", an_item(1, about=about))
    ledger.decide("sue", n1=Choice.KEEP)
    ledger.close()
    assert ledger.reviews() == set()


def test_the_whole_cluster_counts_once_every_item_of_the_duty_was_decided(tmp_path):
    whole, part = an_item(1, scopes=({},)), an_item(2)
    ledger = Ledger(tmp_path / "l.db", whole, part)
    ledger.decide("sue", n1=Choice.KEEP)
    ledger.close(incomplete=True)
    assert ledger.reviews() == set()
    other = Ledger(tmp_path / "o.db", whole, part)
    other.decide("sue", n1=Choice.KEEP, n2=Choice.KEEP)
    other.close()
    assert other.reviews() == {("identity.rbac", None, "sue"), ("identity.rbac", "payments", "sue")}


def test_a_later_decision_replaces_an_earlier_one_and_both_stay(tmp_path):
    ledger = Ledger(tmp_path / "l.db", an_item(1))
    ledger.decide("sue", n1=Choice.KEEP)
    ledger.decide("sue", n1=Choice.REVOKE)
    assert ledger.campaign().decisions[1].choice is Choice.REVOKE
    with ledger.store.reading() as reader:
        assert len(list(reader.entries(reader.head().size, kinds=["review.decision"]))) == 2
        assert isinstance(reader, Reader)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([(9, Choice.KEEP, "")], "no item 9"),
        ([(1, Choice.KEEP, ""), (1, Choice.KEEP, "")], "decided twice"),
        ([(1, Choice.REVOKE, "")], "needs a note"),
        ([(1, Choice.CHANGE, "")], "needs a note"),
        ([(2, Choice.KEEP, "")], "an owner does not review"),
    ],
)
def test_a_decision_that_may_not_be_is_refused_with_all_others(tmp_path, wanted, says):
    ledger = Ledger(tmp_path / "l.db", an_item(1), an_item(2, owner="sue"))
    given = [Wanted(number=n, choice=choice, note=note, where=HERE) for n, choice, note in wanted]
    with pytest.raises(DemarcError) as caught:
        deciding(ledger.campaign(), given, "sue", BENCH, now=NOW)
    assert any(says in problem.what for problem in caught.value.problems)


HOSTILE = an_item(1, what='=HYPERLINK("http://x")', evidence=("line\nbreak", "ключ: [значение]", "- x"))


@pytest.mark.parametrize(("write", "name"), [(lambda items: as_yaml(items, "for sue"), "l.yaml"), (as_csv, "l.csv")])
def test_a_list_comes_back_as_it_was_filled(write, name):
    data = write([HOSTILE, an_item(2), an_item(3)])
    assert filled(data, name) == []
    if name.endswith("csv"):
        assert b"'=HYPERLINK" in data
        lines = data.replace(b"2,,,", b"2,Keep,,").replace(b"3,,,", b'3,revoke,"too wide, really",')
    else:
        text = data.decode()
        parts = text.split("- number:")
        parts[2] = parts[2].replace("decision: ''", "decision: Keep")
        parts[3] = parts[3].replace("decision: ''", "decision: revoke").replace("note: ''", "note: too wide, really")
        lines = "- number:".join(parts).encode()
    assert [(one.number, one.choice, one.note) for one in filled(lines, name)] == [
        (2, Choice.KEEP, ""),
        (3, Choice.REVOKE, "too wide, really"),
    ]


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"decisions: [{number: 1, decision: maybe}]", "l.yaml", "no decision"),
        (b"decisions: [{number: x, decision: keep}]", "l.yaml", "no number"),
        (b"decisions: 7", "l.yaml", "no list of decisions"),
        (b"[", "l.yaml", "not YAML"),
        (b"a,b\n1,2\n", "l.csv", "columns number and decision"),
        (b"number,decision\n1,maybe\n", "l.csv", "no decision"),
    ],
)
def test_a_list_that_was_filled_wrongly_is_told_with_its_place(data, name, says):
    with pytest.raises(DemarcError, match=says) as caught:
        filled(data, name)
    assert caught.value.problems[0].where is not None
    assert caught.value.problems[0].where.file == name


@pytest.mark.parametrize(
    ("scope", "selector"),
    [
        (Scope(kind=Unit.CLUSTER, name="prod"), Selector()),
        (Scope(kind=Unit.POOL, name="general"), Selector(pool="general")),
        (Scope(kind=Unit.COMPONENT, name="coredns"), Selector(component="coredns")),
        (Scope(kind=Unit.NAMESPACE, name="shop"), Selector(namespace="shop")),
        (Scope(kind=Unit.WORKLOAD, name="shop/Deployment/api"), Selector(namespace="shop", workload="Deployment/api")),
        (Scope(kind=Unit.IDENTITY, name="User/bob"), Selector(identity="User/bob")),
        (Scope(kind=Unit.PIPELINE, name="github.com/a/b"), Selector(pipeline="github.com/a/b")),
    ],
)
def test_scopes_are_selected_as_the_register_does(scope, selector):
    assert selector_of(scope) == selector
