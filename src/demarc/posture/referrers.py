"""Who refers to a Secret: one index over everything that was read. What follows from it is a check's matter.

It looks at templates and not only at pods, so that what runs at night or is scaled to zero counts. A name that stands
in a command or in a role that is limited to it counts too: an index that errs finds too many referrers, not too few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from demarc.access.node_graph import container_references, volume_references, volume_secrets
from demarc.access.techniques.view import View
from demarc.model.kubernetes import (
    CronJob,
    FluxSource,
    Ingress,
    IssuedCertificate,
    PersistentVolume,
    Pod,
    PodSpec,
    Role,
    ServiceAccount,
    StorageClass,
    StorageParameters,
    WorkloadObject,
)

_TEMPLATES: Final = ("Deployment.apps", "DaemonSet.apps", "StatefulSet.apps", "ReplicaSet.apps", "Job.batch")
_WORD: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
ANYWHERE: Final = ""
_LONGEST: Final = 512


class Referrers:
    """Names of Secrets that something refers to, by namespace."""

    def __init__(self, view: View) -> None:
        self._snapshot = view.snapshot
        self._named: set[tuple[str, str]] = set()
        for pod in self._snapshot.all("Pod", Pod):
            self._pod(pod.metadata.namespace, pod.spec)
        for kind in (*_TEMPLATES, "ReplicationController"):
            for item in self._snapshot.all(kind, WorkloadObject):
                self._pod(item.metadata.namespace, item.spec.template.spec)
        for job in self._snapshot.all("CronJob.batch", CronJob):
            self._pod(job.metadata.namespace, job.spec.job_template.spec.template.spec)
        self._others()

    def of(self, namespace: str, name: str) -> bool:
        """Whether anything refers to a Secret."""
        return (namespace, name) in self._named or (ANYWHERE, name) in self._named

    def _pod(self, namespace: str, spec: PodSpec) -> None:
        found: list[str] = [reference.name for reference in spec.image_pull_secrets or ()]
        for volume in spec.volumes or ():
            found += [name for resource, name in volume_references(volume) if resource == "secrets"]
        for container in (*spec.containers, *(spec.init_containers or ()), *(spec.ephemeral_containers or ())):
            found += [name for resource, name in container_references(container) if resource == "secrets"]
            for text in (*(container.command or ()), *(container.args or ())):
                found += _WORD.findall(text)
        self._named.update((namespace, name) for name in found)

    def _others(self) -> None:
        for found in (self._accounts, self._ingresses, self._storage, self._roles, self._sources, self._custom):
            for namespace, names in found():
                self._named.update((namespace, name) for name in names if name)

    def _accounts(self) -> Iterator[tuple[str, Iterable[str]]]:
        for account in self._snapshot.all("ServiceAccount", ServiceAccount):
            held = (*(account.secrets or ()), *(account.image_pull_secrets or ()))
            yield account.metadata.namespace, (reference.name for reference in held)

    def _ingresses(self) -> Iterator[tuple[str, Iterable[str]]]:
        for ingress in self._snapshot.all("Ingress.networking.k8s.io", Ingress):
            space = ingress.metadata.namespace
            yield space, (part.secret_name for part in ingress.spec.tls or ())
            for text in ingress.annotations.values():
                yield space, _WORD.findall(text[:_LONGEST])

    def _storage(self) -> Iterator[tuple[str, Iterable[str]]]:
        for volume in self._snapshot.all("PersistentVolume", PersistentVolume):
            claim = volume.spec.claim_ref
            for space, name in volume_secrets(volume.spec, claim.namespace if claim else ""):
                yield space, (name,)
        for storage in self._snapshot.all("StorageClass.storage.k8s.io", StorageClass):
            named = storage.parameters or StorageParameters()
            yield ANYWHERE, (named.provisioner_secret, named.publish_secret, named.stage_secret, named.expand_secret)

    def _roles(self) -> Iterator[tuple[str, Iterable[str]]]:
        for kind in ("Role", "ClusterRole"):
            for role in self._snapshot.all(f"{kind}.rbac.authorization.k8s.io", Role):
                for rule in role.rules or ():
                    if "secrets" in (rule.resources or ()):
                        yield role.metadata.namespace, rule.resource_names or ()

    def _sources(self) -> Iterator[tuple[str, Iterable[str]]]:
        for kind in ("GitRepository", "OCIRepository", "HelmRepository"):
            for source in self._snapshot.all(f"{kind}.source.toolkit.fluxcd.io", FluxSource):
                yield source.metadata.namespace, (source.spec.secret_ref.name if source.spec.secret_ref else "",)
        for issued in self._snapshot.all("Certificate.cert-manager.io", IssuedCertificate):
            yield issued.metadata.namespace, (issued.spec.secret_name,)

    def _custom(self) -> Iterator[tuple[str, Iterable[str]]]:
        for held in self._snapshot.references.values():
            for found in held.values():
                yield from ((one.namespace or ANYWHERE, (one.name,)) for one in found)
