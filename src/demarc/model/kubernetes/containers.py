"""Containers: what they run, what they may, and which Secrets they name. Values of the environment are not read."""

from __future__ import annotations

from demarc.model.kubernetes.meta import Api, NameReference


class EnvironmentSource(Api, frozen=True, kw_only=True, gc=False):
    """Where a variable takes its value from."""

    secret_key_ref: NameReference | None = None
    config_map_key_ref: NameReference | None = None


class EnvironmentVariable(Api, frozen=True, kw_only=True, gc=False):
    """A variable of a container. Its value has no field to land in."""

    value_from: EnvironmentSource | None = None


class EnvironmentGroup(Api, frozen=True, kw_only=True, gc=False):
    """Secret or ConfigMap all of whose keys become variables."""

    secret_ref: NameReference | None = None
    config_map_ref: NameReference | None = None


class Capabilities(Api, frozen=True, kw_only=True, gc=False):
    """Capabilities that a container gets beside the runtime's own, and those that it gives up."""

    add: list[str] | None = None
    drop: list[str] | None = None


class Profile(Api, frozen=True, kw_only=True, gc=False):
    """A profile of AppArmor."""

    type: str = ""


class ContainerSecurity(Api, frozen=True, kw_only=True, gc=False):
    """Security context of a container, as far as it opens or closes a way out of it."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    run_as_user: int | None = None
    proc_mount: str | None = None
    capabilities: Capabilities | None = None
    app_armor_profile: Profile | None = None


class VolumeMount(Api, frozen=True, kw_only=True, gc=False):
    """A volume in a container."""

    name: str = ""
    mount_path: str = ""
    read_only: bool | None = None
    sub_path: str | None = None


class ContainerPort(Api, frozen=True, kw_only=True, gc=False):
    """A port that a container declares. What it does not declare may be open all the same."""

    name: str = ""
    container_port: int = 0
    host_port: int | None = None
    protocol: str = "TCP"


class Container(Api, frozen=True, kw_only=True):
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
