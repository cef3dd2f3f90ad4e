"""Which objects lead to which node: the graph that the Node authorizer keeps of pods and what they refer to.

Edges are those of ``plugin/pkg/auth/authorizer/node/graph.go``: Secrets, ConfigMaps, claims and service accounts lead
to the pods that refer to them, pods to their node, PersistentVolumes to their claim, Secrets to the volume they open.
It answers "leads to", "does not" and "perhaps"; whether a request is allowed is decided elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from demarc.model.kubernetes import (
    Container,
    NameReference,
    OnNode,
    PersistentVolume,
    Pod,
    SecretVolume,
    StorageSource,
    Volume,
)
from demarc.model.snapshot import Snapshot

_MIRROR = "kubernetes.io/config.mirror"
_Key = tuple[str, str, str]
"""Resource, namespace, name."""


class NodeGraph:
    """Objects and the nodes that they lead to."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._nodes: dict[_Key, set[str]] = defaultdict(set)
        self._late: dict[_Key, set[str]] = defaultdict(set)
        self._with_claims: set[str] = set()
        self._with_made_claims: set[str] = set()
        for pod in snapshot.all("Pod", Pod):
            if pod.spec.node_name:
                self._add_pod(pod)
        for volume in snapshot.all("PersistentVolume", PersistentVolume):
            self._add_volume(volume)
        for kind, resource in _ON_NODES.items():
            for item in snapshot.all(kind, OnNode):
                if item.spec.node_name:
                    self._nodes[resource, item.metadata.namespace, item.metadata.name].add(item.spec.node_name)
        self._add_made_claims(snapshot)

    def leads(self, resource: str, namespace: str, name: str, node: str) -> bool:
        """Tell whether an object leads to a node."""
        return node in self._nodes.get((resource, namespace, name), ())

    def perhaps(self, resource: str, namespace: str, name: str, node: str) -> bool:
        """Tell whether it leads there only by an ephemeral container.

        The authorizer looks at a pod when it comes to its node, and at one changed later only after its own next start.
        """
        return node in self._late.get((resource, namespace, name), ())

    def mounts_claims(self, node: str) -> bool:
        """Tell whether a pod of the node has a PersistentVolumeClaim: only then do volumes lead to it."""
        return node in self._with_claims

    def has_made_claims(self, node: str) -> bool:
        """Tell whether a pod of the node has device claims that were made for it from a template."""
        return node in self._with_made_claims

    def of(self, node: str) -> dict[str, tuple[str, ...]]:
        """Objects that lead to a node, by resource, as ``namespace/name``."""
        found: dict[str, list[str]] = defaultdict(list)
        for (resource, namespace, name), nodes in self._nodes.items():
            if node in nodes:
                found[resource].append(f"{namespace}/{name}" if namespace else name)
        return {resource: tuple(sorted(names)) for resource, names in found.items()}

    def _add_pod(self, pod: Pod) -> None:
        namespace, node, spec = pod.metadata.namespace, pod.spec.node_name, pod.spec
        self._nodes["pods", namespace, pod.metadata.name].add(node)
        if _MIRROR in pod.annotations:
            return
        if spec.service_account_name:
            self._nodes["serviceaccounts", namespace, spec.service_account_name].add(node)
        for resource, name in _pod_references(pod):
            self._nodes[resource, namespace, name].add(node)
            if resource == "persistentvolumeclaims":
                self._with_claims.add(node)
        for container in spec.ephemeral_containers or ():
            for resource, name in container_references(container):
                self._late[resource, namespace, name].add(node)
        for claim in spec.resource_claims or ():
            if claim.resource_claim_name:
                self._nodes["resourceclaims", namespace, claim.resource_claim_name].add(node)
            elif claim.resource_claim_template_name:
                self._with_made_claims.add(node)

    def _add_volume(self, volume: PersistentVolume) -> None:
        claim = volume.spec.claim_ref
        if claim is None:
            return
        nodes = self._nodes.get(("persistentvolumeclaims", claim.namespace, claim.name), set())
        if nodes:
            self._nodes["persistentvolumes", "", volume.metadata.name] |= nodes
            for namespace, name in volume_secrets(volume.spec, claim.namespace):
                self._nodes["secrets", namespace, name] |= nodes

    def _add_made_claims(self, snapshot: Snapshot) -> None:
        """Claims made for a pod belong to it; the pod's status, where the authorizer reads their names, agrees."""
        for claim in snapshot.objects.get("ResourceClaim.resource.k8s.io", ()):
            namespace = claim.metadata.namespace
            for owner in claim.metadata.owner_references or ():
                nodes = self._nodes.get(("pods", namespace, owner.name)) if owner.kind == "Pod" else None
                if nodes:
                    self._nodes["resourceclaims", namespace, claim.metadata.name] |= nodes


