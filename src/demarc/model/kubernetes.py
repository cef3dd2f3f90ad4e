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


class NameReference(_Api, frozen=True, kw_only=True, gc=False):
    """Reference to an object by name; ``namespace`` is empty where it is that of the object that refers."""

    name: str = ""
    namespace: str = ""


class EnvironmentSource(_Api, frozen=True, kw_only=True, gc=False):
    """Where a variable takes its value from."""

    secret_key_ref: NameReference | None = None
    config_map_key_ref: NameReference | None = None


class EnvironmentVariable(_Api, frozen=True, kw_only=True, gc=False):
    """A variable of a container. Its value has no field to land in."""

    value_from: EnvironmentSource | None = None


class EnvironmentGroup(_Api, frozen=True, kw_only=True, gc=False):
    """Secret or ConfigMap all of whose keys become variables."""

    secret_ref: NameReference | None = None
    config_map_ref: NameReference | None = None


class Capabilities(_Api, frozen=True, kw_only=True, gc=False):
    """Capabilities that a container gets beside the runtime's own, and those that it gives up."""

    add: list[str] | None = None
    drop: list[str] | None = None


class Profile(_Api, frozen=True, kw_only=True, gc=False):
    """A profile of AppArmor."""

    type: str = ""


class ContainerSecurity(_Api, frozen=True, kw_only=True, gc=False):
    """Security context of a container, as far as it opens or closes a way out of it."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    run_as_user: int | None = None
    proc_mount: str | None = None
    capabilities: Capabilities | None = None
    app_armor_profile: Profile | None = None


class VolumeMount(_Api, frozen=True, kw_only=True, gc=False):
    """A volume in a container."""

    name: str = ""
    mount_path: str = ""
    read_only: bool | None = None
    sub_path: str | None = None


class ContainerPort(_Api, frozen=True, kw_only=True, gc=False):
    """A port that a container declares. What it does not declare may be open all the same."""

    name: str = ""
    container_port: int = 0
    host_port: int | None = None
    protocol: str = "TCP"


class Container(_Api, frozen=True, kw_only=True):
    """A container, with what says who built it, what it refers to and what it may."""

    name: str = ""
    image: str = ""
    image_pull_policy: str | None = None
    security_context: ContainerSecurity | None = None
    volume_mounts: list[VolumeMount] | None = None
    ports: list[ContainerPort] | None = None
    restart_policy: str | None = None
    """Of an init container: ``Always`` for one that goes on running beside the others."""
    stdin: bool | None = None
    target_container_name: str | None = None
    """Of an ephemeral container: the one whose processes it sees."""
    args: list[str] | None = None
    command: list[str] | None = None
    env: list[EnvironmentVariable] | None = None
    env_from: list[EnvironmentGroup] | None = None


class SecretVolume(_Api, frozen=True, kw_only=True, gc=False):
    """Volume out of a Secret, or Azure file share with the Secret of its account."""

    secret_name: str = ""
    secret_namespace: str | None = None
    """Of an Azure file share of a PersistentVolume."""


class ProjectedToken(_Api, frozen=True, kw_only=True, gc=False):
    """A token of the pod's service account; an empty audience is the API server's own."""

    audience: str = ""
    path: str = ""


class ProjectedSource(_Api, frozen=True, kw_only=True, gc=False):
    """One source of a projected volume."""

    service_account_token: ProjectedToken | None = None
    secret: NameReference | None = None
    config_map: NameReference | None = None


class ProjectedVolume(_Api, frozen=True, kw_only=True):
    """A projected volume."""

    sources: list[ProjectedSource] | None = None


class ClaimVolume(_Api, frozen=True, kw_only=True, gc=False):
    """Volume by a PersistentVolumeClaim."""

    claim_name: str = ""


class EphemeralVolume(_Api, frozen=True, kw_only=True, gc=False):
    """Volume whose claim is made for the pod."""


class StorageSecret(_Api, frozen=True, kw_only=True, gc=False):
    """Storage that is opened with a Secret."""

    secret_ref: NameReference | None = None


class HostPath(_Api, frozen=True, kw_only=True, gc=False):
    """Directory, file or socket of the node."""

    path: str = ""
    type: str | None = None


class CsiAttributes(_Api, frozen=True, kw_only=True, gc=False):
    """Attributes of a CSI volume, but for the names of objects that it refers to left out: drivers put anything in."""

    secret_provider_class: str = ""


class CsiVolume(_Api, frozen=True, kw_only=True, gc=False):
    """Storage by a CSI driver, with the Secrets that the kubelet reads for it."""

    driver: str = ""
    volume_handle: str = ""
    """Of a PersistentVolume: its id at the driver, such as that of a disk in the cloud."""
    volume_attributes: CsiAttributes | None = None
    node_publish_secret_ref: NameReference | None = None
    node_stage_secret_ref: NameReference | None = None
    node_expand_secret_ref: NameReference | None = None


class StorageSource(_Api, frozen=True, kw_only=True):
    """Where the data of a volume lies, as far as a Secret opens it or it is the node's own."""

    host_path: HostPath | None = None
    local: HostPath | None = None
    azure_file: SecretVolume | None = None
    cephfs: StorageSecret | None = None
    cinder: StorageSecret | None = None
    flex_volume: StorageSecret | None = None
    rbd: StorageSecret | None = None
    scale_io: StorageSecret | None = field(default=None, name="scaleIO")
    iscsi: StorageSecret | None = None
    storageos: StorageSecret | None = None
    csi: CsiVolume | None = None


