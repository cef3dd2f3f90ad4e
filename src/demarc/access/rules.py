"""Rules of a role, compiled for matching. Knows requests and rules; nothing of bindings, users or snapshots.

The matching follows ``evaluation_helpers.go`` of ``k8s.io/kubernetes/pkg/apis/rbac/v1``: whole strings, ``*`` alone as
wildcard of verbs, groups and resources, ``*/subresource``, and paths that end in ``*``. There is no ``resource/*``.
"""

from __future__ import annotations

from collections.abc import Iterable

from demarc.model.access import Request
from demarc.model.kubernetes import PolicyRule

ALL = "*"


class _Rule:
    """One rule, its lists as sets."""

    __slots__ = ("groups", "names", "paths", "prefixes", "resources")

    def __init__(self, rule: PolicyRule) -> None:
        self.groups = frozenset(rule.api_groups or ())
        self.resources = frozenset(rule.resources or ())
        self.names = frozenset(rule.resource_names or ())
        self.paths = frozenset(rule.non_resource_urls or ())
        # "*" alone is among them as the empty prefix.
        self.prefixes = tuple(path.rstrip(ALL) for path in self.paths if path.endswith(ALL))

    def allows(self, group: str, resource: str, any_of: str, name: str) -> bool:
        """Match a resource request; ``any_of`` is ``*/subresource``, or ``*`` without a subresource."""
        resources = self.resources
        return (
            (resource in resources or ALL in resources or any_of in resources)
            and (group in self.groups or ALL in self.groups)
            and (not self.names or name in self.names)
        )

    def allows_path(self, path: str) -> bool:
        return path in self.paths or any(path.startswith(prefix) for prefix in self.prefixes)


class RuleSet:
    """All rules of one role, findable by verb. ``rules`` are as they were given."""

    __slots__ = ("_any_verb", "_by_verb", "rules")

    def __init__(self, rules: Iterable[PolicyRule]) -> None:
        self.rules = tuple(rules)
        compiled = [(_Rule(rule), frozenset(rule.verbs or ())) for rule in self.rules]
        named = {verb for _, verbs in compiled for verb in verbs} - {ALL}
        self._any_verb = tuple(rule for rule, verbs in compiled if ALL in verbs)
        self._by_verb = {
            verb: tuple(rule for rule, verbs in compiled if verb in verbs or ALL in verbs) for verb in named
        }

    def allows(self, request: Request) -> bool:
        """Tell whether any rule allows the request."""
        rules = self._by_verb.get(request.verb, self._any_verb)
        if request.path is not None:
            return any(rule.allows_path(request.path) for rule in rules)
        resource, any_of = request.resource, ALL
        if request.subresource:
            resource, any_of = f"{resource}/{request.subresource}", f"*/{request.subresource}"
        group, name = request.group, request.name
        for rule in rules:  # noqa: SIM110 - a plain loop is faster, and this is the innermost of everything
            if rule.allows(group, resource, any_of, name):
                return True
        return False
