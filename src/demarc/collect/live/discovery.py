"""Discovery: which kinds a server can list, in the version it prefers. One request where it can, many where it must.

Aggregated discovery (Kubernetes 1.26 and later) answers everything at once; older servers and some proxies answer the
legacy lists. An extension API that is down is a gap for its group, never the end of a collection.
It asks, and reads what it is told; it lists no objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from demarc.collect.live.ask import PLAIN
from demarc.collect.live.interface import Answer, ClusterReader
from demarc.collect.live.kinds import Resource
from demarc.collect.live.status import explain, one_line, says
from demarc.model.errors import DemarcError
from demarc.model.evidence import Gap, GapReason

AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
    "application/json"
)
"""Both versions of aggregated discovery, then the legacy lists, in one question: servers take the first they know."""

_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")

Ask = Callable[[str, str], Answer]
"""Path and accepted types to an answer; retries what is worth it."""


class Discovery(Struct, frozen=True, kw_only=True):
    """What the server can list."""

    resources: tuple[Resource, ...]
    gaps: tuple[Gap, ...]


class _Kind(Struct, frozen=True):
    kind: str = ""


class _AggregatedResource(Struct, frozen=True, rename="camel"):
    resource: str
    scope: str
    verbs: list[str] = []
    response_kind: _Kind | None = None


class _AggregatedVersion(Struct, frozen=True):
    version: str
    resources: list[_AggregatedResource] = []
    freshness: str = "Current"


class _Named(Struct, frozen=True):
    name: str = ""


class _AggregatedGroup(Struct, frozen=True):
    metadata: _Named = _Named()
    versions: list[_AggregatedVersion] = []


class _AggregatedList(Struct, frozen=True):
    items: list[_AggregatedGroup] = []


class _LegacyVersion(Struct, frozen=True):
    version: str


class _LegacyGroup(Struct, frozen=True, rename="camel"):
    name: str
    versions: list[_LegacyVersion] = []
    preferred_version: _LegacyVersion | None = None


class _LegacyRoot(Struct, frozen=True):
    versions: list[str] = []
    groups: list[_LegacyGroup] = []


class _LegacyResource(Struct, frozen=True):
    name: str
    kind: str
    namespaced: bool
    verbs: list[str] = []


class _LegacyResourceList(Struct, frozen=True):
    kind: str
    resources: list[_LegacyResource] = []


def discover(ask: Ask, reader: ClusterReader) -> Discovery:
    """Find every listable kind, each once, in the version that the server prefers of those that list it.

    Raises DemarcError when the server does not answer as a Kubernetes API or refuses discovery altogether.
    """
    found: dict[str, Resource] = {}
    gaps: list[Gap] = []
    for root in ("/api", "/apis"):
        answer = ask(root, AGGREGATED)
        for group, versions in _versions(answer, root, reader, ask, gaps):
            for version, resources in versions:
                for listed in _listable(group, version, resources, gaps):
                    found.setdefault(listed.name, listed)
    return Discovery(resources=tuple(found.values()), gaps=tuple(gaps))


def _listable(group: str, version: str, resources: Iterable[_LegacyResource], gaps: list[Gap]) -> Iterable[Resource]:
    for resource in resources:
        subresource = "/" in resource.name and _NAME.fullmatch(resource.name.partition("/")[0])
        if "list" not in resource.verbs or subresource:
            continue
        # These become parts of paths and of file names.
        if not all(_NAME.fullmatch(part) for part in (group or "core", version, resource.name)):
            gaps.append(
                Gap(
                    what=f"*.{one_line(group)}",
                    reason=GapReason.MALFORMED,
                    detail=f"discovery names a kind that cannot be: {one_line(resource.name)}",
                )
            )
            continue
        yield Resource(
            group=group,
            version=version,
            plural=resource.name,
            kind=resource.kind,
            namespaced=resource.namespaced,
        )


_Versions = Iterable[tuple[str, list[_LegacyResource]]]


def _versions(
    answer: Answer, root: str, reader: ClusterReader, ask: Ask, gaps: list[Gap]
) -> Iterable[tuple[str, _Versions]]:
    """Give every group with its versions, the preferred one first, each with its kinds."""
    if answer.status != 200:
        raise refused_discovery(answer, root, reader)
    try:
        kind = msgspec.json.decode(answer.body, type=_Kind).kind
        if kind == "APIGroupDiscoveryList":
            listed = msgspec.json.decode(answer.body, type=_AggregatedList)
            return [
                (group.metadata.name, [(v.version, _kinds(group.metadata.name, v, ask, gaps)) for v in group.versions])
                for group in listed.items
            ]
        if kind in ("APIVersions", "APIGroupList"):
            legacy = msgspec.json.decode(answer.body, type=_LegacyRoot)
            groups = [("", legacy.versions)] if kind == "APIVersions" else [(g.name, _order(g)) for g in legacy.groups]
            return [(group, [(v, _legacy_kinds(group, v, ask, gaps)) for v in versions]) for group, versions in groups]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_kubernetes(answer, root, reader) from error
    raise _not_kubernetes(answer, root, reader)


def _order(group: _LegacyGroup) -> list[str]:
    preferred = [group.preferred_version.version] if group.preferred_version else []
    return list(dict.fromkeys([*preferred, *(version.version for version in group.versions)]))


def _kinds(group: str, version: _AggregatedVersion, ask: Ask, gaps: list[Gap]) -> list[_LegacyResource]:
    if version.freshness == "Stale":
        # What stands here is what the server remembers of an API that is down. Ask once more, for the reason.
        return _legacy_kinds(group, version.version, ask, gaps)
    return [
        _LegacyResource(
            name=item.resource,
            kind=item.response_kind.kind if item.response_kind else "",
            namespaced=item.scope == "Namespaced",
            verbs=item.verbs,
        )
        for item in version.resources
    ]


def _legacy_kinds(group: str, version: str, ask: Ask, gaps: list[Gap]) -> list[_LegacyResource]:
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    answer = ask(path, PLAIN)
    if answer.status == 200:
        try:
            return msgspec.json.decode(answer.body, type=_LegacyResourceList).resources
        except (msgspec.DecodeError, UnicodeDecodeError):
            reason, detail = GapReason.MALFORMED, f"GET {path} did not answer a list of kinds"
    else:
        reason = GapReason.FORBIDDEN if answer.status == 403 else GapReason.UNAVAILABLE
        detail = f"GET {path}: {explain(answer)}"
    gaps.append(
        Gap(
            what=f"*.{group}" if group else "*",
            reason=reason,
            detail=detail,
            todo=f"See why with: kubectl get apiservice {version}.{group}" if group else "",
        )
    )
    return []


def refused_discovery(answer: Answer, root: str, reader: ClusterReader) -> DemarcError:
    """Make the error for a server that does not let discovery happen."""
    if answer.status == 401:
        return not_authenticated(reader)
    if answer.status == 403:
        return DemarcError(
            f"{reader.server} does not let this account see which APIs it has ({explain(answer)})",
            todo="Bind the account to the ClusterRole system:discovery, or to what `demarc rbac-needed` prints.",
        )
    if answer.status >= 500 or answer.status == 429:
        return DemarcError(
            f"{reader.server} is not able to answer now ({explain(answer)})", todo="Try again when it is healthy."
        )
    return _not_kubernetes(answer, root, reader)


def not_authenticated(reader: ClusterReader) -> DemarcError:
    """Make the error for credentials that the server does not accept."""
    return DemarcError(
        f"{reader.server} does not accept the credentials of context {reader.context} (401 Unauthorized)",
        todo=f"Sign in again, until `kubectl --context {reader.context} auth whoami` answers.",
    )


def _not_kubernetes(answer: Answer, root: str, reader: ClusterReader) -> DemarcError:
    return DemarcError(
        f"{reader.server} does not answer as a Kubernetes API: GET {root} gave {answer.status} {says(answer)}",
        todo="Check the cluster's server address in the kubeconfig; a sign-in page of a proxy also looks like this.",
    )
