"""Checks of RBAC: who can do what is dangerous. One finding for each subject, by all bindings that give the right."""

from __future__ import annotations

from demarc.access.planes.powers import powers_of
from demarc.access.seen import CLUSTER_ROLES
from demarc.access.techniques.offers import GROUP
from demarc.access.techniques.rights import Claim
from demarc.model.access import SubjectRef
from demarc.model.kubernetes import Role
from demarc.model.planes import Power
from demarc.model.posture import Severity
from demarc.posture.checks.grants import Danger, Holding, each_subject, limited, take, tell
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_CHANGE = "create|update|patch"
_WRITE = f"{_CHANGE}|delete"
_AUTHENTICATION = "authentication.k8s.io"
_CERTIFICATES = "certificates.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
MAKERS = (
    *("pods", "replicationcontrollers", "deployments.apps", "daemonsets.apps", "statefulsets.apps"),
    *("replicasets.apps", "jobs.batch", "cronjobs.batch"),
)
"""Pods, and what makes pods."""
_CLIENT_SIGNERS = (
    "kubernetes.io/kube-apiserver-client",
    "kubernetes.io/kube-apiserver-client-kubelet",
    "kubernetes.io/*",
)


def _read_secrets(ground: Ground, report: Report) -> None:
    each_subject(ground, report, Severity.HIGH, [Danger(("get|list|watch secrets",), "read all Secrets")])


def _impersonate(ground: Ground, report: Report) -> None:
    dangers = [
        Danger(("impersonate users",), "act as users", cluster=True, named=True),
        Danger(("impersonate serviceaccounts",), "act as service accounts", named=True),
    ]
    dangers += [
        Danger((f"impersonate:{mode} {resource}.{_AUTHENTICATION}",), f"act as {who} for some requests", named=True)
        for mode, resource, who in (
            ("user-info", "users", "users"),
            ("serviceaccount", "serviceaccounts", "service accounts"),
            ("arbitrary-node", "nodes", "nodes"),
        )
    ]
    each_subject(ground, report, Severity.CRITICAL, dangers)


def _escalate(ground: Ground, report: Report) -> None:
    """A right to bind that is limited to names matters where one of the roles is itself a danger."""
    rights, found = ground.granted.lesser, dict[SubjectRef, Holding]()
    strong = _strong_roles(ground)
    for verb in ("escalate", "bind"):
        for resource in ("clusterroles", "roles"):
            for claim in rights.claims(f"{verb} {resource}.{GROUP}"):
                names = claim.names[0]
                if verb == "bind" and names is not None and strong.isdisjoint(names):
                    continue
                if verb == "escalate" and resource == "clusterroles" and claim.namespace:
                    continue
                take(rights, found, claim, f"{verb} {resource}{limited(names)}")
    tell(ground, report, Severity.CRITICAL, found)


_STRONG = frozenset(
    {
        *(Power.CLUSTER_ADMIN, Power.NODE_LEVEL, Power.IMPERSONATE, Power.RBAC_WRITE, Power.CREDENTIALS),
        *(Power.SECRETS_READ, Power.WORKLOAD_WRITE, Power.EXEC),
    }
)


def _strong_roles(ground: Ground) -> frozenset[str]:
    roles = ground.snapshot.all(CLUSTER_ROLES, Role)
    return frozenset(role.metadata.name for role in roles if not _STRONG.isdisjoint(powers_of(role.rules or ())))


def _edit_bindings(ground: Ground, report: Report) -> None:
    """Without bind only what the holder has itself can be handed on."""
    rights, found = ground.granted.lesser, dict[SubjectRef, Holding]()
    binders = {
        subject
        for roles in ("clusterroles", "roles")
        for held in rights.held(f"bind {roles}.{GROUP}")
        for subject in rights.subjects_of(held.bound)
    }
    for resource in ("clusterrolebindings", "rolebindings"):
        for claim in rights.claims(f"{_CHANGE} {resource}.{GROUP}"):
            if claim.names[0] is not None or (resource == "clusterrolebindings" and claim.namespace):
                continue
            alone = binders.isdisjoint(rights.subjects_of(claim.bound))
            how = ", with roles that give no more than its own" if alone else ""
            take(rights, found, claim, f"write {resource}{how}", lower=alone)
    tell(ground, report, Severity.HIGH, found)


