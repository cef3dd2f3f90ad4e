"""What a plan is about, a credential or a grant, with who uses it and who keeps it: what an inventory has to give.

Values only: no field can hold a secret value.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from demarc.lifecycle.cluster.hands import Right

ACCOUNT_PULL: Final = "accountPull"
"""How a workload uses a pull secret that only its service account names: its pods get it when they are made."""


class CredentialKind(StrEnum):
    """What sort of credential a Secret holds, as far as its rotation differs; or that it is a grant."""

    LEGACY_TOKEN = "legacy-token"  # noqa: S105 - the name of a kind
    """A service account token without end, in a Secret."""
    TLS = "tls"
    REGISTRY = "registry"
    CLOUD_KEY = "aws-key"
    OPAQUE = "opaque"
    GRANT = "grant"
    """No Secret at all: a subject's place in a binding."""


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


class Consumer(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
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


class Way(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A way to cluster-admin that somebody else has."""

    says: str
    binding: str = ""
    """Name of its ClusterRoleBinding; empty for one that the cloud gives."""
    subject: str = ""


class Given(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A subject's place in a binding: what is taken away where access is withdrawn."""

    kind: str
    """``ClusterRoleBinding`` or ``RoleBinding``."""
    role: str
    """``ClusterRole edit``."""
    subject: str
    """``User jane``, ``Group developers``, ``ServiceAccount ci/deployer``."""
    reason: str = ""
    """How the API server words that it allowed something by it, as the audit trail repeats it."""
    others: int = 0
    """How many others the binding names: they keep it."""
    narrower: str = ""
    """Role that the subject gets instead; empty: none."""
    user: str = ""
    """As the API server knows the subject; empty for a group."""
    groups: tuple[str, ...] = ()
    denied: tuple[Right, ...] = ()
    """What this binding alone gives: the API server must refuse it afterwards."""
    still: tuple[str, ...] = ()
    """What others give the subject all the same."""
    power: tuple[str, ...] = ()
    """Why it counts as powerful."""
    used: str = ""
    """That it was used of late, in words."""
    admins: tuple[Way, ...] = ()
    """Of a way to cluster-admin: those of others."""
    admin: bool = False


class Credential(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A credential in the cluster, the Secret that holds it, and what surrounds it; or a grant, with its binding."""

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
    releases: tuple[str, ...] = ()
    """Releases of Helm that hold the same value, with their revisions: they keep it after a rotation."""
    authority: bool = False
    """Whether it may sign certificates."""
    leaves: tuple[str, ...] = ()
    """Of an authority: Secrets with certificates that name it as issuer, as ``namespace/name``."""
    trusted_by: tuple[str, ...] = ()
    """Of an authority: what holds its certificate, ``ConfigMap shop/trust``."""
    last_used: str = ""
    """Day of the last use that the API server noted; empty: none was noted."""
    turned_off: str = ""
    """Since when Kubernetes refuses a token (``legacy-token-invalid-since``); empty: it does not."""
    tracked: bool = False
    """Whether the API server notes uses; without that, no last use means nothing."""
    given: Given | None = None
    """Of a grant: what is taken away. Namespace, name, uid and version are then those of the binding."""

    @property
    def key(self) -> str:
        """``shop/database``; of a grant ``RoleBinding shop/ops for User jane``."""
        if self.given is not None:
            return f"{self.given.kind} {self.place} for {self.given.subject}"
        return f"{self.namespace}/{self.name}"

    @property
    def place(self) -> str:
        """Name of the object, with its namespace where it has one."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def lock_space(self) -> str:
        """Namespace of its lock; for what is in no namespace the one that only administrators write to."""
        return self.namespace or "kube-system"
