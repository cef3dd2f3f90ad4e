"""Cases of checks of pods: files of the node, and how pods are run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from demarc.model.errors import Where
from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.register import Assignment, Register, Selector
from demarc.model.trail import ChangeMade, TrailFacts
from demarc.testing import a_container, a_deployment, a_node, a_pod, an_object
from tests.posture.given import AT, Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NOT_HERE = Outcome.NOT_APPLICABLE
NO_PODS = (("pods", GapReason.FORBIDDEN),)
APP = ("Deployment shop/app",)


def _mounts(path: str, *, read_only: bool | None = None, sub_path: str = "", user: int = 0) -> Object:
    mount: Object = {"name": "host", "mountPath": "/host"}
    if read_only is not None:
        mount["readOnly"] = read_only
    if sub_path:
        mount["subPath"] = sub_path
    box = a_container(volumeMounts=[mount], securityContext={"runAsUser": user})
    return a_deployment(containers=[box], pod_spec={"volumes": [{"name": "host", "hostPath": {"path": path}}]})


def _app(*boxes: Object, **spec: Any) -> Object:
    return a_deployment(containers=boxes or None, pod_spec=spec)


def _runs(*command: str, image: str = "registry.example/shop/app:1", **spec: Any) -> Object:
    return _app(a_container(image=image, command=list(command) or None), **spec)


CLAIM = an_object(
    "v1",
    "PersistentVolume",
    "old",
    spec={"hostPath": {"path": "/etc"}, "claimRef": {"namespace": "shop", "name": "data"}},
)
CLAIMS = a_deployment(
    containers=[a_container(volumeMounts=[{"name": "data", "mountPath": "/data"}])],
    pod_spec={"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]},
)
FULL = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": 2, "memory": "1Gi"}}
MIRROR = {"kubernetes.io/config.mirror": "3f"}
ABLE = a_node(
    "n1",
    provider_id="aws:///eu-west-1a/i-0a1b2c3d4e5f60718",
    status={
        "nodeInfo": {
            "kubeletVersion": "v1.34.1-eks-3025e55",
            "kernelVersion": "6.12.40-64.114.amzn2023.x86_64",
            "containerRuntimeVersion": "containerd://2.1.4",
        }
    },
)
OLD_KERNEL = a_node(
    "n1",
    provider_id="aws:///eu-west-1a/i-0a1b2c3d4e5f60718",
    status={
        "nodeInfo": {
            "kubeletVersion": "v1.34.1",
            "kernelVersion": "6.1.119",
            "containerRuntimeVersion": "containerd://2.1.4",
        }
    },
)
OLD_CLUSTER = a_node("n1", provider_id="aws:///eu-west-1a/i-0a1b2c3d4e5f60718", kubelet_version="v1.31.2-eks-3025e55")


def _made(user: str, name: str = "miner", resource: str = "cronjobs") -> ChangeMade:
    return ChangeMade(
        verb="create",
        group="batch",
        resource=resource,
        namespace="shop",
        name=name,
        user=user,
        as_user="",
        agent="kubectl/v1.33.1 (linux/amd64)",
        source_ip="203.0.113.7",
        audit_id="1a",
        times=1,
        first=AT,
        last=AT,
    )


def _trail(*changes: ChangeMade, since: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> TrailFacts:
    return TrailFacts(
        origin="audit",
        since=since,
        until=AT,
        events=10,
        requests=10,
        shapes=("native",),
        lost_columns=(),
        records_reads=True,
        changes=changes,
    )


DELIVERS = Register(
    assignments=(
        Assignment(
            duties=("supply.pipeline-credentials",),
            scope=Selector(identity="ci/ServiceAccount/deployer"),
            owner="platform",
            where=Where(file="register.yaml"),
        ),
    )
)
CRON = an_object(
    "batch/v1", "CronJob", "miner", namespace="shop", spec={"jobTemplate": {"spec": {"template": {"spec": {}}}}}
)

CASES = (
    Case("DM-POD-010", VIOLATED, (_mounts("/etc/kubernetes", read_only=True),), on=APP, about="reading is enough"),
    Case("DM-POD-010", VIOLATED, (_mounts("/mnt/data"),), on=APP, says="nothing is known to lie there"),
    Case("DM-POD-010", VIOLATED, (_mounts("/var/lib"),), on=APP, says="(/var/lib)", about="above the kubelet's files"),
    Case("DM-POD-010", VIOLATED, (CLAIM, CLAIMS), on=APP, says="/etc", about="by a PersistentVolume"),
    Case("DM-POD-010", HOLDS, (_mounts("/var/log", read_only=True),)),
    Case("DM-POD-010", HOLDS, (_mounts("/", read_only=True, sub_path="usr/share/zoneinfo"),), about="a part of it"),
    Case(
        "DM-POD-010", HOLDS, (_app(volumes=[{"name": "host", "hostPath": {"path": "/"}}]),), about="nothing mounts it"
    ),
    Case("DM-POD-010", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-011", VIOLATED, (_mounts("/var/run/docker.sock", read_only=True),), on=APP, about="read-only too"),
    Case("DM-POD-011", VIOLATED, (_mounts("/run"),), on=APP, about="a directory that holds it"),
    Case("DM-POD-011", VIOLATED, (_mounts("/run/containerd/containerd.sock", user=1000),), on=APP, says="another user"),
    Case("DM-POD-011", HOLDS, (_mounts("/var"),), about="/var/run is a link to /run, which leads nowhere in the pod"),
    Case("DM-POD-011", HOLDS, (_mounts("/run", sub_path="xtables.lock"),)),
    Case("DM-POD-011", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-012", VIOLATED, (_app(a_container(ports=[{"containerPort": 80, "hostPort": 80}])),), on=APP),
    Case(
        "DM-POD-012",
        HOLDS,
        (_app(a_container(ports=[{"containerPort": 80, "hostPort": 80}]), hostNetwork=True),),
        about="in the node's network every port is one of the node",
    ),
    Case("DM-POD-012", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-016", VIOLATED, (_app(),), on=APP),
    Case("DM-POD-016", HOLDS, (_app(a_container(securityContext={"readOnlyRootFilesystem": True})),)),
    Case("DM-POD-016", HOLDS, (_app(os={"name": "windows"}),)),
    Case("DM-POD-016", UNKNOWN, (_app(a_container(securityContext={"readOnlyRootFilesystem": True})),), gaps=NO_PODS),
    Case(
        "DM-POD-018",
        VIOLATED,
        (_app(a_container(), a_container("spy", image="vendor.example/agent:3"), shareProcessNamespace=True),),
        on=APP,
    ),
    Case(
        "DM-POD-018",
        HOLDS,
        (_app(a_container(), a_container("side", image="registry.example/shop/side:2"), shareProcessNamespace=True),),
        about="one maker",
    ),
    Case("DM-POD-018", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-019", VIOLATED, (_app(),), on=APP, says="no limits.cpu, no limits.memory, no requests.cpu"),
    Case(
        "DM-POD-019",
        VIOLATED,
        (_app(a_container(resources={"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}})),),
        on=APP,
        says="a limit of CPU alone",
        about="a limit counts as request",
    ),
    Case("DM-POD-019", HOLDS, (_app(a_container(resources=FULL)),)),
    Case("DM-POD-019", HOLDS, (_app(resources=FULL),), about="for all of the pod's containers"),
    Case("DM-POD-019", UNKNOWN, (_app(a_container(resources=FULL)),), gaps=NO_PODS),
    Case(
        "DM-POD-020",
        VIOLATED,
        (a_pod("helper-n1", "kube-system", node="n1", annotations=MIRROR),),
        on=("StaticPod kube-system/helper",),
    ),
    Case(
        "DM-POD-020",
        VIOLATED,
        (
            a_node("n1", provider_id="gce://acme/europe-west1-b/n1"),
            a_pod("kube-proxy-n1", "kube-system", node="n1", image="evil.example/agent:1", annotations=MIRROR),
        ),
        on=("StaticPod kube-system/kube-proxy",),
        about="another image under a known name",
    ),
    Case(
        "DM-POD-020",
        HOLDS,
        (
            a_node("n1", provider_id="gce://acme/europe-west1-b/n1"),
            a_pod(
                "kube-proxy-n1",
                "kube-system",
                node="n1",
                image="gke.gcr.io/kube-proxy-amd64:v1.33.5",
                annotations=MIRROR,
            ),
        ),
        about="GKE's own",
    ),
    Case("DM-POD-020", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-021", VIOLATED, (a_pod("toolbox"),), on=("Pod shop/toolbox",)),
    Case("DM-POD-021", HOLDS, (_app(), a_pod("done", status={"phase": "Succeeded"})), about="it has ended"),
    Case("DM-POD-021", HOLDS, (a_pod("build", labels={"job.runner.gitlab.com/id": "7"}),), about="a runner's"),
    Case("DM-POD-021", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-022", VIOLATED, (_runs("/usr/sbin/sshd", "-D"),), on=APP),
    Case("DM-POD-022", VIOLATED, (_runs("sh", "-c", "sleep infinity"),), on=APP),
    Case("DM-POD-022", VIOLATED, (_app(a_container(ports=[{"containerPort": 22}])),), on=APP),
    Case("DM-POD-022", VIOLATED, (_app(a_container(image="nicolaka/netshoot")),), on=APP),
    Case("DM-POD-022", VIOLATED, (_app(a_container(image="ubuntu:24.04", stdin=True)),), on=APP),
    Case(
        "DM-POD-022",
        HOLDS,
        (_app(a_container(image="gitea/gitea:1.24", ports=[{"containerPort": 2222}])),),
        about="a host of git speaks SSH",
    ),
    Case("DM-POD-022", HOLDS, (_runs("sh", "-c", "while true; do sync; sleep 60; done"),)),
    Case(
        "DM-POD-022",
        HOLDS,
        (_runs("sleep", "infinity", initContainers=[a_container("setup")]),),
        about="installers wait after their work",
    ),
    Case("DM-POD-022", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-023", VIOLATED, (ABLE, _app()), on=APP),
    Case("DM-POD-023", HOLDS, (ABLE, _app(hostUsers=False))),
    Case("DM-POD-023", HOLDS, (ABLE, _app(securityContext={"runAsNonRoot": True}))),
    Case("DM-POD-023", HOLDS, (ABLE, _app(hostNetwork=True)), about="it cannot have one"),
    Case("DM-POD-023", NOT_HERE, (OLD_KERNEL, _app()), says="no node"),
    Case("DM-POD-023", NOT_HERE, (OLD_CLUSTER, _app()), says="1.33"),
    Case("DM-POD-023", UNKNOWN, (ABLE, _app(hostUsers=False)), gaps=NO_PODS),
    Case(
        "DM-POD-024",
        VIOLATED,
        (CRON,),
        trail=_trail(_made("eve@acme.example")),
        register=DELIVERS,
        on=("CronJob shop/miner",),
        says="eve@acme.example created CronJob shop/miner with kubectl/v1.33.1",
    ),
    Case(
        "DM-POD-024",
        HOLDS,
        (CRON,),
        trail=_trail(
            _made("system:serviceaccount:ci:deployer"),
            _made("system:serviceaccount:kube-system:cronjob-controller", "miner-1", "jobs"),
        ),
        register=DELIVERS,
    ),
    Case(
        "DM-POD-024",
        VIOLATED,
        (CRON,),
        trail=_trail(_made("aksel@acme.example")),
        register=DELIVERS,
        on=("CronJob shop/miner",),
        about="a name that begins like that of a controller",
    ),
    Case("DM-POD-024", UNKNOWN, (CRON,), says="only in the audit trail"),
    Case("DM-POD-024", UNKNOWN, (CRON,), trail=_trail(), says="is not declared"),
    Case(
        "DM-POD-024",
        UNKNOWN,
        (CRON,),
        trail=_trail(since=AT - timedelta(days=1)),
        register=DELIVERS,
        says="older than the audit trail",
    ),
)
