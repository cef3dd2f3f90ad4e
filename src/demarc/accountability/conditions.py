"""Evaluates the boundary's conditions on descriptions of the cluster: holds, does not hold, or cannot be seen.

Knows nothing of providers: object types and paths come with the condition. Keys are compared without regard to case
and without the ``properties`` level, because Azure prints the same description in both shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from demarc.model.boundary import Condition

_SEGMENT = re.compile(r"^(?P<name>[^\[\]]*)(?:\[(?P<filter>\?[^\]]*)?\])?$")


class View(Struct, frozen=True, kw_only=True):
    """What is known of one described object."""

    documents: tuple[dict[str, Any], ...] | None
    """Its descriptions; None when none was given, empty when it was looked for and there is none."""
    known_paths: tuple[str, ...] = ()
    """When the description is only partly known: the paths that are; any other is unseen, not absent."""


UNSEEN = View(documents=None)


def evaluate(condition: Condition, view: View) -> bool | None:
    """Tell whether a condition holds. None when what it asks for was not seen.

    Over several descriptions of one type (all add-ons, all nodes) it holds when it holds for one of them.
    """
    if view.documents is None:
        return None
    if view.known_paths and condition.path not in view.known_paths:
        return None
    operator = OPERATORS[condition.op]
    return any(operator(list(values(document, condition.path)), condition.value) for document in view.documents)


def values(document: Any, path: str) -> Iterator[Any]:
    """Walk a path such as ``logging.clusterLogging[?enabled].types[]``; yields what lies at its end, null left out."""
    yield from _walk(document, [segment for segment in path.split(".") if segment.lower() != "properties"])


def _walk(value: Any, segments: list[str]) -> Iterator[Any]:
    if value is None:
        return
    if isinstance(value, list) and segments:
        for item in value:
            yield from _walk(item, segments)
        return
    if not segments:
        yield value
        return
    match = _SEGMENT.match(segments[0])
    if match is None or not isinstance(value, dict):
        return
    found = _member(value, match["name"])
    if isinstance(found, list) and segments[0].endswith("]"):
        wanted = (match["filter"] or "").removeprefix("?")
        for item in found:
            if not wanted or (isinstance(item, dict) and _member(item, wanted) is True):
                yield from _walk(item, segments[1:])
        return
    yield from _walk(found, segments[1:])


def _member(value: dict[str, Any], name: str) -> Any:
    if name in value:
        return value[name]
    wanted = name.lower()
    for key, item in value.items():
        if key.lower() == wanted:
            return item
    nested = value.get("properties")
    return _member(nested, name) if isinstance(nested, dict) else None


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return found.lower() == wanted.lower()
    # bool is an int in Python: True must not equal 1, nor False 0.
    return type(found) is type(wanted) and bool(found == wanted)


def _eq(found: list[Any], wanted: Any) -> bool:
    return any(_same(item, wanted) for item in found)


def _ne(found: list[Any], wanted: Any) -> bool:
    return not _eq(found, wanted)


def _in(found: list[Any], wanted: Any) -> bool:
    return any(_eq(found, item) for item in wanted)


def _exists(found: list[Any], wanted: Any) -> bool:
    # An empty object or list is how some tools print "not configured".
    there = any(item not in ({}, [], "") for item in found)
    return there is bool(wanted)


def _absent(found: list[Any], wanted: Any) -> bool:
    return not _exists(found, wanted)


def _contains(found: list[Any], wanted: Any) -> bool:
    flat = [inner for item in found for inner in (item if isinstance(item, list) else [item])]
    return _eq(flat, wanted)


OPERATORS: dict[str, Callable[[list[Any], Any], bool]] = {
    "eq": _eq,
    "ne": _ne,
    "in": _in,
    "exists": _exists,
    "absent": _absent,
    "contains": _contains,
}
"""What the boundary's conditions can ask. ``ne`` and ``absent`` also hold when the field is not there at all."""
