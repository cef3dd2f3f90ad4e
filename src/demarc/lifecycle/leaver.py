"""Who leaves: a team, person, supplier or namespace, with every name, namespace and account that goes with it.

Resolved from the register, the directory and the inventory; it decides nothing.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct

from demarc.model.assessment import Assessment
from demarc.model.errors import DemarcError
from demarc.model.inventory import Inventory
from demarc.model.kubernetes import Pod, PodSpec, WorkloadObject
from demarc.model.register import Person, Register, Supplier, Team
from demarc.model.snapshot import Snapshot

KINDS: Final = ("team", "person", "supplier", "namespace")


class Leaver(Struct, frozen=True, kw_only=True):
    """Who leaves, and what goes with them."""

    kind: str
    id: str
    title: str
    names: frozenset[str]
    """Lower-case names that it goes by, as users and groups of the cluster or the cloud."""
    namespaces: tuple[str, ...] = ()
    """Namespaces that go with it: the one that is given up, or those of a supplier's components."""
    accounts: tuple[str, ...] = ()
    """Service accounts that go, as ``namespace/name``; every one of its namespaces besides."""
    objects: tuple[str, ...] = ()
    """Workloads of a supplier, as ``Kind/namespace/name``."""
    owned: tuple[str, ...] = ()
    """Namespaces that it owns as of the moment: they need another owner."""


def find_leaver(
    text: str, register: Register, snapshot: Snapshot, inventory: Inventory, assessment: Assessment
) -> Leaver:
    """Find who is meant by ``team:payments``, or by a bare name where only one kind has it. Raises DemarcError."""
    kind, colon, name = text.partition(":")
    if colon and kind not in KINDS:
        raise DemarcError(f"{kind!r} is no kind of leaver", todo=f"write {', '.join(f'{one}:NAME' for one in KINDS)}")
    name = name if colon else text
    wanted = (kind,) if colon else KINDS
    owned = _owned(assessment, name)
    found = [
        leaver
        for leaver in (
            _team(register, name, owned),
            _person(register, inventory, name, owned),
            _supplier(register, snapshot, inventory, name),
            _namespace(snapshot, name),
        )
        if leaver is not None and leaver.kind in wanted
    ]
    if len(found) > 1:
        kinds = " or ".join(f"{leaver.kind}:{name}" for leaver in found)
        raise DemarcError(f"{name!r} can be several", todo=f"write {kinds}")
    if not found:
        raise DemarcError(
            f"nobody is called {text!r}", todo="name a team, person or supplier of the register, or a namespace"
        )
    return found[0]


def _owned(assessment: Assessment, name: str) -> tuple[str, ...]:
    rows = assessment.matrix
    spaces = {row.scope.name for row in rows if row.owner and row.owner.id == name and row.scope.kind == "namespace"}
    return tuple(sorted(spaces))


def _team(register: Register, name: str, owned: tuple[str, ...]) -> Leaver | None:
    found: Team | None = next((team for team in register.teams if team.id == name), None)
    if found is None:
        return None
    spellings = {found.id, found.name, *found.aliases, *(alias.rpartition("/")[2] for alias in found.aliases)}
    names = frozenset(spelling.lower().removeprefix("@") for spelling in spellings if spelling)
    return Leaver(kind="team", id=found.id, title=found.name, names=names, owned=owned)


def _person(register: Register, inventory: Inventory, name: str, owned: tuple[str, ...]) -> Leaver | None:
    found: Person | None = next((person for person in register.people if person.id == name), None)
    known = {name.lower()} | ({found.name.lower(), found.contact.lower()} if found else set())
    entries = [one for one in inventory.directory if one.person and known & {one.id.lower(), *one.aliases}]
    if found is None and not entries:
        return None
    names = {part for part in known if part}
    names = names.union(*({entry.id.lower(), *entry.aliases} for entry in entries)) if entries else names
    title = found.name if found else name
    return Leaver(kind="person", id=name, title=title, names=frozenset(names), owned=owned)


def _supplier(register: Register, snapshot: Snapshot, inventory: Inventory, name: str) -> Leaver | None:
    found: Supplier | None = next((one for one in register.suppliers if one.id == name), None)
    if found is None:
        return None
    parts = [
        part for part in inventory.components if any(fnmatchcase(part.name, pattern) for pattern in found.components)
    ]
    objects = tuple(sorted({one for part in parts for one in part.objects}))
    return Leaver(
        kind="supplier",
        id=found.id,
        title=found.name,
        names=frozenset({found.id.lower(), found.name.lower()}),
        accounts=_accounts(snapshot, objects),
        objects=objects,
    )


def _accounts(snapshot: Snapshot, objects: tuple[str, ...]) -> tuple[str, ...]:
    """Service accounts that workloads run as."""
    wanted = set(objects)
    specs: list[tuple[str, PodSpec]] = []
    for items in snapshot.objects.values():
        for item in items:
            if f"{item.kind}/{item.metadata.namespace}/{item.metadata.name}" not in wanted:
                continue
            if isinstance(item, WorkloadObject):
                specs.append((item.metadata.namespace, item.spec.template.spec))
            elif isinstance(item, Pod):
                specs.append((item.metadata.namespace, item.spec))
    return tuple(sorted({f"{space}/{spec.service_account_name or 'default'}" for space, spec in specs}))


def _namespace(snapshot: Snapshot, name: str) -> Leaver | None:
    spaces = {item.metadata.name for item in snapshot.objects.get("Namespace", ())}
    if name not in spaces:
        return None
    return Leaver(kind="namespace", id=name, title=f"namespace {name}", names=frozenset(), namespaces=(name,))
