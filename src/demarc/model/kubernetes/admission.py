"""Webhooks and admission policies."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject, LabelSelector, NameReference


class AdmissionRule(Api, frozen=True, kw_only=True):
    """Which requests a webhook or admission policy sees."""

    operations: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None
    scope: str | None = None


class WebhookClient(Api, frozen=True, kw_only=True):
    """Where a webhook is called."""

    service: NameReference | None = None
    url: str | None = None
    ca_bundle: str = ""
    """Base64 of the PEM certificates by which the API server knows it; public."""


class MatchCondition(Api, frozen=True, kw_only=True, gc=False):
    """An expression that lets a request past a webhook or policy. The expression itself is not read."""

    name: str = ""


class Webhook(Api, frozen=True, kw_only=True):
    """An admission webhook."""

    name: str = ""
    client_config: WebhookClient = field(default_factory=WebhookClient)
    rules: list[AdmissionRule] | None = None
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    failure_policy: str | None = None
    match_conditions: list[MatchCondition] | None = None


class WebhookConfiguration(KubeObject, frozen=True, kw_only=True):
    """MutatingWebhookConfiguration or ValidatingWebhookConfiguration."""

    webhooks: list[Webhook] | None = None


class MatchResources(Api, frozen=True, kw_only=True):
    """Which requests an admission policy, or a binding of it, is for."""

    resource_rules: list[AdmissionRule] | None = None
    exclude_resource_rules: list[AdmissionRule] | None = None
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None


class AdmissionPolicySpec(Api, frozen=True, kw_only=True):
    """Spec of a ValidatingAdmissionPolicy. Its expressions are not read."""

    failure_policy: str | None = None
    match_constraints: MatchResources | None = None
    match_conditions: list[MatchCondition] | None = None


class AdmissionPolicy(KubeObject, frozen=True, kw_only=True):
    """A ValidatingAdmissionPolicy or MutatingAdmissionPolicy."""

    spec: AdmissionPolicySpec = field(default_factory=AdmissionPolicySpec)


class AdmissionPolicyBindingSpec(Api, frozen=True, kw_only=True):
    """Spec of a ValidatingAdmissionPolicyBinding."""

    policy_name: str = ""
    validation_actions: list[str] | None = None
    match_resources: MatchResources | None = None


class AdmissionPolicyBinding(KubeObject, frozen=True, kw_only=True):
    """A ValidatingAdmissionPolicyBinding."""

    spec: AdmissionPolicyBindingSpec = field(default_factory=AdmissionPolicyBindingSpec)
