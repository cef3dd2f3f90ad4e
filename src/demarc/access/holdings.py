"""All that an identity can do, condensed: rules merged, what is covered dropped, equal namespaces folded.

It reads bindings; the deciding of single requests is the authorizer's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from demarc.access.authorizer import Authorizer
from demarc.access.bindings import Bound
from demarc.access.condense import Rights, fold, rights, weight, without_covered
from demarc.access.identity import MASTERS, node_of
from demarc.access.rules import RuleSet
from demarc.access.seen import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from demarc.model.access import Access, Asker, Grant, Holding, Permission

RBAC_KINDS = (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS, CLUSTER_ROLES, ROLES)


def access_of(authorizer: Authorizer, who: Asker) -> Access:
    """All that an identity can do by RBAC and, for a node, by the Node authorizer."""
    bound = list(authorizer.bindings.everywhere(who))
    node = node_of(who)
    lacks = [authorizer.seen.lacks(kind) for kind in RBAC_KINDS]
    if node:
        lacks.append(authorizer.seen.lacks("Pod"))
    return Access(
        asker=who,
        unlimited=MASTERS in who.groups,
        holdings=condensed([(one, one.grant_to(who)) for one in bound]),
        node=authorizer.nodes.reach(node) if node else None,
        dangling=tuple(f"{one.key}: {one.missing}" for one in bound if one.missing),
        unseen=tuple(dict.fromkeys(why for why in lacks if why)),
    )


def condensed(bound: Iterable[tuple[Bound, Grant]]) -> tuple[Holding, ...]:
    """Condense bindings of one identity. What holds in the whole cluster is not said again of a namespace."""
    places: dict[str, list[tuple[Bound, Grant]]] = defaultdict(list)
    for one, grant in bound:
        places[one.namespace].append((one, grant))
    condenser = Condenser([one.rules for one, _ in places.get("", ())])
    rows = (
        (namespace, permission, [held[tag][1] for tag in sorted(tags)])
        for namespace, held in sorted(places.items())
        for permission, tags in condenser.rows([one.rules for one, _ in held], in_cluster=not namespace)
    )
    return tuple(sorted(by_permission(rows), key=_order))


def by_permission(rows: Iterable[tuple[str, Permission, Iterable[Grant]]]) -> list[Holding]:
    """Put rows of namespace ('' for the cluster), permission and grants together, one holding for each permission."""
    found: dict[tuple[bool, Permission], tuple[dict[str, None], dict[Grant, None]]] = {}
    for namespace, permission, given in rows:
        namespaces, grants = found.setdefault((not namespace, permission), ({}, {}))
        if namespace:
            namespaces[namespace] = None
        grants.update((grant, None) for grant in given)
    return [
        Holding(permission=permission, namespaces=tuple(namespaces), grants=tuple(grants))
        for (_, permission), (namespaces, grants) in found.items()
    ]


def _order(holding: Holding) -> tuple[bool, int, tuple[str, ...], Permission]:
    permission = holding.permission
    return bool(holding.namespaces), weight(permission), holding.namespaces, permission


class Condenser:
    """Condenses the rules of several places over those of the whole cluster; equal roles are condensed once."""

    def __init__(self, cluster: list[RuleSet]) -> None:
        self.cluster: Rights = rights((rule, 0) for rules in cluster for rule in rules.rules)
        self._known: dict[tuple[bool, tuple[int, ...]], tuple[tuple[Permission, frozenset[int]], ...]] = {}

    def rows(self, roles: list[RuleSet], *, in_cluster: bool) -> tuple[tuple[Permission, frozenset[int]], ...]:
        """Permissions of roles that hold in one place; tags are positions in ``roles``."""
        key = (in_cluster, tuple(map(id, roles)))
        if key not in self._known:
            numbered = ((rule, tag) for tag, rules in enumerate(roles) for rule in rules.rules)
            found = rights(numbered, paths=in_cluster)
            self._known[key] = fold(without_covered(found, None if in_cluster else self.cluster))
        return self._known[key]
