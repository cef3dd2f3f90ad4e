"""The Pod Security Standards as the API server's own admission evaluates them, for any of their versions.

Given a pod spec and the annotations of its pod, it says which controls of a level are broken, and by which field. It
knows neither namespaces nor labels, nor what any of it means to a reader. Controls, values and the versions in which
they changed are those of ``k8s.io/pod-security-admission``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from demarc.model.kubernetes import Container, ContainerSecurity, Lifecycle, PodSpec, Probe, Security, Volume

BASELINE: Final = "baseline"
RESTRICTED: Final = "restricted"
LEVELS: Final = ("privileged", BASELINE, RESTRICTED)
"""From the widest to the narrowest."""
LATEST: Final = 999
"""A version later than any."""

BASELINE_CAPABILITIES: Final = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
_SELINUX: Final = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_SYSCTLS: Final = (
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
)
"""Minor version from which a setting is allowed, and the setting."""
APPARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP: Final = "container.seccomp.security.alpha.kubernetes.io/"


class Shape(NamedTuple):
    """A pod as the standards see it."""

    spec: PodSpec
    annotations: dict[str, str]


class Breach(NamedTuple):
    """A field that a control forbids, or that it asks for and is not there (value None)."""

    control: str
    path: str
    """Within the pod: ``containers[0].securityContext.privileged``, ``metadata.annotations[...]``."""
    value: object


Seen = Iterator[tuple[str, object]]
Examine = Callable[[Shape, int], Seen]


def containers(spec: PodSpec) -> Iterator[tuple[str, Container]]:
    """Every container with its path: init and debug containers too."""
    for kind, some in (
        ("initContainers", spec.init_containers),
        ("containers", spec.containers),
        ("ephemeralContainers", spec.ephemeral_containers),
    ):
        for number, container in enumerate(some or ()):
            yield f"{kind}[{number}]", container


def _secured(spec: PodSpec) -> Iterator[tuple[str, ContainerSecurity]]:
    for path, container in containers(spec):
        if container.security_context is not None:
            yield f"{path}.securityContext", container.security_context


def _both(spec: PodSpec) -> Iterator[tuple[str, Security]]:
    """Security contexts of the pod and of its containers."""
    if spec.security_context is not None:
        yield "securityContext", spec.security_context
    yield from _secured(spec)


def is_windows(spec: PodSpec) -> bool:
    """Whether the pod says that it is for Windows."""
    return spec.os is not None and spec.os.name == "windows"


def has_user_namespace(spec: PodSpec) -> bool:
    """Whether its users are not those of the node."""
    return spec.host_users is False


def privileged(shape: Shape, _: int) -> Seen:
    """Find privileged containers."""
    for path, security in _secured(shape.spec):
        if security.privileged:
            yield f"{path}.privileged", True


def host_namespaces(shape: Shape, _: int) -> Seen:
    """Find namespaces of the node that the pod shares."""
    spec = shape.spec
    for name, shared in (("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)):
        if shared:
            yield name, True


def host_ports(shape: Shape, _: int) -> Seen:
    """Find ports of the node that containers take."""
    for path, container in containers(shape.spec):
        for number, port in enumerate(container.ports or ()):
            if port.host_port:
                yield f"{path}.ports[{number}].hostPort", port.host_port


def host_path_volumes(shape: Shape, _: int) -> Seen:
    """Find directories of the node among the volumes."""
    for number, volume in enumerate(shape.spec.volumes or ()):
        if volume.host_path is not None:
            yield f"volumes[{number}].hostPath.path", volume.host_path.path


def added_capabilities(shape: Shape, _: int) -> Seen:
    """Find added capabilities that baseline does not allow; names are compared as they are written."""
    for path, security in _secured(shape.spec):
        added = (security.capabilities and security.capabilities.add) or ()
        if not BASELINE_CAPABILITIES.issuperset(added):
            yield f"{path}.capabilities.add", [name for name in added if name not in BASELINE_CAPABILITIES]


def app_armor(shape: Shape, _: int) -> Seen:
    """Find AppArmor switched off, by field or by the older annotation."""
    for name, value in shape.annotations.items():
        if name.startswith(APPARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/"):
            yield f"metadata.annotations[{name}]", value
    for path, security in _both(shape.spec):
        profile = security.app_armor_profile
        if profile is not None and profile.type not in ("RuntimeDefault", "Localhost"):
            yield f"{path}.appArmorProfile.type", profile.type


def se_linux(shape: Shape, version: int) -> Seen:
    """Find SELinux contexts other than those that containers have anyway."""
    allowed = _SELINUX | {"container_engine_t"} if version >= 31 else _SELINUX
    for path, security in _both(shape.spec):
        options = security.se_linux_options
        if options is None:
            continue
        if options.type not in allowed:
            yield f"{path}.seLinuxOptions.type", options.type
        for name, value in (("user", options.user), ("role", options.role)):
            if value:
                yield f"{path}.seLinuxOptions.{name}", value


def proc_mount(shape: Shape, _: int) -> Seen:
    """Find ``/proc`` unmasked."""
    for path, security in _secured(shape.spec):
        if security.proc_mount not in (None, "Default"):
            yield f"{path}.procMount", security.proc_mount


def proc_mount_relaxed(shape: Shape, version: int) -> Seen:
    """Find ``/proc`` unmasked outside of a user namespace."""
    if not has_user_namespace(shape.spec):
        yield from proc_mount(shape, version)


def sysctls(shape: Shape, version: int) -> Seen:
    """Find settings of the kernel that are not safe for others on the node."""
    allowed = {name for since, name in _SYSCTLS if version >= since}
    found = (shape.spec.security_context and shape.spec.security_context.sysctls) or ()
    for number, one in enumerate(found):
        if one.name not in allowed:
            yield f"securityContext.sysctls[{number}].name", one.name


def windows_host_process(shape: Shape, _: int) -> Seen:
    """Find containers that run as processes of a Windows node."""
    for path, security in _both(shape.spec):
        if security.windows_options is not None and security.windows_options.host_process:
            yield f"{path}.windowsOptions.hostProcess", True


def host_handlers(shape: Shape, _: int) -> Seen:
    """Find probes and hooks with which the kubelet calls another host."""
    for path, one in containers(shape.spec):
        hooks = one.lifecycle or Lifecycle()
        for name, probe in (
            ("livenessProbe", one.liveness_probe),
            ("readinessProbe", one.readiness_probe),
            ("startupProbe", one.startup_probe),
            ("lifecycle.postStart", hooks.post_start),
            ("lifecycle.preStop", hooks.pre_stop),
        ):
            yield from ((f"{path}.{name}.{way}.host", host) for way, host in _hosts(probe))


def _hosts(probe: Probe | None) -> Iterator[tuple[str, str]]:
    if probe is not None:
        for way, handler in (("httpGet", probe.http_get), ("tcpSocket", probe.tcp_socket)):
            if handler is not None and handler.host:
                yield way, handler.host


def seccomp_annotations(shape: Shape, _: int) -> Seen:
    """Find seccomp switched off as it was done before there was a field for it."""
    names = [_SECCOMP_POD, *(f"{_SECCOMP}{container.name}" for _, container in containers(shape.spec))]
    for name in names:
        value = shape.annotations.get(name)
        if (
            value is not None
            and value not in ("runtime/default", "docker/default")
            and not value.startswith("localhost/")
        ):
            yield f"metadata.annotations[{name}]", value


def seccomp_off(shape: Shape, _: int) -> Seen:
    """Find seccomp switched off."""
    for path, security in _both(shape.spec):
        profile = security.seccomp_profile
        if profile is not None and profile.type not in ("RuntimeDefault", "Localhost"):
            yield f"{path}.seccompProfile.type", profile.type


def seccomp_wanted(shape: Shape, version: int) -> Seen:
    """Find containers without a seccomp profile, their own or the pod's."""
    yield from seccomp_off(shape, version)
    pod = shape.spec.security_context
    if pod is not None and pod.seccomp_profile is not None:
        return
    for path, container in containers(shape.spec):
        if container.security_context is None or container.security_context.seccomp_profile is None:
            yield f"{path}.securityContext.seccompProfile", None


