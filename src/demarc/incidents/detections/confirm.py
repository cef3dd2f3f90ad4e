"""Looks into bodies, where SQL can only tell that a word is in them: JSON read exactly, for the few that SQL left over.

Each function tells whether one request is what its detection is about. Bodies are whatever a client wrote: anything may
be missing or of another type.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

Row = dict[str, Any]
Confirm = Callable[[Row], bool]

_BAD_CAPS: Final = frozenset(
    {"ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "BPF", "SYS_MODULE", "DAC_READ_SEARCH", "SYS_RAWIO", "SYS_BOOT"}
)
_BAD_PATHS: Final = ("/etc", "/root", "/home", "/proc", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd")
_SOCKETS: Final = ("docker.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock")
_TOOLS: Final = re.compile(
    r"(^|[/._-])(xmrig|minerd|cpuminer|ethminer|nbminer|monero|kinsing|c3pool|nanominer|peirates|kube-hunter|kubeletctl"
    r"|kdigger|metasploit|metasploit-framework|kalilinux|botb|deepce)([/._:@-]|$)"
)
_CONTROLLERS: Final = frozenset(
    f"{name}-controller"
    for name in [
        "attachdetach",
        "certificate",
        "clusterrole-aggregation",
        "cronjob",
        "daemon-set",
        "deployment",
        "disruption",
        "endpoint",
        "endpointslice",
        "endpointslicemirroring",
        "ephemeral-volume",
        "expand",
        "job",
        "namespace",
        "node",
        "pv-protection",
        "pvc-protection",
        "replicaset",
        "replication",
        "resourcequota",
        "root-ca-cert-publisher",
        "route",
        "service-account",
        "service",
        "statefulset",
        "ttl",
        "ttl-after-finished",
    ]
) | {"generic-garbage-collector", "horizontal-pod-autoscaler", "persistent-volume-binder", "pod-garbage-collector"}
_CREDENTIAL: Final = re.compile(
    r"kubeconfig|id_rsa|id_ed25519|private[-_.]?key|^tls\.key$|secret|passw(or)?d|(^|[-_.])token$|credential"
    r"|service-account\.json|dockerconfigjson"
)
_ADMIN: Final = frozenset({"cluster-admin", "admin"})


def body(row: Row, column: str = "request_object") -> Any:
    """A body as plain values; empty for one that cannot be read. Read once, however many look into it."""
    read = f"{column}, read"
    if read not in row:
        try:
            row[read] = msgspec.json.decode(row.get(column) or "{}")
        except msgspec.DecodeError:
            row[read] = {}
    return row[read]


def field(value: Any, *keys: str) -> Any:
    """What lies under some keys, one in the other; None where anything on the way is missing or no object."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _inside(value: Any, key: str) -> list[Any]:
    """Whatever is called so, at any depth."""
    found: list[Any] = []
    _gather(value, key, found)
    return found


def _gather(value: Any, key: str, found: list[Any]) -> None:
    # A trail of months holds millions of bodies: what holds nothing further is not stepped into.
    if isinstance(value, dict):
        for name, one in value.items():
            if name == key:
                found.append(one)
            if isinstance(one, (dict, list)):
                _gather(one, key, found)
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, (dict, list)):
                _gather(one, key, found)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def caps(row: Row) -> bool:
    """A container asks for a capability that leads to the node."""
    added = (one.get("add") for one in _inside(body(row), "capabilities") if isinstance(one, dict))
    names = {str(name).removeprefix("CAP_") for names in added if isinstance(names, list) for name in names}
    return bool(names & _BAD_CAPS)


def hostpath(row: Row) -> bool:
    """A volume is a path from which the node can be taken."""
    paths = [str(one.get("path", "")) for one in _inside(body(row), "hostPath") if isinstance(one, dict)]
    return any(_is_bad(path) for path in paths)


def _is_bad(path: str) -> bool:
    whole = "/" + path.strip("/")
    if whole == "/" or whole.endswith(_SOCKETS) or whole in {"/var", "/var/lib", "/var/run", "/run", "/var/log"}:
        return True
    return any(whole == bad or whole.startswith(f"{bad}/") for bad in _BAD_PATHS)


def disallowed_image(row: Row) -> bool:
    """An image is known for mining or breaking in; the word must stand by itself."""
    images = (str(one) for one in _inside(body(row), "image"))
    return any(_TOOLS.search(image.lower()) for image in images)


def controller_sa_pod(row: Row) -> bool:
    """A pod runs as a controller of Kubernetes itself."""
    return any(str(one) in _CONTROLLERS for one in _inside(body(row), "serviceAccountName"))


def configmap_creds(row: Row) -> bool:
    """An entry of a ConfigMap is named like a credential."""
    found = body(row)
    maps = [field(found, part) for part in ("data", "binaryData", "stringData")]
    return any(_CREDENTIAL.search(str(key).lower()) for one in maps if isinstance(one, dict) for key in one)


