"""Ways from a container to the node under it: privileges, capabilities, and directories of the node.

A pod with a user namespace of its own (``hostUsers: false``) has no capability over the node; a runtime class may be a
sandbox, which cannot be seen. Only workloads that run are looked at: nobody is in the containers of the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from posixpath import normpath
from typing import NamedTuple

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.grants import of_binding, removable
from demarc.access.techniques.pods import Running
from demarc.access.techniques.rights import evidence
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in
from demarc.model.graph import Thing
from demarc.model.kubernetes import Container, PodSpec

_SANDBOX = "runtime class {} may be a sandbox that keeps the container off the node"
_KERNEL = "/proc/sys/kernel"
_STATIC = "/etc/kubernetes/manifests"
SOCKETS = (
    *("/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/docker.sock", "/run/dockershim.sock"),
    *("/run/cri-dockerd.sock", "/run/podman/podman.sock", "/run/k3s/containerd/containerd.sock"),
    "/run/k0s/containerd.sock",
)
"""Sockets of container runtimes; ``/var/run`` is ``/run`` on a node."""
TELLING = ("/etc", "/root", "/home", "/proc", "/var/lib/kubelet")
DECIDING = (
    *("/etc", "/root", "/home", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/boot", "/var/spool/cron"),
    *(
        "/var/lib/kubelet",
        "/var/lib/containerd",
        "/var/lib/docker",
        "/run/systemd",
        "/proc",
        "/sys",
        "/dev",
        "/var/lib/rancher",
    ),
)
"""Directories of a node in which whoever writes decides what runs there, or reads and writes its disks."""
BENIGN = (
    *("/etc/localtime", "/etc/resolv.conf", "/etc/ssl/certs", "/usr/share/zoneinfo", "/etc/timezone", "/lib/modules"),
    *("/run/xtables.lock", "/var/log", "/mnt", "/var/lib/kubelet/plugins", "/var/lib/kubelet/plugins_registry"),
    *("/var/lib/cni", "/run/netns", "/var/run/netns", "/var/run/nscd"),
)
"""Directories that many workloads need and that lead nowhere by themselves; of /var/log VAR_LOG_LINK tells."""


class Inside(NamedTuple):
    """A container and the pod around it."""

    spec: PodSpec
    container: Container

    @property
    def privileged(self) -> bool:
        """Whether it is privileged."""
        security = self.container.security_context
        return bool(security and security.privileged)

    def may(self, *names: str) -> bool:
        """Whether all of some capabilities were added, by themselves or as ALL."""
        security = self.container.security_context
        added = (security.capabilities.add or ()) if security and security.capabilities else ()
        short = {name.upper().removeprefix("CAP_") for name in added}
        return "ALL" in short or short.issuperset(names)

    @property
    def unconfined(self) -> bool:
        """Whether AppArmor is set aside for it."""
        security, pod = self.container.security_context, self.spec.security_context
        profile = (security and security.app_armor_profile) or (pod and pod.app_armor_profile)
        return bool(profile and profile.type == "Unconfined")

    def mounts(self) -> Iterator[tuple[str, bool]]:
        """Directories of the node that it has, and whether it can write to them."""
        paths = {volume.name: volume.host_path.path for volume in self.spec.volumes or () if volume.host_path}
        for mount in self.container.volume_mounts or ():
            if mount.name in paths:
                yield normpath(f"/{paths[mount.name].lstrip('/')}"), not mount.read_only


Found = tuple[str, str]
"""Which field opens the way, and why that is not certain (or nothing)."""


def covers(path: str, wanted: str) -> bool:
    """Whether a directory is another or holds it."""
    return path in ("/", wanted) or wanted.startswith(f"{path}/")


def within(path: str, roots: tuple[str, ...]) -> bool:
    """Whether a directory is one of some, lies in one of them, or is the root of all."""
    return path == "/" or any(path == root or path.startswith(f"{root}/") for root in roots)


def priv_mount(inside: Inside) -> Found | None:
    """A privileged container."""
    return ("securityContext.privileged is true", "") if inside.privileged else None


def nsenter(inside: Inside) -> Found | None:
    """The node's processes in sight, and the power to step into them."""
    strong = inside.privileged or inside.may("SYS_ADMIN", "SYS_PTRACE")
    return (
        ("hostPID is true and the container has power over processes", "") if inside.spec.host_pid and strong else None
    )


def module_load(inside: Inside) -> Found | None:
    """The power to load code into the kernel."""
    if inside.privileged:
        return "securityContext.privileged is true", ""
    return ("capability SYS_MODULE is added", "") if inside.may("SYS_MODULE") else None