def _create_pods(ground: Ground, report: Report) -> None:
    dangers = [Danger((f"create {what}",), f"create {what.partition('.')[0]}") for what in MAKERS]
    each_subject(ground, report, Severity.HIGH, dangers)


def _change_pods(ground: Ground, report: Report) -> None:
    dangers = [Danger((f"update|patch {what}",), f"change {what.partition('.')[0]}") for what in MAKERS]
    each_subject(ground, report, Severity.HIGH, dangers)


def _exec(ground: Ground, report: Report) -> None:
    dangers = [
        Danger((f"create|get pods/{what}",), f"{words} pods")
        for what, words in (("exec", "run commands in"), ("attach", "attach to"), ("portforward", "open ports of"))
    ]
    each_subject(ground, report, Severity.HIGH, dangers)


def _ephemeral(ground: Ground, report: Report) -> None:
    danger = Danger(("update|patch pods/ephemeralcontainers",), "add debug containers to pods")
    each_subject(ground, report, Severity.HIGH, [danger])


def _node_proxy(ground: Ground, report: Report) -> None:
    danger = Danger(("get|create nodes/proxy",), "reach the kubelet, and by it every pod", cluster=True, named=True)
    each_subject(ground, report, Severity.HIGH, [danger])


def _mint_tokens(ground: Ground, report: Report) -> None:
    """A token of the account that asks is nothing new to it."""
    rights, found = ground.granted.lesser, dict[SubjectRef, Holding]()
    for claim in rights.claims("create serviceaccounts/token"):
        can = f"request tokens of service accounts{limited(claim.names[0])}"
        if not _own(rights.subjects_of(claim.bound), claim):
            take(rights, found, claim, can, lower=claim.names[0] is not None)
    tell(ground, report, Severity.CRITICAL, found)


def _own(subjects: tuple[SubjectRef, ...], claim: Claim) -> bool:
    return claim.names[0] is not None and all(
        subject.namespace == claim.namespace and claim.names[0] == (subject.name,) for subject in subjects
    )


def _mint_secrets(ground: Ground, report: Report) -> None:
    dangers = [
        Danger(("create secrets", back), f"make lasting tokens of service accounts and {how}")
        for back, how in (("get|list|watch secrets", "read them"), ("create pods", "mount them"))
    ]
    each_subject(ground, report, Severity.HIGH, dangers)


def _sign_certificates(ground: Ground, report: Report) -> None:
    csr = f"certificatesigningrequests.{_CERTIFICATES}"
    steps = {
        "approve": (f"update|patch certificatesigningrequests/approval.{_CERTIFICATES}", "approve client certificates"),
        "sign": (f"update|patch certificatesigningrequests/status.{_CERTIFICATES}", "issue client certificates"),
    }
    rights, found = ground.granted.lesser, dict[SubjectRef, Holding]()
    for verb, (change, words) in steps.items():
        for claim in rights.claims(f"{verb} signers.{_CERTIFICATES}", change):
            names = claim.names[0]
            if claim.namespace or (names is not None and set(names).isdisjoint(_CLIENT_SIGNERS)):
                continue
            asks = any(held.bound is claim.bound for held in rights.held(f"create {csr}"))
            can = f"{'request and ' if asks else ''}{words}{limited(names)}"
            take(rights, found, claim, can, lower=not asks, placed=False)
    tell(ground, report, Severity.CRITICAL, found)


