"""Builds snapshots and inventories out of plain dicts, as the API and the providers' tools print them."""

from __future__ import annotations

from typing import Any

import msgspec

from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.inventory import build
from demarc.model.inventory import Component, Inventory, Place, Pool
from demarc.model.kubernetes import TYPES, KubeObject, kind_key
from demarc.model.snapshot import Record, Snapshot

HELD_BACK = {"Secret": ("data", "stringData"), "ConfigMap": ("data", "binaryData")}


def decoded(item: dict[str, Any]) -> tuple[str, KubeObject]:
    kind = kind_key(item["apiVersion"], item["kind"])
    kept = {name: value for name, value in item.items() if name not in HELD_BACK.get(kind, ())}
    found = msgspec.convert(kept, TYPES.get(kind, KubeObject))
    return kind, msgspec.structs.replace(found, source="s1")


def a_snapshot(
    *items: dict[str, Any],
    records: tuple[Record, ...] = (),
    server_version: str | None = None,
    context: str | None = None,
    gaps: tuple[Any, ...] = (),
) -> Snapshot:
    objects: dict[str, list[KubeObject]] = {}
    for item in items:
        kind, found = decoded(item)
        objects.setdefault(kind, []).append(found)
    return Snapshot(
        taken_at=None,
        taken_at_basis="",
        sources=(),
        gaps=gaps,
        objects={
            kind: tuple(sorted(found, key=lambda each: (each.metadata.namespace, each.metadata.name)))
            for kind, found in objects.items()
        },
        records=records,
        server_version=server_version,
        context=context,
    )


def inventory_of(snapshot: Snapshot, owner_labels: tuple[str, ...] = ()) -> Inventory:
    return build(snapshot, components=components(), models=models(), owner_labels=owner_labels, contact_annotations=())


def seen(*items: dict[str, Any], **more: Any) -> Inventory:
    return inventory_of(a_snapshot(*items, **more))


def a_record(kind: str, name: str, body: dict[str, Any] | None = None, parent: str = "") -> Record:
    return Record(kind=kind, name=name, parent=parent, body=body or {}, source="c1")


def a_listing(kind: str, names: list[str], *, more: bool = False) -> Record:
    body = {"names": names, "more": more, "total": None, "unread": 0}
    return a_record(f"{kind}List", "", body)


def pool_models(inventory: Inventory) -> dict[str, str]:
    return {pool.name: pool.model for pool in inventory.pools}


def pool(inventory: Inventory, name: str) -> Pool:
    return next(item for item in inventory.pools if item.name == name)


def component(inventory: Inventory, identifier: str) -> Component:
    return next(item for item in inventory.components if item.id == identifier)


def place(inventory: Inventory, name: str) -> Place:
    return next(item for item in inventory.places if item.scope.name == name)
