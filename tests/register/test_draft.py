"""A drafted register loads as it is, asks only what is the customer's, and marks what nobody could know."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.model.assessment import Assessment, DutyEntry, Holder, MatrixRow, Status, Tally
from demarc.model.boundary import Party
from demarc.model.duties import Duty, Layer, Plane, Stage, Unit
from demarc.model.inventory import ClusterIdentity, Component, Installer, Management, Scope
from demarc.register import load
from demarc.reports.draft import HEADER, draft
from tests.register.reading import DUTIES, NOW, PARTS


def row(kind: Unit, name: str, duty: str, party: Party | None = Party.CUSTOMER, *owners: Holder) -> MatrixRow:
    return MatrixRow(
        id=f"{duty}@{name}",
        duty=duty,
        component="rbac",
        scope=Scope(kind=kind, name=name),
        models=(),
        party=party,
        party_name="",
        basis=None,
        status=Status.UNOWNED,
        owner=owners[0] if len(owners) == 1 else None,
        owners_in_conflict=owners if len(owners) > 1 else (),
    )


def hint(name: str, contact: str = "", basis: str = "label team of Namespace web") -> Holder:
    return Holder(id=name, name=name, contact=contact, registered=False, basis=basis)


def component(name: str, installer: Installer, supplier: str = "") -> Component:
    return Component(
        id=name,
        name=name,
        title=name.title(),
        kind="component",
        namespace="x",
        objects=(),
        versions=(),
        supplier=supplier,
        installer=installer,
        management=Management.HELM,
        evidence=(),
        models=(),
    )


def assessment(*rows: MatrixRow, components: tuple[Component, ...] = (), cluster: str = "prod") -> Assessment:
    def entry(known: str) -> DutyEntry:
        layer, _, _ = known.partition(".")
        duty = Duty(
            id=known, layer=Layer(layer), stage=Stage.RUNTIME, plane=Plane.NONE, per=Unit.CLUSTER, question="Who?"
        )
        return DutyEntry(duty=duty, frameworks=())

    return Assessment(
        format="demarc.assessment/1",
        version="",
        at="2026-11-01T00:00:00Z",
        at_basis="given",
        taken_at=None,
        cluster=ClusterIdentity(name=cluster, provider="eks", identified=True, evidence=()),
        models=(),
        inputs=(),
        register="",
        gaps=(),
        warnings=(),
        pools=(),
        components=components,
        duties=tuple(entry(duty) for duty in DUTIES),
        matrix=rows,
        ambiguities=(),
        sources=(),
        tally=Tally(rows=0, by_party={}, by_status={}, by_layer={}, by_owner={}),
        todo=(),
    )


def loaded(tmp_path, files: dict[str, str]):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return load(tmp_path, duties=DUTIES, parts=PARTS, now=NOW)


CLUSTER = (
    row(Unit.CLUSTER, "prod", "cluster.version"),
    row(Unit.CLUSTER, "prod", "identity.rbac", Party.PROVIDER),
    row(Unit.CLUSTER, "prod", "secret.storage", Party.AMBIGUOUS),
    row(Unit.POOL, "general", "node.patching", Party.SHARED),
    row(Unit.COMPONENT, "coredns", "node.patching", Party.PROVIDER),
    row(Unit.COMPONENT, "falco", "node.patching", Party.THIRD_PARTY, hint("@acme/sec")),
    row(Unit.PIPELINE, "github.com/acme/shop", "secret.storage"),
    row(Unit.IDENTITY, "User/bob", "secret.rotation"),
    row(Unit.IDENTITY, "User/arn:aws:iam::1:user/x", "secret.rotation"),
    row(Unit.IDENTITY, "web/ServiceAccount/api", "secret.rotation"),
    row(Unit.NAMESPACE, "web", "identity.rbac", Party.CUSTOMER, hint("team-web", "#web")),
    row(Unit.NAMESPACE, "batch", "identity.rbac"),
    row(Unit.NAMESPACE, "theirs", "identity.rbac", Party.PROVIDER),
    row(Unit.WORKLOAD, "web/Deployment/api", "workload.pod-security", Party.CUSTOMER, hint("team-web")),
    row(Unit.WORKLOAD, "web/Deployment/pay", "workload.pod-security", Party.CUSTOMER, hint("zoe@example.com")),
)
COMPONENTS = (
    component("coredns", Installer.PROVIDER, "Amazon"),
    component("falco", Installer.CUSTOMER, "Sysdig, Inc."),
)


def test_a_draft_asks_what_is_the_customers_and_fills_in_what_is_known(tmp_path):
    files = draft(assessment(*CLUSTER, components=COMPONENTS))
    read = loaded(tmp_path, files)
    assert read.errors == read.warnings == ()
    given = {(entry.duties, str(entry.scope)): entry.owner for entry in read.register.assignments}
    assert given == {
        (("node.patching",), "component=falco"): "sec",
        (("*",), "namespace=web"): "team-web",
        (("*",), "namespace=web, workload=Deployment/pay"): "zoe",
    }
    asked = [
        line.strip() for text in files.values() for line in text.splitlines() if "scope:" in line and "#" not in line
    ]
    assert 'scope: {identity: "User/*"}' in asked
    assert "scope: {pool: general}" in asked
    assert "scope: {namespace: batch}" in asked
    assert not any("coredns" in line or "theirs" in line for line in asked)
    assert "secret.storage" not in files["cluster.yaml"].partition("# pool")[0]
    assert [(team.id, team.contact, team.aliases) for team in read.register.teams] == [
        ("sec", "", ("@acme/sec",)),
        ("team-web", "#web", ()),
    ]
    assert [(person.id, person.contact) for person in read.register.people] == [("zoe", "zoe@example.com")]
    assert read.register.suppliers[0].components == ("falco",)


def test_every_marker_is_found_with_its_line(tmp_path):
    files = draft(assessment(*CLUSTER, components=COMPONENTS))
    read = loaded(tmp_path, files)
    marked = {
        (name, number)
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if "TODO" in line.partition("#")[0]
    }
    assert {(blank.where.file.rpartition("/")[2], blank.where.line) for blank in read.blanks if blank.where} == marked


def test_owners_who_differ_are_written_down_not_chosen():
    found = draft(assessment(row(Unit.NAMESPACE, "web", "identity.rbac", Party.CUSTOMER, hint("a"), hint("b"))))
    assert "# named by labels or files, and not the same: a, b\n    owner: TODO" in found["namespaces.yaml"]


def test_one_address_is_one_person_however_it_is_written(tmp_path):
    spelled = ("Zoë Ek <zoe@example.com>", "zoe@example.com", "ZOE@example.com", "user:default/max")
    rows = [
        row(Unit.NAMESPACE, f"n{number}", "identity.rbac", Party.CUSTOMER, hint(one))
        for number, one in enumerate(spelled)
    ]
    read = loaded(tmp_path, draft(assessment(*rows)))
    assert read.errors == ()
    assert [(person.id, person.name, person.contact) for person in read.register.people] == [
        ("zoe", "Zoë Ek", "zoe@example.com"),
        ("max", "max", ""),
    ]
    assert [entry.owner for entry in read.register.assignments] == ["zoe", "zoe", "zoe", "max"]


def test_nothing_known_is_a_register_all_the_same(tmp_path):
    read = loaded(tmp_path, draft(assessment()))
    assert read.problems == ()
    assert all(text.startswith(HEADER) for text in draft(assessment()).values())


HOSTILE = [
    "a: b",
    "no",
    "TODO",
    "todo",
    "null",
    "*",
    "w?b[0]",
    "]}\n  - duty: '*'",
    "x # y",
    "\x1b[31mred",
    "\u202egnp",
    "'\"\\",
    "- a",
    "&a *b",
    "!!python/object:os.system",
    "=cmd()",
    "é😀",
    " lead",
    "team:x",
    "%x",
    "a" * 3_000,
    "12",
    "2026-01-01",
    "a\u2028b",
    "a\x85b",
    "<<",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_neither_break_nor_escape_the_draft(tmp_path, name):
    check_hostile(tmp_path, name, name)


@given(st.text(min_size=1), st.text(min_size=1))
@settings(max_examples=80, deadline=None)
def test_no_name_breaks_the_draft(tmp_path_factory, name, owner):
    check_hostile(tmp_path_factory.mktemp("draft"), name, owner)


def check_hostile(tmp_path, name: str, owner: str) -> None:
    rows = (
        row(Unit.NAMESPACE, name, "identity.rbac", Party.CUSTOMER, hint(owner, owner, f"label {owner}")),
        row(Unit.WORKLOAD, f"{name}/Deployment/{name}", "identity.rbac", Party.CUSTOMER, hint(f"{owner}@example.com")),
        row(Unit.COMPONENT, name, "node.patching", Party.CUSTOMER, hint(owner), hint(f"@acme/{owner}x")),
        row(Unit.POOL, name, "node.patching"),
        row(Unit.IDENTITY, f"User/{name}", "secret.rotation"),
        row(Unit.PIPELINE, name, "secret.storage"),
    )
    files = draft(assessment(*rows, components=(component(name, Installer.CUSTOMER, name),), cluster=name))
    for text in files.values():
        assert not {one for one in text if not one.isprintable() and one != "\n"}
        yaml.safe_load(text)
    read = loaded(tmp_path, files)
    assert read.errors == ()
    assert len(read.register.assignments) <= 3
    assert all(entry.duties in (("*",), ("node.patching",)) for entry in read.register.assignments)
