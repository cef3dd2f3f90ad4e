"""What an incident laid open and left behind, and who held what: shared by descriptions, verdicts and cases.

Never holds the value of a credential.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class StepOwner(Struct, frozen=True, kw_only=True):
    """Who held the control of a step as of its time, by the register."""

    name: str
    """Empty where nobody held it."""
    contact: str = ""
    status: str = ""
    """Status of the matrix row: assigned, lapsed, unowned, provider, ..."""
    as_of: str = ""
    """ISO 8601."""
    row: str = ""
    """Id of the row of the control matrix."""
    basis: str = ""
    """Where it is written."""


class Proof(StrEnum):
    """Whether something is proven by a log."""

    YES = "yes"
    NO = "no"
    """The log would show it and does not."""
    UNKNOWN = "unknown"
    """The log would not show it, or is not there for the time."""


class CredentialKind(StrEnum):
    """What a credential is, and so what ends it."""

    POD_TOKEN = "pod-token"  # noqa: S105 - a kind, not a secret
    """A projected token, bound to its pod."""
    UNBOUND_TOKEN = "unbound-token"  # noqa: S105
    """A TokenRequest token bound to no object."""
    TOKEN_SECRET = "token-secret"  # noqa: S105
    """A token that lies in a Secret and does not expire."""
    CLIENT_CERTIFICATE = "client-certificate"
    MASTERS_CERTIFICATE = "masters-certificate"
    """A certificate of the group system:masters: RBAC does not bind it."""
    NODE_CREDENTIAL = "node-credential"
    BOOTSTRAP_TOKEN = "bootstrap-token"  # noqa: S105
    CLOUD_ROLE_SESSION = "cloud-role-session"
    """Credentials that a cloud gave for a token or to a machine; they outlive the pod."""
    CLOUD_KEY = "cloud-key"
    CLOUD_LOGIN = "cloud-login"
    """A cloud principal that the cluster lets in."""
    LOCAL_ADMIN = "local-admin"
    """A shared administrator of the cluster, outside the directory."""
    PIPELINE_KEY = "pipeline-key"
    SESSION = "session"
    """The session or token of a person at an identity provider or service."""
    REGISTRY_LOGIN = "registry-login"
    SECRET = "secret"  # noqa: S105
    """Any other Secret of the cluster."""
    UNTOLD = "credential"
    """A credential of an identity; that it was taken is known, which one it was is not."""


class ExposedCredential(Struct, frozen=True, kw_only=True):
    """A credential that somebody could have read."""

    kind: CredentialKind
    name: str
    """``namespace/name`` for what lies in a namespace."""
    proven_read: Proof
    how: str = ""
    """By which way, in one line."""
    steps: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    """What it gives access to, where that is known."""
    owner: StepOwner | None = None


class LeftBehind(Struct, frozen=True, kw_only=True):
    """An object that was made or changed and works on until it is taken away."""

    kind: str
    """Resource as kubectl takes it: ``clusterrolebinding``, ``daemonset``; empty where a description names none."""
    name: str
    namespace: str = ""
    made_at: datetime | None = None
    made_by: str = ""
    evidence: tuple[str, ...] = ()
    is_changed: bool = False
    """True: it was there before and was changed; it is put back, not deleted."""