class Volume(StorageSource, frozen=True, kw_only=True):
    """A volume of a pod."""

    name: str = ""
    secret: SecretVolume | None = None
    config_map: NameReference | None = None
    projected: ProjectedVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None
    ephemeral: EphemeralVolume | None = None
    empty_dir: EmptyVolume | None = None


class EmptyVolume(_Api, frozen=True, kw_only=True, gc=False):
    """Directory that lives as long as the pod."""

    medium: str = ""


class PodSecurity(_Api, frozen=True, kw_only=True, gc=False):
    """Security context of a pod, as far as it opens or closes a way out of it."""

    run_as_user: int | None = None
    app_armor_profile: Profile | None = None


class PodResourceClaim(_Api, frozen=True, kw_only=True, gc=False):
    """A device claim of a pod: by name, or made for the pod from a template."""

    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class PodSpec(_Api, frozen=True, kw_only=True):
    """Spec of a pod."""

    containers: list[Container] = field(default_factory=list)
    init_containers: list[Container] | None = None
    ephemeral_containers: list[Container] | None = None
    node_name: str = ""
    service_account_name: str = ""
    image_pull_secrets: list[NameReference] | None = None
    volumes: list[Volume] | None = None
    resource_claims: list[PodResourceClaim] | None = None
    automount_service_account_token: bool | None = None
    host_network: bool | None = None
    host_pid: bool | None = field(default=None, name="hostPID")
    host_ipc: bool | None = field(default=None, name="hostIPC")
    host_users: bool | None = None
    """False: the pod has a user namespace of its own, and its root is nobody on the node."""
    share_process_namespace: bool | None = None
    runtime_class_name: str | None = None
    security_context: PodSecurity | None = None


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


class PolicyRule(_Api, frozen=True, kw_only=True, gc=False):
    """A rule of a role."""

    verbs: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None
    non_resource_urls: list[str] | None = field(default=None, name="nonResourceURLs")


class LabelRequirement(_Api, frozen=True, kw_only=True, gc=False):
    """A requirement of a label selector."""

    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class LabelSelector(_Api, frozen=True, kw_only=True):
    """A label selector; an empty one selects everything."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[LabelRequirement] | None = None


class AggregationRule(_Api, frozen=True, kw_only=True):
    """Which ClusterRoles' rules a ClusterRole takes over."""

    cluster_role_selectors: list[LabelSelector] | None = None


