"""Who calls the API server: people by single sign-on, pods, nodes, pipelines, and somebody with their credentials."""

from __future__ import annotations

from typing import Any, NamedTuple

from make.company import ACCOUNT
from make.entries import ENTRIES
from make.incident import DEPLOYER, DEPLOYER_SECRET
from make.kube import Object
from make.nodes import Machine
from make.stable import hexes, uid

KUBECTL = "kubectl/v1.33.2 (linux/amd64) kubernetes/a57b6f7"
HELM = "Helm/3.18.4"


class Caller(NamedTuple):
    """An authenticated caller as the audit trail shows it."""

    user: dict[str, Any]
    address: str
    agent: str
    marks: tuple[tuple[str, str], ...] = ()
    """Annotations that its credential leaves on every event."""

    @property
    def name(self) -> str:
        return str(self.user["username"])


def person(login: str, entry: str, address: str, agent: str = KUBECTL) -> Caller:
    """Somebody who came in by an SSO role and its access entry."""
    principal, groups, *_ = ENTRIES[entry]
    role_name = principal.rpartition("/")[2]
    unique = f"AROA{hexes('principal', role_name, length=10).upper()}EXAMPLE"
    mail = f"{login}@fjordkite.example"
    extra = {
        "accessKeyId": [f"ASIA{hexes('session', login, length=9).upper()}EXAMPLE"],
        "arn": [f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/{mail}"],
        "canonicalArn": [principal],
        "principalId": [unique],
        "sessionName": [mail],
        "sigs.k8s.io/aws-iam-authenticator/principalId": [unique],
    }
    user = {
        "username": mail,
        "uid": f"aws-iam-authenticator:{ACCOUNT}:{unique}",
        "groups": [*groups, "system:authenticated"],
        "extra": extra,
    }
    return Caller(user, address, agent)


def _account(namespace: str, name: str) -> dict[str, Any]:
    return {
        "username": f"system:serviceaccount:{namespace}:{name}",
        "uid": uid("ServiceAccount", namespace, name),
        "groups": ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"],
    }


def pod_token(pod: Object) -> str:
    """JWT id of the token that a pod uses."""
    return uid("jti", pod["metadata"]["uid"])


def in_pod(pod: Object, machine: Machine, agent: str) -> Caller:
    """A process in a pod, with the pod's own token."""
    meta = pod["metadata"]
    user = _account(meta["namespace"], pod["spec"]["serviceAccountName"])
    prefix = "authentication.kubernetes.io"
    user["extra"] = {
        f"{prefix}/credential-id": [f"JTI={pod_token(pod)}"],
        f"{prefix}/node-name": [machine.name],
        f"{prefix}/node-uid": [uid("Node", "", machine.name)],
        f"{prefix}/pod-name": [meta["name"]],
        f"{prefix}/pod-uid": [meta["uid"]],
    }
    return Caller(user, pod["status"]["podIP"], agent)


def minted(account: tuple[str, str], jti: str, address: str, agent: str) -> Caller:
    """Whoever holds a token that was asked for by hand."""
    user = _account(*account)
    user["extra"] = {"authentication.kubernetes.io/credential-id": [f"JTI={jti}"]}
    return Caller(user, address, agent)


def legacy(account: tuple[str, str], secret: str, address: str, agent: str) -> Caller:
    """Whoever holds a legacy token: no credential id, but annotations that name its Secret."""
    user = _account(*account)
    marks = (
        ("authentication.k8s.io/legacy-token", str(user["username"])),
        ("authentication.k8s.io/legacy-token-manual-secret", secret),
    )
    return Caller(user, address, agent, marks)


def deployer(address: str, agent: str) -> Caller:
    """Whoever holds the token of the quotes pipeline."""
    return legacy(DEPLOYER, DEPLOYER_SECRET, address, agent)


def node(machine: Machine) -> Caller:
    """A kubelet."""
    user = {
        "username": f"system:node:{machine.name.removeprefix('fargate-')}",
        "uid": f"aws-iam-authenticator:{ACCOUNT}:AROA{hexes('node', machine.pool, length=10).upper()}EXAMPLE",
        "groups": ["system:nodes", "system:authenticated"],
        "extra": {"sessionName": [machine.instance or machine.name]},
    }
    return Caller(user, machine.address, "kubelet/v1.33.5 (linux/amd64) kubernetes/113cf36")


def controller(name: str) -> Caller:
    """A controller of the control plane with a service account of its own."""
    user = _account("kube-system", name)
    user["extra"] = {"authentication.kubernetes.io/credential-id": [f"JTI={uid('jti', name)}"]}
    return Caller(user, "10.40.250.11", f"kube-controller-manager/v1.33.5 (linux/amd64) kubernetes/113cf36/{name}")


NOBODY = {"username": "system:anonymous", "groups": ["system:unauthenticated"]}


def anonymous(address: str, agent: str) -> Caller:
    """A caller without any credential."""
    return Caller(NOBODY, address, agent)
