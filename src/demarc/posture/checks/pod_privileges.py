"""Checks of what a container may on its node: namespaces, privileges, capabilities, users and profiles.

Controls are those of the Pod Security Standards in their latest version; what they leave to the reader (a user that the
image decides, which capability is how dangerous) is decided here. Files of the node are beside this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from demarc.model.kubernetes import ContainerSecurity, Security
from demarc.model.posture import FieldSeen, Fix, Severity
from demarc.posture import pod_security
from demarc.posture.checks.patches import Body, containers, mended, of_containers, pods
from demarc.posture.checks.workloads import Hit, each_container, each_pod, each_shape, seen
from demarc.posture.ground import Box, Ground, PodSeen
from demarc.posture.interface import Check, Report

_DANGEROUS: Final = frozenset(
    {
        *("ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "NET_ADMIN", "DAC_READ_SEARCH"),
        *("BPF", "PERFMON", "MAC_ADMIN", "MAC_OVERRIDE", "CHECKPOINT_RESTORE", "SYSLOG", "LINUX_IMMUTABLE"),
    }
)
"""Capabilities with which a container takes over its node, its neighbours or their traffic."""
_CRIO: Final = ("rosa", "aro")
"""Providers whose nodes run CRI-O, which keeps NET_RAW from containers that do not ask for it."""


def _privileged(ground: Ground, report: Report) -> None:
    says = "Take the privilege away; grant the single capability or device that is needed."
    fix = containers(says, {"securityContext": {"privileged": False}})
    each_shape(ground, report, pod_security.privileged, "may do all that root may on its node", fix)


def _host_pid(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen) -> Iterator[FieldSeen]:
        if pod.spec.host_pid:
            yield seen(f"{pod.base}.hostPID", True)

    fix = pods("Remove hostPID.", {"hostPID": False})
    each_pod(ground, report, looks, "sees and may signal every process of its node", fix)


def _host_ipc(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen) -> Iterator[FieldSeen]:
        if pod.spec.host_ipc:
            yield seen(f"{pod.base}.hostIPC", True)

    fix = pods("Remove hostIPC.", {"hostIPC": False})
    each_pod(ground, report, looks, "shares memory and semaphores with the processes of its node", fix)


def _host_network(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen) -> Iterator[FieldSeen]:
        if pod.spec.host_network:
            yield seen(f"{pod.base}.hostNetwork", True)

    says = "is in the network of its node, where no NetworkPolicy holds and the node's own services listen"
    each_pod(ground, report, looks, says, _off_host_network)


def _off_host_network(hit: Hit) -> Fix:
    """Ports of the node come with its network: the API server writes them into every port, so they go too."""
    boxes = {box.path: box for pod in hit.pods for box in pod.boxes.values()}.values()
    body = {"hostNetwork": False, **of_containers(boxes, without_host_ports)}
    return mended(hit, "Give it a network of its own and a Service; a port of the node is not needed then.", body)


def without_host_ports(box: Box) -> Body:
    """Take the ports of the node from a container; ports merge by number and protocol."""
    ports = [
        {"containerPort": port.container_port, "protocol": port.protocol, "hostPort": None}
        for port in box.container.ports or ()
        if port.host_port
    ]
    return {"ports": ports} if ports else {}


def _escalation(ground: Ground, report: Report) -> None:
    says = "Set allowPrivilegeEscalation to false; with it neither privileged nor CAP_SYS_ADMIN can stay."
    told = "lets its processes gain more rights than it started with, by a set-uid program for one"
    each_shape(ground, report, pod_security.escalation, told, containers(says, without_escalation), linux=True)


def without_escalation(box: Box) -> Body:
    """The API server refuses the field beside what makes it pointless, so that goes with it."""
    security = box.container.security_context
    set_to: Body = {"allowPrivilegeEscalation": False}
    if security is not None and security.privileged:
        set_to["privileged"] = False
    added = _added(security)
    if any(_short(name) == "SYS_ADMIN" for name in added):
        set_to["capabilities"] = {"add": [name for name in added if _short(name) != "SYS_ADMIN"] or None}
    return {"securityContext": set_to}


def may_be_root(ground: Ground, pod: PodSeen, box: Box) -> tuple[str, object] | None:
    """Which field lets a container run as root of its node, with its value; None where nothing does.

    The container's word counts before the pod's. Without any word the image decides, which is not seen.
    """
    own, around = box.container.security_context, pod.spec.security_context
    path = f"{box.path}.securityContext"
    if pod_security.has_user_namespace(pod.spec):
        return None
    held = _first(own and own.run_as_non_root, around and around.run_as_non_root)
    if ground.is_windows(pod):
        stated = [one.windows_options for one in (own, around) if one is not None and one.windows_options is not None]
        name = next((one.run_as_user_name for one in stated if one.run_as_user_name), "")
        is_other = bool(name) and name.lower() != "containeradministrator"
        return None if held or is_other else (f"{path}.windowsOptions.runAsUserName", name or None)
    user = _first(own and own.run_as_user, around and around.run_as_user)
    if held or user:
        return None
    if user is None:
        return f"{path}.runAsNonRoot", held
    by_container = own is not None and own.run_as_user is not None
    return f"{path}.runAsUser" if by_container else f"{pod.base}.securityContext.runAsUser", 0


def _first(own: Any, around: Any) -> Any:
    return own if own is not None else around


def _root(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        found = may_be_root(ground, pod, box)
        if found is not None:
            yield seen(*found)

    fix = containers(
        "Run as another user than root. Where the image's own user is root or a name, give a number in runAsUser.",
        _as_somebody,
        pod={"securityContext": {"runAsNonRoot": True}},
    )
    each_container(ground, report, looks, "may run as root: nothing holds it to another user", fix)


def _as_somebody(box: Box) -> Body:
    security, pod = box.container.security_context, box.spec.security_context
    user = _first(security and security.run_as_user, pod and pod.run_as_user)
    set_to: Body = {}
    if security is not None and security.run_as_non_root is False:
        set_to["runAsNonRoot"] = True
    if user == 0:
        set_to["runAsUser"] = 10001
    return {"securityContext": set_to} if set_to else {}


def _short(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _added(security: ContainerSecurity | None) -> list[str]:
    return list((security.capabilities.add or ()) if security and security.capabilities else ())


def _dropped(security: ContainerSecurity | None) -> list[str]:
    return list((security.capabilities.drop or ()) if security and security.capabilities else ())


def _beyond(box: Box) -> list[str]:
    """Added capabilities that baseline does not allow; NET_RAW has a check of its own."""
    names = _added(box.container.security_context)
    return [name for name in names if _short(name) not in pod_security.BASELINE_CAPABILITIES | {"NET_RAW"}]


def _capabilities(ground: Ground, report: Report) -> None:
    def looks(_: PodSeen, box: Box) -> Iterator[FieldSeen]:
        beyond = _beyond(box)
        if beyond:
            yield seen(f"{box.path}.securityContext.capabilities.add", beyond)

    def sets(box: Box) -> Body:
        beyond = _beyond(box)
        kept = [name for name in _added(box.container.security_context) if name not in beyond]
        return {"securityContext": {"capabilities": {"add": kept or None}}}

    fix = containers("Take these capabilities away; a single one that is needed gets an exception with an end.", sets)
    told = "has capabilities that containers do not get by themselves"
    each_container(ground, report, looks, told, fix, weigh=_weigh_capabilities)


def _weigh_capabilities(hit: Hit) -> tuple[Severity | None, str]:
    names = dict.fromkeys(_short(name) for box in hit.boxes.values() for name in _beyond(box))
    listed = ", ".join(names)
    if all(pod_security.has_user_namespace(box.spec) for box in hit.boxes.values()):
        return Severity.LOW, f"{listed}, within a user namespace of its own"
    if _DANGEROUS.isdisjoint(names):
        return Severity.MEDIUM, f"{listed}: beyond the baseline standard, and none that alone opens the node"
    return None, listed


def _drop_all(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        dropped = _dropped(box.container.security_context)
        if not ground.is_windows(pod) and "ALL" not in map(_short, dropped):
            yield seen(f"{box.path}.securityContext.capabilities.drop", dropped or None)

    says = "Drop ALL and add back the one that is needed, such as NET_BIND_SERVICE."
    fix = containers(says, {"securityContext": {"capabilities": {"drop": ["ALL"]}}})
    each_container(ground, report, looks, "keeps capabilities that it was not asked whether it needs", fix)


def _net_raw(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        security = box.container.security_context
        dropped, added = set(map(_short, _dropped(security))), set(map(_short, _added(security)))
        if ground.is_windows(pod):
            return
        if security is not None and security.privileged:
            yield seen(f"{box.path}.securityContext.privileged", True)
        elif "NET_RAW" not in dropped and "NET_RAW" in added:
            yield seen(f"{box.path}.securityContext.capabilities.add", _added(security))
        elif dropped.isdisjoint({"NET_RAW", "ALL"}) and ("ALL" in added or not _is_kept_back(ground, pod)):
            yield seen(f"{box.path}.securityContext.capabilities.drop", _dropped(security) or None)

    def sets(box: Box) -> Body:
        security = box.container.security_context
        kept = [name for name in _added(security) if _short(name) not in {"NET_RAW", "ALL"}]
        capabilities: Body = {"drop": [*(name for name in _dropped(security) if _short(name) != "NET_RAW"), "NET_RAW"]}
        if kept != _added(security):
            capabilities["add"] = kept or None
        set_to: Body = {"capabilities": capabilities}
        if security is not None and security.privileged:
            set_to["privileged"] = False
        return {"securityContext": set_to}

    says = "Drop NET_RAW, or better ALL; ping works without it where net.ipv4.ping_group_range allows it."
    told = "can send forged packets to its neighbours: it keeps NET_RAW"
    each_container(ground, report, looks, told, containers(says, sets))


def _is_kept_back(ground: Ground, pod: PodSeen) -> bool:
    """Whether the runtime itself keeps NET_RAW from containers that do not add it."""
    nodes = [ground.view.nodes[name] for name in pod.running.nodes if name in ground.view.nodes]
    if nodes:
        return all(node.status.node_info.container_runtime_version.startswith("cri-o") for node in nodes)
    return ground.provider in _CRIO


def _seccomp(ground: Ground, report: Report) -> None:
    told = "may call every function of the node's kernel: no seccomp profile is set"
    each_shape(ground, report, pod_security.seccomp_wanted, told, _with_seccomp, linux=True)


def _with_seccomp(hit: Hit) -> Fix:
    """Set the pod's profile where it has none that holds, and take back what containers say against it."""
    set_to: Body = {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}
    around = [box.spec.security_context for box in hit.boxes.values()]
    lacks = hit.pods or any(one is None or one.seccomp_profile is None for one in around)

    def sets(box: Box) -> Body:
        own = box.container.security_context
        return set_to if own is not None and own.seccomp_profile is not None else {}

    body = {**(set_to if lacks else {}), **of_containers(hit.boxes.values(), sets)}
    return mended(hit, "Set the seccomp profile of the runtime for the whole pod.", body)