class Role(KubeObject, frozen=True, kw_only=True):
    """A Role or ClusterRole; only the latter aggregates."""

    rules: list[PolicyRule] | None = None
    aggregation_rule: AggregationRule | None = None


class PersistentVolumeSpec(StorageSource, frozen=True, kw_only=True):
    """Spec of a PersistentVolume."""

    claim_ref: NameReference | None = None
    storage_class_name: str = ""


class PersistentVolume(KubeObject, frozen=True, kw_only=True):
    """A PersistentVolume."""

    spec: PersistentVolumeSpec = field(default_factory=PersistentVolumeSpec)


class OnNodeSpec(_Api, frozen=True, kw_only=True, gc=False):
    """Spec that names a node."""

    node_name: str = ""


class OnNode(KubeObject, frozen=True, kw_only=True):
    """VolumeAttachment, ResourceSlice or PodCertificateRequest: an object that belongs to a node."""

    spec: OnNodeSpec = field(default_factory=OnNodeSpec)


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


class ServicePort(_Api, frozen=True, kw_only=True, gc=False):
    """A port of a Service; a target port is a number or the name of a container's port."""

    name: str = ""
    port: int = 0
    target_port: int | str | None = None
    node_port: int | None = None
    protocol: str = "TCP"


class ServiceSpec(_Api, frozen=True, kw_only=True):
    """Spec of a Service."""

    type: str = "ClusterIP"
    selector: dict[str, str] | None = None
    ports: list[ServicePort] | None = None
    external_ips: list[str] | None = field(default=None, name="externalIPs")
    external_name: str = ""
    load_balancer_source_ranges: list[str] | None = None


class LoadBalancerPoint(_Api, frozen=True, kw_only=True, gc=False):
    """An address of a load balancer."""

    ip: str = ""
    hostname: str = ""


class LoadBalancerStatus(_Api, frozen=True, kw_only=True):
    """Addresses of a load balancer."""

    ingress: list[LoadBalancerPoint] | None = None


class ServiceStatus(_Api, frozen=True, kw_only=True):
    """Status of a Service."""

    load_balancer: LoadBalancerStatus | None = None


class Service(KubeObject, frozen=True, kw_only=True):
    """A Service."""

    spec: ServiceSpec = field(default_factory=ServiceSpec)
    status: ServiceStatus | None = None


class ServiceBackend(_Api, frozen=True, kw_only=True, gc=False):
    """The Service behind a rule of an Ingress."""

    name: str = ""


class IngressBackend(_Api, frozen=True, kw_only=True, gc=False):
    """What is behind a rule of an Ingress."""

    service: ServiceBackend | None = None
    service_name: str | None = None
    """As extensions/v1beta1 has it."""


class IngressPath(_Api, frozen=True, kw_only=True, gc=False):
    """A path of an Ingress."""

    path: str = ""
    backend: IngressBackend | None = None


class IngressPaths(_Api, frozen=True, kw_only=True):
    """Paths of a rule."""

    paths: list[IngressPath] | None = None


class IngressRule(_Api, frozen=True, kw_only=True):
    """A rule of an Ingress."""

    host: str = ""
    http: IngressPaths | None = None


