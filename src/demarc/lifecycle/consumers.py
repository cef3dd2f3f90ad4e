"""The credentials of a snapshot, and who uses each: every reference to a Secret, from templates and not only from pods.

A stand-in for an inventory of credentials: whoever has one can give the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from demarc.lifecycle.authorities import Trusts
from demarc.lifecycle.cadence import longest_gap
from demarc.lifecycle.credential import ACCOUNT_PULL, Consumer, Credential, CredentialKind
from demarc.lifecycle.managers import manager_of
from demarc.lifecycle.releases import Releases
from demarc.lifecycle.strategies.aws_keys import key_names
from demarc.lifecycle.strategies.legacy_token import ACCOUNT, INVALID_SINCE, LAST_USED, TRACKING
from demarc.model.kubernetes import (
    ConfigMap,
    Container,
    CronJob,
    Ingress,
    KubeObject,
    Pod,
    PodSpec,
    ReferenceBasis,
    Secret,
    ServiceAccount,
    Volume,
    WorkloadObject,
)
from demarc.model.snapshot import Snapshot

_WORKLOADS: Final = (
    "Deployment.apps",
    "StatefulSet.apps",
    "DaemonSet.apps",
    "ReplicaSet.apps",
    "ReplicationController",
    "Job.batch",
)
_COUNTED: Final = frozenset({*(kind.partition(".")[0] for kind in _WORKLOADS), "CronJob"})
_TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - the name of a type
_KINDS: Final = {
    _TOKEN: CredentialKind.LEGACY_TOKEN,
    "kubernetes.io/tls": CredentialKind.TLS,
    "kubernetes.io/dockerconfigjson": CredentialKind.REGISTRY,
    "kubernetes.io/dockercfg": CredentialKind.REGISTRY,
}
_NO_CREDENTIAL: Final = ("helm.sh/release.v1", "bootstrap.kubernetes.io/token")

CUSTOM: Final = "custom resource"
_BASES: Final = {
    ReferenceBasis.SCHEMA: "as its schema says",
    ReferenceBasis.FIELD: "by the name of the field alone",
    ReferenceBasis.VALUE: "which holds its name and says nothing of Secrets",
}

_Uses = dict[tuple[str, str], dict[tuple[str, str, str], Consumer]]
"""By namespace and name of a Secret, by kind, name and namespace of who uses it."""


class _About(NamedTuple):
    """What is known of all Secrets together."""

    copies: dict[str, list[str]]
    releases: Releases
    trusts: Trusts
    tracked: bool


def credentials(snapshot: Snapshot) -> tuple[Credential, ...]:
    """Every credential that lies in a Secret, with its consumers, sorted by namespace and name."""
    uses = _uses(snapshot)
    maps = {(item.metadata.namespace, item.metadata.name) for item in snapshot.all("ConfigMap", ConfigMap)}
    tracked = TRACKING in maps
    secrets = snapshot.all("Secret", Secret)
    about = _About(_copies(secrets), Releases(snapshot), Trusts(snapshot), tracked)
    return tuple(
        _credential(item, uses.get((item.metadata.namespace, item.metadata.name), {}), about)
        for item in secrets
        if holds_credential(item)
    )


def consumers(snapshot: Snapshot) -> dict[tuple[str, str], tuple[Consumer, ...]]:
    """Who uses each Secret, by its namespace and name; also Secrets that are not there."""
    return {at: tuple(held[key] for key in sorted(held)) for at, held in _uses(snapshot).items()}


def holds_credential(item: Secret) -> bool:
    """Whether a Secret holds a credential that can be rotated in it."""
    return item.type not in _NO_CREDENTIAL


def _credential(item: Secret, uses: dict[tuple[str, str, str], Consumer], about: _About) -> Credential:
    metadata = item.metadata
    keys = tuple(item.keys)
    kind = _KINDS.get(item.type, CredentialKind.OPAQUE)
    if kind is CredentialKind.OPAQUE and all(key_names({}, keys)):
        kind = CredentialKind.CLOUD_KEY
    here = f"{metadata.namespace}/{metadata.name}"
    prints = tuple(_secret_prints(item))
    same = {other for print_ in prints for other in about.copies.get(print_, ()) if other != here}
    releases = dict.fromkeys(place for print_ in prints for place in about.releases.places.get(print_, ()))
    trust = about.trusts.of(item)
    return Credential(
        kind=kind,
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        version=metadata.resource_version,
        keys=keys,
        account=(metadata.annotations or {}).get(ACCOUNT, "") if item.type == _TOKEN else "",
        consumers=tuple(uses[key] for key in sorted(uses)),
        manager=manager_of(item),
        copies=tuple(sorted(same)),
        releases=tuple(releases),
        authority=trust is not None,
        leaves=trust.leaves if trust is not None else (),
        trusted_by=trust.holders if trust is not None else (),
        last_used=(metadata.labels or {}).get(LAST_USED, ""),
        turned_off=(metadata.labels or {}).get(INVALID_SINCE, ""),
        tracked=about.tracked,
    )


def _secret_prints(item: Secret) -> Iterator[str]:
    """Fingerprints of what is secret in it: a CA or a namespace is the same everywhere."""
    public = {"ca.crt", "namespace", "tls.crt", "service-ca.crt", "username", "user"}
    yield from (value for key, value in item.keys.items() if value and key not in public)


def _copies(secrets: Iterable[Secret]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in secrets:
        for value in _secret_prints(item):
            found.setdefault(value, []).append(f"{item.metadata.namespace}/{item.metadata.name}")
    return found


def _uses(snapshot: Snapshot) -> _Uses:
    found: _Uses = {}
    for kind in _WORKLOADS:
        for item in snapshot.all(kind, WorkloadObject):
            if not _is_of_another(item):
                _add_spec(found, item, item.spec.template.spec, replicas=item.spec.replicas)
    for job in snapshot.all("CronJob.batch", CronJob):
        every = longest_gap(job.spec.schedule)
        _add_spec(found, job, job.spec.job_template.spec.template.spec, every=every)
    _add_others(found, snapshot)
    return found


def _add_others(found: _Uses, snapshot: Snapshot) -> None:
    for pod in snapshot.all("Pod", Pod):
        if not _is_of_another(pod) and pod.phase not in ("Succeeded", "Failed"):
            _add_spec(found, pod, pod.spec)
    pulling = _pulling(snapshot)
    for account in snapshot.all("ServiceAccount", ServiceAccount):
        for reference in account.image_pull_secrets or ():
            _add(found, account, reference.name, "imagePullSecrets")
            for item in pulling.get((account.metadata.namespace, account.metadata.name), ()):
                size = 1 if item.spec.replicas is None else item.spec.replicas
                _add(found, item, reference.name, ACCOUNT_PULL, account=account.metadata.name, replicas=size)
    for ingress in snapshot.all("Ingress.networking.k8s.io", Ingress):
        for name in _tls_of(ingress):
            _add(found, ingress, name, "tls")
    _add_custom(found, snapshot)


def _add_custom(found: _Uses, snapshot: Snapshot) -> None:
    """Objects of custom kinds: how they use it, only their operators know."""
    for kind, held in snapshot.references.items():
        for item in snapshot.objects.get(kind, ()):
            for one in held.get(item.key, ()):
                known_by = f"{one.path}, {_BASES[one.basis]}"
                _add(found, item, one.name, CUSTOM, namespace=one.namespace, known_by=known_by)


def _pulling(snapshot: Snapshot) -> dict[tuple[str, str], list[WorkloadObject]]:
    """Workloads whose pods are given the pull secrets of their account when they are made, by that account.

    Those are the ones that name none themselves.
    """
    found: dict[tuple[str, str], list[WorkloadObject]] = {}
    for kind in _WORKLOADS:
        for item in snapshot.all(kind, WorkloadObject):
            spec = item.spec.template.spec
            if not spec.image_pull_secrets and not _is_of_another(item):
                account = spec.service_account_name or "default"
                found.setdefault((item.metadata.namespace, account), []).append(item)
    return found


def _tls_of(ingress: Ingress) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.secret_name for one in ingress.spec.tls or () if one.secret_name))


def _is_of_another(item: KubeObject) -> bool:
    """Made by a workload that is counted itself. What a custom kind makes (a Rollout) is counted in its place."""
    return any(owner.controller and owner.kind in _COUNTED for owner in item.metadata.owner_references or ())


def _add_spec(found: _Uses, item: KubeObject, spec: PodSpec, *, replicas: int | None = None, every: int = 0) -> None:
    account, size = spec.service_account_name or "default", 1 if replicas is None else replicas
    for name, use in _references(spec):
        _add(found, item, name, use, account=account, replicas=size, every=every)


def _add(
    found: _Uses,
    item: KubeObject,
    secret: str,
    use: str,
    *,
    account: str = "",
    replicas: int = 0,
    every: int = 0,
    namespace: str | None = None,
    known_by: str = "",
) -> None:
    """Note a use; ``namespace`` is the Secret's where it is not the item's own."""
    metadata = item.metadata
    held = found.setdefault((metadata.namespace if namespace is None else namespace, secret), {})
    key = (item.kind, metadata.name, metadata.namespace)
    known = held.get(key)
    held[key] = Consumer(
        kind=item.kind,
        namespace=metadata.namespace,
        name=metadata.name,
        uses=tuple(sorted({use, *(known.uses if known else ())})),
        account=account,
        replicas=replicas,
        every=every,
        manager=manager_of(item),
        known_by=(known.known_by if known else "") or known_by,
    )


def _references(spec: PodSpec) -> Iterator[tuple[str, str]]:
    """Secrets that a pod spec names, with how."""
    groups = (spec.init_containers, spec.containers, spec.ephemeral_containers)
    containers = [one for group in groups for one in group or ()]
    yield from ((one.name, "imagePullSecrets") for one in spec.image_pull_secrets or ())
    for container in containers:
        yield from _of_environment(container)
    fixed = {mount.name for one in containers for mount in one.volume_mounts or () if mount.sub_path}
    for volume in spec.volumes or ():
        yield from _of_volume(volume, "subPath" if volume.name in fixed else "volume")


def _of_environment(container: Container) -> Iterator[tuple[str, str]]:
    for variable in container.env or ():
        if variable.value_from and variable.value_from.secret_key_ref:
            yield variable.value_from.secret_key_ref.name, "env"
    for group in container.env_from or ():
        if group.secret_ref:
            yield group.secret_ref.name, "envFrom"


def _of_volume(volume: Volume, use: str) -> Iterator[tuple[str, str]]:
    if volume.secret:
        yield volume.secret.secret_name, use
    for source in (volume.projected.sources if volume.projected else None) or ():
        if source.secret:
            yield source.secret.name, "projected"
    if volume.csi and volume.csi.node_publish_secret_ref:
        yield volume.csi.node_publish_secret_ref.name, "csi"
    for storage in (
        volume.cephfs,
        volume.cinder,
        volume.flex_volume,
        volume.rbd,
        volume.scale_io,
        volume.iscsi,
        volume.storageos,
    ):
        if storage and storage.secret_ref:
            yield storage.secret_ref.name, "csi"
    if volume.azure_file and volume.azure_file.secret_name:
        yield volume.azure_file.secret_name, "csi"