def _confinement(ground: Ground, report: Report) -> None:
    def examine(shape: pod_security.Shape, version: int) -> Iterable[tuple[str, object]]:
        yield from pod_security.app_armor(shape, version)
        yield from pod_security.se_linux(shape, version)

    told = "sets aside the confinement of AppArmor or SELinux that containers have by themselves"
    each_shape(ground, report, lambda shape, version: iter(examine(shape, version)), told, _confined, linux=True)


def _confined(hit: Hit) -> Fix:
    names = {name: None for pod in hit.pods for name in pod.annotations if name.startswith(pod_security.APPARMOR)}
    pod = _profiles(next((one.spec.security_context for one in hit.pods), None))
    body = {**pod, **of_containers(hit.boxes.values(), lambda box: _profiles(box.container.security_context))}
    beside = {"metadata": {"annotations": names}} if names else {}
    return mended(hit, "Use the profile of the runtime and the usual SELinux type.", body, template=beside)


def _profiles(security: Security | None) -> Body:
    set_to: Body = {}
    if security is not None and security.app_armor_profile is not None:
        set_to["appArmorProfile"] = {"type": "RuntimeDefault"}
    if security is not None and security.se_linux_options is not None:
        set_to["seLinuxOptions"] = {"type": None, "user": None, "role": None}
    return {"securityContext": set_to} if set_to else {}


