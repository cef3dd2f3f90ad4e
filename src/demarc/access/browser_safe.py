"""OpenShift's guard against web pages: an anonymous ``proxy`` request is asked for as ``unsafeproxy``.

Of ``openshift-kube-apiserver/authorization/browsersafe`` in OpenShift's Kubernetes; other API servers have nothing like
it. It changes what RBAC is asked for, and says so in the reason of a denial.
"""

from __future__ import annotations

from msgspec import structs

from demarc.access.identity import AUTHENTICATED
from demarc.access.seen import CLUSTER_ROLES
from demarc.model.access import Asker, Request
from demarc.model.snapshot import Snapshot

_PROXY, _UNSAFE = "proxy", "unsafeproxy"
_OWN_ROLE = "system:openshift:public-info-viewer"


def is_guarded(snapshot: Snapshot) -> bool:
    """Tell whether the API server is OpenShift's: it makes a ClusterRole of its own when it starts."""
    return bool(snapshot.objects.get("ClusterVersion.config.openshift.io")) or any(
        role.metadata.name == _OWN_ROLE for role in snapshot.objects.get(CLUSTER_ROLES, ())
    )


def guarded(who: Asker, request: Request) -> tuple[Request, str]:
    """The request that RBAC is asked for, and what a denial says of the change; '' where there is none."""
    is_verb, is_subresource = request.verb == _PROXY, request.subresource == _PROXY
    if request.path is not None or AUTHENTICATED in who.groups or not (is_verb or is_subresource):
        return request, ""
    asked = structs.replace(
        request,
        verb=_UNSAFE if is_verb else request.verb,
        subresource=_UNSAFE if is_subresource else request.subresource,
    )
    changed = (("verb", is_verb), ("subresource", is_subresource))
    return asked, ", ".join(f"{_PROXY} {part} changed to {_UNSAFE}" for part, is_changed in changed if is_changed)
