"""Short ways to say what a test is about: an inventory, a register, a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demarc.accountability.assess import assess
from demarc.model.assessment import Assessment, MatrixRow
from demarc.model.duties import Unit
from demarc.model.errors import Where
from demarc.model.inventory import (
    ClusterIdentity,
    Component,
    Installer,
    Inventory,
    Management,
    Place,
    Pool,
    Scope,
)
from demarc.model.register import Assignment, Membership, Person, Register, Selector, Team
from demarc.model.snapshot import Snapshot
from demarc.model.time import Period

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
HERE = Where(file="register.yaml", line=1)
EMPTY = Snapshot(taken_at=AT, taken_at_basis="given", sources=(), gaps=(), objects={})


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def period(since: str | None = None, until: str | None = None) -> Period:
    return Period(since=day(since) if since else None, until=day(until) if until else None)


def a_pool(name: str = "general", model: str = "managed_node_groups", **more: Any) -> Pool:
    return Pool(name=name, model=model, nodes=1, node_names=(f"node-{name}",), evidence=(), **more)


def a_namespace(name: str, **more: Any) -> Place:
    return Place(scope=Scope(kind=Unit.NAMESPACE, name=name), namespace=name, **more)


def a_workload(namespace: str, name: str, **more: Any) -> Place:
    scope = Scope(kind=Unit.WORKLOAD, name=f"{namespace}/Deployment/{name}")
    return Place(scope=scope, namespace=namespace, **more)


def an_identity(namespace: str, name: str, **more: Any) -> Place:
    scope = Scope(kind=Unit.IDENTITY, name=f"{namespace}/ServiceAccount/{name}")
    return Place(scope=scope, namespace=namespace, **{"kinds": ("service-account",), **more})


def a_component(
    name: str, kind: str = "component", installer: Installer = Installer.CUSTOMER, **more: Any
) -> Component:
    return Component(
        **{
            "id": name,
            "name": name,
            "title": name,
            "kind": kind,
            "namespace": "kube-system",
            "objects": (),
            "versions": (),
            "supplier": "",
            "installer": installer,
            "management": Management.UNKNOWN,
            "evidence": (),
            "models": (),
            **more,
        }
    )


def an_inventory(provider: str = "eks", *, pools: tuple[Pool, ...] = (a_pool(),), **more: Any) -> Inventory:
    identity = ClusterIdentity(name="prod", provider=provider, identified=True, evidence=())
    return Inventory(
        **{
            "cluster": identity,
            "pools": pools,
            "components": (),
            "places": (),
            "hints": (),
            "directory": (),
            "facts": {},
            "pool_facts": {},
            "component_facts": {},
            "partial": {},
            "gaps": (),
            "warnings": (),
            **more,
        }
    )


def an_assignment(owner: str, duty: str = "*", *, scope: Selector | None = None, **more: Any) -> Assignment:
    return Assignment(duties=(duty,), scope=scope or Selector(), owner=owner, **{"where": HERE, **more})


def a_team(name: str, *members: str, **more: Any) -> Team:
    belong = tuple(Membership(person=member, where=HERE) for member in members)
    return Team(id=name, name=name.title(), members=belong, where=HERE, **more)


def a_person(name: str, **more: Any) -> Person:
    return Person(id=name, name=name.title(), where=HERE, **more)


def a_register(*assignments: Assignment, **more: Any) -> Register:
    people = (a_person("alice"), a_person("bob"), a_person("carla"))
    teams = (a_team("platform", "alice"), a_team("payments", "bob"), a_team("security", "carla"))
    return Register(**{"people": people, "teams": teams, "assignments": assignments, "origin": "register", **more})


def answer(
    inventory: Inventory, register: Register | None = None, at: datetime = AT, snapshot: Snapshot = EMPTY
) -> Assessment:
    return assess(snapshot, inventory, register or Register(), at, "given")


def row(assessment: Assessment, duty: str, scope: str | None = None, part: str | None = None) -> MatrixRow:
    found = rows(assessment, duty, scope, part)
    assert len(found) == 1, [item.id for item in found]
    return found[0]


def rows(assessment: Assessment, duty: str, scope: str | None = None, part: str | None = None) -> list[MatrixRow]:
    return [
        item
        for item in assessment.matrix
        if item.duty == duty and scope in (None, str(item.scope)) and part in (None, item.component)
    ]
