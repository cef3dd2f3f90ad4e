"""Checks of how pods are run: ports and processes that they share, what keeps them, who made them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from demarc.access.techniques.pods import running_containers
from demarc.access.techniques.registry import image
from demarc.catalog.static_pods import static_pods
from demarc.inventory.workloads import STATIC
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import Node, Pod, PodSpec, Resources
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.model.trail import ChangeMade
from demarc.posture.checks.patches import Body, containers, pods, words
from demarc.posture.checks.pod_privileges import may_be_root, without_host_ports
from demarc.posture.checks.workloads import Hit, each_container, each_pod, of_workload, seen, unseen_workloads
from demarc.posture.declared import Declared
from demarc.posture.ground import Box, Ground, PodSeen
from demarc.posture.interface import Check, Report

_WANTED: Final = (("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory"))
_FIRST: Final = {("requests", "cpu"): "100m", ("requests", "memory"): "128Mi", ("limits", "cpu"): "1"}
_REMOTE: Final = re.compile(
    r"(^|[/\s_-])(sshd|openssh-server|dropbear|ttyd|gotty|wetty|shellinabox|tmate|ngrok|frpc|webmin|xrdp|novnc|x11vnc"
    r"|tigervnc|teamviewer|anydesk|rustdesk|meshagent|gsocket|gs-netcat)([\s:;_-]|$)",
    re.IGNORECASE,
)
_TOOLS: Final = re.compile(
    r"(^|/)(netshoot|network-multitool|doks-debug|koolkits[\w-]*|swiss-army-knife|network-tools|kali[\w-]*|toolbox)$"
)
"""Images of tools to look around with."""
_BARE: Final = re.compile(r"^docker\.io/library/(alpine|bash|busybox|centos|debian|fedora|ubuntu)$")
"""Images that run a shell and nothing else where they are told nothing."""
_MAKERS: Final = ("job.runner.gitlab.com/", "jenkins/", "kubernetes_executor", "hub.jupyter.org/", "spark-role")
"""Labels of pods that something makes, watches and removes without owning them."""
_SSH_PORTS: Final = (22, 2222)
_GIT: Final = re.compile(r"git(ea|lab|ness|-server)?|gogs|forgejo|bitbucket|soft-serve|gerrit", re.IGNORECASE)
"""Hosts of repositories: they speak SSH to their users, and give no shell."""
_SHELLS: Final = re.compile(r"^(/usr)?(/bin/|/usr/bin/)?(ba|da|a|z|k|fi)?sh$")
_WAITS: Final = re.compile(
    r"(exec\s+)?(sleep\s+(inf(inity)?|\d{5,}|[4-9]\d{3}|3[6-9]\d{2}|\d+[hd])|tail\s+-f\s+/dev/null)"
    r"|while\s+(true|:)\s*;\s*do\s+sleep\s+\S+\s*;?\s*done"
)
_USER_NAMESPACES: Final = 33
"""Minor version from which user namespaces are there without a switch."""


def _host_port(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        for number, port in enumerate(box.container.ports or ()):
            if port.host_port and not pod.spec.host_network:
                yield seen(f"{box.path}.ports[{number}].hostPort", port.host_port)

    fix = containers("Take the port of the node away, and put a Service before it.", without_host_ports)
    each_container(ground, report, looks, "listens on ports of its node, past every NetworkPolicy of others", fix)


def _shared_processes(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen) -> Iterator[FieldSeen]:
        makers = {image(one.image).path.rpartition("/")[0]: one for one in running_containers(pod.spec)}
        if pod.spec.share_process_namespace and len(makers) > 1:
            yield seen(f"{pod.base}.shareProcessNamespace", True)
            for box in pod.boxes.values():
                if box.container in makers.values():
                    yield seen(f"{box.path}.image", box.container.image)

    says = "has containers of different makers that see each other's processes, files and environment"
    fix = pods("Let each container have its own processes.", {"shareProcessNamespace": False})
    each_pod(ground, report, looks, says, fix)


def _resources(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        if box.kind != "ephemeralContainers":
            for kind, name in _lacking(pod.spec, box):
                yield seen(f"{box.path}.resources.{kind}.{name}", None)

    def weigh(hit: Hit) -> tuple[Severity | None, str]:
        lacking = {field.path.partition(".resources.")[2] for field in hit.fields}
        if lacking == {"limits.cpu"}:
            return Severity.INFO, "a limit of CPU alone is missing, which many leave off on purpose"
        return None, f"no {', no '.join(sorted(lacking))}"

    def sets(box: Box) -> Body:
        lacking = _lacking(box.spec, box)
        only_cpu = lacking == [("limits", "cpu")]
        return {} if only_cpu else {"resources": _first_values(box.container.resources or Resources(), lacking)}

    says = (
        "Give it what it uses, with room: these are values to begin with; kubectl top pod --containers shows its use."
    )
    each_container(
        ground, report, looks, "can take from its node what others need", containers(says, sets), weigh=weigh
    )


def _lacking(spec: PodSpec, box: Box) -> list[tuple[str, str]]:
    """What is neither said of the container nor of its pod; a request that is not said is the limit."""
    own, whole = box.container.resources or Resources(), spec.resources or Resources()

    def has(kind: str, name: str) -> bool:
        said = (own.limits, whole.limits) if kind == "limits" else (own.requests, own.limits, whole.requests)
        return any(name in (some or {}) for some in said)

    return [(kind, name) for kind, name in _WANTED if not has(kind, name)]


def _first_values(own: Resources, lacking: list[tuple[str, str]]) -> Body:
    """Values to begin with; a limit of memory is no less than what is asked for."""
    found: dict[str, dict[str, str | int | float]] = {}
    for kind, name in lacking:
        value = _FIRST.get((kind, name)) or (own.requests or {}).get("memory", "256Mi")
        if (kind, name) == ("limits", "cpu"):
            asked = (own.requests or {}).get("cpu", value)
            value = asked if re.fullmatch(r"[1-9]\d*(\.\d+)?", str(asked)) else value
        found.setdefault(kind, {})[name] = value
    return dict(found)


def _static(ground: Ground, report: Report) -> None:
    report.looked(len(ground.workloads))
    for running in ground.workloads:
        images = [container.image for spec in running.specs for container in spec.containers]
        if running.kind != STATIC or any(
            known.fits(ground.provider, running.namespace, running.name, images) for known in static_pods()
        ):
            continue
        says = f"is run by the kubelet from a file of {_nodes(running.nodes)}: no admission policy has seen it"
        field = seen("metadata.annotations[kubernetes.io/config.mirror]", "set")
        fix = Fix(
            says="Find who put the file into the kubelet's staticPodPath, take it out of the node image or bootstrap, "
            "and run it as a DaemonSet. Deleting the mirror pod stops nothing."
        )
        report.violated(of_workload(ground, running, says, (field,), fix))
    unseen_workloads(ground, report)


def _nodes(names: tuple[str, ...]) -> str:
    return f"node {names[0]}" if len(names) == 1 else f"{len(names)} nodes"


def _naked(ground: Ground, report: Report) -> None:
    report.looked(len(ground.workloads))
    bare = {(one.namespace, one.name): one for one in ground.workloads if one.kind == "Pod" and one.specs}
    for pod in ground.snapshot.all("Pod", Pod) if bare else ():
        running = bare.get((pod.metadata.namespace or "default", pod.metadata.name))
        if running is None or pod.metadata.owner_references or any(name.startswith(_MAKERS) for name in pod.labels):
            continue
        says = "has no controller: nobody brings it back, rolls it out or answers for what is in it"
        fix = Fix(
            says="Find who made it (its managedFields say with what), and give it a Deployment or Job in the "
            "repository of its team; then delete the pod.",
            command=f"kubectl delete pod {running.name} -n {running.namespace}",
        )
        report.violated(of_workload(ground, running, says, (seen("metadata.ownerReferences", None),), fix))
    unseen_workloads(ground, report)


def _remote(ground: Ground, report: Report) -> None:
    def looks(pod: PodSeen, box: Box) -> Iterator[FieldSeen]:
        one = box.container
        name = image(one.image).path
        for field, words_of in (("command", one.command or []), ("args", one.args or [])):
            text = " ".join(words_of)
            if _REMOTE.search(text) or re.search(r"(^|\s)sudo\s", text):
                yield seen(f"{box.path}.{field}", words_of)
        shell = one.stdin and not one.command and not one.args and _BARE.match(name)
        if _REMOTE.search(name) or _TOOLS.search(name) or shell:
            yield seen(f"{box.path}.image", one.image)
        if not _GIT.search(name):
            for number, port in enumerate(one.ports or ()):
                if port.container_port in _SSH_PORTS and port.protocol == "TCP":
                    yield seen(f"{box.path}.ports[{number}].containerPort", port.container_port)
        if box.kind == "containers" and not pod.spec.init_containers and _only_waits(box):
            yield seen(f"{box.path}.command", [*(one.command or []), *(one.args or [])])

    fix = words(
        "Take the remote access out of the image; who must look into a pod does it by kubectl exec or debug, which the "
        "API server authorizes and records."
    )
    told = "is there to be logged in to: what is done in it no audit trail shows"
    each_container(ground, report, looks, told, fix)


def _only_waits(box: Box) -> bool:
    """Whether it runs a shell, or nothing at all: somebody is meant to come in."""
    line = [*(box.container.command or []), *(box.container.args or [])]
    if not line:
        return False
    if _SHELLS.match(line[0]) and (len(line) == 1 or (len(line) == 2 and line[1] in {"-i", "-l", "-il"})):
        return True
    text = " ".join(line[2:] if _SHELLS.match(line[0]) and line[1:2] in (["-c"], ["-ec"]) else line)
    return bool(
        _WAITS.fullmatch(text.strip().rstrip(";")) or _WAITS.fullmatch(re.sub(r"^trap [^;]*;\s*", "", text).strip())
    )


def _host_users(ground: Ground, report: Report) -> None:
    if ground.minor is not None and ground.minor < _USER_NAMESPACES:
        report.not_applicable(f"pods have user namespaces from Kubernetes 1.{_USER_NAMESPACES} on")
        return
    able = {name for name, node in ground.view.nodes.items() if _has_user_namespaces(node)}
    if ground.view.nodes and not able:
        report.not_applicable("no node of this cluster has what user namespaces need: Linux 6.3, containerd 2 or CRI-O")
        return

    def looks(pod: PodSeen) -> Iterator[FieldSeen]:
        spec, nodes = pod.spec, pod.running.nodes
        shares = spec.host_network or spec.host_pid or spec.host_ipc
        if spec.host_users is False or shares or ground.is_windows(pod) or (nodes and able.isdisjoint(nodes)):
            return
        if any(may_be_root(ground, pod, box) for box in pod.boxes.values()):
            yield seen(f"{pod.base}.hostUsers", spec.host_users)

    says = "may run as root, and that root is the node's own: it has no user namespace"
    fix = pods(
        "Give it a user namespace; volumes that know no idmapped mounts, such as NFS, do not go with it.",
        {"hostUsers": False},
    )
    each_pod(ground, report, looks, says, fix)


def _has_user_namespaces(node: Node) -> bool:
    info = node.status.node_info
    kernel = tuple(int(part) for part in re.findall(r"\d+", info.kernel_version)[:2])
    runtime = re.match(r"(containerd|cri-o)://v?(\d+)", info.container_runtime_version)
    old = runtime is not None and runtime[1] == "containerd" and int(runtime[2]) < 2
    return not old and (not kernel or kernel >= (6, 3))


def _past_pipeline(ground: Ground, report: Report) -> None:
    trail, declared = ground.trail, Declared(ground)
    crons = ground.snapshot.objects.get("CronJob.batch", ())
    if trail is None:
        report.unseen("audit trail", "who made Jobs and CronJobs is only in the audit trail", "give --events")
        return
    if not declared.names_any:
        why = "which identity delivers to this cluster is not declared: nobody can be said to go past it"
        report.unseen("delivery", why, "give the repositories of the pipelines, or name the identity in the register")
        return
    made = [
        one
        for one in trail.changes
        if one.group == "batch" and one.resource in ("cronjobs", "jobs") and one.verb == "create"
    ]
    report.looked(len(made) + len(crons))
    for one in made:
        user = one.as_user or one.user
        if not declared.delivers(user) and not declared.is_system(user):
            report.violated(_made_past(ground, one, user))
    older = [item for item in crons if (item.metadata.creation_timestamp or "") < trail.since.isoformat()[:19]]
    if older:
        why = f"{len(older)} CronJobs are older than the audit trail: who made them is not in it"
        report.unseen("audit trail", why, "give --events that reach back to when they were made")
    if trail.changes_left:
        report.unseen("audit trail", f"{trail.changes_left} more changes were made than are listed")


def _made_past(ground: Ground, one: ChangeMade, user: str) -> Found:
    kind = "CronJob" if one.resource == "cronjobs" else "Job"
    name = one.name or "with a name of the server's"
    agent = f" with {one.agent.partition(' ')[0]}" if one.agent else ""
    says = f"{user} created {kind} {one.namespace}/{name}{agent}, and is no identity that delivers here"
    scope = f"{one.namespace}/{kind}/{one.name}"
    known = one.name and any(running.scope == scope for running in ground.workloads)
    return Found(
        object=ObjectRef(kind=kind, namespace=one.namespace, name=name),
        scope=Scope(kind=Unit.WORKLOAD, name=scope) if known else ground.namespace(one.namespace),
        says=says,
        fix=Fix(
            says="Ask who did it and what it runs; bring it into the repository that delivers, or delete it.",
            command=f"kubectl delete {kind.lower()} {one.name} -n {one.namespace}" if one.name else "",
        ),
        evidence=(Evidence(says=f"audit event {one.audit_id}: {says}", grade=Grade.ANSWERED, source=""),),
        mark=user,
    )


HOST_PORT = Check("DM-POD-012", _host_port)
RUNNING = (
    Check("DM-POD-018", _shared_processes),
    Check("DM-POD-019", _resources),
    Check("DM-POD-020", _static),
    Check("DM-POD-021", _naked),
    Check("DM-POD-022", _remote),
    Check("DM-POD-023", _host_users),
    Check("DM-POD-024", _past_pipeline),
)
