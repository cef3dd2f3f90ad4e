"""Identities: service accounts, the users and groups that bindings and access entries name, and certificates.

Names only and where they come from; what they may do is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from demarc.inventory.components import Components
from demarc.inventory.logins import logins
from demarc.inventory.platform import OPENSHIFT, of_provider, reserved
from demarc.inventory.records import words
from demarc.inventory.sight import Sight
from demarc.model.duties import Unit
from demarc.model.inventory import Installer, Place, Scope
from demarc.model.kubernetes import Binding, Secret, ServiceAccount

ROLE_ANNOTATIONS: Final = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)
"""Annotations by which a service account is mapped to a cloud role."""

_BINDINGS: Final = ("ClusterRoleBinding.rbac.authorization.k8s.io", "RoleBinding.rbac.authorization.k8s.io")
_BOOTSTRAP: Final = "kubernetes.io/bootstrapping"
_TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"
_ROLE_ARN: Final = re.compile(r"^arn:aws[\w-]*:(?:iam|sts)::\d*:(?:role|assumed-role)/")
_SSO: Final = "AWSReservedSSO_"
_ISSUER: Final = "cert-manager.io/certificate-name"

_CONTROLLERS: Final = frozenset(
    {
        *(
            "attachdetach-controller",
            "bootstrap-signer",
            "certificate-controller",
            "clusterrole-aggregation-controller",
        ),
        *("cronjob-controller", "daemon-set-controller", "deployment-controller", "disruption-controller"),
        *(
            "endpoint-controller",
            "endpointslice-controller",
            "endpointslicemirroring-controller",
            "ephemeral-volume-controller",
        ),
        *("expand-controller", "generic-garbage-collector", "horizontal-pod-autoscaler", "job-controller"),
        *(
            "legacy-service-account-token-cleaner",
            "namespace-controller",
            "node-controller",
            "persistent-volume-binder",
        ),
        *("pod-garbage-collector", "pv-protection-controller", "pvc-protection-controller", "replicaset-controller"),
        *("replication-controller", "resourcequota-controller", "root-ca-cert-publisher", "route-controller"),
        *("selinux-warning-controller", "service-account-controller", "service-cidrs-controller", "service-controller"),
        *("statefulset-controller", "token-cleaner", "ttl-after-finished-controller", "ttl-controller"),
        *(
            "validatingadmissionpolicy-status-controller",
            "resource-claim-controller",
            "storage-version-migrator-controller",
        ),
        *(
            "device-taint-eviction-controller",
            "taint-eviction-controller",
            "volumeattributesclass-protection-controller",
        ),
        *(
            "aws-cloud-provider",
            "azure-cloud-provider",
            "cloud-provider",
            "node-ipam-controller",
            "persistent-volume-controller",
        ),
    }
)
"""Service accounts that the controller manager makes for its own loops, in kube-system."""

_PROVIDER_SUBJECTS: Final[dict[str, tuple[str, ...]]] = {
    "eks": ("eks:",),
    "aks": ("aks-service", "aksService", "aks-support", "clusterAdmin", "clusterUser", "masterclient"),
    "rosa": ("backplane-", "dedicated-admins-", "system:serviceaccounts:dedicated-admin"),
}
"""Users and groups by which a provider acts in its own clusters, by their beginning."""


def identities(sight: Sight, provider: str, found: Components) -> tuple[Place, ...]:
    """Every identity as a place, without duplicates, unsorted."""
    accounts = _Accounts(sight, provider, found)
    subjects = dict(_subjects(sight, provider, accounts))
    for login in logins(sight) if provider == "eks" else ():
        kinds = ("cloud-identity", "system") if login.platforms else _subject_kinds("User", login.principal, provider)
        subjects.setdefault(f"User/{login.principal}", kinds)
    named = (Place(scope=Scope(kind=Unit.IDENTITY, name=name), kinds=kinds) for name, kinds in sorted(subjects.items()))
    return (*accounts.places(), *named, *_certificates(sight, provider))


class _Accounts:
    """Service accounts: those that are there, and those that bindings or pods name."""

    def __init__(self, sight: Sight, provider: str, found: Components) -> None:
        self._sight, self._provider = sight, provider
        self._objects = {
            (item.metadata.namespace, item.metadata.name): item
            for item in sight.snapshot.all("ServiceAccount", ServiceAccount)
        }
        self._components = {component.id: component for component in found.components}
        self._users: dict[tuple[str, str], set[str]] = {}
        for workload in sight.workloads:
            component = found.by_workload.get(workload.key, "")
            self._users.setdefault((workload.namespace, workload.service_account), set()).add(component)
        self.bound: set[tuple[str, str]] = set()
        self.bound_by_users: set[tuple[str, str]] = set()
        self._tokens = {
            (item.metadata.namespace, item.annotations.get("kubernetes.io/service-account.name", ""))
            for item in sight.snapshot.all("Secret", Secret)
            if item.type == _TOKEN
        }
        self.roles = cloud_roles(sight)

    def bind(self, account: tuple[str, str], *, by_provider: bool) -> None:
        """Note that a binding names an account. What users bind is never the platform's own business."""
        self.bound.add(account)
        if not by_provider:
            self.bound_by_users.add(account)

    def places(self) -> Iterator[Place]:
        """One place for each account."""
        for key in sorted({*self._objects, *self._users, *self.bound}):
            namespace, name = key
            if not namespace or (key not in self._objects and key not in self.bound and self._objects):
                continue
            there = self._objects.get(key)
            users = self._users.get(key, set())
            component = next(iter(users)) if len(users) == 1 else ""
            yield Place(
                scope=Scope(kind=Unit.IDENTITY, name=f"{namespace}/ServiceAccount/{name}"),
                namespace=namespace,
                labels=there.labels if there else {},
                component=component,
                kinds=tuple(self._kinds(key, component, there)),
            )

    def _kinds(self, key: tuple[str, str], component: str, there: ServiceAccount | None) -> Iterator[str]:
        yield "service-account"
        if self._is_platforms(key, component, there):
            yield "system"
        if key in self.roles:
            yield "cloud-role"
        if key in self._tokens:
            yield "long-lived-token"
        if key[1] == "default":
            yield "default"
        if key not in self._users and key not in self.bound and key not in self._tokens and key not in self.roles:
            yield "idle"
        if there is None and self._objects:
            yield "absent"

    def _is_platforms(self, key: tuple[str, str], component: str, there: ServiceAccount | None) -> bool:
        namespace, name = key
        if component:
            return self._components[component].installer is Installer.PROVIDER
        if key in self._users:
            return False
        if key in self.bound_by_users or key in self._tokens:
            return False
        if namespace == "kube-system" and name in _CONTROLLERS:
            return True
        if there is not None and any(of_provider(manager, self._provider) for manager in there.managers):
            return True
        if self._provider in OPENSHIFT and name in ("builder", "deployer"):
            return True
        return reserved(namespace, self._provider) and (name == "default" or self._provider in OPENSHIFT)


