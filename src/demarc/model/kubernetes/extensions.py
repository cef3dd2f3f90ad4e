"""Aggregated APIs and custom resource definitions."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.admission import WebhookClient
from demarc.model.kubernetes.meta import Api, KubeObject, NameReference


class ApiServiceSpec(Api, frozen=True, kw_only=True):
    """Spec of an APIService."""

    group: str = ""
    service: NameReference | None = None


class ApiService(KubeObject, frozen=True, kw_only=True):
    """An APIService: an API group, and the Service that answers for it where that is not the API server."""

    spec: ApiServiceSpec = field(default_factory=ApiServiceSpec)


class ConversionWebhook(Api, frozen=True, kw_only=True):
    """The webhook that converts between versions of a custom kind."""

    client_config: WebhookClient | None = None


class Conversion(Api, frozen=True, kw_only=True):
    """How versions of a custom kind are converted."""

    strategy: str = ""
    webhook: ConversionWebhook | None = None


class CustomResourceDefinitionNames(Api, frozen=True, kw_only=True):
    """Names of a custom kind."""

    kind: str = ""
    plural: str = ""


class CustomResourceDefinitionSpec(Api, frozen=True, kw_only=True):
    """Spec of a CustomResourceDefinition."""

    group: str = ""
    names: CustomResourceDefinitionNames = field(default_factory=CustomResourceDefinitionNames)
    scope: str = ""
    conversion: Conversion | None = None


class CustomResourceDefinition(KubeObject, frozen=True, kw_only=True):
    """A CustomResourceDefinition."""

    spec: CustomResourceDefinitionSpec = field(default_factory=CustomResourceDefinitionSpec)
