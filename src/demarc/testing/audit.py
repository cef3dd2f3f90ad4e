"""An audit trail to build: requests as the API server writes them down, and the noise of a cluster at work.

``AuditTrail`` writes ``audit.k8s.io/v1`` events; ids and times are made from what is asked, so the same calls give the
same bytes. Nothing random, no clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

KUBECTL = "kubectl/v1.33.2 (linux/amd64) kubernetes/a57b6f7"
KUBELET = "kubelet/v1.33.5 (linux/amd64) kubernetes/9e10db0"
MANAGER = "kube-controller-manager/v1.33.5 (linux/amd64) kubernetes/9e10db0"
_RBAC = "rbac.authorization.k8s.io"
_GROUPS = {
    "deployments": "apps",
    "daemonsets": "apps",
    "statefulsets": "apps",
    "replicasets": "apps",
    "jobs": "batch",
    "cronjobs": "batch",
    "roles": _RBAC,
    "clusterroles": _RBAC,
    "rolebindings": _RBAC,
    "clusterrolebindings": _RBAC,
    "certificatesigningrequests": "certificates.k8s.io",
    "networkpolicies": "networking.k8s.io",
    "ingresses": "networking.k8s.io",
    "leases": "coordination.k8s.io",
    "selfsubjectrulesreviews": "authorization.k8s.io",
    "selfsubjectaccessreviews": "authorization.k8s.io",
    "selfsubjectreviews": "authentication.k8s.io",
    "mutatingwebhookconfigurations": "admissionregistration.k8s.io",
    "validatingwebhookconfigurations": "admissionregistration.k8s.io",
}
_CODES = {"create": 201}


class Who:
    """An identity at a place: who signs in, with what, from where, by which program."""

    def __init__(
        self,
        user: str,
        *,
        address: str,
        agent: str = KUBECTL,
        groups: Iterable[str] = (),
        credential: str = "",
        secret: str = "",
        pod: str = "",
        extra: dict[str, list[str]] | None = None,
        grant: str = "",
    ) -> None:
        self.user = user
        self.address = address
        self.agent = agent
        self.groups = tuple(groups)
        self.credential = credential
        """``JTI=...`` or ``X509SHA256=...``."""
        self.secret = secret
        """Name of the Secret of a lasting token."""
        self.pod = pod
        self.extra = extra or {}
        self.grant = grant
        """Name of the ClusterRoleBinding that allows what it does."""

    def at(self, address: str, agent: str | None = None) -> Who:
        """The same identity and credential elsewhere."""
        return Who(
            self.user,
            address=address,
            agent=self.agent if agent is None else agent,
            groups=self.groups,
            credential=self.credential,
            secret=self.secret,
            pod=self.pod,
            extra=self.extra,
            grant=self.grant,
        )


def account(namespace: str, name: str, *, address: str, agent: str, **more: Any) -> Who:
    """A service account."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return Who(f"system:serviceaccount:{namespace}:{name}", address=address, agent=agent, groups=groups, **more)