def ptrace_host(inside: Inside) -> Found | None:
    """The node's processes in sight, and the power to take them over."""
    if inside.privileged or not inside.spec.host_pid or not inside.may("SYS_PTRACE", "SYS_ADMIN"):
        return None
    doubt = "" if inside.unconfined else "an AppArmor profile of the node may forbid it, which is not seen"
    return "hostPID is true, capabilities SYS_PTRACE and SYS_ADMIN are added", doubt


def core_pattern(inside: Inside) -> Found | None:
    """The kernel's settings, writable."""
    return mounted(inside, lambda path, writes: writes and (path == "/" or covers(path, _KERNEL)))


def host_write(inside: Inside) -> Found | None:
    """A directory of the node, writable: for certain where it decides what runs there, else perhaps."""
    way = mounted(inside, lambda path, writes: writes and within(path, DECIDING) and not is_harmless(path))
    if way is not None:
        return way
    way = mounted(inside, lambda path, writes: writes and not is_harmless(path))
    return (way[0], "what on the node runs or trusts the files of this directory is not seen") if way else None


def host_read(inside: Inside) -> Found | None:
    """A directory with credentials of the node; one that can be written is told of by HOST_WRITE."""
    return mounted(inside, lambda path, writes: not writes and within(path, TELLING) and not is_harmless(path))


def is_harmless(path: str) -> bool:
    """Whether a directory of the node leads nowhere by itself."""
    return path != "/" and within(path, BENIGN)


def runtime_socket(inside: Inside) -> Found | None:
    """The socket of the container runtime."""
    return mounted(inside, lambda path, _: reaches_runtime(path))


def reaches_runtime(path: str) -> bool:
    """Whether a path of the node is the socket of a container runtime, or a directory that holds one."""
    real = f"/run{path.removeprefix('/var/run')}" if path == "/var/run" or path.startswith("/var/run/") else path
    return any(covers(real, socket) for socket in SOCKETS)


def static_pod_dir(inside: Inside) -> Found | None:
    """The directory of static pods, writable."""
    return mounted(inside, lambda path, writes: writes and covers(path, _STATIC))


def open_by_handle(inside: Inside) -> Found | None:
    """The power to open files by number."""
    return ("capability DAC_READ_SEARCH is added", "") if inside.may("DAC_READ_SEARCH") else None


def mounted(inside: Inside, fits: Callable[[str, bool], bool]) -> Found | None:
    """The first directory of the node that fits, by path and whether it can be written."""
    for path, writes in inside.mounts():
        if fits(path, writes):
            return f"hostPath {path}, {'writable' if writes else 'read-only'}", ""
    return None


def _doubt(view: View, technique: str, inside: Inside, node: str) -> str | None:
    """Why a way out is not certain on a node; None where it is closed there."""
    if inside.spec.host_users is False:
        return _MAPPED if technique in _BY_FILES else None
    if inside.spec.runtime_class_name:
        return _SANDBOX.format(inside.spec.runtime_class_name)
    if technique == "CGROUP_RELEASE":
        return _cgroups(view, node)
    if technique == "STATIC_POD_DIR" and view.is_managed:
        return "whether the kubelets of the provider's images run what lies there is not seen"
    return ""


_BY_FILES = ("HOST_WRITE", "HOST_READ", "RUNTIME_SOCKET", "STATIC_POD_DIR")
_MAPPED = "the pod has a user namespace of its own: how the node maps users of its files is not seen"


def _cgroups(view: View, node: str) -> str | None:
    """Kubelets refuse control groups of version 1 by default since 1.35; Amazon Linux 2 has them, others may."""
    info = view.nodes[node].status.node_info if node in view.nodes else None
    minor = re.match(r"v?1\.(\d{1,4})", info.kubelet_version) if info else None
    if minor and int(minor[1]) >= 35:
        return None
    if info and info.os_image == "Amazon Linux 2":
        return ""
    return "which version of control groups the node has is not seen"


def cgroup_release(inside: Inside) -> Found | None:
    """The power to mount control groups."""
    return ("capability SYS_ADMIN is added", "") if not inside.privileged and inside.may("SYS_ADMIN") else None


def _escape(technique: str, find: Callable[[Inside], Found | None], says: str) -> Technique:
    def edges(view: View, graph: GraphBuilder) -> None:
        for running in view.workloads.all:
            for container, inside, field, doubt in found_in(running, find):
                source = things.container(graph, running, container)
                shown = (seen_in(running, f"container {container}, {field}"),)
                for name in running.nodes:
                    why = _doubt(view, technique, inside, name)
                    if why is not None:
                        graph.edge(
                            technique,
                            source,
                            things.node(graph, name),
                            scope=view.workload(running),
                            says=f"{running.what} {says} node {name}",
                            evidence=shown,
                            unknown=doubt or why,
                        )

    return Technique(technique, edges)


