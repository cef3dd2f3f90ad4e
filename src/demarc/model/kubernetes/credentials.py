"""Service accounts, Secrets without their values, ConfigMaps, and stores of secrets."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from demarc.model.kubernetes.meta import Api, KubeObject, LabelSelector, NameReference


class ServiceAccount(KubeObject, frozen=True, kw_only=True):
    """A service account."""

    automount_service_account_token: bool | None = None
    secrets: list[NameReference] | None = None
    """Secrets that it lists: tokens that the controller made for it, in clusters before 1.24."""
    image_pull_secrets: list[NameReference] | None = None


class Certificate(Struct, frozen=True, kw_only=True, gc=False):
    """What an X.509 certificate says of itself; all of it is public. Times are RFC 3339 in UTC."""

    subject: str
    """RFC 4514: ``CN=shop.example,O=Shop``."""
    issuer: str
    names: tuple[str, ...] = ()
    """Subject alternative names, a hundred at most."""
    not_before: str
    not_after: str
    key: str
    """``RSA 2048``, ``EC secp256r1``, ``Ed25519``."""
    key_bits: int
    """0 where the kind of key has none."""
    signature: str
    """Hash of its signature, ``sha256``; empty where the kind of signature has none."""
    authority: bool = False
    """Whether it may sign others."""
    public_key: str = ""
    """SHA-256 of its public key: the same in two certificates that were renewed without a new key."""


class Secret(KubeObject, frozen=True, kw_only=True):
    """A Secret without its values."""

    type: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    """Key -> keyed fingerprint of its value; the fingerprint is empty where the value never reached us."""
    key_changes: dict[str, str] = field(default_factory=dict)
    """Key -> time of the last write by a field manager that owns it (RFC 3339), where managedFields say so."""
    leaked_in_annotations: tuple[str, ...] = ()
    """Names of annotations that carried values and were taken out."""
    certificates: tuple[Certificate, ...] = ()
    """Of ``tls.crt``, the leaf first, a few at most; where it can be read."""
    shapes: dict[str, str] = field(default_factory=dict)
    """Key -> what its value looked like, of ``demarc.collect.literals``; values that look like nothing have none."""
    released: tuple[Literal, ...] = ()
    """Of a release that Helm stores: values in it that look like credentials, and those of the Secrets it rendered."""
    trusts: tuple[str, ...] = ()
    """SHA-256 of the public keys of certificates in it, but for ``tls.crt``: a ``ca.crt``."""
    unread: str = ""
    """Why the release that it holds could not be looked into; empty where it was, or it holds none."""
    immutable: bool = False
    expires: int = 0
    """When a bootstrap token ends, in seconds since 1970; 0 where it does not, or that cannot be read."""


class Literal(Struct, frozen=True, kw_only=True, gc=False):
    """A credential-like value where none should stand: what it is called and looks like, and its fingerprint."""

    at: str
    """Key of the ConfigMap that holds it."""
    name: str
    """Name beside the value within the text; empty where the value is all of it."""
    shape: str
    fingerprint: str


class ConfigMap(KubeObject, frozen=True, kw_only=True):
    """A ConfigMap: names of its keys, and the values of the few that describe the cluster (``aws-auth``)."""

    keys: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    literals: tuple[Literal, ...] = ()
    """Values in it that look like credentials; of a release that Helm stores, those in it."""
    trusts: tuple[str, ...] = ()
    """SHA-256 of the public keys of certificates in it: a bundle of authorities."""
    unread: str = ""
    """As of a Secret."""


class IssuedSpec(Api, frozen=True, kw_only=True, gc=False):
    """Spec of a Certificate of cert-manager."""

    secret_name: str = ""


class IssuedStatus(Api, frozen=True, kw_only=True, gc=False):
    """Status of a Certificate of cert-manager."""

    not_after: str = ""
    renewal_time: str = ""


class IssuedCertificate(KubeObject, frozen=True, kw_only=True):
    """A Certificate of cert-manager: what it keeps renewed, and until when the present one holds."""

    spec: IssuedSpec = field(default_factory=IssuedSpec)
    status: IssuedStatus = field(default_factory=IssuedStatus)


class ReferenceBasis(StrEnum):
    """How it is known that a custom resource refers to a Secret, the surest first."""

    SCHEMA = "schema"
    """The schema of its CustomResourceDefinition says so."""
    FIELD = "field-name"
    """The field is called like it; its CustomResourceDefinition was not seen, or leaves the field open."""
    VALUE = "value"
    """The text is the name of a Secret, in a field that says nothing of Secrets."""


class SecretReference(Struct, frozen=True, kw_only=True, gc=False):
    """A Secret that a custom resource refers to."""

    namespace: str
    """Of the Secret; empty where an object of no namespace names it and several namespaces, or none, have it."""
    name: str
    path: str
    """The field: ``spec.users[*].passwordSecret.name``."""
    basis: ReferenceBasis


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
