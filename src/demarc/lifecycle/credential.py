"""The credential that a plan is about, with who uses it and who keeps it: what an inventory has to give.

Values only: no field can hold a secret value.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

ACCOUNT_PULL: Final = "accountPull"
"""How a workload uses a pull secret that only its service account names: its pods get it when they are made."""


class CredentialKind(StrEnum):
    """What sort of credential a Secret holds, as far as its rotation differs."""

    LEGACY_TOKEN = "legacy-token"  # noqa: S105 - the name of a kind
    """A service account token without end, in a Secret."""
    TLS = "tls"
    REGISTRY = "registry"
    CLOUD_KEY = "aws-key"
    OPAQUE = "opaque"


class Manager(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who keeps an object, and so takes back what others change."""

    kind: str
    """``argo-cd``, ``flux``, ``helm``, ``external-secrets``, ``cert-manager``, ``sealed-secrets``, ``operator``, ..."""
    name: str = ""
    reverts: str = ""
    """When it takes back a change, in words; empty: it does not."""
    source: str = ""
    """Where the truth lies, in words: what has to be changed instead."""
    evidence: str = ""


class Consumer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that uses a credential."""

    kind: str
    """``Deployment``, ``StatefulSet``, ``DaemonSet``, ``CronJob``, ``Job``, ``Pod``, ``ServiceAccount``, ``Ingress``,
    or ``External`` for what only uses it from outside the cluster."""
    namespace: str = ""
    name: str
    uses: tuple[str, ...] = ()
    """``env``, ``envFrom``, ``volume``, ``subPath``, ``projected``, ``imagePullSecrets``, ``csi``, ``tls``,
    ``custom resource``."""
    account: str = ""
    """Service account that its pods run as."""
    replicas: int = 0
    every: int = 0
    """Of a CronJob: seconds that can lie between two runs at most."""
    manager: Manager | None = None
    known_by: str = ""
    """Of a custom resource: the field that names the Secret, and how that is known."""

    @property
    def key(self) -> str:
        """``Deployment/shop/app``; ``External/ci`` without a namespace."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def by_account(self) -> bool:
        """Whether it has no reference of its own, and only needs new pods once its account refers to another Secret."""
        return self.uses == (ACCOUNT_PULL,)

    @property
    def restarts(self) -> bool:
        """Whether its pods are made anew when its template changes."""
        return self.kind in ("Deployment", "StatefulSet", "DaemonSet")


class Credential(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A credential in the cluster: the Secret that holds it, and what surrounds it."""

    kind: CredentialKind
    namespace: str
    name: str
    uid: str = ""
    version: str = ""
    """resourceVersion when it was seen."""
    keys: tuple[str, ...] = ()
    account: str = ""
    """Service account of a token."""
    consumers: tuple[Consumer, ...] = ()
    manager: Manager | None = None
    copies: tuple[str, ...] = ()
    """Other Secrets with the same value, as ``namespace/name``."""
    last_used: str = ""
    """Day of the last use that the API server noted; empty: none was noted."""
    turned_off: str = ""
    """Since when Kubernetes refuses a token (``legacy-token-invalid-since``); empty: it does not."""
    tracked: bool = False
    """Whether the API server notes uses; without that, no last use means nothing."""

    @property
    def key(self) -> str:
        """``shop/database``."""
        return f"{self.namespace}/{self.name}"
