"""Pods and the workloads that make them."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.containers import Container, Resources, Security
from demarc.model.kubernetes.meta import Api, KubeObject, NameReference, ObjectMeta
from demarc.model.kubernetes.volumes import Volume


class Sysctl(Api, frozen=True, kw_only=True, gc=False):
    """A setting of the kernel."""

    name: str = ""
    value: str = ""


class PodSecurity(Security, frozen=True, kw_only=True, gc=False):
    """Security context of a pod, as far as it opens or closes a way out of it."""

    sysctls: list[Sysctl] | None = None


class PodOs(Api, frozen=True, kw_only=True, gc=False):
    """The operating system that a pod is written for."""

    name: str = ""


class PodResourceClaim(Api, frozen=True, kw_only=True, gc=False):
    """A device claim of a pod: by name, or made for the pod from a template."""

    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class PodSpec(Api, frozen=True, kw_only=True):
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
    os: PodOs | None = None
    resources: Resources | None = None
    """For all of its containers together."""


class Pod(KubeObject, frozen=True, kw_only=True):
    """A pod."""

    spec: PodSpec = field(default_factory=PodSpec)
    phase: str = field(default="", name="demarc.phase")
    """``status.phase``: Pending, Running, Succeeded, Failed or Unknown; set by the reader."""
    digests: dict[str, str] = field(default_factory=dict, name="demarc.digests")
    """Container -> digest of the image that the node pulled for it (``sha256:...``), as its status says; set by the
    reader."""


class PodTemplate(Api, frozen=True, kw_only=True):
    """Template of a workload's pods."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodSpec = field(default_factory=PodSpec)


class WorkloadSpec(Api, frozen=True, kw_only=True):
    """Spec of Deployment, DaemonSet, StatefulSet, ReplicaSet, ReplicationController or Job."""

    template: PodTemplate = field(default_factory=PodTemplate)
    replicas: int | None = None


class WorkloadStatus(Api, frozen=True, kw_only=True, gc=False):
    """How far a DaemonSet is: pods that it wants, that are ready, and that run its newest template."""

    desired_number_scheduled: int | None = None
    number_ready: int | None = None
    updated_number_scheduled: int | None = None


class WorkloadObject(KubeObject, frozen=True, kw_only=True):
    """Deployment, DaemonSet, StatefulSet, ReplicaSet, ReplicationController or Job."""

    spec: WorkloadSpec = field(default_factory=WorkloadSpec)
    status: WorkloadStatus | None = None


class JobTemplate(Api, frozen=True, kw_only=True):
    """Template of a CronJob."""

    spec: WorkloadSpec = field(default_factory=WorkloadSpec)


class CronJobSpec(Api, frozen=True, kw_only=True):
    """Spec of a CronJob."""

    schedule: str = ""
    job_template: JobTemplate = field(default_factory=JobTemplate)


class CronJob(KubeObject, frozen=True, kw_only=True):
    """A CronJob."""

    spec: CronJobSpec = field(default_factory=CronJobSpec)