class AuditTrail:
    """Events in the order in which they were asked for; ``lines`` sorts them by time."""

    def __init__(self, start: datetime = datetime(2026, 10, 5, tzinfo=UTC)) -> None:
        self.start = start
        self.events: list[dict[str, Any]] = []

    def ask(
        self,
        who: Who,
        verb: str,
        resource: str = "",
        name: str = "",
        *,
        at: float,
        namespace: str = "",
        sub: str = "",
        code: int | None = None,
        body: dict[str, Any] | list[Any] | None = None,
        response: dict[str, Any] | None = None,
        issued: str = "",
        command: Iterable[str] = (),
        query: str = "",
        path: str = "",
        level: str = "RequestResponse",
        annotations: dict[str, str] | None = None,
        impersonate: str = "",
        impersonate_groups: Iterable[str] = (),
        message: str = "",
    ) -> str:
        """Write down one request, ``at`` seconds after the start; returns its audit id."""
        answered = code if code is not None else _CODES.get(verb, 200)
        group = _GROUPS.get(resource, "")
        uri = path or _uri(
            group,
            resource,
            name if verb != "create" or sub else "",
            namespace=namespace,
            sub=sub,
            command=command,
            query=query,
        )
        refused = answered in {401, 403}
        noted = dict(annotations or {})
        if answered != 401:
            noted.setdefault("authorization.k8s.io/decision", "forbid" if refused else "allow")
            noted.setdefault("authorization.k8s.io/reason", "" if refused else _reason(who))
        if who.secret and answered != 401:
            noted["authentication.k8s.io/legacy-token"] = who.user
            noted["authentication.k8s.io/legacy-token-manual-secret"] = who.secret
        if issued:
            noted["authentication.kubernetes.io/issued-credential-id"] = issued
        moment = self.start + timedelta(seconds=at)
        event: dict[str, Any] = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": level,
            "auditID": _id(f"{len(self.events)} {moment} {who.user} {verb} {uri}"),
            "stage": "ResponseComplete",
            "requestURI": uri,
            "verb": verb,
            "user": _user(who) if answered != 401 else {},
            "sourceIPs": [who.address],
            "userAgent": who.agent,
            "responseStatus": {"metadata": {}, "code": answered, **({"message": message} if message else {})},
            "requestReceivedTimestamp": _time(moment),
            "stageTimestamp": _time(moment + timedelta(milliseconds=4)),
            "annotations": noted,
        }
        if resource:
            event["objectRef"] = {
                key: value
                for key, value in {
                    "resource": resource,
                    "namespace": namespace,
                    "name": name,
                    "apiGroup": group,
                    "apiVersion": "v1",
                    "subresource": sub,
                }.items()
                if value
            }
        if impersonate:
            event["impersonatedUser"] = {"username": impersonate, "groups": [*impersonate_groups]}
        if body is not None and level != "Metadata":
            event["requestObject"] = body
        if response is not None and level == "RequestResponse":
            event["responseObject"] = response
        self.events.append(event)
        return str(event["auditID"])

    @property
    def lines(self) -> bytes:
        """The trail as JSON lines, in the order of time."""
        ordered = sorted(self.events, key=lambda event: str(event["requestReceivedTimestamp"]))
        return b"".join(json.dumps(event, separators=(",", ":")).encode() + b"\n" for event in ordered)

    def noise(self, hours: int = 24) -> None:
        """A cluster at work: what looks like an attack, done all day by whoever does it for a living."""
        for hour in range(hours):
            self._machines(hour * 3600.0)
            if hour % 24 in range(7, 18):
                self._people(hour * 3600.0)
            if hour % 6 == 3:
                self._pipeline(hour * 3600.0, hour)

    def _machines(self, at: float) -> None:
        for number in range(3):
            node = node_of(number)
            self.ask(node, "patch", "nodes", node.user[12:], at=at + 7 + number, sub="status", level="Request")
            self.ask(node, "update", "leases", node.user[12:], at=at + 9 + number, namespace="kube-node-lease")
            self.ask(
                node,
                "create",
                "serviceaccounts",
                "shop",
                at=at + 31 + number,
                namespace="shop",
                sub="token",
                issued=f"JTI={_id(f'{at} {number}')}",
                level="Request",
            )
            self.ask(node, "get", "secrets", "shop-db", at=at + 41 + number, namespace="shop", level="Metadata")
        controller = account(
            "kube-system", "replicaset-controller", address="10.0.250.1", agent=MANAGER, grant="system:controller"
        )
        self.ask(
            controller,
            "create",
            "pods",
            f"shop-{int(at)}",
            at=at + 55,
            namespace="shop",
            body={"spec": {"containers": [{"name": "shop", "image": "registry.example/shop:7"}]}},
        )
        cronjobs = account(
            "kube-system", "cronjob-controller", address="10.0.250.1", agent=MANAGER, grant="system:controller"
        )
        self.ask(cronjobs, "create", "jobs", f"report-{int(at)}", at=at + 61, namespace="shop", body={"spec": {}})
        ingress = account(
            "ingress-nginx",
            "ingress-nginx",
            address="10.1.0.7",
            agent="nginx-ingress-controller/v1.11.3",
            credential=f"JTI={_id(f'ingress {at}')}",
            pod="ingress-nginx-7d9",
            grant="ingress-nginx",
        )
        self.ask(ingress, "list", "secrets", at=at + 70, level="Metadata")
        argocd = argocd_controller(at)
        self.ask(argocd, "list", "secrets", at=at + 75, level="Metadata")
        self.ask(argocd, "patch", "deployments", "shop", at=at + 80, namespace="shop", body={"metadata": {}})
        scaler = account(
            "kube-system",
            "cluster-autoscaler",
            address="10.1.0.9",
            agent="cluster-autoscaler/v1.33.0",
            grant="autoscaler",
        )
        self.ask(scaler, "list", "nodes", at=at + 90)
        if int(at) % 14400 == 0:
            self.ask(scaler, "delete", "nodes", f"ip-10-0-9-{int(at) // 14400}", at=at + 95)
        scan = Who(
            "system:anonymous",
            address="198.51.100.9",
            agent="Mozilla/5.0 zgrab/0.x",
            groups=("system:unauthenticated",),
        )
        self.ask(scan, "get", at=at + 99, path="/version", level="Metadata")
        self.ask(scan, "list", "pods", at=at + 100, namespace="default", code=403, level="Metadata")

    def _people(self, at: float) -> None:
        for number, name in enumerate(("ana", "ben", "cleo")):
            person = person_of(name, number)
            self.ask(person, "list", "pods", at=at + 600 + 40 * number, namespace="shop", level="Request")
            self.ask(person, "get", "deployments", "shop", at=at + 700 + 40 * number, namespace="shop", level="Request")
        ana = person_of("ana", 0)
        self.ask(
            ana, "get", "pods", "shop-1", at=at + 900, namespace="shop", sub="exec", code=101, command=("ls", "/app")
        )
        self.ask(person_of("ben", 1), "get", "secrets", "shop-db", at=at + 950, namespace="shop", level="Metadata")

    def _pipeline(self, at: float, hour: int) -> None:
        deployer = pipeline()
        self.ask(
            deployer,
            "list",
            "secrets",
            at=at + 1200,
            namespace="shop",
            level="Metadata",
            query="labelSelector=owner%3Dhelm",
        )
        self.ask(
            deployer,
            "create",
            "secrets",
            f"sh.helm.release.v1.shop.v{hour}",
            at=at + 1203,
            namespace="shop",
            level="Metadata",
        )
        self.ask(
            deployer,
            "patch",
            "deployments",
            "shop",
            at=at + 1206,
            namespace="shop",
            body={
                "spec": {
                    "template": {"spec": {"containers": [{"name": "shop", "image": f"registry.example/shop:{hour}"}]}}
                }
            },
        )


