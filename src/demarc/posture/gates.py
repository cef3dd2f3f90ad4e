"""Admission as checks see it: every webhook with who answers for it, policies that deny, and what engines enforce.

It says what is there, and whether a webhook decides about security or only helps its own component along.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from demarc.access.aggregate import selects
from demarc.access.techniques.admission import behind
from demarc.access.techniques.pods import Running
from demarc.collect.certificates import certificates_in
from demarc.model.inventory import Component
from demarc.model.kubernetes import (
    AdmissionPolicy,
    AdmissionPolicyBinding,
    AdmissionRule,
    Certificate,
    EnginePolicy,
    LabelSelector,
    Service,
    Webhook,
    WebhookConfiguration,
)
from demarc.posture.ground import Ground

GROUP: Final = "admissionregistration.k8s.io"
VALIDATING: Final = f"ValidatingWebhookConfiguration.{GROUP}"
MUTATING: Final = f"MutatingWebhookConfiguration.{GROUP}"
POLICIES: Final = f"ValidatingAdmissionPolicy.{GROUP}"
BINDINGS: Final = f"ValidatingAdmissionPolicyBinding.{GROUP}"
_ENGINE_KINDS: Final = (
    *("ClusterPolicy.kyverno.io", "Policy.kyverno.io", "ValidatingPolicy.policies.kyverno.io"),
    *("NamespacedValidatingPolicy.policies.kyverno.io", "ImageValidatingPolicy.policies.kyverno.io"),
    *("ClusterAdmissionPolicy.policies.kubewarden.io", "AdmissionPolicy.policies.kubewarden.io"),
    "ClusterImagePolicy.policy.sigstore.dev",
)
_ENGINES: Final = re.compile(
    r"kyverno|gatekeeper|kubewarden|sigstore|policy-controller|connaisseur|ratify|portieris|opa-|polaris|jspolicy|datree"
    r"|binauthz|neuvector|stackrox|aqua|prisma|twistlock|falcon|sysdig",
    re.IGNORECASE,
)
"""Names of what decides about security, where its workload is not seen."""
_PROVIDERS: Final = re.compile(
    r"^(eks-|vpc-resource-|pod-identity-webhook$|aws-|gke-|gmp-|warden-|validation-webhook\.snapshot|aks-|azure-"
    r"|openshift|sre-|machine-api$|autoscaling\.openshift|networking\.gke\.io|nodelimit|neg-annotation|filestore-|pdcsi-)"
)
"""Names of configurations that managed clusters come with."""
_PROVIDERS_RULES: Final = re.compile(
    r"\.(gke\.io|googleapis\.com|amazonaws\.com|k8s\.aws|azmk8s\.io|openshift\.io|managed\.openshift\.io)$"
)
_SENSITIVE: Final = frozenset(
    {
        *("*", "*/*", "pods", "deployments", "daemonsets", "statefulsets", "jobs", "cronjobs", "secrets", "namespaces"),
        *("clusterrolebindings", "rolebindings", "clusterroles", "roles", "serviceaccounts", "pods/exec"),
    }
)
"""What security hangs on when it is let in."""


class Hook(NamedTuple):
    """A webhook where it stands."""

    item: WebhookConfiguration
    number: int
    webhook: Webhook
    backends: tuple[Running, ...]
    component: Component | None

    @property
    def path(self) -> str:
        """Its place in the configuration."""
        return f"webhooks[{self.number}]"

    @property
    def fails_open(self) -> bool:
        """Whether what it was asked about is let in when it does not answer; absent is Fail."""
        return self.webhook.failure_policy == "Ignore"


class Gates:
    """Admission of a cluster. Built once for each check that asks."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @cached_property
    def services(self) -> dict[str, Service]:
        """Services by key."""
        return {item.key: item for item in self._ground.snapshot.all("Service", Service)}

    @cached_property
    def hooks(self) -> tuple[Hook, ...]:
        """Every webhook, validating ones first."""
        return tuple(hook for kind in (VALIDATING, MUTATING) for hook in self._of(kind))

    def _of(self, kind: str) -> Iterator[Hook]:
        for item in self._ground.snapshot.all(kind, WebhookConfiguration):
            for number, webhook in enumerate(item.webhooks or ()):
                reference = webhook.client_config.service
                service = self.services.get(f"{reference.namespace}/{reference.name}") if reference else None
                backends = tuple(behind(self._ground.view, service))
                found = (self._ground.view.components.get(one.scope) for one in backends)
                component = next((one for one in found if one is not None), None)
                yield Hook(item, number, webhook, backends, component or self._in_namespace(webhook))

    def _in_namespace(self, webhook: Webhook) -> Component | None:
        """The one component of the namespace that a webhook is called in, where its backend is not seen."""
        reference = webhook.client_config.service
        found = [one for one in self._ground.inventory.components if reference and one.namespace == reference.namespace]
        return found[0] if len(found) == 1 and reference and reference.namespace != "kube-system" else None

    def is_providers(self, hook: Hook) -> bool:
        """Whether the provider put a webhook there."""
        if hook.component is not None:
            return self._ground.is_providers(hook.component.id)
        name = hook.item.metadata.name
        known = _PROVIDERS.search(name) or any(_PROVIDERS_RULES.search(one) for one in (name, hook.webhook.name))
        return self._ground.view.is_managed and bool(known)

    def decides(self, hook: Hook) -> bool:
        """Whether a webhook decides about security: an engine's, or one of the customer's own for what matters."""
        if self.is_providers(hook):
            return False
        if hook.component is not None:
            sensor = hook.component.kind == "runtime_sensor" and hook.item.kind.startswith("Validating")
            return hook.component.kind == "policy_engine" or sensor
        name = f"{hook.item.metadata.name} {hook.webhook.name}"
        own = hook.item.kind.startswith("Validating") and sees(hook.webhook.rules, _SENSITIVE)
        return bool(_ENGINES.search(name)) or own

    @cached_property
    def denying(self) -> tuple[tuple[AdmissionPolicy, AdmissionPolicyBinding], ...]:
        """ValidatingAdmissionPolicies with a binding that denies."""
        policies = {item.metadata.name: item for item in self._ground.snapshot.all(POLICIES, AdmissionPolicy)}
        return tuple(
            (policies[binding.spec.policy_name], binding)
            for binding in self._ground.snapshot.all(BINDINGS, AdmissionPolicyBinding)
            if binding.spec.policy_name in policies and "Deny" in (binding.spec.validation_actions or ())
        )

    @cached_property
    def engine_policies(self) -> tuple[EnginePolicy, ...]:
        """Policies and constraints of engines."""
        kinds = [kind for kind in self._ground.snapshot.objects if kind.endswith(".constraints.gatekeeper.sh")]
        return tuple(
            item for kind in (*_ENGINE_KINDS, *kinds) for item in self._ground.snapshot.all(kind, EnginePolicy)
        )

    @cached_property
    def enforcing(self) -> tuple[EnginePolicy, ...]:
        """Those that refuse."""
        return tuple(item for item in self.engine_policies if enforces(item))

    def left_out(self, selector: LabelSelector | None) -> list[str]:
        """Namespaces that a selector leaves out."""
        if selector is None:
            return []
        spaces = sorted(self._ground.view.namespaces.items())
        return [
            name for name, labels in spaces if not selects(selector, {"kubernetes.io/metadata.name": name, **labels})
        ]