def _change_admission(ground: Ground, report: Report) -> None:
    dangers = [
        Danger((f"{_WRITE} {resource}.{_ADMISSION}",), f"change {resource}", cluster=True)
        for resource in (
            *("mutatingwebhookconfigurations", "validatingwebhookconfigurations", "validatingadmissionpolicies"),
            *("validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"),
        )
    ]
    each_subject(ground, report, Severity.CRITICAL, dangers)


def _create_volumes(ground: Ground, report: Report) -> None:
    danger = Danger(("create persistentvolumes",), "create PersistentVolumes, paths of nodes among them", cluster=True)
    each_subject(ground, report, Severity.MEDIUM, [danger])


def _label_namespaces(ground: Ground, report: Report) -> None:
    danger = Danger(("update|patch namespaces",), "change labels of namespaces", named=True)
    each_subject(ground, report, Severity.HIGH, [danger])


_LOG_ROUTES = (
    "clusterlogforwarders.logging.openshift.io",
    "clusterlogforwarders.observability.openshift.io",
    "clusteroutputs.fluentbit.fluent.io",
    "clusterflows.logging.banzaicloud.io",
    "clusteroutputs.logging.banzaicloud.io",
)


def _delete_evidence(ground: Ground, report: Report) -> None:
    dangers = [
        Danger((f"delete|deletecollection {events}",), "delete events") for events in ("events", "events.events.k8s.io")
    ]
    dangers += [
        Danger((f"update|patch|delete {what}",), f"change where logs go ({what.partition('.')[0]})")
        for what in _LOG_ROUTES
        if what in ground.custom_kinds
    ]
    each_subject(ground, report, Severity.MEDIUM, dangers)


def _edit_nodes(ground: Ground, report: Report) -> None:
    dangers = [
        Danger(("update|patch nodes",), "change nodes and their taints", cluster=True),
        Danger(("update|patch nodes/status",), "change the status of nodes", cluster=True),
    ]
    each_subject(ground, report, Severity.MEDIUM, dangers)


def _intercept(ground: Ground, report: Report) -> None:
    dangers = [
        Danger(("update|patch services/status",), "write the addresses of Services"),
        Danger((f"{_CHANGE} endpoints",), "write Endpoints"),
        Danger((f"{_CHANGE} endpointslices.discovery.k8s.io",), "write EndpointSlices"),
    ]
    each_subject(ground, report, Severity.MEDIUM, dangers)


_SYSTEM_MAPS = (
    "coredns",
    "coredns-custom",
    "kube-dns",
    "kube-proxy",
    "kube-proxy-config",
    "amazon-vpc-cni",
    "node-local-dns",
)


def _edit_dns(ground: Ground, report: Report) -> None:
    danger = Danger(
        ("update|patch|delete configmaps",), "change ConfigMaps of kube-system", place="kube-system", names=_SYSTEM_MAPS
    )
    each_subject(ground, report, Severity.HIGH, [danger])


CHECKS: tuple[Check, ...] = (
    Check("DM-RBAC-003", _read_secrets),
    Check("DM-RBAC-004", _impersonate),
    Check("DM-RBAC-005", _escalate),
    Check("DM-RBAC-006", _edit_bindings),
    Check("DM-RBAC-007", _create_pods),
    Check("DM-RBAC-008", _change_pods),
    Check("DM-RBAC-009", _exec),
    Check("DM-RBAC-010", _ephemeral),
    Check("DM-RBAC-011", _node_proxy),
    Check("DM-RBAC-012", _mint_tokens),
    Check("DM-RBAC-013", _mint_secrets),
    Check("DM-RBAC-014", _sign_certificates),
    Check("DM-RBAC-015", _change_admission),
    Check("DM-RBAC-016", _create_volumes),
    Check("DM-RBAC-017", _label_namespaces),
    Check("DM-RBAC-028", _delete_evidence),
    Check("DM-RBAC-029", _edit_nodes),
    Check("DM-RBAC-030", _intercept),
    Check("DM-RBAC-031", _edit_dns),
)