def found_in(running: Running, find: Callable[[Inside], Found | None]) -> Iterator[tuple[str, Inside, str, str]]:
    """Containers of a workload for which a way is open, each once."""
    done: set[str] = set()
    for spec, container in running.containers() if running.pods else ():
        inside = Inside(spec, container)
        way = find(inside) if container.name not in done else None
        if way is not None:
            done.add(container.name)
            yield container.name, inside, *way


def host_network(view: View, graph: GraphBuilder) -> None:
    """Containers in the network of their node."""
    for running in view.workloads.all:
        if running.pods and any(spec.host_network for spec in running.specs):
            for name in running.nodes:
                for container in running.names:
                    graph.edge(
                        "HOST_NETWORK",
                        things.container(graph, running, container),
                        graph.node(Thing.ENDPOINT, f"network of node {name}"),
                        scope=view.workload(running),
                        says=f"{running.what} reaches what listens on node {name} itself",
                        evidence=(seen_in(running, "spec.hostNetwork is true"),),
                    )


def var_log_link(view: View, graph: GraphBuilder) -> None:
    """Containers that can write where the kubelet reads logs, for whoever may read logs through the API.

    The kubelet serves all of /var/log to who may read logs of the node, and the files of a pod to who may read its log.
    """
    readers: dict[str, int] = {}
    ways = ((_writes_logs, _NODE_LOGS), (_writes_pod_logs, _POD_LOGS))
    for running in view.workloads.all:
        for fits, texts in ways:
            place = running.namespace if texts is _POD_LOGS else ""
            for container, _, field, _ in found_in(running, partial(mounted, fits=fits)):
                if place not in readers:
                    readers[place] = _readers(view, graph, place, texts)
                for name in running.nodes:
                    graph.edge(
                        "VAR_LOG_LINK",
                        things.container(graph, running, container),
                        things.node(graph, name),
                        scope=view.workload(running),
                        says=f"{running.what} makes a log file a link, and reading logs reads any file of node {name}",
                        evidence=(seen_in(running, f"container {container}, {field}"),),
                        needs=(readers[place],),
                    )


_NODE_LOGS = ("get nodes/log", "get nodes/proxy")
_POD_LOGS = ("get pods/log",)


def _writes_logs(path: str, writes: bool) -> bool:
    return writes and (covers(path, "/var/log") or path.startswith("/var/log/"))


def _writes_pod_logs(path: str, writes: bool) -> bool:
    return writes and (covers(path, "/var/log/pods") or path.startswith("/var/log/pods/"))


def _readers(view: View, graph: GraphBuilder, namespace: str, texts: tuple[str, ...]) -> int:
    """Reading logs of nodes, or of pods of a namespace: every binding that gives it leads there."""
    what = f"logs of pods in {namespace}" if namespace else "logs of nodes"
    target = graph.node(Thing.GRANT, f"reading {what}")
    found = [held for text in texts for held in view.rights.held(text) if held.namespace in ("", namespace)]
    for held in {id(one.bound): one for one in found}.values():
        graph.edge(
            "GRANTED",
            of_binding(graph, held.bound),
            target,
            scope=view.scope(held.namespace),
            says=f"{held.bound.key} allows reading {what}",
            evidence=(evidence(held),),
            grants=removable(held.bound),
        )
    return target


TECHNIQUES = (
    _escape("PRIV_MOUNT", priv_mount, "can mount the disk of"),
    _escape("NSENTER", nsenter, "can step into the processes of"),
    _escape("MODULE_LOAD", module_load, "can load code into the kernel of"),
    _escape("PTRACE_HOST", ptrace_host, "can take over processes of"),
    _escape("CORE_PATTERN", core_pattern, "can set which program runs on a crash on"),
    Technique("VAR_LOG_LINK", var_log_link),
    _escape("HOST_WRITE", host_write, "can change files that decide what runs on"),
    _escape("HOST_READ", host_read, "can read credentials of"),
    _escape("RUNTIME_SOCKET", runtime_socket, "can start any container on"),
    _escape("CGROUP_RELEASE", cgroup_release, "can have a program run by the kernel of"),
    _escape("OPEN_BY_HANDLE", open_by_handle, "can open any file of"),
    _escape("STATIC_POD_DIR", static_pod_dir, "can put static pods on"),
    Technique("HOST_NETWORK", host_network),
)
