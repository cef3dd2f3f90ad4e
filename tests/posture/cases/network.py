"""Cases of checks of the network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demarc.model.errors import Where
from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.register import Assignment, Membership, Person, Register, Review, Selector, Team
from demarc.testing import (
    a_cluster_role_binding,
    a_container,
    a_daemon_set,
    a_deployment,
    a_node,
    a_pod,
    a_subject,
    an_object,
)
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_POLICIES = (("networkpolicies.networking.k8s.io", GapReason.FORBIDDEN),)
NO_SERVICES = (("services", GapReason.FORBIDDEN),)
NO_PODS = (("pods", GapReason.FORBIDDEN),)


def _app(name: str = "app", namespace: str = "shop", **spec: Any) -> tuple[Object, ...]:
    """A Deployment and a pod of it."""
    image = spec.pop("image", "registry.example/shop/app:1")
    deployment = a_deployment(name, namespace, pod_spec=spec, image=image)
    box = deployment["spec"]["template"]["spec"]["containers"]
    replicas = an_object(
        "apps/v1", "ReplicaSet", f"{name}-1", namespace=namespace, owner=deployment, spec=deployment["spec"]
    )
    more = {"containers": box, "node": "n1", "labels": {"app": name}, "owner": replicas}
    pod = a_pod(f"{name}-1-x", namespace, pod_spec=spec, **more)
    return deployment, replicas, pod


def _policy(name: str, namespace: str = "shop", **spec: Any) -> Object:
    given = {"podSelector": {}, **spec}
    return an_object("networking.k8s.io/v1", "NetworkPolicy", name, namespace=namespace, spec=given)


def _service(name: str = "web", namespace: str = "shop", **spec: Any) -> Object:
    given = {"selector": {"app": "app"}, "ports": [{"port": 443}], **spec}
    return an_object(
        "v1",
        "Service",
        name,
        namespace=namespace,
        spec=given,
        status={"loadBalancer": {"ingress": [{"ip": "203.0.114.9"}]}},
    )


def _ingress(name: str = "web", *, notes: Object | None = None, service: str = "web", **spec: Any) -> Object:
    path = {"path": "/", "backend": {"service": {"name": service, "port": {"number": 80}}}}
    rules = [{"host": "shop.example", "http": {"paths": [path]}}]
    return an_object(
        "networking.k8s.io/v1", "Ingress", name, namespace="shop", annotations=notes, spec={"rules": rules, **spec}
    )


def _gateway(*protocols: str) -> Object:
    listeners = [{"name": one.lower(), "protocol": one, "port": number} for number, one in enumerate(protocols, 80)]
    spec = {"gatewayClassName": "gke", "listeners": listeners}
    return an_object("gateway.networking.k8s.io/v1", "Gateway", "gate", namespace="shop", spec=spec)


def _route(section: str = "", **rule: Any) -> Object:
    parent = {"name": "gate", **({"sectionName": section} if section else {})}
    spec = {"parentRefs": [parent], "rules": [rule or {"backendRefs": [{"name": "web", "port": 80}]}]}
    return an_object("gateway.networking.k8s.io/v1", "HTTPRoute", "web", namespace="shop", spec=spec)


DENY = _policy("deny", policyTypes=["Ingress", "Egress"])
DENY_IN = _policy("deny", policyTypes=["Ingress"])
ELSEWHERE = _policy("deny", "other", policyTypes=["Ingress"])
CILIUM = an_object("cilium.io/v2", "CiliumNetworkPolicy", "app", namespace="shop", spec={})
EVERYBODY = an_object("projectcalico.org/v3", "GlobalNetworkPolicy", "all", spec={})
AWS_NODE = a_daemon_set(
    "aws-node",
    containers=[
        a_container("aws-node", image="602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.19.0"),
        a_container(
            "aws-eks-nodeagent",
            image="602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon/aws-network-policy-agent:v1.1.5",
            args=["--enable-network-policy=false"],
        ),
    ],
)
CALICO = a_pod(
    "calico-node-x", "kube-system", containers=[a_container("calico-node", image="docker.io/calico/node:v3.30")]
)
ADDON = {
    "addon": {
        "addonName": "vpc-cni",
        "clusterName": "prod",
        "addonArn": "arn:aws:eks:eu-west-1:111122223333:addon/prod/vpc-cni/1",
        "configurationValues": '{"enableNetworkPolicy": "true"}',
    }
}
ADDON_OFF = {"addon": {**ADDON["addon"], "configurationValues": "{}"}}
GKE_NODE = a_node(
    "n1",
    provider_id="gce://acme/europe-west1-b/n1",
    kubelet_version="v1.33.5-gke.1080000",
    labels={"cloud.google.com/gke-nodepool": "general"},
)


def _gke(mode: str, **more: Any) -> Object:
    link = "https://container.googleapis.com/v1/projects/acme/locations/europe-west1/clusters/prod"
    pool = {
        "name": "general",
        "selfLink": f"{link}/nodePools/general",
        "config": {"serviceAccount": "nodes@acme.iam.gserviceaccount.com", "workloadMetadataConfig": {"mode": mode}},
    }
    return {"name": "prod", "selfLink": link, "location": "europe-west1", "nodePools": [pool], **more}


PUBLIC = _service(type="LoadBalancer")
AT_FILE = Where(file="register.yaml")


def _register(approver: str | None = None, reviewed: str = "") -> Register:
    return Register(
        people=(Person(id="ann", name="Ann", where=AT_FILE),),
        teams=(Team(id="web", name="Web", members=(Membership(person="ann", where=AT_FILE),), where=AT_FILE),),
        assignments=(
            Assignment(
                duties=("network.*",),
                scope=Selector(namespace="shop"),
                owner="web",
                approver=approver,
                review_every=90,
                where=AT_FILE,
            ),
        ),
        reviews=(
            Review(
                duties=("network.exposure",),
                scope=Selector(namespace="shop"),
                by="ann",
                on=datetime.fromisoformat(reviewed).replace(tzinfo=UTC),
                where=AT_FILE,
            ),
        )
        if reviewed
        else (),
        origin="ownership",
    )


READS = (
    an_object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "reader",
        rules=[{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}],
    ),
    a_cluster_role_binding("reads", role="reader", subjects=[a_subject("ServiceAccount", "default", "shop")]),
    an_object("rbac.authorization.k8s.io/v1", "Role", "r", namespace="shop", rules=[]),
    an_object(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "r",
        namespace="shop",
        roleRef={"kind": "Role", "name": "r", "apiGroup": "rbac.authorization.k8s.io"},
        subjects=[],
    ),
)
NGINX = "registry.k8s.io/ingress-nginx/controller"
EARLY = datetime(2026, 2, 1, tzinfo=UTC)

CASES = (
    Case("DM-NET-001", VIOLATED, (*_app(), ELSEWHERE), on=("Namespace shop",), says="no NetworkPolicy is in it"),
    Case(
        "DM-NET-001",
        VIOLATED,
        (
            *_app(),
            *_app("db"),
            _policy("db", podSelector={"matchLabels": {"app": "db"}}, policyTypes=["Ingress", "Egress"]),
        ),
        on=("Deployment shop/app",),
        says="for ingress and egress",
    ),
    Case("DM-NET-001", VIOLATED, (*_app(), DENY_IN), on=("Deployment shop/app",), says="for egress"),
    Case("DM-NET-001", HOLDS, (*_app(), DENY)),
    Case("DM-NET-001", HOLDS, (*_app(hostNetwork=True), ELSEWHERE), about="no policy holds for the node's network"),
    Case("DM-NET-001", UNKNOWN, _app(), says="no networkpolicies", about="a dump without any says nothing"),
    Case("DM-NET-001", UNKNOWN, (*_app(), ELSEWHERE), gaps=NO_POLICIES),
    Case("DM-NET-001", UNKNOWN, (*_app(), ELSEWHERE, CILIUM), says="may be covered by CiliumNetworkPolicy shop/app"),
    Case("DM-NET-001", UNKNOWN, (*_app(), ELSEWHERE, EVERYBODY), says="may be covered by GlobalNetworkPolicy all"),
    Case("DM-NET-002", VIOLATED, (*_app(), DENY_IN), on=("Namespace shop",), says="denies egress"),
    Case(
        "DM-NET-002",
        VIOLATED,
        (*_app(), _policy("open", policyTypes=["Ingress", "Egress"], ingress=[{}], egress=[{}])),
        on=("Namespace shop",),
        says="denies ingress and egress",
        about="a policy for all that allows all closes nothing",
    ),
    Case("DM-NET-002", HOLDS, (*_app(), DENY)),
    Case("DM-NET-002", UNKNOWN, _app()),
    Case("DM-NET-002", UNKNOWN, (*_app(), ELSEWHERE, CILIUM)),
    Case(
        "DM-NET-003",
        VIOLATED,
        (*_app(), _policy("open", ingress=[{"from": []}], policyTypes=["Ingress"])),
        on=("NetworkPolicy shop/open",),
    ),
    Case(
        "DM-NET-003",
        VIOLATED,
        (
            *_app(),
            _policy(
                "out",
                policyTypes=["Egress"],
                egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]}],
            ),
        ),
        on=("NetworkPolicy shop/out",),
        says="0.0.0.0/0 but 169.254.169.254/32",
    ),
    Case(
        "DM-NET-003",
        VIOLATED,
        (*_app(), _policy("in", ingress=[{"ports": [{"port": 5432}]}])),
        on=("NetworkPolicy shop/in",),
        says="on these ports alone",
    ),
    Case(
        "DM-NET-003",
        HOLDS,
        (
            *_app(),
            _policy(
                "out",
                egress=[
                    {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]},
                    {"ports": [{"port": 53, "protocol": "UDP"}]},
                ],
            ),
        ),
        about="the internet without the own network, and DNS",
    ),
    Case(
        "DM-NET-003",
        HOLDS,
        (*_app(), PUBLIC, _policy("in", ingress=[{"ports": [{"port": 443}]}])),
        about="what the internet reaches anyway",
    ),
    Case("DM-NET-003", HOLDS, (*_app(), _policy("in", policyTypes=["Ingress"], egress=[{}])), about="not for egress"),
    Case("DM-NET-003", UNKNOWN, _app()),
    Case(
        "DM-NET-004",
        VIOLATED,
        (*_app(), _policy("old", podSelector={"matchLabels": {"app": "gone"}})),
        on=("NetworkPolicy shop/old",),
        says="selects no pod",
    ),
    Case(
        "DM-NET-004",
        VIOLATED,
        (*_app(hostNetwork=True), DENY),
        on=("NetworkPolicy shop/deny",),
        says="network of their node",
    ),
    Case("DM-NET-004", HOLDS, (a_deployment(replicas=0), DENY), about="nothing runs, and it would be for it"),
    Case("DM-NET-004", HOLDS, (*_app(), ELSEWHERE), about="an empty namespace"),
    Case("DM-NET-004", UNKNOWN, (*_app(), _policy("old", podSelector={"matchLabels": {"app": "gone"}})), gaps=NO_PODS),
    Case(
        "DM-NET-005",
        VIOLATED,
        (AWS_NODE, *_app(), DENY),
        on=("Component vpc-cni",),
        says="1 that were written have no effect",
    ),
    Case(
        "DM-NET-005",
        VIOLATED,
        (AWS_NODE,),
        documents=(ADDON_OFF,),
        on=("Component vpc-cni",),
        says="enableNetworkPolicy",
    ),
    Case("DM-NET-005", HOLDS, (AWS_NODE,), documents=(ADDON,)),
    Case("DM-NET-005", HOLDS, (AWS_NODE, CALICO)),
    Case(
        "DM-NET-005",
        HOLDS,
        (GKE_NODE,),
        documents=(_gke("GKE_METADATA", networkConfig={"datapathProvider": "ADVANCED_DATAPATH"}),),
    ),
    Case("DM-NET-005", UNKNOWN, _app(), says="was seen"),
    Case("DM-NET-006", VIOLATED, (GKE_NODE, *_app()), documents=(_gke("GCE_METADATA"),), on=("Pool general",)),
    Case("DM-NET-006", HOLDS, (GKE_NODE, *_app()), documents=(_gke("GKE_METADATA"),)),
    Case(
        "DM-NET-006",
        HOLDS,
        (GKE_NODE, *_app(), CALICO, DENY),
        documents=(_gke("GCE_METADATA"),),
        about="policies that are enforced close it",
    ),
    Case("DM-NET-006", UNKNOWN, _app(), says="launch template"),
    Case(
        "DM-NET-007",
        VIOLATED,
        (*_app(), PUBLIC),
        register=_register(),
        on=("Service shop/web",),
        says="no approver is named",
    ),
    Case(
        "DM-NET-007",
        VIOLATED,
        (*_app(), PUBLIC),
        register=_register("web", "2026-01-14"),
        on=("Service shop/web",),
        says="since it was made",
        about="reviewed before it was made",
    ),
    Case("DM-NET-007", HOLDS, (*_app(), PUBLIC), register=_register("web", "2026-11-01")),
    Case(
        "DM-NET-007",
        HOLDS,
        (
            *_app(),
            {
                **PUBLIC,
                "metadata": {**PUBLIC["metadata"], "annotations": {"networking.gke.io/load-balancer-type": "Internal"}},
            },
        ),
        register=_register(),
    ),
    Case("DM-NET-007", UNKNOWN, (*_app(), PUBLIC), says="no register was given"),
    Case("DM-NET-007", UNKNOWN, (*_app(), _service(type="NodePort")), register=_register(), says="is not seen"),
    Case("DM-NET-008", VIOLATED, (_service(externalIPs=["198.51.100.7"]),), on=("Service shop/web",)),
    Case("DM-NET-008", HOLDS, (_service(),)),
    Case("DM-NET-008", UNKNOWN, gaps=NO_SERVICES),
    Case("DM-NET-009", VIOLATED, (_ingress(),), on=("Ingress shop/web",), says="shop.example without TLS"),
    Case(
        "DM-NET-009",
        VIOLATED,
        (_ingress(tls=[{"hosts": ["other.example"], "secretName": "t"}]),),
        on=("Ingress shop/web",),
    ),
    Case(
        "DM-NET-009",
        VIOLATED,
        (_ingress(tls=[{"hosts": ["shop.example"]}], notes={"nginx.ingress.kubernetes.io/ssl-redirect": "false"}),),
        on=("Ingress shop/web",),
        says="does not redirect",
    ),
    Case("DM-NET-009", VIOLATED, (_gateway("HTTP"),), on=("Gateway shop/gate",)),
    Case("DM-NET-009", VIOLATED, (_gateway("HTTP", "HTTPS"), _route()), on=("HTTPRoute shop/web",)),
    Case("DM-NET-009", HOLDS, (_gateway("HTTP", "HTTPS"), _route("https"))),
    Case(
        "DM-NET-009",
        HOLDS,
        (_gateway("HTTP", "HTTPS"), _route(filters=[{"type": "RequestRedirect"}])),
        about="a redirect",
    ),
    Case("DM-NET-009", HOLDS, (_ingress(tls=[{"hosts": ["*.example"], "secretName": "t"}]),)),
    Case("DM-NET-009", HOLDS, (_ingress(notes={"alb.ingress.kubernetes.io/certificate-arn": "arn:x"}),)),
    Case("DM-NET-009", HOLDS, (_ingress(notes={"nginx.ingress.kubernetes.io/ssl-passthrough": "true"}),)),
    Case("DM-NET-009", UNKNOWN, says="no ingresses"),
    Case(
        "DM-NET-010",
        VIOLATED,
        (_ingress(notes={"nginx.ingress.kubernetes.io/server-snippet": "x"}),),
        on=("Ingress shop/web",),
    ),
    Case(
        "DM-NET-010",
        VIOLATED,
        (*_app("nginx", image=f"{NGINX}:v1.12.0"), _ingress()),
        on=("Deployment shop/nginx",),
        says="CVE",
    ),
    Case(
        "DM-NET-010",
        VIOLATED,
        (*_app("nginx", image=f"{NGINX}:v1.14.1"), _ingress()),
        on=("Deployment shop/nginx",),
        says="retired",
    ),
    Case("DM-NET-010", HOLDS, (*_app("nginx", image=f"{NGINX}:v1.11.5@sha256:ab"), _ingress()), at=EARLY),
    Case(
        "DM-NET-010",
        UNKNOWN,
        (*_app("nginx", image=f"{NGINX}@sha256:ab"), _ingress()),
        at=EARLY,
        says="is not in its name",
    ),
    Case("DM-NET-010", UNKNOWN, _app(), says="no ingresses"),
    Case(
        "DM-NET-011",
        VIOLATED,
        (*_app(image="grafana/grafana:12.1"), PUBLIC),
        on=("Service shop/web",),
        says="Grafana (Deployment shop/app) is reached",
    ),
    Case(
        "DM-NET-011", VIOLATED, (*_app(image="quay.io/coreos/etcd:v3.5"), PUBLIC), on=("Service shop/web",), says="etcd"
    ),
    Case("DM-NET-011", HOLDS, (*_app(), PUBLIC)),
    Case("DM-NET-011", HOLDS, (*_app(image="grafana/grafana:12.1"), _service())),
    Case(
        "DM-NET-011",
        UNKNOWN,
        (*_app(image="grafana/grafana:12.1"), _service(type="NodePort")),
        says="it may be reached",
    ),
    Case(
        "DM-NET-012",
        VIOLATED,
        (*_app(), *READS, CALICO, DENY_IN),
        on=("Deployment shop/app",),
        says="ClusterRoleBinding reads",
    ),
    Case("DM-NET-012", HOLDS, (*_app(), *READS, CALICO, DENY)),
    Case("DM-NET-012", HOLDS, (*_app(automountServiceAccountToken=False), *READS, CALICO, DENY_IN), about="no token"),
    Case("DM-NET-012", UNKNOWN, (*_app(), *READS, CALICO, ELSEWHERE, CILIUM), says="may be covered"),
    Case(
        "DM-NET-012",
        UNKNOWN,
        (*_app(), DENY),
        gaps=(("clusterroles.rbac.authorization.k8s.io", GapReason.FORBIDDEN),),
    ),
    Case("DM-NET-013", VIOLATED, (*_app("db"), _service()), on=("Service shop/web",), says="selects no pod"),
    Case(
        "DM-NET-013",
        VIOLATED,
        (*_app(), _service("other"), _ingress()),
        on=("Ingress shop/web",),
        says="does not exist",
    ),
    Case("DM-NET-013", VIOLATED, (*_app(), _service("other"), _route()), on=("HTTPRoute shop/web",)),
    Case("DM-NET-013", HOLDS, (a_deployment(replicas=0), _service(), _ingress(), _route())),
    Case(
        "DM-NET-013",
        HOLDS,
        (
            *_app(),
            _service(selector={"role": "leader"}),
            a_pod("db-1", labels={"role": "leader"}),
            a_pod("db-0", labels={"a": "b"}),
        ),
        about="the leader of a database has a label of its own",
    ),
    Case(
        "DM-NET-013",
        HOLDS,
        (*_app(), _service(selector=None)),
        about="without a selector somebody else writes its ends",
    ),
    Case(
        "DM-NET-013",
        HOLDS,
        (*_app(), _service(), _ingress(service="fwd", notes={"alb.ingress.kubernetes.io/actions.fwd": "{}"})),
    ),
    Case("DM-NET-013", UNKNOWN, (_service(),), says="no workload", about="without workloads nothing is selected"),
    Case("DM-NET-013", UNKNOWN, (*_app(), _ingress()), gaps=NO_SERVICES),
)