def enforces(item: EnginePolicy) -> bool:
    """Whether a policy refuses what violates it, by the words of its engine."""
    spec, kind = item.spec, item.kind
    if item.api_version.startswith("constraints.gatekeeper.sh/"):
        return spec.enforcement_action in {"", "deny"}
    if item.api_version.startswith("policies.kubewarden.io/"):
        return spec.mode != "monitor"
    if kind == "ClusterImagePolicy":
        return spec.mode in {"", "enforce"}
    if item.api_version.startswith("policies.kyverno.io/"):
        return "Deny" in (spec.validation_actions or ["Deny"])
    actions = [
        (check.failure_action or spec.validation_failure_action)
        for rule in spec.rules or ()
        for check in (*([rule.validate] if rule.validate else ()), *(rule.verify_images or ()))
    ]
    return any(action.lower() == "enforce" for action in actions)


def sees(rules: list[AdmissionRule] | None, resources: frozenset[str]) -> bool:
    """Whether rules are for any of some resources."""
    return any(not resources.isdisjoint(rule.resources or ()) for rule in rules or ())


def authorities(webhook: Webhook) -> tuple[Certificate, ...]:
    """Certificates by which the API server knows a webhook; none where there are none to read."""
    try:
        text = base64.b64decode(webhook.client_config.ca_bundle, validate=True).decode("ascii", "replace")
    except (binascii.Error, ValueError):
        return ()
    return certificates_in(text)


def labels_of(selector: LabelSelector | None) -> list[str]:
    """Keys that a selector asks about."""
    if selector is None:
        return []
    return [*(selector.match_labels or {}), *(one.key for one in selector.match_expressions or ())]
