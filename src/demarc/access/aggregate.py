"""Rules of aggregated ClusterRoles, where nobody has aggregated them yet.

In a cluster the controller manager writes the union into ``rules``, and that is what counts, stale or not. Manifests
leave ``rules`` empty: there the union is made here, by the same selectors, as the controller would end up with.
"""

from __future__ import annotations

from collections.abc import Iterable

from demarc.model.kubernetes import LabelRequirement, LabelSelector, PolicyRule, Role


def with_aggregates(roles: Iterable[Role]) -> dict[str, tuple[PolicyRule, ...]]:
    """Rules of every ClusterRole by name; for those that aggregate and were never in a cluster, the union."""
    known = {role.metadata.name: role for role in sorted(roles, key=lambda role: role.metadata.name)}
    selected = {name: _selected(role, known) for name, role in known.items() if _is_open(role)}
    return {
        name: _union(name, known, selected) if name in selected else tuple(role.rules or ())
        for name, role in known.items()
    }


def _is_open(role: Role) -> bool:
    """Tell a role whose rules are still to be made."""
    from_server = role.metadata.uid or role.metadata.resource_version
    selectors = role.aggregation_rule and role.aggregation_rule.cluster_role_selectors
    return bool(selectors) and not role.rules and not from_server


def _selected(role: Role, known: dict[str, Role]) -> list[str]:
    selectors = (role.aggregation_rule and role.aggregation_rule.cluster_role_selectors) or ()
    return [name for name, other in known.items() if any(selects(selector, other.labels) for selector in selectors)]


def _union(name: str, known: dict[str, Role], selected: dict[str, list[str]]) -> tuple[PolicyRule, ...]:
    """Rules of all roles that a role selects, also by way of others that aggregate. Circles add nothing."""
    reached = {name}
    ahead = [name]
    while ahead:
        new = [other for other in selected.get(ahead.pop(), ()) if other not in reached]
        reached.update(new)
        ahead.extend(new)
    return tuple(rule for other in sorted(reached) for rule in known[other].rules or ())


def selects(selector: LabelSelector, labels: dict[str, str]) -> bool:
    """Tell whether a label selector selects; an empty one selects everything, an operator nobody knows nothing."""
    return all(labels.get(key) == value for key, value in (selector.match_labels or {}).items()) and all(
        _meets(requirement, labels) for requirement in selector.match_expressions or ()
    )


def _meets(requirement: LabelRequirement, labels: dict[str, str]) -> bool:
    there = requirement.key in labels
    among = there and labels[requirement.key] in (requirement.values or ())
    verdicts = {"In": among, "NotIn": not among, "Exists": there, "DoesNotExist": not there}
    return verdicts.get(requirement.operator, False)
