"""Components: what runs for the cluster rather than for its users.

A workload is a component when its image is one of the catalogue's, or when it lies in a namespace of the platform. Its
name alone makes it none. Who installed it is settled in ``installers.py``; parts without a workload: ``implied.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct, structs

from demarc.catalog.components import ComponentCatalogue, KnownComponent, parse_image
from demarc.inventory.addons import Addons
from demarc.inventory.delivery import deliveries
from demarc.inventory.implied import Implied, implied
from demarc.inventory.installers import Setting, Settled, settle
from demarc.inventory.platform import reserved
from demarc.inventory.pools import Pools
from demarc.inventory.sight import Sight
from demarc.inventory.workloads import STATIC, Key, Workload
from demarc.model.inventory import Component, Installer
from demarc.model.snapshot import Record

CONTROL_PLANE: Final = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "etcd",
    "cloud-controller-manager",
)
"""Static pods of the control plane: a part of its own in the boundary, never a component."""

_NAME_LABELS: Final = ("app.kubernetes.io/name", "app.kubernetes.io/part-of", "k8s-app", "app")
_RELEASE: Final = "openshift-release-dev"
"""Every image of an OpenShift release has the same name, so that only namespace and workload tell what it is."""


class Components(Struct, frozen=True, kw_only=True):
    """The components, which workload belongs to which, and the descriptions of their add-ons."""

    components: tuple[Component, ...]
    by_workload: dict[Key, str]
    records: dict[str, Record]
    """Component id -> the record of the add-on that it is."""


class _Group(Struct, frozen=True, kw_only=True):
    name: str
    namespace: str
    entry: KnownComponent | None
    workloads: tuple[Workload, ...]
    settled: Settled


def is_control_plane(workload: Workload) -> bool:
    """Tell whether a workload is a static pod of the control plane itself."""
    return workload.kind == STATIC and workload.name.startswith(CONTROL_PLANE)


def components(sight: Sight, provider: str, found: Pools, catalogue: ComponentCatalogue) -> Components:
    """Find the components and settle who installed each."""
    matched = _match(sight, provider, catalogue)
    spaces: dict[str, set[str]] = {}
    for workload, (name, _) in matched:
        spaces.setdefault(name, set()).add(workload.namespace)
    addons = Addons(
        provider=provider,
        descriptions=sight.descriptions,
        placed={name: frozenset(places) for name, places in spaces.items()},
    )
    setting = Setting(
        provider=provider,
        openshift=sight.openshift,
        managers_hidden=sight.managers_hidden,
        addons=addons,
        deliveries=deliveries(sight.snapshot),
    )
    groups = list(_groups(matched, setting))
    ids = _ids(groups)
    shown = [_component(ids[at], group, found) for at, group in enumerate(groups)]
    hidden = implied(sight, provider, found.pools, shown, catalogue)
    made = (*shown, *(_hidden(part, shown, hidden) for part in hidden))
    records = {ids[at]: record for at, group in enumerate(groups) if (record := _record(group, addons))}
    records |= {item.id: part.record for item, part in zip(made[len(shown) :], hidden, strict=True) if part.record}
    return Components(
        components=tuple(
            sorted((_described(item, records.get(item.id)) for item in made), key=lambda component: component.id)
        ),
        by_workload={workload.key: ids[at] for at, group in enumerate(groups) for workload in group.workloads},
        records=records,
    )


def _match(
    sight: Sight, provider: str, catalogue: ComponentCatalogue
) -> list[tuple[Workload, tuple[str, KnownComponent | None]]]:
    """Find out what each workload is: by image, then by name where an image of the same component lies beside it."""
    matched: list[tuple[Workload, tuple[str, KnownComponent | None]]] = []
    rest: list[Workload] = []
    beside: dict[str, set[str]] = {}
    for workload in sight.workloads:
        if is_control_plane(workload):
            continue
        entry = by_image(workload, catalogue)
        if entry is None:
            rest.append(workload)
        else:
            matched.append((workload, (entry.name, entry)))
            beside.setdefault(workload.namespace, set()).add(entry.name)
    for workload in rest:
        platform = reserved(workload.namespace, provider) or (
            sight.openshift and workload.namespace.startswith("openshift-")
        )
        hints = (
            catalogue.by_hint(workload.name, _name_labels(workload)) if platform or workload.namespace in beside else ()
        )
        entry = next((hint for hint in hints if hint.name in beside.get(workload.namespace, ())), None)
        if entry is None and platform:
            entry = hints[0] if hints else None
            matched.append((workload, (entry.name if entry else _own_name(workload), entry)))
        elif entry is not None:
            matched.append((workload, (entry.name, entry)))
    return matched


def by_image(workload: Workload, catalogue: ComponentCatalogue) -> KnownComponent | None:
    """What a workload is by its images: its first container decides, sidecars never do.

    An application with a known agent beside it stays an application.
    """
    images = [parse_image(image) for image in workload.images]
    mains = [image for image in images if not catalogue.is_sidecar(image)]
    entries = [catalogue.by_image(image) for image in mains]
    if not entries:
        return None
    if entries[0] is not None:
        return entries[0]
    known = [entry for entry in entries if entry is not None]
    hinted = {hint.name for hint in catalogue.by_hint(workload.name, _name_labels(workload))} if known else set()
    return next((entry for entry in known if entry.name in hinted), None)


def _name_labels(workload: Workload) -> tuple[str, ...]:
    return tuple(value for label in _NAME_LABELS if (value := workload.labels.get(label)))


def _own_name(workload: Workload) -> str:
    """A workload of the platform that no entry knows is called by its own name; OpenShift's by their namespace."""
    if any(_RELEASE in image for image in workload.images):
        return workload.namespace
    return workload.name


