"""The least rights that a full collection needs, as a ClusterRole to review and apply.

It names what is listed and nothing else: no wildcard, no verb but ``list`` and the ``get`` of discovery.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from demarc.collect.live.ask import Asker
from demarc.collect.live.discovery import Discovery, discover
from demarc.collect.live.interface import ClusterReader
from demarc.collect.live.kinds import BUILT_IN, KNOWN_CUSTOM, SECRET_BEARING, Resource, why_left_out

NAME = "demarc-reader"
_PATHS = ("/version", "/api", "/api/*", "/apis", "/apis/*")
_PLAIN = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?")

_SECRETS = """\
  # Secrets are asked for as metadata (name, type, names of keys): no value is sent. RBAC cannot say so: whoever may
  # list Secrets may read their values with another client. Keep this account's credentials as you keep the Secrets.
  # Leave this rule out, and everything else is still collected: which Secrets there are, who wrote them and when
  # their keys last changed is then Unknown, and reported so."""

_BINDING = """\
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: {namespace}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {name}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {name}
subjects:
  # In place of the service account: kind User or Group, for people who run demarc with their own credentials.
  - kind: ServiceAccount
    name: {name}
    namespace: {namespace}
"""


def needed_resources(
    reader: ClusterReader | None, *, sleep: Callable[[float], None], jitter: Callable[[], float] = lambda: 0.0
) -> Discovery:
    """Give what a collection lists: by a cluster's discovery, with its gaps; without one the kinds that are known."""
    if reader is None:
        return Discovery(resources=(*BUILT_IN, *KNOWN_CUSTOM), gaps=())
    return discover(Asker(reader, sleep=sleep, jitter=jitter), reader)


def needed_cluster_role(resources: Iterable[Resource], *, with_binding: bool = False, namespace: str = "demarc") -> str:
    """Write the ClusterRole as YAML, commented. Kinds that are never collected are left out.

    ``with_binding`` adds a ServiceAccount in ``namespace`` and the ClusterRoleBinding. Raises ValueError for a
    namespace that is no name.
    """
    if not _PLAIN.fullmatch(namespace):
        raise ValueError(f"not a namespace: {namespace!r}")
    by_group: dict[str, list[str]] = {}
    bearing: dict[str, list[str]] = {}
    for resource in resources:
        if why_left_out(resource) is None:
            groups = bearing if resource.name in SECRET_BEARING else by_group
            groups.setdefault(resource.group, []).append(resource.plural)
    lines = [
        "# What demarc needs to collect everything that it looks at: to list, and nothing else.",
        "apiVersion: rbac.authorization.k8s.io/v1",
        "kind: ClusterRole",
        "metadata:",
        f"  name: {NAME}",
        "rules:",
        "  # Discovery, and the version of the server. Most accounts have this already, by system:discovery.",
        f"  - nonResourceURLs: [{', '.join(_quoted(path) for path in _PATHS)}]",
        '    verbs: ["get"]',
    ]
    for group in sorted(by_group):
        lines += _rule(group, by_group[group])
    if bearing:
        lines.append(_SECRETS)
        for group in sorted(bearing):
            lines += _rule(group, bearing[group])
    binding = _BINDING.format(name=NAME, namespace=namespace) if with_binding else ""
    return "\n".join(lines) + "\n" + binding


def _rule(group: str, plurals: Iterable[str]) -> list[str]:
    names = sorted(set(plurals))
    return [
        f"  - apiGroups: [{_quoted(group)}]",
        "    resources:",
        *(f"      - {name}" for name in names),
        '    verbs: ["list"]',
    ]


def _quoted(text: str) -> str:
    return f'"{text}"'