def _kernel(ground: Ground, report: Report) -> None:
    def examine(shape: pod_security.Shape, version: int) -> Iterable[tuple[str, object]]:
        yield from pod_security.proc_mount_relaxed(shape, version)
        yield from pod_security.sysctls(shape, version)

    def made(hit: Hit) -> Fix:
        body: Body = {}
        for pod in hit.pods[:1]:
            wrong = {value for _, value in pod_security.sysctls(_shape(pod), pod_security.LATEST)}
            stated = (pod.spec.security_context and pod.spec.security_context.sysctls) or ()
            kept = [{"name": one.name, "value": one.value} for one in stated if one.name not in wrong]
            body = {"securityContext": {"sysctls": kept or None}}
        unmasked = of_containers(hit.boxes.values(), {"securityContext": {"procMount": "Default"}})
        says = "Leave /proc masked, and settings of the kernel to the node's owner; keep only those that are safe."
        return mended(hit, says, {**body, **unmasked})

    told = "reaches settings of the node's kernel that others on the node share"
    each_shape(ground, report, lambda shape, version: iter(examine(shape, version)), told, made, linux=True)


def _shape(pod: PodSeen) -> pod_security.Shape:
    return pod_security.Shape(pod.spec, pod.annotations)


def _host_process(ground: Ground, report: Report) -> None:
    fix = containers(
        "Run it as a container; an agent that must be a process of the node belongs to the platform.",
        {"securityContext": {"windowsOptions": {"hostProcess": False}}},
        pod={"hostNetwork": False, "securityContext": {"windowsOptions": {"hostProcess": False}}},
    )
    told = "runs as a process of its Windows node, with all that its user may there"
    each_shape(ground, report, pod_security.windows_host_process, told, fix)


PRIVILEGES = (
    Check("DM-POD-001", _privileged),
    Check("DM-POD-002", _host_pid),
    Check("DM-POD-003", _host_ipc),
    Check("DM-POD-004", _host_network),
    Check("DM-POD-005", _escalation),
    Check("DM-POD-006", _root),
    Check("DM-POD-007", _capabilities),
    Check("DM-POD-008", _drop_all),
    Check("DM-POD-009", _net_raw),
)
PROFILES = (
    Check("DM-POD-013", _seccomp),
    Check("DM-POD-014", _confinement),
    Check("DM-POD-015", _kernel),
)
HOST_PROCESS = Check("DM-POD-017", _host_process)
