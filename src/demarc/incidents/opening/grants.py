"""By which bindings the case was allowed what it did, and who wrote them: out of the trail, else out of the object.

The API server names the first binding that allowed a request, not the only one.
"""

from __future__ import annotations

from collections.abc import Iterable

from demarc.events.interface import Engine
from demarc.incidents.detections.sql import one_of
from demarc.incidents.opening.happenings import Happening, happenings, moment
from demarc.model.investigation import GrantUse
from demarc.model.kubernetes import KubeObject
from demarc.model.snapshot import Snapshot
from demarc.model.time import iso

_KINDS = {
    "clusterrolebindings": "ClusterRoleBinding",
    "rolebindings": "RoleBinding",
}


def key_of(event: Happening) -> str:
    """The binding that allowed an event: ``RoleBinding payments/deployers``; empty where none is named."""
    if not event.grant_name:
        return ""
    name = f"{event.grant_namespace}/{event.grant_name}" if event.grant_namespace else event.grant_name
    return f"{event.grant_kind} {name}"


def grants(engine: Engine, events: Iterable[Happening], snapshot: Snapshot | None) -> tuple[GrantUse, ...]:
    """Every binding that allowed something of the case, in the order of first use."""
    used: dict[str, list[Happening]] = {}
    ids = set()
    for event in events:
        ids.add(event.event_id)
        if key_of(event):
            used.setdefault(key_of(event), []).append(event)
    written = _written(engine, used)
    return tuple(_grant(key, ones, written.get(key, []), ids, snapshot) for key, ones in used.items())


def _written(engine: Engine, used: dict[str, list[Happening]]) -> dict[str, list[Happening]]:
    names = {ones[0].grant_name for ones in used.values()}
    if not names:
        return {}
    condition = (
        "api_group = 'rbac.authorization.k8s.io' AND resource IN ('rolebindings', 'clusterrolebindings') "
        "AND verb IN ('create', 'update', 'patch') AND code BETWEEN 200 AND 299 AND NOT dry_run "
        f"AND {one_of('name', names)}"
    )
    found: dict[str, list[Happening]] = {}
    for event in happenings(engine, condition):
        name = f"{event.namespace}/{event.name}" if event.namespace else event.name
        found.setdefault(f"{_KINDS[event.resource]} {name}", []).append(event)
    return found


def _grant(
    key: str, ones: list[Happening], written: list[Happening], ids: set[str], snapshot: Snapshot | None
) -> GrantUse:
    before = [event for event in written if event.ts_us <= ones[0].ts_us]
    made = next((event for event in before if event.verb == "create"), before[-1] if before else None)
    by, at, basis = "", "", "nobody knows: neither trail nor snapshot hold it"
    evidence: tuple[str, ...] = ()
    if made is not None:
        by, at, evidence = made.user_name, iso(moment(made.ts_us)), (made.audit_id,)
        basis = f"out of the trail: {made.verb} from {made.address}"
    elif snapshot is not None:
        by, at, basis = _of_object(_found(key, snapshot))
    return GrantUse(
        binding=key,
        role=f"{ones[0].role_kind} {ones[0].role_name}".strip(),
        identities=tuple(dict.fromkeys(event.impersonated_user or event.user_name for event in ones)),
        uses=len({event.audit_id for event in ones}),
        first_us=min(event.ts_us for event in ones),
        last_us=max(event.ts_us for event in ones),
        written_by=by,
        written_at=at,
        written_basis=basis,
        by_case=made is not None and made.event_id in ids,
        evidence=tuple(dict.fromkeys((*evidence, *(event.audit_id for event in ones[:3])))),
    )


def _found(key: str, snapshot: Snapshot) -> KubeObject | None:
    kind, _, name = key.partition(" ")
    objects = snapshot.objects.get(f"{kind}.rbac.authorization.k8s.io", ())
    return next((item for item in objects if item.key == name), None)


def _of_object(item: KubeObject | None) -> tuple[str, str, str]:
    """Who wrote an object, when, and how that is known: field managers name programs, never people."""
    if item is None:
        return "", "", "nobody knows: it is in neither trail nor snapshot"
    entries = sorted(
        (entry for entry in item.metadata.managed_fields or () if entry.time), key=lambda one: str(one.time)
    )
    made = item.metadata.creation_timestamp or ""
    if entries:
        basis = "out of managedFields: the program that wrote it first; the trail does not reach back to it"
        return entries[0].manager, made or str(entries[0].time), basis
    return (
        "",
        made,
        "out of its creation time: who wrote it is in a trail that was not given" if made else "nobody knows",
    )