def volume_types(shape: Shape, _: int) -> Seen:
    """Find volumes of kinds that restricted does not allow."""
    for number, volume in enumerate(shape.spec.volumes or ()):
        if not _is_plain(volume):
            yield f"volumes[{number}]", volume.name


def _is_plain(volume: Volume) -> bool:
    return any(
        one is not None
        for one in (
            *(volume.config_map, volume.csi, volume.downward_api, volume.empty_dir, volume.ephemeral),
            *(volume.persistent_volume_claim, volume.projected, volume.secret),
        )
    )


def escalation(shape: Shape, _: int) -> Seen:
    """Find containers whose processes may gain more than their parent has."""
    for path, container in containers(shape.spec):
        security = container.security_context
        said = security.allow_privilege_escalation if security is not None else None
        if said is not False:
            yield f"{path}.securityContext.allowPrivilegeEscalation", said


def run_as_non_root(shape: Shape, _: int) -> Seen:
    """Find containers that are not held to another user than root, by themselves or by the pod."""
    pod = shape.spec.security_context
    by_pod = pod.run_as_non_root if pod is not None else None
    if by_pod is False:
        yield "securityContext.runAsNonRoot", False
    for path, container in containers(shape.spec):
        security = container.security_context
        said = security.run_as_non_root if security is not None else None
        if said is False or (said is None and not by_pod):
            yield f"{path}.securityContext.runAsNonRoot", said


