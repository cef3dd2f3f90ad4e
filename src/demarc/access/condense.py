"""Rules merged and folded: the same rights in as few lines as read well, each with what gives it.

It works on atoms (one group, resource and name, or one path) with their verbs, drops those that a wider one covers,
and folds what is left. ``tags`` say where a rule comes from; what they mean is the caller's matter. Nothing is widened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from demarc.access.rules import ALL
from demarc.model.access import Permission
from demarc.model.kubernetes import PolicyRule

Tags = frozenset[int]


class Target(NamedTuple):
    """What a verb is about: a path where ``path`` is not None, else a resource; ``name`` is None for any."""

    group: str
    resource: str
    name: str | None
    path: str | None = None


Rights = dict[Target, dict[str, Tags]]
"""Verbs by target, each with the tags of what gives it."""


def rights(rules: Iterable[tuple[PolicyRule, int]], *, paths: bool = True) -> Rights:
    """Take rules apart. A ``*`` among verbs, groups or resources of a rule swallows what stands beside it.

    ``paths`` is false for a RoleBinding, which gives no paths whatever its role says.
    """
    found: Rights = {}
    for rule, tag in rules:
        verbs, tags = _widest(rule.verbs), frozenset((tag,))
        for target in (target for target in _targets(rule) if paths or target.path is None):
            held = found.setdefault(target, {})
            for verb in verbs:
                held[verb] = held.get(verb, frozenset()) | tags
    return found


def without_covered(some: Rights, wider: Rights | None = None) -> Rights:
    """Drop what other atoms of the same rights cover and, where given, what ``wider`` covers or equals."""
    kept: Rights = {}
    for target, verbs in some.items():
        own = [some[other] for other in _covering(target) if other in some]
        if wider is not None:
            own += [wider[other] for other in (target, *_covering(target)) if other in wider]
        left = verbs if ALL not in verbs else {ALL: verbs[ALL]}
        left = {verb: tags for verb, tags in left.items() if not any(verb in one or ALL in one for one in own)}
        if left:
            kept[target] = left
    return kept


def fold(some: Rights) -> tuple[tuple[Permission, Tags], ...]:
    """Put atoms together that differ in one part only: verbs, then names, then resources, then groups."""
    names: dict[tuple[str, str, bool, tuple[str, ...], Tags], set[str]] = defaultdict(set)
    paths: dict[tuple[tuple[str, ...], Tags], set[str]] = defaultdict(set)
    for target, held in some.items():
        for verbs, tags in _by_tags(held):
            if target.path is not None:
                paths[verbs, tags].add(target.path)
            else:
                names[target.group, target.resource, target.name is None, verbs, tags].add(target.name or "")
    resources: dict[tuple[str, tuple[str, ...], tuple[str, ...], Tags], set[str]] = defaultdict(set)
    for (group, resource, any_name, verbs, tags), named in names.items():
        resources[group, verbs, () if any_name else tuple(sorted(named)), tags].add(resource)
    groups: dict[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], Tags], set[str]] = defaultdict(set)
    for (group, verbs, limited, tags), found in resources.items():
        groups[verbs, tuple(sorted(found)), limited, tags].add(group)
    rows = [
        (Permission(verbs=verbs, groups=tuple(sorted(of)), resources=found, names=limited), tags)
        for (verbs, found, limited, tags), of in groups.items()
    ]
    rows += [(Permission(verbs=verbs, paths=tuple(sorted(found))), tags) for (verbs, tags), found in paths.items()]
    return tuple(sorted(rows, key=lambda row: (weight(row[0]), row[0], sorted(row[1]))))


def weight(permission: Permission) -> int:
    """Order of rows, widest first: all verbs on everything, then either, then the rest; paths last."""
    if permission.paths:
        return 3
    return 2 - (ALL in permission.verbs) - (ALL in permission.resources)


def _widest(parts: list[str] | None) -> tuple[str, ...]:
    return (ALL,) if ALL in (parts or ()) else tuple(parts or ())


def _targets(rule: PolicyRule) -> Iterator[Target]:
    names: tuple[str | None, ...] = tuple(rule.resource_names or ()) or (None,)
    for group in _widest(rule.api_groups):
        for resource in _widest(rule.resources):
            for name in names:
                yield Target(group, resource, name)
    for path in _widest(rule.non_resource_urls):
        yield Target("", "", None, path)


def _covering(target: Target) -> Iterator[Target]:
    """Targets that cover a target, itself left out."""
    if target.path is not None:
        # Whatever begins the path, with a star behind it. A path that ends in a star stands for all that it begins.
        begin = target.path.rstrip(ALL)
        wider = (f"{begin[:length]}{ALL}" for length in range(len(begin) + 1))
        yield from (Target("", "", None, path) for path in wider if path != target.path)
        return
    resources = [target.resource, ALL] if target.resource != ALL else [ALL]
    _, slash, subresource = target.resource.partition("/")
    if slash and target.resource != f"*/{subresource}":
        resources.append(f"*/{subresource}")
    for group in dict.fromkeys((target.group, ALL)):
        for resource in resources:
            for name in dict.fromkeys((target.name, None)):
                other = Target(group, resource, name)
                if other != target:
                    yield other


def _by_tags(verbs: dict[str, Tags]) -> list[tuple[tuple[str, ...], Tags]]:
    found: dict[Tags, list[str]] = defaultdict(list)
    for verb, tags in verbs.items():
        found[tags].append(verb)
    return [(tuple(sorted(held)), tags) for tags, held in found.items()]
