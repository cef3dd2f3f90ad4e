"""Names of Kubernetes kinds: groups that kinds have moved out of, and the resource name of a kind.

A kind that was served under two groups is one kind here, so that the same object is not counted twice.
"""

from __future__ import annotations

import re

from demarc.model.kubernetes import kind_key

_MOVED = {
    "Event.events.k8s.io": "Event",
    "Deployment.extensions": "Deployment.apps",
    "DaemonSet.extensions": "DaemonSet.apps",
    "ReplicaSet.extensions": "ReplicaSet.apps",
    "Ingress.extensions": "Ingress.networking.k8s.io",
    "NetworkPolicy.extensions": "NetworkPolicy.networking.k8s.io",
    "PodSecurityPolicy.extensions": "PodSecurityPolicy.policy",
    "Role.authorization.openshift.io": "Role.rbac.authorization.k8s.io",
    "RoleBinding.authorization.openshift.io": "RoleBinding.rbac.authorization.k8s.io",
    "ClusterRole.authorization.openshift.io": "ClusterRole.rbac.authorization.k8s.io",
    "ClusterRoleBinding.authorization.openshift.io": "ClusterRoleBinding.rbac.authorization.k8s.io",
}
_API_VERSION = re.compile(r"(?:[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?v\d+(?:(?:alpha|beta)\d+)?")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")


def held_as(api_version: str, kind: str) -> str:
    """``Kind.group`` under which an object is held; the newer group where a kind has moved."""
    key = kind_key(api_version, kind)
    return _MOVED.get(key, key)


def is_api_version(text: object) -> bool:
    """Tell whether a value is an apiVersion such as ``v1`` or ``apps/v1beta1``."""
    return isinstance(text, str) and _API_VERSION.fullmatch(text) is not None


def is_kind(text: object) -> bool:
    """Tell whether a value is the name of a kind."""
    return isinstance(text, str) and _KIND.fullmatch(text) is not None


def resource_name(key: str) -> str:
    """The resource of a kind, in the API's own words: ``secrets``, and ``deployments.apps`` for ``Deployment.apps``.

    By the rule that the API server itself uses to guess a plural; kinds with irregular plurals are none of Kubernetes'.
    """
    kind, dot, group = key.partition(".")
    singular = kind.lower()
    if singular == "endpoints":
        plural = singular
    elif singular.endswith(("s", "x", "ch", "sh")):
        plural = f"{singular}es"
    elif singular.endswith("y") and singular[-2:-1] not in set("aeiou"):
        plural = f"{singular[:-1]}ies"
    else:
        plural = f"{singular}s"
    return f"{plural}{dot}{group}"
