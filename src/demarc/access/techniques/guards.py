"""What may stop the creation or change of an object: Pod Security levels, admission policies and webhooks.

Levels are evaluated; what a policy's expression or a webhook's backend decides cannot be seen, so one that matches
"may stop it", which makes an edge Unknown. Opting out by the object's own labels is in the hands of whoever makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from demarc.access.aggregate import selects
from demarc.model.kubernetes import (
    AdmissionPolicy,
    AdmissionPolicyBinding,
    AdmissionRule,
    LabelSelector,
    MatchResources,
    WebhookConfiguration,
)
from demarc.model.snapshot import Snapshot

ENFORCE = "pod-security.kubernetes.io/enforce"
_LEVELS = ("privileged", "baseline", "restricted")
_ADMISSION = "admissionregistration.k8s.io"
_POLICY_ENGINES = ("kyverno", "gatekeeper")
"""Their mutating webhooks rewrite what policies forbid; others add what pods need."""
_OPENSHIFT = ("rosa", "aro")


class Verdict(NamedTuple):
    """Whether something is let through."""

    allowed: bool
    """False only where it is refused for certain."""
    unknown: str = ""
    """Why that is not certain."""


class Guards:
    """Guards of a cluster. Answers are remembered by namespace."""

    def __init__(
        self, snapshot: Snapshot, namespaces: dict[str, dict[str, str]], *, managed: bool, provider: str
    ) -> None:
        self._snapshot = snapshot
        self._namespaces = namespaces
        self._managed = managed
        self._provider = provider
        self._by_request = tuple(_all(snapshot))
        self._remembered: dict[tuple[str, str, str, str], str] = {}

    def level(self, namespace: str) -> str:
        """The Pod Security level that a namespace enforces; empty where it sets none or one that does not exist."""
        found = self._namespaces.get(namespace, {}).get(ENFORCE, "")
        return found if found in _LEVELS else ""

    def privileged(self, namespace: str) -> Verdict:
        """Whether Pod Security admission lets a privileged pod into a namespace, for somebody it does not exempt."""
        level, labels = self.level(namespace), self._namespaces.get(namespace)
        if self._provider in _OPENSHIFT:
            return Verdict(allowed=True, unknown="SecurityContextConstraints decide about privileged pods")
        if labels is None:
            return Verdict(allowed=True, unknown=f"the labels of namespace {namespace} were not seen")
        if level in ("baseline", "restricted"):
            if self._managed:
                return Verdict(allowed=False)
            return Verdict(
                allowed=True,
                unknown=f"namespace {namespace} enforces {level}; whom the API server exempts from it was not seen",
            )
        if level == "privileged" or self._managed:
            return Verdict(allowed=True)
        return Verdict(
            allowed=True, unknown=f"namespace {namespace} sets no level; the API server's own default was not seen"
        )

    def may_stop(self, operation: str, group: str, resource: str, namespace: str) -> str:
        """What may stop an operation (``CREATE``, ``UPDATE``) on a resource in a namespace, in words; or nothing."""
        key = (operation, group, resource, namespace)
        if key not in self._remembered:
            labels = self._namespaces.get(namespace, {}) if namespace else None
            found = [
                guard.name for guard in self._by_request if guard.matches(operation, group, resource, labels, namespace)
            ]
            shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
            self._remembered[key] = f"{shown} may stop it: what it decides cannot be seen" if found else ""
        return self._remembered[key]

    @property
    def names(self) -> tuple[str, ...]:
        """Every guard that may stop something, in words."""
        return tuple(dict.fromkeys(guard.name for guard in self._by_request))


class _Guard(NamedTuple):
    name: str
    rules: tuple[AdmissionRule, ...]
    excluded: tuple[AdmissionRule, ...]
    selectors: tuple[LabelSelector, ...]

    def matches(self, operation: str, group: str, resource: str, labels: dict[str, str] | None, namespace: str) -> bool:
        if not any(_covers(rule, operation, group, resource, namespace) for rule in self.rules):
            return False
        if any(
            _covers(rule, operation, group, resource, namespace) and not rule.resource_names for rule in self.excluded
        ):
            return False
        return labels is None or all(selects(selector, labels) for selector in self.selectors)


def _all(snapshot: Snapshot) -> Iterator[_Guard]:
    yield from _webhooks(snapshot, "ValidatingWebhookConfiguration")
    yield from _webhooks(snapshot, "MutatingWebhookConfiguration")
    policies = {
        item.metadata.name: item for item in snapshot.all(f"ValidatingAdmissionPolicy.{_ADMISSION}", AdmissionPolicy)
    }
    for binding in snapshot.all(f"ValidatingAdmissionPolicyBinding.{_ADMISSION}", AdmissionPolicyBinding):
        policy = policies.get(binding.spec.policy_name)
        if policy is None or "Deny" not in (binding.spec.validation_actions or ()):
            continue
        constraints = policy.spec.match_constraints or MatchResources()
        narrowed = binding.spec.match_resources or MatchResources()
        if _can_opt_out(constraints.object_selector) or _can_opt_out(narrowed.object_selector):
            continue
        yield _Guard(
            f"ValidatingAdmissionPolicy {policy.metadata.name}",
            tuple(constraints.resource_rules or ()),
            (*(constraints.exclude_resource_rules or ()), *(narrowed.exclude_resource_rules or ())),
            tuple(one for one in (constraints.namespace_selector, narrowed.namespace_selector) if one is not None),
        )


def _webhooks(snapshot: Snapshot, kind: str) -> Iterator[_Guard]:
    for item in snapshot.all(f"{kind}.{_ADMISSION}", WebhookConfiguration):
        if kind.startswith("Mutating") and not any(word in item.metadata.name.lower() for word in _POLICY_ENGINES):
            continue
        for webhook in item.webhooks or ():
            if not _can_opt_out(webhook.object_selector):
                selectors = (webhook.namespace_selector,) if webhook.namespace_selector is not None else ()
                yield _Guard(f"webhook {webhook.name}", tuple(webhook.rules or ()), (), selectors)


def _can_opt_out(selector: LabelSelector | None) -> bool:
    """Tell whether labels of the object decide: whoever makes it writes them."""
    return selector is not None and bool(selector.match_labels or selector.match_expressions)


def _covers(rule: AdmissionRule, operation: str, group: str, resource: str, namespace: str) -> bool:
    if rule.scope == ("Cluster" if namespace else "Namespaced"):
        return False
    main = resource.partition("/")[0]
    wanted = {resource, "*/*", f"{main}/*"} | (set() if "/" in resource else {"*"})
    return (
        _one_of(rule.operations, (operation, "*"))
        and _one_of(rule.api_groups, (group, "*"))
        and _one_of(rule.resources, wanted)
    )


def _one_of(listed: Iterable[str] | None, wanted: Iterable[str]) -> bool:
    return not set(listed or ()).isdisjoint(wanted)