def _role_of(row: Row) -> str:
    for column in ("request_object", "response_object"):
        role = field(body(row, column), "roleRef", "name")
        if role:
            return str(role)
    return ""


def _subjects_of(row: Row) -> list[dict[str, Any]]:
    return _dicts(field(body(row), "subjects"))


def bind_cluster_admin(row: Row) -> bool:
    """The role that is bound is an administrator's or the system's, other than those that only tell who one is."""
    role = _role_of(row)
    harmless = {"system:basic-user", "system:discovery", "system:public-info-viewer", "system:auth-delegator"}
    return role in _ADMIN or (role.startswith("system:") and role not in harmless)


def default_sa_admin(row: Row) -> bool:
    """A default account gets an administrator's role."""
    is_default = any(
        one.get("name") == "default" and one.get("kind", "ServiceAccount") == "ServiceAccount"
        for one in _subjects_of(row)
    )
    return is_default and _role_of(row) in _ADMIN | {"edit"}


def _rules(row: Row) -> list[dict[str, Any]]:
    return _dicts(field(body(row), "rules"))


def role_wildcard(row: Row) -> bool:
    """A rule has every verb, or every resource."""
    return any("*" in _listed(rule.get(part)) for rule in _rules(row) for part in ("verbs", "resources"))


def role_write(row: Row) -> bool:
    """A rule may change something."""
    writes = {"create", "update", "patch", "delete", "deletecollection", "*"}
    return any(writes & {str(verb) for verb in _listed(rule.get("verbs"))} for rule in _rules(row))


class RoleGives:
    """A rule gives certain resources or verbs."""

    def __init__(self, *words: str) -> None:
        self._words = frozenset(words)

    def __call__(self, row: Row) -> bool:
        """Tell whether a rule names one of them as a resource or as a verb."""
        named = (_listed(rule.get(part)) for rule in _rules(row) for part in ("resources", "verbs"))
        return any(str(one) in self._words for ones in named for one in ones)


def requested_node(encoded: str) -> str:
    """The common name that a certificate request asks for; empty where it cannot be read."""
    try:
        return str(
            x509.load_pem_x509_csr(base64.b64decode(encoded, validate=True))
            .subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0]
            .value
        )
    except (ValueError, binascii.Error, IndexError, TypeError):
        return ""


class OtherNode:
    """A certificate is asked for in the name of a node that is already there."""

    def __init__(self, nodes: dict[str, int]) -> None:
        self._nodes = nodes
        """User name of each node that was seen -> when it was first used."""

    def __call__(self, row: Row) -> bool:
        """Tell whether the name is another's than the asker's, and was in use before."""
        spec = field(body(row), "spec")
        encoded = field(spec, "request")
        wanted = requested_node(str(encoded)) if encoded else str(field(spec, "username") or "")
        if not wanted.startswith("system:node:") or wanted == row["user_name"]:
            return False
        known = self._nodes.get(wanted)
        return known is not None and known < row["ts_us"]


class MovedTags:
    """An image reference that came up with one digest comes up with another."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, row: Row) -> bool:
        """Note what came up; tell whether it is not what came up before under the same name."""
        moved = False
        for statuses in _inside(body(row), "containerStatuses"):
            for one in _dicts(statuses):
                image, digest = str(one.get("image") or ""), str(one.get("imageID") or "").rpartition("@")[2]
                if not image or not digest.startswith("sha256:") or "@" in image or image.endswith(":latest"):
                    continue
                moved = moved or self._known.get(image, digest) != digest
                self._known[image] = digest
        return moved


_OWN = frozenset({"name", "image", "imagePullPolicy"})


def sidecar(row: Row) -> bool:
    """A patch adds a container: a whole one, or one by JSON Patch."""
    found = body(row)
    if isinstance(found, list):
        return any(one.get("op") == "add" and _adds(str(one.get("path", ""))) for one in _dicts(found))
    template = field(found, "spec", "template", "spec")
    containers = _dicts(field(template, "containers"))
    ordered = _dicts(field(template, "$setElementOrder/containers"))
    # A change of an image names the container and the image; whoever adds a container has to say more of it, and a
    # client that computes the patch also says in which order all of them stand.
    whole = [one for one in containers if one.get("image") and len(one.keys() - _OWN) >= 1 and _says_more(one)]
    return bool(whole) and (len(ordered) > 1 or len(containers) > 1)


def _adds(path: str) -> bool:
    return (
        path.startswith("/spec/template/spec/")
        and path.split("/")[4] in {"containers", "initContainers"}
        and (len(path.split("/")) == 6)
    )


def _says_more(container: dict[str, Any]) -> bool:
    keys = {"command", "args", "volumeMounts", "ports", "terminationMessagePath", "securityContext"}
    return bool(keys & container.keys())