class IngressSpec(_Api, frozen=True, kw_only=True):
    """Spec of an Ingress."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    backend: IngressBackend | None = None
    """The default backend, as extensions/v1beta1 has it."""
    rules: list[IngressRule] | None = None


class Ingress(KubeObject, frozen=True, kw_only=True):
    """An Ingress."""

    spec: IngressSpec = field(default_factory=IngressSpec)


class IngressClassSpec(_Api, frozen=True, kw_only=True):
    """Spec of an IngressClass."""

    controller: str = ""


class IngressClass(KubeObject, frozen=True, kw_only=True):
    """An IngressClass."""

    spec: IngressClassSpec = field(default_factory=IngressClassSpec)


class RouteReference(_Api, frozen=True, kw_only=True, gc=False):
    """Gateway that a route hangs on, or Service that it leads to."""

    kind: str | None = None
    group: str | None = None
    name: str = ""
    namespace: str | None = None


class RouteRule(_Api, frozen=True, kw_only=True):
    """A rule of a route."""

    backend_refs: list[RouteReference] | None = None


class RouteSpec(_Api, frozen=True, kw_only=True):
    """Spec of a route of the Gateway API."""

    parent_refs: list[RouteReference] | None = None
    rules: list[RouteRule] | None = None


class Route(KubeObject, frozen=True, kw_only=True):
    """HTTPRoute, GRPCRoute, TLSRoute or TCPRoute of the Gateway API."""

    spec: RouteSpec = field(default_factory=RouteSpec)


class IpBlock(_Api, frozen=True, kw_only=True, gc=False):
    """A range of addresses without some of them."""

    cidr: str = ""
    excepted: list[str] | None = field(default=None, name="except")


class PolicyPeer(_Api, frozen=True, kw_only=True):
    """Whom a rule of a NetworkPolicy lets through."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IpBlock | None = None


class PolicyPort(_Api, frozen=True, kw_only=True, gc=False):
    """A port of a rule of a NetworkPolicy; without a number it is every port."""

    port: int | str | None = None
    end_port: int | None = None
    protocol: str = "TCP"


class IngressPolicy(_Api, frozen=True, kw_only=True):
    """A rule for what comes in; no peers are all of them."""

    peers: list[PolicyPeer] | None = field(default=None, name="from")
    ports: list[PolicyPort] | None = None


class EgressPolicy(_Api, frozen=True, kw_only=True):
    """A rule for what goes out; no peers are all of them."""

    peers: list[PolicyPeer] | None = field(default=None, name="to")
    ports: list[PolicyPort] | None = None


class NetworkPolicySpec(_Api, frozen=True, kw_only=True):
    """Spec of a NetworkPolicy."""

    pod_selector: LabelSelector = field(default_factory=LabelSelector)
    policy_types: list[str] | None = None
    ingress: list[IngressPolicy] | None = None
    egress: list[EgressPolicy] | None = None


class NetworkPolicy(KubeObject, frozen=True, kw_only=True):
    """A NetworkPolicy."""

    spec: NetworkPolicySpec = field(default_factory=NetworkPolicySpec)


class AdmissionRule(_Api, frozen=True, kw_only=True):
    """Which requests a webhook or admission policy sees."""

    operations: list[str] | None = None
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None
    scope: str | None = None


class WebhookClient(_Api, frozen=True, kw_only=True):
    """Where a webhook is called."""

    service: NameReference | None = None
    url: str | None = None


class MatchCondition(_Api, frozen=True, kw_only=True, gc=False):
    """An expression that lets a request past a webhook or policy. The expression itself is not read."""

    name: str = ""


class Webhook(_Api, frozen=True, kw_only=True):
    """An admission webhook."""

    name: str = ""
    client_config: WebhookClient = field(default_factory=WebhookClient)
    rules: list[AdmissionRule] | None = None
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    failure_policy: str | None = None
    match_conditions: list[MatchCondition] | None = None


class WebhookConfiguration(KubeObject, frozen=True, kw_only=True):
    """MutatingWebhookConfiguration or ValidatingWebhookConfiguration."""

    webhooks: list[Webhook] | None = None


class MatchResources(_Api, frozen=True, kw_only=True):
    """Which requests an admission policy, or a binding of it, is for."""

    resource_rules: list[AdmissionRule] | None = None
    exclude_resource_rules: list[AdmissionRule] | None = None
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None


class AdmissionPolicySpec(_Api, frozen=True, kw_only=True):
    """Spec of a ValidatingAdmissionPolicy. Its expressions are not read."""

    failure_policy: str | None = None
    match_constraints: MatchResources | None = None
    match_conditions: list[MatchCondition] | None = None