def _groups(matched: list[tuple[Workload, tuple[str, KnownComponent | None]]], setting: Setting) -> Iterator[_Group]:
    together: dict[tuple[str, str], list[tuple[Workload, KnownComponent | None]]] = {}
    for workload, (name, entry) in matched:
        together.setdefault((name, workload.namespace), []).append((workload, entry))
    for (name, namespace), members in sorted(together.items()):
        entry = members[0][1]
        ordered = tuple(sorted((workload for workload, _ in members), key=lambda workload: workload.key))
        for workloads in _split(ordered, entry, setting):
            settled = settle(entry, workloads, setting)
            yield _Group(name=name, namespace=namespace, entry=entry, workloads=workloads, settled=settled)


def _split(
    workloads: tuple[Workload, ...], entry: KnownComponent | None, setting: Setting
) -> list[tuple[Workload, ...]]:
    """Keep one component together, unless some of it is clearly the provider's and some clearly the customer's."""
    if len(workloads) == 1:
        return [workloads]
    by_installer: dict[Installer, list[Workload]] = {}
    for workload in workloads:
        by_installer.setdefault(settle(entry, (workload,), setting).installer, []).append(workload)
    clear = [installer for installer in by_installer if installer is not Installer.UNKNOWN]
    if len(clear) < 2:
        return [workloads]
    return [tuple(members) for _, members in sorted(by_installer.items())]


def _ids(groups: list[_Group]) -> list[str]:
    """Catalogue name; with the namespace where it is there more than once; with a workload where that is not enough."""
    names = [group.name for group in groups]
    placed = [f"{group.name}@{group.namespace}" for group in groups]
    return [
        name if names.count(name) == 1 else place if placed.count(place) == 1 else f"{place}/{group.workloads[0].name}"
        for name, place, group in zip(names, placed, groups, strict=True)
    ]


def _component(identifier: str, group: _Group, found: Pools) -> Component:
    entry = group.entry
    images = (parse_image(image) for workload in group.workloads for image in workload.images[:1])
    models = {
        found.by_node[node].model for workload in group.workloads for node in workload.nodes if node in found.by_node
    }
    return Component(
        id=identifier,
        name=group.name,
        title=entry.title if entry else group.name,
        kind=entry.kind if entry else "component",
        namespace=group.namespace,
        objects=tuple(workload.path for workload in group.workloads),
        versions=tuple(sorted({image.tag for image in images if image.tag})),
        supplier=entry.supplier if entry else "",
        installer=group.settled.installer,
        management=group.settled.management,
        evidence=group.settled.evidence,
        models=tuple(sorted(models)),
        rivals=group.settled.rivals,
        labels=group.workloads[0].labels,
    )


def _hidden(part: Implied, shown: list[Component], hidden: tuple[Implied, ...]) -> Component:
    """A part that shows no workload; its id names the model where the same thing is there otherwise too."""
    taken = any(component.name == part.entry.name for component in shown)
    alone = sum(other.entry.name == part.entry.name for other in hidden) == 1
    where = part.models[0] if part.models else "service"
    return Component(
        id=part.entry.name if alone and not taken else f"{part.entry.name}@{where}",
        name=part.entry.name,
        title=part.entry.title,
        kind=part.entry.kind,
        namespace="",
        objects=(),
        versions=part.versions,
        supplier=part.entry.supplier,
        installer=Installer.PROVIDER,
        management=part.management,
        evidence=part.evidence,
        models=part.models,
    )


def _record(group: _Group, addons: Addons) -> Record | None:
    """The add-on record that the component is, where it was read as the provider's by it."""
    if group.entry is None or group.settled.installer is not Installer.PROVIDER:
        return None
    return addons.record(group.entry)


def _described(component: Component, record: Record | None) -> Component:
    if record is None:
        return component
    return structs.replace(component, record_kind=record.kind, record_name=record.name)
