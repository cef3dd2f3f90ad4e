"""Changes made past the pipeline: on objects that Argo CD or Flux delivers, by somebody who is neither.

Field managers and the audit trail tell of them. What only an automaton may have done is said, and judged by nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

from demarc.evidence.accounts import is_machine
from demarc.evidence.changes import moment
from demarc.evidence.delivered import Delivered
from demarc.evidence.deployers import Deployers
from demarc.model.evidence import Grade
from demarc.model.kubernetes import KubeObject
from demarc.model.snapshot import Snapshot
from demarc.model.trail import SERVICE_ACCOUNT, ChangeMade, TrailFacts

DELIVERERS: Final = frozenset(
    {"argocd-controller", "argocd-application-controller", "kustomize-controller", "helm-controller"}
)
"""Field managers of what delivers."""
_BY_HAND: Final = ("kubectl", "k9s", "Mozilla", "oc", "Lens", "OpenLens", "headlamp", "octant")
"""Field managers of tools that people hold: kubectl-edit, kubectl-patch, a browser; whole words or beginnings."""
_AGENTS: Final = ("kubectl", "oc/", "k9s/", "Mozilla/")
_PASSED: Final = frozenset({"secrets", "jobs", "certificatesigningrequests", "namespaces", "applications"})
"""Resources of the trail that pipelines leave to others."""
_WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})


class Bypass(Struct, frozen=True, kw_only=True):
    """A change past the pipeline."""

    namespace: str
    what: str
    who: str
    """User of the cluster; empty for a field manager, which names a tool."""
    by_hand: bool
    """Whether it was done with a tool that people hold."""
    at: datetime | None
    grade: Grade
    source: str
    deployer: str = ""
    """Repository whose own pipeline did it: that is no way past the pipeline, and no approval either."""


def bypasses(
    snapshot: Snapshot, delivered: Delivered, deployers: Deployers, trail: TrailFacts | None
) -> dict[str, tuple[Bypass, ...]]:
    """Changes past the pipeline by namespace, of objects and namespaces that something delivers into."""
    found: dict[str, list[Bypass]] = defaultdict(list)
    for item in (*_edited(snapshot), *_written(delivered, deployers, trail)):
        found[item.namespace].append(item)
    return {namespace: tuple(items) for namespace, items in found.items()}


def _edited(snapshot: Snapshot) -> Iterator[Bypass]:
    for items in snapshot.objects.values():
        for item in items:
            for manager, at in _hands(item):
                yield Bypass(
                    namespace=item.metadata.namespace,
                    what=f"field manager {manager} changed {item.kind} {item.key} after it was last delivered",
                    who="",
                    by_hand=True,
                    at=at,
                    grade=Grade.WRITTEN,
                    source="field managers",
                )


def _hands(item: KubeObject) -> Iterator[tuple[str, datetime]]:
    """Tools of people that wrote fields after the last delivery. Before it, they may have made the object."""
    entries = item.metadata.managed_fields
    # Most objects of a large cluster are delivered by nobody: they must cost one look.
    if not entries or not any(entry.manager in DELIVERERS for entry in entries):
        return
    entries = [entry for entry in entries if not entry.subresource]
    last = max((at for entry in entries if entry.manager in DELIVERERS and (at := moment(entry.time))), default=None)
    if last is None:
        return
    for entry in entries:
        at = moment(entry.time)
        if at is not None and at > last and _is_hand(entry.manager):
            yield entry.manager, at


def _is_hand(manager: str) -> bool:
    return any(manager == tool or manager.startswith(f"{tool}-") for tool in _BY_HAND)


def _written(delivered: Delivered, deployers: Deployers, trail: TrailFacts | None) -> Iterator[Bypass]:
    for change in trail.changes if trail is not None else ():
        if change.namespace not in delivered.into or change.resource in _PASSED or change.verb not in _WRITES:
            continue
        if _is_delivery(change, delivered):
            continue
        by_hand = change.agent.startswith(_AGENTS)
        if is_machine(change.user) and not by_hand and change.resource == "serviceaccounts":
            continue  # kubelets ask for tokens, and controllers make accounts
        name = f" {change.namespace}/{change.name}" if change.name else f" in {change.namespace}"
        yield Bypass(
            namespace=change.namespace,
            what=f"{change.user} did {change.verb} {change.resource}{name} with {change.agent or 'an unnamed client'}",
            who=actor_of(change),
            by_hand=by_hand,
            at=change.last,
            grade=Grade.WRITTEN,
            source=f"audit trail {trail.origin if trail else ''}, {change.audit_id}",
            deployer=deployers.of(actor_of(change), change.namespace),
        )


def actor_of(change: ChangeMade) -> str:
    """Who did it: the user who was authenticated; where that is a machine that passes people on, whom it passed on."""
    return change.as_user if change.as_user and is_machine(change.user) else change.user


def _is_delivery(change: ChangeMade, delivered: Delivered) -> bool:
    """Whether the delivering controller itself, or the control plane, did it."""
    if not change.user.startswith("system:"):
        return False
    namespace = change.user.removeprefix(SERVICE_ACCOUNT).partition(":")[0]
    own = change.user.startswith(SERVICE_ACCOUNT) and namespace in (delivered.controllers | {"kube-system"})
    return (own or not change.user.startswith(SERVICE_ACCOUNT)) and not change.agent.startswith(_AGENTS)