def node_of(number: int) -> Who:
    """A node's kubelet."""
    return Who(
        f"system:node:ip-10-0-1-{number}.example",
        address=f"10.0.1.{number}",
        agent=KUBELET,
        groups=("system:nodes", "system:authenticated"),
        credential=f"X509SHA256={hashlib.sha256(str(number).encode()).hexdigest()}",
    )


def person_of(name: str, number: int) -> Who:
    """Somebody who works with the cluster."""
    return Who(
        f"{name}@example.com",
        address=f"192.0.2.{10 + number}",
        groups=("developers", "system:authenticated"),
        credential=f"X509SHA256={hashlib.sha256(name.encode()).hexdigest()}",
        grant="developers",
    )


def pipeline() -> Who:
    """The pipeline's service account, by its lasting token."""
    return account(
        "ci",
        "deployer",
        address="192.0.2.80",
        agent="Helm/3.18.4",
        secret="deployer-token",  # noqa: S106 - a name
        grant="ci-deployer",
    )


def argocd_controller(at: float = 0) -> Who:
    """Argo CD's controller in its own pod."""
    return account(
        "argocd",
        "argocd-application-controller",
        address="10.1.0.8",
        agent="argocd-application-controller/v3.0.0",
        credential=f"JTI={_id(f'argocd {at}')}",
        pod="argocd-application-controller-0",
        grant="argocd-application-controller",
    )


def _uri(group: str, resource: str, name: str, *, namespace: str, sub: str, command: Iterable[str], query: str) -> str:
    base = f"/apis/{group}/v1" if group else "/api/v1"
    parts = [base, *(("namespaces", namespace) if namespace else ()), resource, name, sub]
    asked = urlencode([("command", word) for word in command]) or query
    return "/".join(quote(part, safe="/:") for part in parts if part) + (f"?{asked}" if asked else "")


def _user(who: Who) -> dict[str, Any]:
    extra = dict(who.extra)
    if who.credential:
        extra["authentication.kubernetes.io/credential-id"] = [who.credential]
    if who.pod:
        extra["authentication.kubernetes.io/pod-name"] = [who.pod]
        extra["authentication.kubernetes.io/pod-uid"] = [_id(who.pod)]
    return {"username": who.user, "groups": list(who.groups), **({"extra": extra} if extra else {})}


def _reason(who: Who) -> str:
    if not who.grant:
        return ""
    kind, name = ("ServiceAccount", "x/y") if who.user.startswith("system:serviceaccount:") else ("User", who.user)
    return f'RBAC: allowed by ClusterRoleBinding "{who.grant}" of ClusterRole "{who.grant}" to {kind} "{name}"'


def _id(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
