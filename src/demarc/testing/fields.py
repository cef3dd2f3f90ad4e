"""Which fields an object has, and who manages them: ``metadata.managedFields`` as the API server keeps it.

A field is a path of FieldsV1 elements: ``f:spec``, ``k:{"name":"app"}``, ``v:"kubernetes"``; a path that ends in ``.``
is the map or list item itself. Follows kubernetes/apimachinery, pkg/util/managedfields. Knows no verbs and no HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from demarc.testing.objects import Object

Path = tuple[str, ...]
ITSELF: Final = "."

LIST_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "ownerReferences": ("uid",),
    "conditions": ("type",),
}
"""Lists whose items are known by a key, and that key. All other lists are one field."""
_SETS: Final = frozenset({"finalizers"})
_ATOMIC: Final = frozenset({"selector", "nodeSelector", "secretKeyRef", "configMapKeyRef", "fieldRef"})
_BY_SERVER: Final = frozenset(
    {
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "generateName",
        "selfLink",
    }
)


class Manager(Struct, frozen=True, kw_only=True):
    """One entry of managedFields."""

    name: str
    operation: str
    """``Update`` or ``Apply``."""
    api_version: str
    subresource: str = ""
    time: str = ""
    fields: frozenset[Path] = frozenset()

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells entries apart (the API version does too; the fake serves one of each kind)."""
        return self.name, self.operation, self.subresource


def fields_of(item: Object) -> dict[Path, Any]:
    """Every field of an object that somebody can manage, with its value; maps and list items as ``.``."""
    found: dict[Path, Any] = {}
    for name, value in item.items():
        if name in ("apiVersion", "kind"):
            continue
        if name == "metadata":
            for field, inner in value.items():
                if field not in _BY_SERVER:
                    _walk(inner, field, ("f:metadata", f"f:{field}"), found)
        else:
            _walk(value, name, (f"f:{name}",), found)
    return found


def item_key(name: str, item: Any) -> str | None:
    """The FieldsV1 element of an item of the list ``name``; None where the list is one field."""
    keys = LIST_KEYS.get(name)
    if keys is None or not isinstance(item, dict) or any(key not in item for key in keys):
        return None
    return "k:" + json.dumps({key: item[key] for key in keys}, separators=(",", ":"))


def _walk(value: Any, name: str, path: Path, found: dict[Path, Any]) -> None:
    if isinstance(value, dict) and value and name not in _ATOMIC:
        if len(path) > 1 or name in ("data", "stringData"):
            found[(*path, ITSELF)] = True
        for field, inner in value.items():
            _walk(inner, field, (*path, f"f:{field}"), found)
    elif isinstance(value, list) and value and all(item_key(name, item) for item in value):
        for item in value:
            inside = (*path, str(item_key(name, item)))
            found[(*inside, ITSELF)] = True
            for field, inner in item.items():
                _walk(inner, field, (*inside, f"f:{field}"), found)
    elif isinstance(value, list) and name in _SETS:
        for item in value:
            found[(*path, "v:" + json.dumps(item))] = item
    else:
        found[path] = value


def read_managers(item: Object) -> list[Manager]:
    """The managers that an object names."""
    return [
        Manager(
            name=entry.get("manager", ""),
            operation=entry.get("operation", "Update"),
            api_version=entry.get("apiVersion", ""),
            subresource=entry.get("subresource", ""),
            time=entry.get("time", ""),
            fields=frozenset(_paths(entry.get("fieldsV1") or {}, ())),
        )
        for entry in item["metadata"].get("managedFields") or ()
    ]


def written(managers: Iterable[Manager]) -> list[Object]:
    """Managers as the API prints them; those without a field are left out."""
    entries: list[Object] = []
    for manager in managers:
        if not manager.fields:
            continue
        entry: Object = {"manager": manager.name, "operation": manager.operation, "apiVersion": manager.api_version}
        entry |= {"time": manager.time, "fieldsType": "FieldsV1", "fieldsV1": _tree(manager.fields)}
        entries.append(entry | ({"subresource": manager.subresource} if manager.subresource else {}))
    return entries


