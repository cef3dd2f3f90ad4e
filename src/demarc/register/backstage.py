"""Owners as a Backstage catalogue names them: groups, users, and the owners of what annotations place in a cluster.

Only annotations that say where something runs are used; the name of an entity alone proves nothing about a cluster.
"""

from __future__ import annotations

import re

from msgspec import Struct

from demarc.model.errors import Where
from demarc.model.register import Selector
from demarc.register.fields import ID_LENGTH, NAME_LENGTH
from demarc.register.problems import Problems
from demarc.register.tree import Mapping, Node, Scalar, Sequence
from demarc.register.words import shown, unsafe

_OWNED = ("Component", "System", "Resource", "API")
_NAMESPACE = "backstage.io/kubernetes-namespace"
_CLUSTER = "backstage.io/kubernetes-cluster"
_SELECTOR = "backstage.io/kubernetes-label-selector"
_ID = "backstage.io/kubernetes-id"
_SLUGS = {"github.com/project-slug": "github.com", "gitlab.com/project-slug": "gitlab.com"}
_EQUAL = re.compile(r"^\s*([\w./-]+)\s*==?\s*([\w.-]*)\s*$")


class Group(Struct, frozen=True, kw_only=True):
    """A Group or User entity."""

    id: str
    person: bool
    name: str
    contact: str
    aliases: tuple[str, ...]
    related: tuple[str, ...]
    """Ids: the members of a group, the groups of a user."""
    where: Where


class Owned(Struct, frozen=True, kw_only=True):
    """An entity with an owner, and the scopes that its annotations place it in."""

    owner: str
    """Entity reference as written: ``payments``, ``group:default/payments``, ``user:alice``."""
    title: str
    scopes: tuple[Selector, ...]
    where: Where


Entity = Group | Owned


def is_entity(node: Node) -> bool:
    """Tell whether a YAML document is an entity of a Backstage catalogue."""
    return isinstance(node, Mapping) and _text(node, "apiVersion").startswith("backstage.io/")


def read_entity(node: Node, file: str, problems: Problems) -> Entity | None:
    """Read an entity; None for sorts that have no bearing on owners, and for those that cannot be used."""
    kind = _text(node, "kind")
    name = _text(node, "metadata", "name")
    where = Where(file=file, line=node.line, field=None)
    if kind not in (*_OWNED, "Group", "User"):
        return None
    bad = unsafe(name)
    if not name or bad or len(name) > ID_LENGTH or re.search(r"[\s:,*?]", name):
        what = f"a Backstage {shown(kind)[1:-1]} without a usable metadata.name"
        problems.error(what, where, "names hold letters, digits, -, _ and .")
        return None
    if kind in ("Group", "User"):
        return _group(node, name, person=kind == "User", where=where)
    return _owned(node, kind, name, where, problems)


def _group(node: Node, name: str, *, person: bool, where: Where) -> Group:
    space = _text(node, "metadata", "namespace") or "default"
    sort = "user" if person else "group"
    profile = ("spec", "profile")
    known = name if space == "default" else f"{space}/{name}"
    title = _text(node, *profile, "displayName") or _text(node, "metadata", "title") or name
    contact = _text(node, *profile, "email")
    related = _texts(node, "spec", "memberOf" if person else "members")
    return Group(
        id=known,
        person=person,
        name=name if unsafe(title) else title[:NAME_LENGTH],
        contact="" if unsafe(contact) else contact[:NAME_LENGTH],
        aliases=(f"{sort}:{space}/{name}", f"{sort}:{name}") if space == "default" else (f"{sort}:{space}/{name}",),
        related=tuple(reference_id(item) for item in related if not unsafe(item)),
        where=where,
    )


def reference_id(reference: str) -> str:
    """The id that an entity reference ``[kind:][namespace/]name`` stands for; without the default namespace."""
    return reference.rpartition(":")[2].removeprefix("default/")


def _owned(node: Node, kind: str, name: str, where: Where, problems: Problems) -> Owned | None:
    owner = _text(node, "spec", "owner")
    if not owner:
        return None
    title = f"Backstage {kind} {name}"
    if unsafe(owner) or len(owner) > ID_LENGTH:
        problems.error(f"{title}: an owner that cannot be a name: {shown(owner)}", where, "correct spec.owner")
        return None
    notes = _annotations(node)
    scopes = [*_running(notes, title, where, problems)]
    for key, host in _SLUGS.items():
        slug = notes.get(key, "").strip("/")
        if slug:
            scopes.append(Selector(pipeline=f"{host}/{slug}"))
    return Owned(owner=owner, title=title, scopes=tuple(scopes), where=_line(node, where, "spec", "owner"))


def _running(notes: dict[str, str], title: str, where: Where, problems: Problems) -> list[Selector]:
    """Where the entity runs, by its annotations."""
    namespace, cluster = notes.get(_NAMESPACE) or None, notes.get(_CLUSTER) or None
    labels: dict[str, str] = {}
    if notes.get(_SELECTOR):
        wanted = _equality(notes[_SELECTOR])
        if wanted is None:
            # Without this part the selector would cover more than the entity: nothing is taken from it.
            what = f"{title}: a label selector that is not of equalities: {shown(notes[_SELECTOR])}"
            problems.warn(what, where, "write key=value pairs, or assign the namespace in the register")
            return []
        labels = wanted
    elif notes.get(_ID):
        labels = {_ID: notes[_ID]}
    if not namespace and not labels:
        return []
    return [Selector(cluster=cluster, namespace=namespace, labels=labels)]


def _equality(selector: str) -> dict[str, str] | None:
    """Read ``app=web,tier=front``; None for what equality cannot say (``in``, ``!=``, mere presence)."""
    found: dict[str, str] = {}
    for term in selector.split(","):
        match = _EQUAL.match(term)
        if not match or (match[1] in found and found[match[1]] != match[2]):
            return None
        found[match[1]] = match[2]
    return found


def _annotations(node: Node) -> dict[str, str]:
    notes = _find(node, "metadata", "annotations")
    if not isinstance(notes, Mapping):
        return {}
    return {
        key.text: value.text.strip()
        for key, value in notes.entries
        if isinstance(value, Scalar) and not unsafe(value.text) and len(value.text) <= NAME_LENGTH
    }


def _find(node: Node, *path: str) -> Node | None:
    found: Node | None = node
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _text(node: Node, *path: str) -> str:
    found = _find(node, *path)
    return found.text.strip() if isinstance(found, Scalar) and found.means != "null" else ""


def _texts(node: Node, *path: str) -> tuple[str, ...]:
    found = _find(node, *path)
    items = found.items if isinstance(found, Sequence) else ()
    return tuple(item.text.strip() for item in items if isinstance(item, Scalar) and item.text.strip())


def _line(node: Node, where: Where, *path: str) -> Where:
    found = _find(node, *path)
    return Where(file=where.file, line=found.line if found else where.line, field=".".join(path))
