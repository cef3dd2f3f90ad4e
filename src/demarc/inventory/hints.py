"""Owner hints: owners as somebody wrote them on namespaces and workloads. Weaker than any entry of the register."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.inventory.sight import Sight
from demarc.model.duties import Unit
from demarc.model.inventory import OwnerHint, Scope

OWNER_LABELS: Final = (
    "app.kubernetes.io/owner",
    "owner",
    "team",
    "squad",
    "backstage.io/owner",
    "a8r.io/owner",
    "tags.datadoghq.com/team",
    "app.kubernetes.io/team",
    "service-owner",
    "owned-by",
    "owner-team",
    "team-name",
    "tribe",
    "contact",
)
"""Labels and annotations that carry an owner, in order; how they were chosen is told in docs/concepts/inventory.md."""

CONTACT_ANNOTATIONS: Final = (
    "contact",
    "a8r.io/support",
    "a8r.io/chat",
    "slack",
    "slack-channel",
    "email",
    "a8r.io/runbook",
    "a8r.io/bugs",
)
"""Annotations and labels that tell how to reach the owner, in order."""

_LONGEST: Final = 253


def hints(sight: Sight, owner_labels: tuple[str, ...], contacts: tuple[str, ...]) -> tuple[OwnerHint, ...]:
    """Owners on namespaces and workloads; at most one for each, by the first name in order that is there.

    Empty tuples stand for the common names. Labels come before annotations of the same name.
    """
    names = owner_labels or OWNER_LABELS
    ways = contacts or CONTACT_ANNOTATIONS
    return tuple(_hints(sight, names, ways))


def _hints(sight: Sight, names: tuple[str, ...], ways: tuple[str, ...]) -> Iterator[OwnerHint]:
    for name, item in sorted(sight.namespaces.items()):
        found = _owner(item.labels, item.annotations, names)
        if found is not None:
            yield OwnerHint(
                scope=Scope(kind=Unit.NAMESPACE, name=name),
                owner=found[0],
                origin=f"{found[1]} of Namespace {name}",
                contact=_contact(found[0], item.labels, item.annotations, ways),
            )
    for workload in sight.workloads:
        found = _owner(workload.labels, workload.annotations, names)
        if found is not None:
            yield OwnerHint(
                scope=Scope(kind=Unit.WORKLOAD, name=workload.scope),
                owner=found[0],
                origin=f"{found[1]} of {workload.kind} {workload.namespace}/{workload.name}",
                contact=_contact(found[0], workload.labels, workload.annotations, ways),
            )


def _owner(labels: dict[str, str], annotations: dict[str, str], names: tuple[str, ...]) -> tuple[str, str] | None:
    """The owner and where it is written, such as ``label team``."""
    if not labels and not annotations:
        return None
    for name in names:
        for word, given in (("label", labels), ("annotation", annotations)):
            owner = given.get(name, "").strip()
            if owner and len(owner) <= _LONGEST:
                return owner, f"{word} {name}"
    return None


def _contact(owner: str, labels: dict[str, str], annotations: dict[str, str], ways: tuple[str, ...]) -> str:
    """How to reach the owner; empty where only the owner itself is written."""
    for name in ways:
        found = (annotations.get(name) or labels.get(name) or "").strip()
        if found and found != owner and len(found) <= _LONGEST:
            return found
    return ""
