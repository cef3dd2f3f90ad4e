"""Matches the register's selectors and duty patterns, and says which of two matches is the more specific.

Scope comes before duty: an entry for a workload beats one for its namespace, whatever duties they name.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from demarc.model.duties import Unit
from demarc.model.inventory import Place
from demarc.model.register import Selector

EXACT, GLOB, ALL = 2, 1, 0

Rank = tuple[int, ...]
"""How specific a match is; compares as tuples do."""


def scope_rank(selector: Selector, place: Place, cluster: str) -> Rank | None:
    """How specifically a selector names a place; None when it does not match.

    The rank compares the named object first (workload, identity, component, pool, pipeline), then labels, then the
    namespace, then the cluster; within each, an exact name beats a glob.
    """
    thing = _object_rank(selector, place)
    if thing is None:
        return None
    if not all(place.labels.get(key) == value for key, value in selector.labels.items()):
        return None
    namespace = _rank(selector.namespace, place.namespace)
    there = _rank(selector.cluster, cluster)
    if namespace is None or there is None:
        return None
    return (thing, len(selector.labels), namespace, there)


def _object_rank(selector: Selector, place: Place) -> int | None:
    best = 0
    for wanted, names in (
        (selector.pool, _names(place, Unit.POOL)),
        (selector.component, _component_names(place)),
        (selector.workload, _workload_names(place)),
        (selector.identity, _identity_names(place)),
        (selector.pipeline, _names(place, Unit.PIPELINE)),
    ):
        if wanted is None:
            continue
        ranks = [rank for name in names if (rank := _rank(wanted, name)) is not None]
        if not ranks:
            return None
        best = max(best, 1 + max(ranks))
    return best


def _names(place: Place, unit: Unit) -> tuple[str, ...]:
    return (place.scope.name,) if place.scope.kind is unit else ()


def _component_names(place: Place) -> tuple[str, ...]:
    if not place.component:
        return ()
    return (place.component, place.component.partition("@")[0])


def _workload_names(place: Place) -> tuple[str, ...]:
    if place.scope.kind is not Unit.WORKLOAD:
        return ()
    name = place.scope.name
    short = name.partition("/")[2]
    return (name, short, short.partition("/")[2])


def _identity_names(place: Place) -> tuple[str, ...]:
    if place.scope.kind is not Unit.IDENTITY:
        return ()
    name = place.scope.name
    return (name, name.partition("/")[2], name.rpartition("/")[2])


def _rank(wanted: str | None, name: str) -> int | None:
    if wanted is None:
        return ALL
    if wanted == name:
        return EXACT
    return GLOB if ("*" in wanted or "?" in wanted) and name and fnmatchcase(name, wanted) else None


def duty_rank(patterns: tuple[str, ...], duty: str) -> int | None:
    """How specifically patterns such as ``identity.*`` name a duty; None when none does."""
    ranks = [
        EXACT if pattern == duty else ALL if pattern == "*" else GLOB
        for pattern in patterns
        if pattern == duty or fnmatchcase(duty, pattern)
    ]
    return max(ranks, default=None)
