"""Knows documents by their content: what a JSON value is, before it is read.

Answers of the API that hold no objects (discovery, OpenAPI, versions, refusals) are known so that they are not mistaken
for damage. It reads names of fields only.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from demarc.collect.documents.decode import MalformedError, decoded
from demarc.collect.documents.kinds import is_api_version, is_kind
from demarc.model.evidence import GapReason


class Form(Enum):
    """What is to be done with a value."""

    OBJECT = auto()
    LIST = auto()
    TABLE = auto()
    METADATA = auto()
    METADATA_LIST = auto()
    STATUS = auto()
    VERSION = auto()
    ARRAY = auto()
    NOTHING = auto()
    """Known, and holds nothing that is read."""
    KUBECONFIG = auto()
    OTHER = auto()
    """No Kubernetes: perhaps the answer of another tool."""


class Shape(Struct, frozen=True):
    """What a value is, in words too."""

    form: Form
    name: str


_ABSENT: Final = Raw(b"")


class _Members(Struct):
    kind: Any = None
    api_version: Any = msgspec.field(default=None, name="apiVersion")
    git_version: Raw = msgspec.field(default=_ABSENT, name="gitVersion")
    server_version: Raw = msgspec.field(default=_ABSENT, name="serverVersion")
    client_version: Raw = msgspec.field(default=_ABSENT, name="clientVersion")
    items: Raw = _ABSENT
    metadata: Raw = _ABSENT
    openapi: Raw = _ABSENT
    swagger: Raw = _ABSENT
    paths: Raw = _ABSENT
    issuer: Raw = _ABSENT
    jwks_uri: Raw = _ABSENT
    keys: Raw = _ABSENT
    name: Raw = _ABSENT


_MEMBERS: Final = msgspec.json.Decoder(_Members)
_DISCOVERY = frozenset({"APIGroup", "APIGroupList", "APIResourceList", "APIVersions"})
_IGNORED_GROUPS = {
    "apidiscovery.k8s.io": "API discovery",
    "audit.k8s.io": "audit log",
    "kustomize.config.k8s.io": "Kustomize configuration",
}
_META = {
    "Table": (Form.TABLE, "Table"),
    "PartialObjectMetadata": (Form.METADATA, "PartialObjectMetadata"),
    "PartialObjectMetadataList": (Form.METADATA_LIST, "PartialObjectMetadataList"),
}


def shape_of(data: bytes | memoryview) -> Shape:
    """Tell what a JSON value is. Raises MalformedError where not even its outermost fields can be read."""
    first = bytes(data[:1])
    if first == b"[":
        return Shape(Form.ARRAY, "JSON array")
    if first != b"{":
        return Shape(Form.OTHER, "JSON value")
    members = decoded(_MEMBERS, data)
    if isinstance(members.kind, str) and members.kind in _DISCOVERY:
        return Shape(Form.NOTHING, f"API discovery ({members.kind})")
    if is_api_version(members.api_version) and is_kind(members.kind):
        return _kubernetes(members)
    if is_api_version(members.api_version) and _is(members.items, b"["):
        return Shape(Form.LIST, f"{members.api_version} List without a kind")
    return _plain(members)


def _kubernetes(members: _Members) -> Shape:
    """Tell the shape of a value that has an apiVersion and a kind."""
    group, _, _ = members.api_version.rpartition("/")
    kind: str = members.kind
    name = f"{members.api_version} {kind}"
    if group in _IGNORED_GROUPS:
        return Shape(Form.NOTHING, _IGNORED_GROUPS[group])
    if group == "meta.k8s.io" and kind in _META:
        return Shape(*_META[kind])
    if kind == "Status" and group in {"", "meta.k8s.io"}:
        return Shape(Form.STATUS, "API Status")
    if kind.endswith("List") and _given(members.items) and _is(members.items, b"[", b"n"):
        return Shape(Form.LIST, name)
    if kind.endswith("List") and not _is(members.metadata, b"{"):
        return Shape(Form.LIST, name)
    if kind == "Config" and group == "" and not _is(members.metadata, b"{"):
        return Shape(Form.KUBECONFIG, "kubeconfig")
    if group.endswith("config.k8s.io") and not _is(members.metadata, b"{"):
        return Shape(Form.NOTHING, f"{name} (a component's configuration file)")
    return Shape(Form.OBJECT, name)


def _plain(members: _Members) -> Shape:
    """Tell the shape of a value that is no Kubernetes object."""
    if _given(members.git_version) or _given(members.server_version) or _given(members.client_version):
        return Shape(Form.VERSION, "API server version")
    openapi = _given(members.openapi) or _given(members.swagger)
    if _given(members.paths) and (openapi or b"serverRelativeURL" in memoryview(members.paths)[:4096].tobytes()):
        return Shape(Form.NOTHING, "OpenAPI")
    if _given(members.issuer) and _given(members.jwks_uri):
        return Shape(Form.NOTHING, "OpenID configuration")
    if _given(members.keys) and b'"kty"' in memoryview(members.keys)[:65536].tobytes():
        return Shape(Form.NOTHING, "JSON Web Key Set")
    if members.api_version == "v2" and not members.kind and _given(members.name):
        return Shape(Form.NOTHING, "Helm chart description")
    return Shape(Form.OTHER, "JSON object")


def _given(raw: Raw) -> bool:
    return len(memoryview(raw)) > 0


def _is(raw: Raw, *starts: bytes) -> bool:
    return memoryview(raw)[:1].tobytes() in starts


_TEXTS: tuple[tuple[re.Pattern[str], GapReason | None, str], ...] = (
    (re.compile(r"no resources found", re.IGNORECASE), None, "kubectl found no objects"),
    (
        re.compile(r".*\(forbidden\)|forbidden\b|.*\bis forbidden:", re.IGNORECASE),
        GapReason.FORBIDDEN,
        "the answer was: forbidden",
    ),
    (
        re.compile(r"unauthorized|.*\bmust be logged in to the server|.*\(unauthorized\)", re.IGNORECASE),
        GapReason.FORBIDDEN,
        "the answer was: unauthorized",
    ),
    (
        re.compile(
            r"service unavailable|.*currently unable to handle the request|.*\(serviceunavailable\)"
            r"|upstream connect error"
            r"|(?:50[234] )?(?:bad gateway|gateway time-?out)|unable to connect to the server|.*connection refused",
            re.IGNORECASE,
        ),
        GapReason.UNAVAILABLE,
        "the answer was: service unavailable",
    ),
    (
        re.compile(r".*\(expired\)|.*continue parameter is too old", re.IGNORECASE),
        GapReason.EXPIRED,
        "the answer was: expired",
    ),
    (
        re.compile(r".*\(notfound\)|404 page not found|.*doesn't have a resource type", re.IGNORECASE),
        GapReason.UNAVAILABLE,
        "the answer was: not found",
    ),
)


def answer_in_words(text: str) -> tuple[GapReason | None, str] | None:
    """Know a plain-text answer saved where an object was asked for; None for any other text.

    The reason is None where the answer is that there are no objects.
    """
    first = text.strip().partition("\n")[0][:400]
    if len(text) > 4096 or first.startswith(("{", "[", "apiVersion:", "kind:", "---", "<")):
        return None
    for pattern, reason, says in _TEXTS:
        if pattern.match(first):
            return reason, says
    return None


__all__ = ["Form", "MalformedError", "Shape", "answer_in_words", "shape_of"]
