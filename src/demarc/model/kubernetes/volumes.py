"""Volumes of pods, persistent volumes and storage classes."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject, NameReference


class SecretVolume(Api, frozen=True, kw_only=True, gc=False):
    """Volume out of a Secret, or Azure file share with the Secret of its account."""

    secret_name: str = ""
    secret_namespace: str | None = None
    """Of an Azure file share of a PersistentVolume."""


class ProjectedToken(Api, frozen=True, kw_only=True, gc=False):
    """A token of the pod's service account; an empty audience is the API server's own."""

    audience: str = ""
    path: str = ""
    expiration_seconds: int | None = None


class ProjectedSource(Api, frozen=True, kw_only=True, gc=False):
    """One source of a projected volume."""

    service_account_token: ProjectedToken | None = None
    secret: NameReference | None = None
    config_map: NameReference | None = None


class ProjectedVolume(Api, frozen=True, kw_only=True):
    """A projected volume."""

    sources: list[ProjectedSource] | None = None


class ClaimVolume(Api, frozen=True, kw_only=True, gc=False):
    """Volume by a PersistentVolumeClaim."""

    claim_name: str = ""


class EphemeralVolume(Api, frozen=True, kw_only=True, gc=False):
    """Volume whose claim is made for the pod."""


class StorageSecret(Api, frozen=True, kw_only=True, gc=False):
    """Storage that is opened with a Secret."""

    secret_ref: NameReference | None = None


class HostPath(Api, frozen=True, kw_only=True, gc=False):
    """Directory, file or socket of the node."""

    path: str = ""
    type: str | None = None


class CsiAttributes(Api, frozen=True, kw_only=True, gc=False):
    """Attributes of a CSI volume, but for the names of objects that it refers to left out: drivers put anything in."""

    secret_provider_class: str = ""


class CsiVolume(Api, frozen=True, kw_only=True, gc=False):
    """Storage by a CSI driver, with the Secrets that the kubelet reads for it."""

    driver: str = ""
    volume_handle: str = ""
    """Of a PersistentVolume: its id at the driver, such as that of a disk in the cloud."""
    volume_attributes: CsiAttributes | None = None
    node_publish_secret_ref: NameReference | None = None
    node_stage_secret_ref: NameReference | None = None
    node_expand_secret_ref: NameReference | None = None


class StorageSource(Api, frozen=True, kw_only=True):
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
    downward_api: DownwardVolume | None = field(default=None, name="downwardAPI")


class DownwardVolume(Api, frozen=True, kw_only=True, gc=False):
    """Files with fields of the pod itself."""


class EmptyVolume(Api, frozen=True, kw_only=True, gc=False):
    """Directory that lives as long as the pod."""

    medium: str = ""


class PersistentVolumeSpec(StorageSource, frozen=True, kw_only=True):
    """Spec of a PersistentVolume."""

    claim_ref: NameReference | None = None
    storage_class_name: str = ""


class PersistentVolume(KubeObject, frozen=True, kw_only=True):
    """A PersistentVolume."""

    spec: PersistentVolumeSpec = field(default_factory=PersistentVolumeSpec)


class StorageParameters(Api, frozen=True, kw_only=True, gc=False):
    """Parameters of a StorageClass that name keys and Secrets; drivers put anything into the others."""

    encrypted: str = ""
    kms_key_id: str = ""
    disk_encryption_set: str = field(default="", name="diskEncryptionSetID")
    disk_kms_key: str = field(default="", name="disk-encryption-kms-key")
    instance_kms_key: str = field(default="", name="instance-encryption-kms-key")
    provisioner_secret: str = field(default="", name="csi.storage.k8s.io/provisioner-secret-name")
    publish_secret: str = field(default="", name="csi.storage.k8s.io/node-publish-secret-name")
    stage_secret: str = field(default="", name="csi.storage.k8s.io/node-stage-secret-name")
    expand_secret: str = field(default="", name="csi.storage.k8s.io/controller-expand-secret-name")


class StorageClass(KubeObject, frozen=True, kw_only=True):
    """A StorageClass."""

    provisioner: str = ""
    parameters: StorageParameters | None = None
