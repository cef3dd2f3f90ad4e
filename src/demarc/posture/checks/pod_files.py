"""Checks of files: what of its node a pod mounts, and whether a container can change its own.

Which directories of a node tell or decide something is knowledge of ``access``. A volume that nothing mounts reaches
nothing; a read-only mount of a socket is as good as a writable one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from posixpath import join, normpath
from typing import NamedTuple

from demarc.access.techniques.escapes import DECIDING, TELLING, covers, is_harmless, reaches_runtime, within
from demarc.model.kubernetes import VolumeMount
from demarc.model.posture import FieldSeen, Fix, Severity
from demarc.posture.checks.patches import Body, containers, mended, of_containers
from demarc.posture.checks.pod_privileges import may_be_root
from demarc.posture.checks.workloads import Hit, each_container, seen
from demarc.posture.ground import Box, Ground, PodSeen
from demarc.posture.interface import Check, Report

_PIPES = ("docker_engine", "containerd-containerd")
"""Pipes of container runtimes on Windows."""


class Mounted(NamedTuple):
    """A part of the node's disk in a container."""

    mount: VolumeMount
    path: str
    """On the node, down to the part that is mounted."""
    writes: bool
    fields: tuple[FieldSeen, ...]
    claimed: bool
    """Whether it comes by a PersistentVolume: the pod's own manifest does not name the directory."""

    @property
    def is_runtime(self) -> bool:
        """Whether the container runtime answers to whoever has it."""
        return reaches_runtime(self.path) or any(pipe in self.path.lower() for pipe in _PIPES)

    @property
    def tells(self) -> bool:
        """Whether reading it is enough: credentials or settings of the node are there, or everything is."""
        return not is_harmless(self.path) and (within(self.path, TELLING) or _holds(self.path, TELLING))

    @property
    def decides(self) -> bool:
        """Whether whoever writes there decides what the node runs."""
        roots = (*DECIDING, *TELLING)
        return self.writes and not is_harmless(self.path) and (within(self.path, roots) or _holds(self.path, roots))


def _holds(path: str, roots: tuple[str, ...]) -> bool:
    return any(covers(path, root) for root in roots)


def of_node(ground: Ground, pod: PodSeen, box: Box) -> Iterator[Mounted]:
    """What of the node's disk a container has."""
    for number, mount in enumerate(box.container.volume_mounts or ()):
        place = next((n for n, one in enumerate(pod.spec.volumes or ()) if one.name == mount.name), None)
        if place is None or not pod.spec.volumes:
            continue
        volume = pod.spec.volumes[place]
        found = volume.host_path
        where = seen(f"{pod.base}.volumes[{place}].hostPath.path", found.path if found else None)
        claim = volume.persistent_volume_claim
        if found is None and claim is not None:
            persistent = ground.view.volumes.get((pod.running.namespace, claim.claim_name))
            found = persistent.spec.host_path if persistent is not None else None
            if persistent is not None and found is not None:
                where = seen(f"PersistentVolume {persistent.metadata.name}: spec.hostPath.path", found.path)
        if found is None:
            continue
        way = seen(f"{box.path}.volumeMounts[{number}].readOnly", mount.read_only)
        path = normpath(f"/{join(found.path, (mount.sub_path or '').lstrip('/')).lstrip('/')}")
        yield Mounted(mount, path, not mount.read_only, (where, way), claim is not None)


