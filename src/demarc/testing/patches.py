"""The four ways to patch an object: JSON patch, merge patch, strategic merge patch, and merging an applied one.

Pure functions from an object and a patch to a new object. JSON patch is RFC 6902, merge patch RFC 7386; the merge keys
of the strategic one are those of the built-in kinds. Raises PatchError in the words of the API server.
"""

from __future__ import annotations

import copy
from typing import Any

from demarc.testing.fields import LIST_KEYS
from demarc.testing.objects import Object

_PATCH_KEYS = {**LIST_KEYS, "ports": ("containerPort",)}


class PatchError(Exception):
    """A patch that cannot be done: 422 for a JSON patch whose test fails, 400 for a patch that is none."""

    def __init__(self, message: str, status: int = 422) -> None:
        self.status = status
        super().__init__(message)


def json_patch(item: Object, operations: Any) -> Object:
    """Apply a JSON patch, all of it or nothing."""
    if not isinstance(operations, list):
        raise PatchError("cannot unmarshal object into Go value of type jsonpatch.Patch", 400)
    result = copy.deepcopy(item)
    for step in operations:
        _operate(result, step)
    return result


def _operate(root: Object, step: Object) -> None:
    name, path = step.get("op"), str(step.get("path", ""))
    if name == "test":
        if _at(root, path) != step.get("value"):
            raise PatchError(f'testing path {path} value failed: "test failed"')
    elif name in ("add", "replace"):
        _put(root, path, copy.deepcopy(step.get("value")), must_exist=name == "replace")
    elif name == "remove":
        _take(root, path)
    elif name in ("move", "copy"):
        source = str(step.get("from", ""))
        value = copy.deepcopy(_at(root, source))
        if name == "move":
            _take(root, source)
        _put(root, path, value, must_exist=False)
    else:
        raise PatchError(f"unexpected kind: {name}", 400)


def _parts(path: str) -> list[str]:
    if not path.startswith("/"):
        raise PatchError(f"invalid path {path!r}", 400)
    return [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]


def _step(value: Any, part: str, path: str) -> Any:
    try:
        return value[int(part)] if isinstance(value, list) else value[part]
    except (KeyError, IndexError, ValueError, TypeError):
        raise PatchError(f"the server rejected our request due to an error in our request: no path {path}") from None


def _at(root: Object, path: str) -> Any:
    value: Any = root
    for part in _parts(path):
        value = _step(value, part, path)
    return value


def _place(root: Object, path: str) -> tuple[Any, str]:
    *above, last = _parts(path)
    value: Any = root
    for part in above:
        value = _step(value, part, path)
    return value, last


def _put(root: Object, path: str, value: Any, *, must_exist: bool) -> None:
    place, last = _place(root, path)
    if must_exist:
        _step(place, last, path)
    if isinstance(place, list):
        if must_exist:
            place[int(last)] = value
        else:
            place.insert(len(place) if last == "-" else int(last), value)
    else:
        place[last] = value


def _take(root: Object, path: str) -> None:
    place, last = _place(root, path)
    _step(place, last, path)
    if isinstance(place, list):
        place.pop(int(last))
    else:
        del place[last]


def merge_patch(item: Any, patch: Any) -> Any:
    """Apply a merge patch: null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(item) if isinstance(item, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def strategic_patch(item: Any, patch: Any, name: str = "") -> Any:
    """Apply a strategic merge patch: as a merge patch, but lists with a merge key are merged item by item.

    Directives: ``$patch: delete`` and ``$patch: replace`` in maps and list items; ``$setElementOrder`` and
    ``$retainKeys`` change nothing here.
    """
    if isinstance(patch, dict):
        return _strategic_map(item, patch)
    if isinstance(patch, list):
        return _strategic_list(item if isinstance(item, list) else [], patch, name)
    return copy.deepcopy(patch)


def _strategic_map(item: Any, patch: Object) -> Any:
    if patch.get("$patch") == "replace":
        return {field: copy.deepcopy(value) for field, value in patch.items() if field != "$patch"}
    result = dict(item) if isinstance(item, dict) else {}
    for field, value in patch.items():
        if field.startswith("$"):
            continue
        if value is None:
            result.pop(field, None)
        else:
            result[field] = strategic_patch(result.get(field), value, field)
    return result


def _strategic_list(items: list[Any], patch: list[Any], name: str) -> list[Any]:
    keys = _PATCH_KEYS.get(name)
    if keys is None or any(isinstance(one, dict) and one.get("$patch") == "replace" for one in patch):
        if name == "finalizers":
            return [*items, *(one for one in patch if one not in items)]
        return [copy.deepcopy(one) for one in patch if not (isinstance(one, dict) and "$patch" in one)]
    result = list(items)
    for one in patch:
        same = [index for index, held in enumerate(result) if all(held.get(key) == one.get(key) for key in keys)]
        if one.get("$patch") == "delete":
            result = [held for index, held in enumerate(result) if index not in same]
        elif same:
            result[same[0]] = _strategic_map(result[same[0]], one)
        else:
            result.append(copy.deepcopy(one))
    return result


def merge_applied(item: Any, config: Any, name: str = "") -> Any:
    """Put an apply configuration over a live object: maps and keyed lists are merged, everything else replaced."""
    if isinstance(config, dict) and isinstance(item, dict):
        result = dict(item)
        for field, value in config.items():
            result[field] = merge_applied(result.get(field), value, field)
        return result
    if isinstance(config, list) and isinstance(item, list):
        if name == "finalizers":
            return [*item, *(one for one in config if one not in item)]
        if LIST_KEYS.get(name):
            return _merge_items(item, config, LIST_KEYS[name])
    return copy.deepcopy(config)


def _merge_items(items: list[Any], config: list[Any], keys: tuple[str, ...]) -> list[Any]:
    result = list(items)
    for one in config:
        same = [index for index, held in enumerate(result) if all(held.get(key) == one.get(key) for key in keys)]
        if same:
            result[same[0]] = merge_applied(result[same[0]], one)
        else:
            result.append(copy.deepcopy(one))
    return result