_ON_NODES = {
    "VolumeAttachment.storage.k8s.io": "volumeattachments",
    "ResourceSlice.resource.k8s.io": "resourceslices",
    "PodCertificateRequest.certificates.k8s.io": "podcertificaterequests",
}


def _pod_references(pod: Pod) -> Iterator[tuple[str, str]]:
    spec = pod.spec
    for reference in spec.image_pull_secrets or ():
        yield from _named("secrets", reference)
    for container in (*spec.containers, *(spec.init_containers or ())):
        yield from container_references(container)
    for volume in spec.volumes or ():
        yield from volume_references(volume)
        if volume.persistent_volume_claim is not None:
            if volume.persistent_volume_claim.claim_name:
                yield "persistentvolumeclaims", volume.persistent_volume_claim.claim_name
        elif volume.ephemeral is not None:
            yield "persistentvolumeclaims", f"{pod.metadata.name}-{volume.name}"


def container_references(container: Container) -> Iterator[tuple[str, str]]:
    """Secrets and ConfigMaps that a container takes its environment from, as resource and name."""
    for group in container.env_from or ():
        yield from _named("secrets", group.secret_ref)
        yield from _named("configmaps", group.config_map_ref)
    for variable in container.env or ():
        if variable.value_from is not None:
            yield from _named("secrets", variable.value_from.secret_key_ref)
            yield from _named("configmaps", variable.value_from.config_map_key_ref)


def volume_references(volume: Volume) -> Iterator[tuple[str, str]]:
    """Secrets and ConfigMaps that a volume of a pod is made of or opened with, as resource and name."""
    for found in (volume.secret, volume.azure_file):
        if found is not None and found.secret_name:
            yield "secrets", found.secret_name
    for reference in _opened_with(volume):
        yield from _named("secrets", reference)
    if volume.csi is not None:
        yield from _named("secrets", volume.csi.node_publish_secret_ref)
    yield from _named("configmaps", volume.config_map)
    for source in (volume.projected and volume.projected.sources) or ():
        yield from _named("secrets", source.secret)
        yield from _named("configmaps", source.config_map)


def _named(resource: str, reference: NameReference | None) -> Iterator[tuple[str, str]]:
    if reference is not None and reference.name:
        yield resource, reference.name


def _opened_with(storage: StorageSource) -> Iterator[NameReference]:
    for found in (
        storage.cephfs,
        storage.cinder,
        storage.flex_volume,
        storage.rbd,
        storage.scale_io,
        storage.iscsi,
        storage.storageos,
    ):
        if found is not None and found.secret_ref is not None:
            yield found.secret_ref


def volume_secrets(spec: StorageSource, claim_namespace: str) -> Iterator[tuple[str, str]]:
    """Namespace and name of the Secrets that a kubelet reads for a PersistentVolume."""
    azure: SecretVolume | None = spec.azure_file
    if azure is not None and azure.secret_name:
        yield azure.secret_namespace or claim_namespace, azure.secret_name
    always_named = {id(found.secret_ref) for found in (spec.cinder, spec.storageos) if found is not None}
    for reference in _opened_with(spec):
        # Volumes written by older versions leave the namespace out, and it is then the claim's; not so with these two.
        if reference.name:
            yield reference.namespace or ("" if id(reference) in always_named else claim_namespace), reference.name
    if spec.csi is not None:
        for held in (spec.csi.node_publish_secret_ref, spec.csi.node_stage_secret_ref, spec.csi.node_expand_secret_ref):
            if held is not None and held.name:
                yield held.namespace, held.name
