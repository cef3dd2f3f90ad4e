"""Condenses rules of roles, and requests, into the few powers that a reviewer weighs. Knows no holders and no bindings.

A power is there when some request of its class is allowed; where names limit it, it is there all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from demarc.model.kubernetes import PolicyRule
from demarc.model.planes import Power

_ORDER: Final = {power: number for number, power in enumerate(Power)}
_READS: Final = frozenset({"get", "list", "watch"})
_CHANGES: Final = frozenset({"create", "update", "patch"})
_ENDS: Final = frozenset({"delete", "deletecollection", "*"})
_SPECIAL: Final = frozenset({"impersonate", "bind", "escalate", "approve", "sign", "use"})
_WRITING: Final = frozenset({Power.RBAC_WRITE, Power.CREDENTIALS, Power.WORKLOAD_WRITE, Power.EXEC, Power.NODE_LEVEL})
_RBAC: Final = "rbac.authorization.k8s.io"
_ALL: Final = "*"
_HARMLESS: Final = frozenset(
    {
        *("selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews", "localsubjectaccessreviews"),
        *("subjectaccessreviews", "tokenreviews"),
    }
)
"""Created to ask a question: nothing is changed."""
_EXEC: Final = ("pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers")

Table = tuple[tuple[Power, frozenset[str], tuple[tuple[str, str], ...]], ...]
CLASSES: Final[Table] = (
    (Power.NODE_LEVEL, frozenset({"get", "create"}), (("", "nodes/proxy"),)),
    (
        Power.IMPERSONATE,
        frozenset({"impersonate"}),
        (("", "users"), ("", "groups"), ("", "serviceaccounts"), ("authentication.k8s.io", "userextras")),
    ),
    (
        Power.RBAC_WRITE,
        _CHANGES | {"bind", "escalate"},
        tuple((_RBAC, name) for name in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")),
    ),
    (
        Power.CREDENTIALS,
        frozenset({"create", "approve", "sign"}),
        (("", "serviceaccounts/token"), ("certificates.k8s.io", "signers")),
    ),
    (
        Power.CREDENTIALS,
        frozenset({"update", "patch"}),
        (
            ("certificates.k8s.io", "certificatesigningrequests/approval"),
            ("certificates.k8s.io", "certificatesigningrequests/status"),
        ),
    ),
    (Power.SECRETS_READ, _READS, (("", "secrets"),)),
    (
        Power.WORKLOAD_WRITE,
        _CHANGES,
        (
            *(("", "pods"), ("", "replicationcontrollers"), ("batch", "jobs"), ("batch", "cronjobs")),
            *(("apps", name) for name in ("deployments", "daemonsets", "statefulsets", "replicasets")),
        ),
    ),
    (Power.EXEC, frozenset({"get", *_CHANGES}), tuple(("", name) for name in _EXEC)),
)
"""Power, verbs, and resources as group and name."""


def ordered(powers: Iterable[Power]) -> tuple[Power, ...]:
    """Each once, strongest first; ``none`` where there is nothing else."""
    found = set(powers)
    if Power.CLUSTER_ADMIN in found:
        found &= {Power.CLUSTER_ADMIN, Power.CLOUD_ADMIN}
    if len(found) > 1:
        found.discard(Power.NONE)
    return tuple(sorted(found, key=_ORDER.__getitem__)) or (Power.NONE,)


def rank(powers: tuple[Power, ...]) -> int:
    """Place of the strongest one, for sorting."""
    return _ORDER[powers[0]] if powers else len(_ORDER)


def powers_of(rules: Iterable[PolicyRule]) -> tuple[Power, ...]:
    """Powers that rules give, strongest first."""
    found: set[Power] = set()
    for rule in rules:
        found.update(_of_rule(rule))
        if Power.CLUSTER_ADMIN in found:
            return (Power.CLUSTER_ADMIN,)
    return ordered(found)


def powers_used(verb: str, group: str, resource: str, subresource: str) -> tuple[Power, ...]:
    """Powers that one request uses; ``none`` for paths and for questions that change nothing."""
    name = f"{resource}/{subresource}" if subresource else resource
    if not resource:
        return (Power.NONE,)
    return powers_of((PolicyRule(verbs=[verb], api_groups=[group], resources=[name]),))


def _of_rule(rule: PolicyRule) -> set[Power]:
    verbs, groups, resources = set(rule.verbs or ()), set(rule.api_groups or ()), set(rule.resources or ())
    if not verbs or not groups or not resources:
        return set()
    if _ALL in verbs and _ALL in groups and _ALL in resources and not rule.resource_names:
        return {Power.CLUSTER_ADMIN}
    found = {
        power
        for power, its_verbs, targets in CLASSES
        if (_ALL in verbs or verbs & its_verbs) and any(_names(groups, resources, *target) for target in targets)
    }
    if resources <= _HARMLESS:
        return found
    changes = verbs - _READS - _SPECIAL
    if changes and (_other(resources) or changes & _ENDS or not found & _WRITING):
        found.add(Power.WRITE)
    if _ALL in verbs or verbs & _READS:
        found.add(Power.READ_ONLY)
    return found


def _names(groups: set[str], resources: set[str], group: str, resource: str) -> bool:
    if group not in groups and _ALL not in groups:
        return False
    _, slash, sub = resource.partition("/")
    return resource in resources or _ALL in resources or bool(slash and f"*/{sub}" in resources)


def _other(resources: set[str]) -> bool:
    """Whether anything among the resources is not already named by a class of its own."""
    named = {name for _, _, targets in CLASSES for _, name in targets}
    return bool(resources - named - _HARMLESS) or _ALL in resources
