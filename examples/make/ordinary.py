"""Two days of ordinary traffic: nodes, controllers, pipelines and people at work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from make.callers import HELM, Caller, controller, deployer, in_pod, node, person, pod_token
from make.events import Recorder
from make.incident import CRONJOB, RUNNER
from make.kube import Object
from make.nodes import FARGATE, MACHINES
from make.stable import moment, number, stamp
from make.workloads import machine_of

FIRST = "2026-11-16T12:00:00Z"
LAST = "2026-11-18T12:00:00Z"
MINUTES = 2 * 24 * 60
ARGO = "argoproj.io"
RBAC = "rbac.authorization.k8s.io"


def ticks(name: str, every: int) -> Iterator[str]:
    """Moments about ``every`` minutes apart, each a little off."""
    for minute in range(number("start", name, below=every), MINUTES, every):
        yield stamp(moment(FIRST) + timedelta(minutes=minute, seconds=number("tick", name, str(minute), below=55)))


class Cast:
    """Everybody who calls, by name, made from the objects of the cluster."""

    def __init__(self, objects: list[Object]) -> None:
        self.pods = [item for item in objects if item["kind"] == "Pod"]
        self.objects = objects

    def pod(self, namespace: str, name: str) -> Object:
        """First pod of a workload."""
        return next(
            item
            for item in self.pods
            if item["metadata"].get("namespace") == namespace and item["metadata"]["name"].startswith(name)
        )

    def process(self, namespace: str, name: str, agent: str) -> Caller:
        """The process in the first pod of a workload."""
        pod = self.pod(namespace, name)
        return in_pod(pod, machine_of(pod), agent)


PEOPLE: dict[str, tuple[str, str]] = {
    "ingrid.solheim": ("platform", "192.0.2.130"),
    "tomasz.wrona": ("platform", "192.0.2.131"),
    "mei.tran": ("platform", "192.0.2.132"),
    "amara.diallo": ("booking", "192.0.2.140"),
    "jonas.lind": ("booking", "192.0.2.141"),
    "rafael.duarte": ("quotes", "192.0.2.142"),
    "yuki.tanabe": ("quotes", "192.0.2.143"),
    "samuel.okoye": ("tracking", "192.0.2.144"),
    "elena.petrescu": ("data", "192.0.2.145"),
    "bram.dewit": ("data", "198.51.100.80"),
    "frida.berg": ("auditors", "192.0.2.150"),
}
"""Access entry that each comes in by, and their address."""


def somebody(login: str, address: str | None = None) -> Caller:
    """A person at their usual address, or at another."""
    entry, usual = PEOPLE[login]
    return person(login, entry, address or usual)


def _nodes(book: Recorder, _: Cast) -> None:
    for machine in MACHINES:
        caller = node(machine)
        for time in ticks(f"lease {machine.name}", 40):
            where: dict[str, Any] = {
                "group": "coordination.k8s.io",
                "namespace": "kube-node-lease",
                "name": machine.name,
            }
            book.call(caller, time, "update", "leases", node=True, **where)
        for time in ticks(f"status {machine.name}", 240):
            book.call(
                caller, time, "patch", "nodes/status", name=machine.name, node=True, sent={"status": {"conditions": []}}
            )


def _kubelet_needs(book: Recorder, cast: Cast) -> None:
    """Kubelets fetch tokens for their pods, and the Secrets that the pods name."""
    for pod in cast.pods:
        meta, spec = pod["metadata"], pod["spec"]
        caller = node(machine_of(pod))
        time = next(ticks(f"token {meta['name']}", 300))
        if any("projected" in volume for volume in spec.get("volumes", ())):
            bound = {"kind": "Pod", "apiVersion": "v1", "name": meta["name"], "uid": meta["uid"]}
            asked = {
                "kind": "TokenRequest",
                "apiVersion": "authentication.k8s.io/v1",
                "spec": {
                    "audiences": ["https://kubernetes.default.svc"],
                    "expirationSeconds": 3607,
                    "boundObjectRef": bound,
                },
            }
            where = {"namespace": meta["namespace"], "name": spec["serviceAccountName"]}
            issued = {"authentication.kubernetes.io/issued-credential-id": f"JTI={pod_token(pod)}"}
            book.call(caller, time, "create", "serviceaccounts/token", sent=asked, marks=issued, node=True, **where)
        for container in spec["containers"]:
            for variable in container.get("env", ()):
                wanted = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("name")
                if wanted:
                    book.call(caller, time, "get", "secrets", namespace=meta["namespace"], name=wanted, node=True)


def _controllers(book: Recorder, cast: Cast) -> None:
    argo = cast.process(
        "argocd",
        "argocd-application-controller",
        "argocd-application-controller/v0.0.0 (linux/amd64) kubernetes/$Format",
    )
    for time in ticks("argo list", 30):
        book.call(argo, time, "list", "applications", group=ARGO, namespace="argocd")
    for time in ticks("argo patch", 45):
        book.call(argo, time, "patch", "applications", group=ARGO, namespace="argocd", name="booking")
    external = cast.process("external-secrets", "external-secrets", "external-secrets/v0.20.1 (linux/amd64)")
    for time in ticks("external", 60):
        book.call(external, time, "get", "secrets", namespace="booking", name="booking-db")
    certificates = cast.process("cert-manager", "cert-manager", "cert-manager-certificates/v1.18.2 (linux/amd64)")
    for time in ticks("certificates", 120):
        book.call(certificates, time, "list", "secrets", query={"limit": 500, "resourceVersion": 0})
    crons = controller("cronjob-controller")
    for name, namespace, every in (("rate-sync", "booking", 30), (CRONJOB, "yard", 240)):
        for time in ticks(f"cron {name}", every):
            if name == CRONJOB and time < "2026-11-17T02:40:00Z":
                continue
            book.call(
                crons,
                time,
                "create",
                "jobs",
                group="batch",
                namespace=namespace,
                name=f"{name}-{number(name, time, below=900_000) + 29_000_000}",
            )


def _agents(book: Recorder, cast: Cast) -> None:
    for replica in [pod for pod in cast.pods if pod["metadata"]["name"].startswith("ingress-nginx-controller")]:
        ingress = in_pod(replica, machine_of(replica), "nginx-ingress-controller/v1.11.3 (linux/amd64) ingress-nginx")
        for time in ticks(f"ingress {replica['metadata']['name']}", 240):
            book.call(ingress, time, "list", "secrets", query={"limit": 500, "resourceVersion": 0})
    prometheus = cast.process("monitoring", "prometheus-server", "Prometheus/3.5.0")
    for time in ticks("prometheus", 45):
        book.call(prometheus, time, "list", "pods", query={"limit": 500, "resourceVersion": 0})
    logs = cast.process("logging", "fluent-bit", "Fluent-Bit")
    for time in ticks("logs", 60):
        book.call(logs, time, "list", "pods", namespace="booking")
    tools = cast.process("assistant", "mcp-kubernetes", "mcp-kubernetes/0.4")
    for time in ticks("tools", 75):
        book.call(
            tools, time, "list", "pods", namespace=("booking", "tracking", "quotes")[number("tools", time, below=3)]
        )
    for time in ("2026-11-16T15:22:10Z", "2026-11-17T10:48:33Z"):
        book.call(
            tools,
            time,
            "patch",
            "deployments",
            group="apps",
            namespace="tracking",
            name="tracking-api",
            sent={"spec": {"replicas": 1}},
        )


def _pipelines(book: Recorder, _: Cast) -> None:
    helm = deployer(RUNNER, HELM)
    for time in ("2026-11-16T14:22:18Z", "2026-11-17T01:42:11Z", "2026-11-18T01:42:09Z"):
        book.call(helm, time, "list", "secrets", namespace="quotes", query={"labelSelector": "owner=helm"})
    start = "2026-11-16T14:22:31Z"
    book.call(helm, start, "create", "secrets", namespace="quotes", name="sh.helm.release.v1.quotes.v312")
    for name in ("quotes-api", "quotes-worker"):
        book.call(
            helm,
            start,
            "patch",
            "deployments",
            group="apps",
            namespace="quotes",
            name=name,
            sent={"spec": {"template": {}}},
        )


LOOKS = (
    ("list", "pods", ""),
    ("list", "deployments", "apps"),
    ("get", "services", ""),
    ("list", "pods", ""),
    ("list", "ingresses", "networking.k8s.io"),
)
HOMES = {
    "booking": "booking",
    "quotes": "quotes",
    "tracking": "tracking",
    "data": "data",
    "platform": "argocd",
    "auditors": "data",
}


def _people(book: Recorder, _: Cast) -> None:
    for login, (entry, _address) in PEOPLE.items():
        caller = somebody(login)
        for time in ticks(f"person {login}", 34):
            hour = int(time[11:13])
            if not 7 <= hour < 17 or number("busy", login, time, below=3) == 0:
                continue
            verb, resource, group = LOOKS[number("look", login, time, below=len(LOOKS))]
            name = "booking-api" if verb == "get" else ""
            home = "booking" if name else HOMES[entry]
            book.call(
                caller,
                time,
                verb,
                resource,
                group=group,
                namespace=home,
                name=name,
                query={"limit": 500} if verb == "list" else None,
            )


def record(book: Recorder, cast: Cast) -> None:
    """Record two ordinary days."""
    for part in (_nodes, _kubelet_needs, _controllers, _agents, _pipelines, _people):
        part(book, cast)


__all__ = ["FARGATE", "FIRST", "LAST", "Cast", "record", "somebody", "ticks"]