def after_update(managers: Iterable[Manager], before: Object | None, after: Object, who: Manager) -> list[Manager]:
    """Managers after ``who`` wrote ``after``: who changes a value takes it from everybody else."""
    old, new = fields_of(before) if before else {}, fields_of(after)
    changed = frozenset(path for path, value in new.items() if path not in old or old[path] != value)
    removed = frozenset(old) - frozenset(new)
    taken = frozenset(path for path in changed if path[-1] != ITSELF)
    result: list[Manager] = []
    mine: Manager | None = None
    for manager in managers:
        if manager.key == who.key:
            mine = manager
        else:
            result.append(_with(manager, manager.fields - removed - taken, manager.time))
    held = (mine.fields if mine else frozenset()) - removed
    # A write that changes nothing does not touch the time.
    time = who.time if changed or removed or mine is None else mine.time
    return [*result, _with(who, held | changed, time)]


def applied_fields(config: Object) -> frozenset[Path]:
    """Fields that an apply configuration claims: maps are not claimed for themselves, list items are."""
    return frozenset(path for path in fields_of(config) if path[-1] != ITSELF or path[-2].startswith("k:"))


def conflicts(managers: Iterable[Manager], live: Object, config: Object, who: Manager) -> list[tuple[Manager, Path]]:
    """Fields that others manage and that ``config`` would change."""
    held, wanted = fields_of(live), fields_of(config)
    claimed = [path for path in applied_fields(config) if path in held and held[path] != wanted[path]]
    return [
        (manager, path)
        for manager in managers
        if manager.key != who.key
        for path in sorted(claimed)
        if path in manager.fields
    ]


def after_apply(managers: Iterable[Manager], live: Object, config: Object, who: Manager) -> list[Manager]:
    """Managers after an apply that was allowed: changed fields are taken, equal ones shared."""
    held, wanted = fields_of(live), fields_of(config)
    claimed = applied_fields(config)
    changed = frozenset(path for path in claimed if path in held and held[path] != wanted[path])
    mine = next((manager for manager in managers if manager.key == who.key), None)
    dropped = dropped_fields(managers, config, who)
    others = [
        _with(manager, manager.fields - changed - dropped, manager.time)
        for manager in managers
        if manager.key != who.key
    ]
    same = mine is not None and mine.fields == claimed and not changed and all(path in held for path in claimed)
    return [*others, _with(who, claimed, mine.time if same and mine else who.time)]


def dropped_fields(managers: Iterable[Manager], config: Object, who: Manager) -> frozenset[Path]:
    """Fields that ``who`` applied before, applies no longer, and nobody else manages: they go."""
    managers = list(managers)
    mine = next((manager.fields for manager in managers if manager.key == who.key), frozenset())
    others = frozenset().union(*(manager.fields for manager in managers if manager.key != who.key))
    kept = applied_fields(config) | others
    # A map that was applied empty and has something in it now stays.
    above = {path[:length] for path in kept for length in range(1, len(path))}
    return frozenset(path for path in mine - kept - above if path[-1] != ITSELF)


def without(item: Object, paths: Iterable[Path]) -> Object:
    """An object without some of its fields."""
    result: Object = json.loads(json.dumps(item))
    for path in paths:
        _remove(result, path)
    return result


def _remove(value: Any, path: Path) -> None:
    head, rest = path[0], path[1:]
    if head.startswith("f:") and isinstance(value, dict):
        name = head[2:]
        if not rest:
            value.pop(name, None)
        elif name in value:
            inner = value[name]
            if isinstance(inner, list):
                _remove_from_list(name, inner, rest)
            else:
                _remove(inner, rest)


def _remove_from_list(name: str, items: list[Any], path: Path) -> None:
    for item in list(items):
        if path[0] in (item_key(name, item), "v:" + json.dumps(item)):
            if len(path) == 1 or path[1] == ITSELF:
                items.remove(item)
            else:
                _remove(item, path[1:])
                if not set(item) - set(LIST_KEYS.get(name, ())):
                    items.remove(item)


def _with(manager: Manager, fields: frozenset[Path], time: str) -> Manager:
    return Manager(
        name=manager.name,
        operation=manager.operation,
        api_version=manager.api_version,
        subresource=manager.subresource,
        time=time,
        fields=fields,
    )


def _paths(tree: Object, above: Path) -> Iterable[Path]:
    for name, inner in tree.items():
        path = (*above, name)
        if name == ITSELF or not inner:
            yield path
        else:
            yield from _paths(inner, path)


def _tree(fields: Iterable[Path]) -> Object:
    root: Object = {}
    for path in sorted(fields):
        place = root
        for element in path:
            place = place.setdefault(element, {})
    return root
