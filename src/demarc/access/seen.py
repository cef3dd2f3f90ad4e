"""What of the objects that authorizers read was seen. A denial over what was not seen is Unknown, never a no.

It reads gaps and the presence of objects; it evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from demarc.collect.documents.kinds import resource_name
from demarc.model.evidence import Gap, GapReason
from demarc.model.kubernetes import KubeObject
from demarc.model.snapshot import Snapshot, SourceKind

ROLES = "Role.rbac.authorization.k8s.io"
CLUSTER_ROLES = "ClusterRole.rbac.authorization.k8s.io"
ROLE_BINDINGS = "RoleBinding.rbac.authorization.k8s.io"
CLUSTER_ROLE_BINDINGS = "ClusterRoleBinding.rbac.authorization.k8s.io"

_RESOURCES = {
    ROLES: "roles.rbac.authorization.k8s.io",
    CLUSTER_ROLES: "clusterroles.rbac.authorization.k8s.io",
    ROLE_BINDINGS: "rolebindings.rbac.authorization.k8s.io",
    CLUSTER_ROLE_BINDINGS: "clusterrolebindings.rbac.authorization.k8s.io",
    "Pod": "pods",
    "PersistentVolume": "persistentvolumes",
    "ServiceAccount": "serviceaccounts",
    "VolumeAttachment.storage.k8s.io": "volumeattachments.storage.k8s.io",
    "ResourceSlice.resource.k8s.io": "resourceslices.resource.k8s.io",
    "ResourceClaim.resource.k8s.io": "resourceclaims.resource.k8s.io",
    "PodCertificateRequest.certificates.k8s.io": "podcertificaterequests.certificates.k8s.io",
}
_DAMAGE = frozenset(
    {
        GapReason.TRUNCATED,
        GapReason.TOO_LARGE,
        GapReason.MALFORMED,
        GapReason.INTERRUPTED,
        GapReason.REFUSED,
    }
)


class Seen:
    """Answers, per kind, why not all objects of it were seen."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._live = any(source.kind is SourceKind.LIVE for source in snapshot.sources)
        self._origins = {source.id: source.origin for source in snapshot.sources}
        self._known: dict[str, str] = {}

    def lacks(self, kind: str) -> str:
        """Why objects of a kind may be missing, in words; empty when all that the cluster has were seen."""
        if kind not in self._known:
            self._known[kind] = self._why(kind)
        return self._known[kind]

    def _why(self, kind: str) -> str:
        resource = _RESOURCES.get(kind) or resource_name(kind)
        objects = self._snapshot.objects.get(kind, ())
        gap = self._snapshot.missing(resource)
        if gap is not None:
            return f"{resource} were not all seen: {_says(gap)}"
        sources = {item.source for item in objects}
        damaged = next((gap for gap in self._snapshot.gaps if self._damages(gap, sources)), None)
        if damaged is not None:
            return f"{resource} may be missing, the input is damaged: {damaged.what}: {_says(damaged)}"
        if self._live:
            return ""
        if not objects and _listed(self._snapshot, kind):
            return ""
        if not objects:
            return f"no {resource} are in what was given"
        if not _from_server(objects):
            return f"{resource} are known from manifests only; what the cluster has beside them was not seen"
        return ""

    def _damages(self, gap: Gap, sources: set[str]) -> bool:
        """Tell a gap in an input as a whole, and one that held such objects where any did."""
        whole = gap.reason in _DAMAGE and gap.what == self._origins.get(gap.source)
        return whole and (not sources or gap.source in sources)


def _listed(snapshot: Snapshot, kind: str) -> bool:
    """Whether a list of a kind was given that has nothing in it."""
    name, _, group = kind.partition(".")
    shapes = (source.shape.split(" ") for source in snapshot.sources)
    return any(
        len(words) == 2 and words[1] == f"{name}List" and words[0].rpartition("/")[0] == group for words in shapes
    )


def _from_server(objects: Iterable[KubeObject]) -> bool:
    return any(item.metadata.uid or item.metadata.resource_version for item in objects)


def _says(gap: Gap) -> str:
    return f"{gap.reason.value}, {gap.detail}" if gap.detail else gap.reason.value
