"""OpenShift's own description of its infrastructure."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject


class ResourceTag(Api, frozen=True, kw_only=True, gc=False):
    """A tag that OpenShift puts on what it makes in the cloud."""

    key: str = ""
    value: str = ""


class AwsPlatformStatus(Api, frozen=True, kw_only=True):
    """Where in AWS an OpenShift cluster runs."""

    region: str = ""
    resource_tags: list[ResourceTag] | None = None


class PlatformStatus(Api, frozen=True, kw_only=True):
    """Where an OpenShift cluster runs."""

    aws: AwsPlatformStatus | None = None


class InfrastructureStatus(Api, frozen=True, kw_only=True):
    """Status of the OpenShift Infrastructure object."""

    control_plane_topology: str = ""
    platform: str = ""
    infrastructure_name: str = ""
    api_server_url: str = field(default="", name="apiServerURL")
    platform_status: PlatformStatus = field(default_factory=PlatformStatus)


class Infrastructure(KubeObject, frozen=True, kw_only=True):
    """OpenShift's Infrastructure object: says whether the control plane is hosted elsewhere."""

    status: InfrastructureStatus = field(default_factory=InfrastructureStatus)
