"""What the case made, changed and deleted, and what of it is still there."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from demarc.events.interface import Engine
from demarc.incidents.detections.sql import one_of
from demarc.incidents.opening.happenings import Happening, happenings, moment
from demarc.model.investigation import Fate, Touched
from demarc.model.kubernetes import KubeObject
from demarc.model.snapshot import Snapshot
from demarc.model.time import iso

_NO_OBJECTS: Final = frozenset({"events", "leases", "tokenreviews", "bindings", "localsubjectaccessreviews"})
_GIVES: Final = frozenset(
    [
        "serviceaccounts",
        "secrets",
        "roles",
        "rolebindings",
        "clusterroles",
        "clusterrolebindings",
        "pods",
        "deployments",
        "daemonsets",
        "statefulsets",
        "replicasets",
        "jobs",
        "cronjobs",
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "certificatesigningrequests",
        "configmaps",
        "services",
        "ingresses",
        "applications",
    ]
)
"""What gives access, or runs by itself."""
_CHANGES: Final = frozenset({"configmaps", "services", "ingresses"})
"""Of these, only what was made or changed where it matters for access: told by the detections of the step."""


class _Key(Struct, frozen=True, order=True):
    group: str
    resource: str
    namespace: str
    name: str


def touched(
    engine: Engine, events: tuple[Happening, ...], snapshot: Snapshot | None, labels: dict[str, tuple[str, ...]]
) -> tuple[Touched, ...]:
    """Objects that the case wrote, in the order in which it first did."""
    written: dict[_Key, list[Happening]] = {}
    for event in events:
        is_write = event.verb in {"create", "update", "patch", "delete"} and event.done
        is_object = event.subresource in {"", "approval", "ephemeralcontainers"} and "reviews" not in event.resource
        if is_write and is_object and event.name and event.resource not in _NO_OBJECTS:
            key = _Key(event.api_group, event.resource, event.namespace, event.name)
            written.setdefault(key, []).append(event)
    deleted = _deleted(engine, written)
    return tuple(_touched(key, ones, deleted.get(key), snapshot, labels) for key, ones in written.items())


def _deleted(engine: Engine, written: dict[_Key, list[Happening]]) -> dict[_Key, Happening]:
    """Last delete of each object in the whole trail, by whomever."""
    if not written:
        return {}
    condition = (
        f"verb = 'delete' AND subresource = '' AND code BETWEEN 200 AND 299 AND NOT dry_run "
        f"AND {one_of('resource', {key.resource for key in written})} "
        f"AND {one_of('name', {key.name for key in written})}"
    )
    return {
        _Key(event.api_group, event.resource, event.namespace, event.name): event
        for event in happenings(engine, condition)
    }


def _touched(
    key: _Key,
    ones: list[Happening],
    deleted: Happening | None,
    snapshot: Snapshot | None,
    labels: dict[str, tuple[str, ...]],
) -> Touched:
    last_write = max((event.ts_us for event in ones if event.verb != "delete"), default=0)
    fate, because = _fate(key, ones, last_write, deleted, snapshot)
    gives = key.resource in _GIVES and any(event.verb != "delete" for event in ones)
    if key.resource in _CHANGES or (key.resource == "secrets" and "create" not in {event.verb for event in ones}):
        named = {name for event in ones for name in labels.get(event.event_id, ())}
        gives = gives and bool(named & {"aws-auth", "coredns", "nodeport-lb", "dashboard-exposed", "sa-token-secret"})
    return Touched(
        kind=key.resource,
        namespace=key.namespace,
        name=key.name,
        done=tuple(dict.fromkeys(event.subresource or event.verb for event in ones)),
        by=ones[0].user_name,
        at_us=ones[0].ts_us,
        fate=fate,
        because=because,
        is_backdoor=gives and fate is not Fate.GONE,
        evidence=tuple(dict.fromkeys(event.audit_id for event in ones)),
    )


def _fate(
    key: _Key, ones: list[Happening], last_write: int, deleted: Happening | None, snapshot: Snapshot | None
) -> tuple[Fate, str]:
    if deleted is not None and deleted.ts_us >= last_write:
        return Fate.GONE, f"deleted by {deleted.user_name} at {iso(moment(deleted.ts_us))}"
    approved = any(event.subresource == "approval" for event in ones)
    if approved:
        return Fate.LEFT, "a certificate that was issued works until it ends, whatever becomes of its request"
    if snapshot is None or snapshot.taken_at is None:
        return Fate.LEFT, "nothing in the trail deletes it; no snapshot was given to look"
    if snapshot.taken_at < moment(last_write):
        return Fate.UNKNOWN, f"the snapshot of {iso(snapshot.taken_at)} is older"
    item = _in(key, snapshot)
    if item is not None:
        return Fate.LEFT, f"it is in the snapshot of {iso(snapshot.taken_at)}"
    seen = any(_plural(kind) == key.resource for kind in snapshot.objects)
    whole = f"{key.resource}.{key.group}" if key.group else key.resource
    if not seen or snapshot.missing(whole) is not None or snapshot.missing(key.resource) is not None:
        return Fate.UNKNOWN, f"the snapshot does not hold {key.resource}"
    return Fate.GONE, f"it is not in the snapshot of {iso(snapshot.taken_at)}; who deleted it is not in the trail"


def _in(key: _Key, snapshot: Snapshot) -> KubeObject | None:
    for kind, items in snapshot.objects.items():
        if _plural(kind) == key.resource:
            for item in items:
                if item.metadata.namespace == key.namespace and item.metadata.name == key.name:
                    return item
    return None


def _plural(kind: str) -> str:
    """Resource of a kind: ``networkpolicies`` for ``NetworkPolicy.networking.k8s.io``."""
    name = kind.partition(".")[0].lower()
    if name.endswith("y") and not name.endswith(("ay", "ey", "oy")):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "ss", "x", "ch")) else f"{name}s"