def run_as_user(shape: Shape, _: int) -> Seen:
    """Find root given by number."""
    for path, security in _both(shape.spec):
        if security.run_as_user == 0:
            yield f"{path}.runAsUser", 0


def kept_capabilities(shape: Shape, _: int) -> Seen:
    """Find containers that do not drop all capabilities, or add others than the one for low ports."""
    for path, container in containers(shape.spec):
        security = container.security_context
        held = security.capabilities if security is not None else None
        if "ALL" not in ((held and held.drop) or ()):
            yield f"{path}.securityContext.capabilities.drop", held.drop if held else None
        added = [name for name in (held and held.add) or () if name != "NET_BIND_SERVICE"]
        if added:
            yield f"{path}.securityContext.capabilities.add", added


def _relaxed(examine: Examine) -> Examine:
    """Let pods with a user namespace of their own pass."""
    return lambda shape, version: iter(()) if has_user_namespace(shape.spec) else examine(shape, version)


def _linux(examine: Examine) -> Examine:
    """Let pods for Windows pass."""
    return lambda shape, version: iter(()) if is_windows(shape.spec) else examine(shape, version)


class Control(NamedTuple):
    """A control of a level, with what it asks from which minor version on."""

    name: str
    level: str
    versions: tuple[tuple[int, Examine], ...]


CONTROLS: Final = (
    Control("privileged", BASELINE, ((0, privileged),)),
    Control("hostNamespaces", BASELINE, ((0, host_namespaces),)),
    Control("hostPorts", BASELINE, ((0, host_ports),)),
    Control("hostPathVolumes", BASELINE, ((0, host_path_volumes),)),
    Control("capabilities_baseline", BASELINE, ((0, added_capabilities),)),
    Control("appArmorProfile", BASELINE, ((0, app_armor),)),
    Control("seLinuxOptions", BASELINE, ((0, se_linux),)),
    Control("procMount", BASELINE, ((0, proc_mount), (35, proc_mount_relaxed))),
    Control("seccompProfile_baseline", BASELINE, ((0, seccomp_annotations), (19, seccomp_off))),
    Control("sysctls", BASELINE, ((0, sysctls),)),
    Control("windowsHostProcess", BASELINE, ((0, windows_host_process),)),
    Control("hostProbesAndHostLifecycle", BASELINE, ((34, host_handlers),)),
    Control("restrictedVolumes", RESTRICTED, ((0, volume_types),)),
    Control("procMount_restricted", RESTRICTED, ((35, proc_mount),)),
    Control("allowPrivilegeEscalation", RESTRICTED, ((8, escalation), (25, _linux(escalation)))),
    Control("runAsNonRoot", RESTRICTED, ((0, run_as_non_root), (35, _relaxed(run_as_non_root)))),
    Control("runAsUser", RESTRICTED, ((23, run_as_user), (35, _relaxed(run_as_user)))),
    Control("seccompProfile_restricted", RESTRICTED, ((19, seccomp_wanted), (25, _linux(seccomp_wanted)))),
    Control("capabilities_restricted", RESTRICTED, ((22, kept_capabilities), (25, _linux(kept_capabilities)))),
)
"""All controls of both levels; restricted asks for those of baseline too."""


def breaches(shape: Shape, level: str, version: int = LATEST) -> Iterator[Breach]:
    """What a level of a version (its minor number) forbids in a pod; each field once."""
    if level not in (BASELINE, RESTRICTED):
        return
    told: set[str] = set()
    for control in CONTROLS:
        if control.level == RESTRICTED and level == BASELINE:
            continue
        examine = next((one for since, one in reversed(control.versions) if version >= since), None)
        for path, value in examine(shape, version) if examine is not None else ():
            if path not in told:
                told.add(path)
                yield Breach(control.name, path, value)
