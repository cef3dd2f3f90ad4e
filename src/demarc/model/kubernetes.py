"""Kubernetes objects: just the fields that are read. Secret values have no field to land in.

Field names follow the API; ``rename="camel"`` gives them Python spelling. Unknown fields are skipped on decoding,
which is what makes reading a large cluster cheap.
"""

from __future__ import annotations

from msgspec import Struct, field


class _Api(Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of everything that is decoded from the API."""


class FieldsEntry(_Api, frozen=True, kw_only=True, gc=False):
    """One entry of managedFields: who wrote fields of the object, and when."""

    manager: str = ""
    operation: str = ""
    time: str | None = None
    subresource: str = ""


class OwnerReference(_Api, frozen=True, kw_only=True, gc=False):
    """The object that owns this one."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    api_version: str = ""
    controller: bool | None = None


class ObjectMeta(_Api, frozen=True, kw_only=True):
    """Metadata. ``last-applied-configuration`` is taken out on reading: it repeats values."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    """As the API server gave it; empty in manifests. Tells which of two copies of an object is the newer one."""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None
    managed_fields: list[FieldsEntry] | None = None
    finalizers: list[str] | None = None


class KubeObject(_Api, frozen=True, kw_only=True):
    """What every object has. Kinds without a type of their own are held as this."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    api_version: str = ""
    kind: str = ""
    source: str = field(default="", name="demarc.source")
    """Id of the snapshot source it was read from; set by the reader. Its name on the wire is one that no kind has
    (an Event, for one, has a ``source`` of its own, which is an object)."""

    @property
    def key(self) -> str:
        """``namespace/name``, or ``name`` for cluster-scoped objects."""
        return f"{self.metadata.namespace}/{self.metadata.name}" if self.metadata.namespace else self.metadata.name

    @property
    def labels(self) -> dict[str, str]:
        """Labels, empty when there are none."""
        return self.metadata.labels or {}

    @property
    def annotations(self) -> dict[str, str]:
        """Annotations, empty when there are none."""
        return self.metadata.annotations or {}

    @property
    def managers(self) -> tuple[str, ...]:
        """Field managers, in order of first appearance."""
        return tuple(dict.fromkeys(entry.manager for entry in self.metadata.managed_fields or ()))


class NodeInfo(_Api, frozen=True, kw_only=True):
    """Versions a kubelet reports."""

    kubelet_version: str = ""
    os_image: str = ""
    container_runtime_version: str = ""
    kernel_version: str = ""


class NodeSpec(_Api, frozen=True, kw_only=True):
    """Spec of a node."""

    provider_id: str = field(default="", name="providerID")


class NodeStatus(_Api, frozen=True, kw_only=True):
    """Status of a node."""

    node_info: NodeInfo = field(default_factory=NodeInfo)


class Node(KubeObject, frozen=True, kw_only=True):
    """A node."""

    spec: NodeSpec = field(default_factory=NodeSpec)
    status: NodeStatus = field(default_factory=NodeStatus)


class Container(_Api, frozen=True, kw_only=True):
    """A container, with what says who built it."""

    name: str = ""
    image: str = ""
    args: list[str] | None = None
    command: list[str] | None = None


class PodSpec(_Api, frozen=True, kw_only=True):
    """Spec of a pod."""

    containers: list[Container] = field(default_factory=list)
    init_containers: list[Container] | None = None
    node_name: str = ""
    service_account_name: str = ""


class Pod(KubeObject, frozen=True, kw_only=True):
    """A pod."""

    spec: PodSpec = field(default_factory=PodSpec)


class PodTemplate(_Api, frozen=True, kw_only=True):
    """Template of a workload's pods."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodSpec = field(default_factory=PodSpec)


class WorkloadSpec(_Api, frozen=True, kw_only=True):
    """Spec of Deployment, DaemonSet, StatefulSet, ReplicaSet, ReplicationController or Job."""

    template: PodTemplate = field(default_factory=PodTemplate)
    replicas: int | None = None


class WorkloadObject(KubeObject, frozen=True, kw_only=True):
    """Deployment, DaemonSet, StatefulSet, ReplicaSet, ReplicationController or Job."""

    spec: WorkloadSpec = field(default_factory=WorkloadSpec)


class JobTemplate(_Api, frozen=True, kw_only=True):
    """Template of a CronJob."""

    spec: WorkloadSpec = field(default_factory=WorkloadSpec)


class CronJobSpec(_Api, frozen=True, kw_only=True):
    """Spec of a CronJob."""

    job_template: JobTemplate = field(default_factory=JobTemplate)


class CronJob(KubeObject, frozen=True, kw_only=True):
    """A CronJob."""

    spec: CronJobSpec = field(default_factory=CronJobSpec)


class SubjectReference(_Api, frozen=True, kw_only=True, gc=False):
    """Subject of a role binding."""

    kind: str = ""
    name: str = ""
    namespace: str = ""


class RoleReference(_Api, frozen=True, kw_only=True, gc=False):
    """Role of a role binding."""

    kind: str = ""
    name: str = ""


class Binding(KubeObject, frozen=True, kw_only=True):
    """RoleBinding or ClusterRoleBinding."""

    role_ref: RoleReference = field(default_factory=RoleReference)
    subjects: list[SubjectReference] | None = None


class ServiceAccount(KubeObject, frozen=True, kw_only=True):
    """A service account."""


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


class IngressSpec(_Api, frozen=True, kw_only=True):
    """Spec of an Ingress."""

    ingress_class_name: str | None = None


class Ingress(KubeObject, frozen=True, kw_only=True):
    """An Ingress."""

    spec: IngressSpec = field(default_factory=IngressSpec)


class IngressClassSpec(_Api, frozen=True, kw_only=True):
    """Spec of an IngressClass."""

    controller: str = ""


class IngressClass(KubeObject, frozen=True, kw_only=True):
    """An IngressClass."""

    spec: IngressClassSpec = field(default_factory=IngressClassSpec)


class StorageClass(KubeObject, frozen=True, kw_only=True):
    """A StorageClass."""

    provisioner: str = ""


class CustomResourceDefinitionNames(_Api, frozen=True, kw_only=True):
    """Names of a custom kind."""

    kind: str = ""
    plural: str = ""


class CustomResourceDefinitionSpec(_Api, frozen=True, kw_only=True):
    """Spec of a CustomResourceDefinition."""

    group: str = ""
    names: CustomResourceDefinitionNames = field(default_factory=CustomResourceDefinitionNames)


class CustomResourceDefinition(KubeObject, frozen=True, kw_only=True):
    """A CustomResourceDefinition."""

    spec: CustomResourceDefinitionSpec = field(default_factory=CustomResourceDefinitionSpec)


class GitSource(_Api, frozen=True, kw_only=True):
    """Where a GitOps object takes its manifests from."""

    repo_url: str = field(default="", name="repoURL")
    path: str = ""
    target_revision: str = ""


class Destination(_Api, frozen=True, kw_only=True):
    """Where an Argo CD Application deploys to."""

    namespace: str = ""
    server: str = ""
    name: str = ""


class ApplicationSpec(_Api, frozen=True, kw_only=True):
    """Spec of an Argo CD Application."""

    source: GitSource = field(default_factory=GitSource)
    sources: list[GitSource] | None = None
    destination: Destination = field(default_factory=Destination)
    project: str = ""


class Application(KubeObject, frozen=True, kw_only=True):
    """An Argo CD Application."""

    spec: ApplicationSpec = field(default_factory=ApplicationSpec)


class FluxSourceSpec(_Api, frozen=True, kw_only=True):
    """Spec of a Flux GitRepository, OCIRepository or HelmRepository."""

    url: str = ""


class FluxSource(KubeObject, frozen=True, kw_only=True):
    """A Flux GitRepository, OCIRepository or HelmRepository."""

    spec: FluxSourceSpec = field(default_factory=FluxSourceSpec)


class ResourceTag(_Api, frozen=True, kw_only=True, gc=False):
    """A tag that OpenShift puts on what it makes in the cloud."""

    key: str = ""
    value: str = ""


class AwsPlatformStatus(_Api, frozen=True, kw_only=True):
    """Where in AWS an OpenShift cluster runs."""

    region: str = ""
    resource_tags: list[ResourceTag] | None = None


class PlatformStatus(_Api, frozen=True, kw_only=True):
    """Where an OpenShift cluster runs."""

    aws: AwsPlatformStatus | None = None


class InfrastructureStatus(_Api, frozen=True, kw_only=True):
    """Status of the OpenShift Infrastructure object."""

    control_plane_topology: str = ""
    platform: str = ""
    infrastructure_name: str = ""
    api_server_url: str = field(default="", name="apiServerURL")
    platform_status: PlatformStatus = field(default_factory=PlatformStatus)


class Infrastructure(KubeObject, frozen=True, kw_only=True):
    """OpenShift's Infrastructure object: says whether the control plane is hosted elsewhere."""

    status: InfrastructureStatus = field(default_factory=InfrastructureStatus)


TYPES: dict[str, type[KubeObject]] = {
    "Node": Node,
    "Pod": Pod,
    "Deployment.apps": WorkloadObject,
    "DaemonSet.apps": WorkloadObject,
    "StatefulSet.apps": WorkloadObject,
    "ReplicaSet.apps": WorkloadObject,
    "ReplicationController": WorkloadObject,
    "Job.batch": WorkloadObject,
    "CronJob.batch": CronJob,
    "ServiceAccount": ServiceAccount,
    "Secret": Secret,
    "ConfigMap": ConfigMap,
    "RoleBinding.rbac.authorization.k8s.io": Binding,
    "ClusterRoleBinding.rbac.authorization.k8s.io": Binding,
    "Ingress.networking.k8s.io": Ingress,
    "IngressClass.networking.k8s.io": IngressClass,
    "StorageClass.storage.k8s.io": StorageClass,
    "CustomResourceDefinition.apiextensions.k8s.io": CustomResourceDefinition,
    "Application.argoproj.io": Application,
    "GitRepository.source.toolkit.fluxcd.io": FluxSource,
    "OCIRepository.source.toolkit.fluxcd.io": FluxSource,
    "HelmRepository.source.toolkit.fluxcd.io": FluxSource,
    "Infrastructure.config.openshift.io": Infrastructure,
}
"""Kinds with a type of their own, by ``Kind.group``; every other kind is held as KubeObject."""


def kind_key(api_version: str, kind: str) -> str:
    """``Kind.group`` of an apiVersion and kind: ``Deployment.apps``, and ``Pod`` for the core group."""
    group, slash, _ = api_version.rpartition("/")
    return f"{kind}.{group}" if slash and group else kind
