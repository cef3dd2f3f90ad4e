"""Service accounts, Secrets without their values, ConfigMaps, and stores of secrets."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject, LabelSelector, NameReference


class ServiceAccount(KubeObject, frozen=True, kw_only=True):
    """A service account."""

    automount_service_account_token: bool | None = None
    secrets: list[NameReference] | None = None
    """Secrets that it lists: tokens that the controller made for it, in clusters before 1.24."""
    image_pull_secrets: list[NameReference] | None = None


class Secret(KubeObject, frozen=True, kw_only=True):
    """A Secret without its values."""

    type: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    """Key -> keyed fingerprint of its value; the fingerprint is empty where the value never reached us."""
    key_changes: dict[str, str] = field(default_factory=dict)
    """Key -> time of the last write by a field manager that owns it (RFC 3339), where managedFields say so."""
    leaked_in_annotations: tuple[str, ...] = ()
    """Names of annotations that carried values and were taken out."""


class ConfigMap(KubeObject, frozen=True, kw_only=True):
    """A ConfigMap: names of its keys, and the values of the few that describe the cluster (``aws-auth``)."""

    keys: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


class StoreCondition(Api, frozen=True, kw_only=True):
    """Namespaces that may use a ClusterSecretStore; fields that are not read may limit it further."""

    namespaces: list[str] | None = None
    namespace_selector: LabelSelector | None = None


class SecretStoreSpec(Api, frozen=True, kw_only=True):
    """Spec of a SecretStore or ClusterSecretStore of the External Secrets operator."""

    conditions: list[StoreCondition] | None = None


class SecretStore(KubeObject, frozen=True, kw_only=True):
    """A SecretStore or ClusterSecretStore of the External Secrets operator."""

    spec: SecretStoreSpec = field(default_factory=SecretStoreSpec)