def _host_path(ground: Ground, report: Report) -> None:
    bad: dict[tuple[str, str, str], list[Mounted]] = {}

    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        for one in of_node(ground, pod, box):
            if one.path.endswith(".sock") and one.is_runtime:
                continue
            if one.writes or one.tells:
                bad.setdefault(_key(box), []).append(one)
                yield from one.fields

    def weigh(hit: Hit) -> tuple[Severity | None, str]:
        found = [one for box in hit.boxes.values() for one in bad[_key(box)]]
        listed = ", ".join(dict.fromkeys(f"{one.path}{'' if one.writes else ' read-only'}" for one in found))
        if any(one.decides or one.tells for one in found):
            return None, listed
        return Severity.MEDIUM, f"{listed}: nothing is known to lie there by which the node could be taken over"

    def fix(hit: Hit) -> Fix:
        says = "Mount only the directory that is needed, read-only; keep data on a volume of the storage class."
        return _without(hit, says, bad, lambda one: not one.tells)

    each_container(ground, report, looks, "has directories of its node", fix, weigh=weigh)


def _runtime_socket(ground: Ground, report: Report) -> None:
    bad: dict[tuple[str, str, str], list[Mounted]] = {}
    root: set[tuple[str, str, str]] = set()

    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        for one in of_node(ground, pod, box):
            if one.is_runtime:
                bad.setdefault(_key(box), []).append(one)
                if may_be_root(ground, pod, box):
                    root.add(_key(box))
                yield from one.fields

    def fix(hit: Hit) -> Fix:
        says = "Take the socket away: build images with a rootless builder, read metrics from the kubelet."
        return _without(hit, says, bad, lambda _: False)

    def weigh(hit: Hit) -> tuple[Severity | None, str]:
        if any(_key(box) in root for box in hit.boxes.values()):
            return None, ""
        return Severity.HIGH, "it runs as another user than root, to whom the socket opens only by its group"

    told = "has the socket of the container runtime: it starts any container on its node, with all rights"
    each_container(ground, report, looks, told, fix, weigh=weigh)


def _key(box: Box) -> tuple[str, str, str]:
    return box.running.scope, box.kind, box.container.name


def _without(
    hit: Hit, says: str, bad: dict[tuple[str, str, str], list[Mounted]], keeps: Callable[[Mounted], bool]
) -> Fix:
    """Make mounts read-only where ``keeps`` says that this is enough, and take the others away with their volumes."""
    gone: dict[str, None] = {}
    stays: dict[str, None] = {}

    def sets(box: Box) -> Body:
        mounts: dict[str, Body] = {}
        for one in bad[_key(box)]:
            at, name = one.mount.mount_path, one.mount.name
            if one.claimed:
                continue
            (stays if keeps(one) else gone)[name] = None
            kept = {"mountPath": at, "name": name, "readOnly": True}
            mounts[at] = kept if keeps(one) else {"$patch": "delete", "mountPath": at}
        return {"volumeMounts": list(mounts.values())} if mounts else {}

    body = of_containers(hit.boxes.values(), sets)
    volumes = [{"$patch": "delete", "name": name} for name in gone if name not in stays and not _used(hit, name, bad)]
    return mended(hit, says, {**body, **({"volumes": volumes} if volumes else {})})


def _used(hit: Hit, volume: str, bad: dict[tuple[str, str, str], list[Mounted]]) -> bool:
    """Whether a container goes on mounting a volume."""
    spec = next(iter(hit.boxes.values())).spec
    for kind, some in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for container in some or ():
            known = {one.mount.mount_path for one in bad.get((hit.running.scope, kind, container.name), ())}
            if any(one.name == volume and one.mount_path not in known for one in container.volume_mounts or ()):
                return True
    return False


def _root_files(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        security = box.container.security_context
        said = security.read_only_root_filesystem if security is not None else None
        if not said and not ground.is_windows(pod):
            yield seen(f"{box.path}.securityContext.readOnlyRootFilesystem", said)

    says = "Make its root file system read-only, and mount an emptyDir where it writes, such as /tmp."
    fix = containers(says, {"securityContext": {"readOnlyRootFilesystem": True}})
    each_container(ground, report, looks, "can change its own programs and put others beside them", fix)


HOST_FILES = (
    Check("DM-POD-010", _host_path),
    Check("DM-POD-011", _runtime_socket),
)
ROOT_FILES = Check("DM-POD-016", _root_files)
