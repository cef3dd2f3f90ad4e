"""What identities can do in one snapshot and not in another, by bindings that name them.

Effective access is compared, not objects: a role that was split in two, a binding that was renamed, and a right that
another one already covered are no change. A right that came to a group is said of the group, once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from demarc.access.authorizer import Authorizer
from demarc.access.bindings import Bound
from demarc.access.condense import Rights, fold, rights, weight, without_covered
from demarc.access.holdings import RBAC_KINDS, by_permission
from demarc.access.rules import RuleSet
from demarc.model.access import AccessChange, AccessChanges, Grant, Holding, Permission, SubjectRef
from demarc.model.kubernetes import PolicyRule

_Places = dict[str, list[tuple[Bound, Grant]]]
"""Bindings of one subject by namespace; '' for the cluster."""


def changes(before: Authorizer, after: Authorizer) -> AccessChanges:
    """Compare two snapshots; subjects without a difference are left out."""
    held, holds = _by_subject(before), _by_subject(after)
    compare = _Comparison()
    found = []
    for subject in sorted({*held, *holds}):
        was, now = held.get(subject, {}), holds.get(subject, {})
        new, gone = compare.more(now, was), compare.more(was, now)
        if new or gone:
            found.append(AccessChange(subject=subject, new=new, gone=gone))
    return AccessChanges(changes=tuple(found), unseen=_unseen(before, after))


def _unseen(before: Authorizer, after: Authorizer) -> tuple[str, ...]:
    said: dict[str, None] = {}
    for which, authorizer in (("before", before), ("after", after)):
        for kind in RBAC_KINDS:
            why = authorizer.seen.lacks(kind)
            if why:
                said[f"{which}: {why}"] = None
    return tuple(said)


def _by_subject(authorizer: Authorizer) -> dict[SubjectRef, _Places]:
    found: dict[SubjectRef, _Places] = defaultdict(lambda: defaultdict(list))
    for bound in authorizer.bindings.all:
        for subject, grant in bound.subjects():
            found[subject][bound.namespace].append((bound, grant))
    return found


class _Comparison:
    """Compares rights; equal pairs of roles are compared once, whatever number of namespaces has them."""

    def __init__(self) -> None:
        self._content: dict[int, int] = {}
        self._contents: dict[tuple[object, ...], int] = {}
        self._rules: list[RuleSet] = []
        self._known: dict[tuple[tuple[int, ...], ...], tuple[tuple[Permission, frozenset[int]], ...]] = {}

    def more(self, one: _Places, other: _Places) -> tuple[Holding, ...]:
        """What the first holds beyond the second, condensed."""
        their_cluster = self._ids(other.get("", []))
        own_cluster = self._ids(one.get("", []))
        rows: list[tuple[str, Permission, list[Grant]]] = []
        for namespace, held in sorted(one.items()):
            base = (*their_cluster, *(self._ids(other.get(namespace, [])) if namespace else ()))
            above = own_cluster if namespace else ()
            for permission, tags in self._rows(self._ids(held), base, above, in_cluster=not namespace):
                rows.append((namespace, permission, [held[tag][1] for tag in sorted(tags)]))
        holdings = by_permission(rows)
        return tuple(sorted(holdings, key=lambda one: (bool(one.namespaces), weight(one.permission), one.permission)))

    def _rows(
        self, held: tuple[int, ...], base: tuple[int, ...], above: tuple[int, ...], *, in_cluster: bool
    ) -> tuple[tuple[Permission, frozenset[int]], ...]:
        """Permissions of some roles beyond others; what the cluster gives anew is said of the cluster alone."""
        if set(held) <= set(base):
            return ()
        key = (held, base, above, (int(in_cluster),))
        if key not in self._known:
            numbered = ((rule, tag) for tag, number in enumerate(held) for rule in self._rules[number].rules)
            mine = rights(numbered, paths=in_cluster)
            theirs: Rights = rights((rule, 0) for number in (*base, *above) for rule in self._rules[number].rules)
            self._known[key] = fold(without_covered(mine, theirs))
        return self._known[key]

    def _ids(self, held: list[tuple[Bound, Grant]]) -> tuple[int, ...]:
        return tuple(self._id(bound.rules) for bound, _ in held)

    def _id(self, rules: RuleSet) -> int:
        """A number for what rules say: equal roles of two snapshots have the same."""
        known = self._content.get(id(rules))
        if known is None:
            content = tuple(_parts(rules.rules))
            known = self._contents.setdefault(content, len(self._contents))
            if known == len(self._rules):
                self._rules.append(rules)
            self._content[id(rules)] = known
        return known


def _parts(rules: tuple[PolicyRule, ...]) -> Iterator[tuple[tuple[str, ...], ...]]:
    for rule in rules:
        yield tuple(
            tuple(part or ())
            for part in (rule.verbs, rule.api_groups, rule.resources, rule.resource_names, rule.non_resource_urls)
        )
