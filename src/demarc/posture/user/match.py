"""Which objects a user's check looks at, as the API server matches requests to create them. It evaluates no rule."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.access.aggregate import selects
from demarc.posture.user.policy import Constraints, Rule

_EMPTY: dict[str, str] = {}


def plural(kind: str) -> str:
    """Resource of a kind, as the API names nearly all of them: ``networkpolicies`` for NetworkPolicy."""
    word = kind.lower()
    if word.endswith(("s", "x", "ch", "sh")):
        return word if word == "endpoints" else f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def wants(rules: Iterable[Rule], key: str, plurals: dict[str, str]) -> bool:
    """Whether rules name a kind such as ``Deployment.apps``; ``plurals`` are those that CRDs give, by kind."""
    kind, _, group = key.partition(".")
    resource = plurals.get(key) or plural(kind)
    return any(
        (group in rule.api_groups or "*" in rule.api_groups)
        and (resource in rule.resources or "*" in rule.resources or "*/*" in rule.resources)
        for rule in rules
    )


def matches(constraints: Constraints, key: str, meta: dict[str, object], plurals: dict[str, str]) -> bool:
    """Whether an object of a kind is matched, apart from the selector of its namespace."""
    name, namespace = str(meta.get("name", "")), str(meta.get("namespace", ""))

    def named(rule: Rule) -> bool:
        scoped = rule.scope in ("*", "") or (rule.scope == "Namespaced") == bool(namespace)
        return scoped and (not rule.resource_names or name in rule.resource_names)

    found = [rule for rule in constraints.resource_rules if wants((rule,), key, plurals) and named(rule)]
    if not found or any(wants((rule,), key, plurals) and named(rule) for rule in constraints.exclude_resource_rules):
        return False
    labels = meta.get("labels")
    labels = labels if isinstance(labels, dict) else _EMPTY
    return constraints.object_selector is None or selects(constraints.object_selector, labels)


def in_namespace(constraints: Constraints, labels: dict[str, str] | None) -> bool | None:
    """Whether the namespace of an object is selected; None where its labels were not seen and matter."""
    selector = constraints.namespace_selector
    if selector is None or not (selector.match_labels or selector.match_expressions):
        return True
    return None if labels is None else selects(selector, labels)
