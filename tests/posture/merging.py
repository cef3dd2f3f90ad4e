"""Strategic merge patches, as ``kubectl patch`` applies them, for the lists that patches of findings touch."""

from __future__ import annotations

import copy
from typing import Any

KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "protocol"),
    "webhooks": ("name",),
}
DEFAULTS = {"protocol": "TCP"}


def merged(target: Any, patch: Any) -> Any:
    """Apply a patch to an object; neither is changed."""
    if not isinstance(patch, dict) or not isinstance(target, dict):
        return copy.deepcopy(patch)
    found = dict(target)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, list) and KEYS.get(name) and all(isinstance(item, dict) for item in value):
            found[name] = _list(found.get(name, []), value, KEYS[name])
        elif isinstance(value, dict):
            found[name] = merged(found.get(name, {}), value)
        else:
            found[name] = value
    return found


def _list(target: list[Any], patch: list[Any], keys: tuple[str, ...]) -> list[Any]:
    found = {_key(item, keys): item for item in target}
    for item in patch:
        key = _key(item, keys)
        if item.get("$patch") == "delete":
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key, {}), item)
    return list(found.values())


def _key(item: dict[str, Any], keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(item.get(key, DEFAULTS.get(key)) for key in keys)
