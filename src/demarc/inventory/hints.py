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
        hint = _hint(
            Scope(kind=Unit.NAMESPACE, name=name), f"Namespace {name}", item.labels, item.annotations, names, ways
        )
        if hint is not None:
            yield hint
    for workload in sight.workloads:
        scope = Scope(kind=Unit.WORKLOAD, name=workload.scope)
        what = f"{workload.kind} {workload.namespace}/{workload.name}"
        hint = _hint(scope, what, workload.labels, workload.annotations, names, ways)
        if hint is not None:
            yield hint


def _hint(
    scope: Scope,
    what: str,
    labels: dict[str, str],
    annotations: dict[str, str],
    names: tuple[str, ...],
    ways: tuple[str, ...],
) -> OwnerHint | None:
    if not labels and not annotations:
        return None
    for name in names:
        for word, given in (("label", labels), ("annotation", annotations)):
            owner = given.get(name, "").strip()
            if owner and len(owner) <= _LONGEST:
                contact = next(
                    (found for way in ways if (found := _way(way, labels, annotations)) and found != owner), ""
                )
                return OwnerHint(scope=scope, owner=owner, origin=f"{word} {name} of {what}", contact=contact)
    return None


def _way(name: str, labels: dict[str, str], annotations: dict[str, str]) -> str:
    found = (annotations.get(name) or labels.get(name) or "").strip()
    return found if len(found) <= _LONGEST else ""