class AdmissionPolicy(KubeObject, frozen=True, kw_only=True):
    """A ValidatingAdmissionPolicy."""

    spec: AdmissionPolicySpec = field(default_factory=AdmissionPolicySpec)


class AdmissionPolicyBindingSpec(_Api, frozen=True, kw_only=True):
    """Spec of a ValidatingAdmissionPolicyBinding."""

    policy_name: str = ""
    validation_actions: list[str] | None = None
    match_resources: MatchResources | None = None


class AdmissionPolicyBinding(KubeObject, frozen=True, kw_only=True):
    """A ValidatingAdmissionPolicyBinding."""

    spec: AdmissionPolicyBindingSpec = field(default_factory=AdmissionPolicyBindingSpec)


class ApiServiceSpec(_Api, frozen=True, kw_only=True):
    """Spec of an APIService."""

    group: str = ""
    service: NameReference | None = None


class ApiService(KubeObject, frozen=True, kw_only=True):
    """An APIService: an API group, and the Service that answers for it where that is not the API server."""

    spec: ApiServiceSpec = field(default_factory=ApiServiceSpec)


class StoreCondition(_Api, frozen=True, kw_only=True):
    """Namespaces that may use a ClusterSecretStore; fields that are not read may limit it further."""

    namespaces: list[str] | None = None
    namespace_selector: LabelSelector | None = None


class SecretStoreSpec(_Api, frozen=True, kw_only=True):
    """Spec of a SecretStore or ClusterSecretStore of the External Secrets operator."""

    conditions: list[StoreCondition] | None = None


class SecretStore(KubeObject, frozen=True, kw_only=True):
    """A SecretStore or ClusterSecretStore of the External Secrets operator."""

    spec: SecretStoreSpec = field(default_factory=SecretStoreSpec)


class ConversionWebhook(_Api, frozen=True, kw_only=True):
    """The webhook that converts between versions of a custom kind."""

    client_config: WebhookClient | None = None


class Conversion(_Api, frozen=True, kw_only=True):
    """How versions of a custom kind are converted."""

    strategy: str = ""
    webhook: ConversionWebhook | None = None


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
    scope: str = ""
    conversion: Conversion | None = None


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
    "Role.rbac.authorization.k8s.io": Role,
    "ClusterRole.rbac.authorization.k8s.io": Role,
    "RoleBinding.rbac.authorization.k8s.io": Binding,
    "ClusterRoleBinding.rbac.authorization.k8s.io": Binding,
    "PersistentVolume": PersistentVolume,
    "VolumeAttachment.storage.k8s.io": OnNode,
    "ResourceSlice.resource.k8s.io": OnNode,
    "PodCertificateRequest.certificates.k8s.io": OnNode,
    "Ingress.networking.k8s.io": Ingress,
    "IngressClass.networking.k8s.io": IngressClass,
    "StorageClass.storage.k8s.io": StorageClass,
    "Service": Service,
    "NetworkPolicy.networking.k8s.io": NetworkPolicy,
    "HTTPRoute.gateway.networking.k8s.io": Route,
    "GRPCRoute.gateway.networking.k8s.io": Route,
    "TLSRoute.gateway.networking.k8s.io": Route,
    "TCPRoute.gateway.networking.k8s.io": Route,
    "MutatingWebhookConfiguration.admissionregistration.k8s.io": WebhookConfiguration,
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io": WebhookConfiguration,
    "ValidatingAdmissionPolicy.admissionregistration.k8s.io": AdmissionPolicy,
    "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io": AdmissionPolicyBinding,
    "APIService.apiregistration.k8s.io": ApiService,
    "CustomResourceDefinition.apiextensions.k8s.io": CustomResourceDefinition,
    "SecretStore.external-secrets.io": SecretStore,
    "ClusterSecretStore.external-secrets.io": SecretStore,
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