def cloud_roles(sight: Sight) -> frozenset[tuple[str, str]]:
    """Service accounts, as namespace and name, that are mapped to a cloud role: by annotation or Pod Identity."""
    annotated = {
        (item.metadata.namespace, item.metadata.name)
        for item in sight.snapshot.all("ServiceAccount", ServiceAccount)
        if any(name in item.annotations for name in ROLE_ANNOTATIONS)
    }
    associated = {
        (words(record.body, "namespace"), words(record.body, "serviceAccount"))
        for record in sight.descriptions.of("eks.podIdentityAssociation")
    }
    return frozenset(annotated | associated)


def _subjects(sight: Sight, provider: str, accounts: _Accounts) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Users and groups that bindings name. Service accounts among them, however written, go to ``accounts``."""
    for kind in _BINDINGS:
        for binding in sight.snapshot.all(kind, Binding):
            if _bootstrap(binding):
                continue
            by_provider = any(of_provider(manager, provider) for manager in binding.managers)
            for subject in binding.subjects or ():
                if subject.kind == "ServiceAccount":
                    account = (subject.namespace or binding.metadata.namespace, subject.name)
                    accounts.bind(account, by_provider=by_provider)
                elif subject.kind == "User" and subject.name.startswith(_SERVICE_ACCOUNT):
                    namespace, _, name = subject.name.removeprefix(_SERVICE_ACCOUNT).partition(":")
                    accounts.bind((namespace, name), by_provider=by_provider)
                elif subject.kind in ("User", "Group") and subject.name:
                    yield f"{subject.kind}/{subject.name}", _subject_kinds(subject.kind, subject.name, provider)


def _bootstrap(binding: Binding) -> bool:
    """A binding that the API server makes for itself: marked so, and for system names alone.

    The mark is a label and can be copied, so a binding that carries it and names anybody else is read like any other.
    """
    return _BOOTSTRAP in binding.labels and all(
        subject.name.startswith("system:") or subject.kind == "ServiceAccount" for subject in binding.subjects or ()
    )


def _subject_kinds(kind: str, name: str, provider: str) -> tuple[str, ...]:
    if name.startswith(("system:", *_PROVIDER_SUBJECTS.get(provider, ()))) or _service_agent(name, provider):
        return (kind.lower(), "system")
    if kind == "Group":
        return ("group", "human")
    if (_ROLE_ARN.match(name) and _SSO not in name) or name.endswith(".gserviceaccount.com"):
        return ("cloud-identity", "service-account")
    return ("human", "user")


def _service_agent(name: str, provider: str) -> bool:
    return provider == "gke" and name.endswith("@container-engine-robot.iam.gserviceaccount.com")


def _certificates(sight: Sight, provider: str) -> Iterator[Place]:
    """cert-manager's Certificates, and TLS Secrets that none of them fills."""
    issued = {item.key for item in sight.snapshot.objects.get("Certificate.cert-manager.io", ())}
    for item in sight.snapshot.objects.get("Certificate.cert-manager.io", ()):
        yield _certificate("Certificate", item.metadata.namespace, item.metadata.name, item.labels, system=False)
    for secret in sight.snapshot.all("Secret", Secret):
        if secret.type != "kubernetes.io/tls":
            continue
        namespace = secret.metadata.namespace
        if f"{namespace}/{secret.annotations.get(_ISSUER, '')}" in issued:
            continue
        system = reserved(namespace, provider) and (
            provider in OPENSHIFT or any(of_provider(manager, provider) for manager in secret.managers)
        )
        yield _certificate("Secret", namespace, secret.metadata.name, secret.labels, system=system)


def _certificate(kind: str, namespace: str, name: str, labels: dict[str, str], *, system: bool) -> Place:
    return Place(
        scope=Scope(kind=Unit.IDENTITY, name=f"{namespace}/{kind}/{name}"),
        namespace=namespace,
        labels=labels,
        kinds=("certificate", "system") if system else ("certificate",),
    )
