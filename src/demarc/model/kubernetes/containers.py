"""Containers: what they run, what they may, and which Secrets they name. Values of the environment do not stay."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, NameReference


class EnvironmentSource(Api, frozen=True, kw_only=True, gc=False):
    """Where a variable takes its value from."""

    secret_key_ref: NameReference | None = None
    config_map_key_ref: NameReference | None = None


class EnvironmentVariable(Api, frozen=True, kw_only=True, gc=False):
    """A variable of a container. A literal value is used up on reading: what stays tells that there was one."""

    name: str = ""
    value_from: EnvironmentSource | None = None
    literal: str = field(default="", name="value")
    """Keyed fingerprint of a value that looks like a credential; empty for every other."""
    shape: str = field(default="", name="demarc.shape")
    """What it looked like, of ``demarc.collect.literals``; empty where ``literal`` is."""


class EnvironmentGroup(Api, frozen=True, kw_only=True, gc=False):
    """Secret or ConfigMap all of whose keys become variables."""

    secret_ref: NameReference | None = None
    config_map_ref: NameReference | None = None


class Capabilities(Api, frozen=True, kw_only=True, gc=False):
    """Capabilities that a container gets beside the runtime's own, and those that it gives up."""

    add: list[str] | None = None
    drop: list[str] | None = None


class Profile(Api, frozen=True, kw_only=True, gc=False):
    """A profile of AppArmor or seccomp."""

    type: str = ""


class SeLinuxOptions(Api, frozen=True, kw_only=True, gc=False):
    """SELinux context."""

    type: str = ""
    user: str = ""
    role: str = ""


class WindowsOptions(Api, frozen=True, kw_only=True, gc=False):
    """What a container on Windows runs as."""

    host_process: bool | None = None
    run_as_user_name: str | None = None


class Security(Api, frozen=True, kw_only=True, gc=False):
    """What a container can be given by itself or by its pod; where both say something, the container wins."""

    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    app_armor_profile: Profile | None = None
    seccomp_profile: Profile | None = None
    se_linux_options: SeLinuxOptions | None = None
    windows_options: WindowsOptions | None = None


class ContainerSecurity(Security, frozen=True, kw_only=True, gc=False):
    """Security context of a container, as far as it opens or closes a way out of it."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    read_only_root_filesystem: bool | None = None
    proc_mount: str | None = None
    capabilities: Capabilities | None = None


class Resources(Api, frozen=True, kw_only=True, gc=False):
    """How much of the node it may take, and how much is kept for it."""

    limits: dict[str, str | int | float] | None = None
    requests: dict[str, str | int | float] | None = None


class Handler(Api, frozen=True, kw_only=True, gc=False):
    """An address that the kubelet calls; an empty host is the pod itself."""

    host: str = ""


class Probe(Api, frozen=True, kw_only=True, gc=False):
    """A probe or lifecycle hook, as far as it is a call over the network."""

    http_get: Handler | None = None
    tcp_socket: Handler | None = None


class Lifecycle(Api, frozen=True, kw_only=True, gc=False):
    """Hooks of a container."""

    post_start: Probe | None = None
    pre_stop: Probe | None = None


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
    resources: Resources | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    target_container_name: str | None = None
    """Of an ephemeral container: the one whose processes it sees."""
    args: list[str] | None = None
    command: list[str] | None = None
    told: list[str] | None = field(default=None, name="demarc.told")
    """Arguments that showed a credential before they were masked: ``args[2]``."""
    env: list[EnvironmentVariable] | None = None
    env_from: list[EnvironmentGroup] | None = None
