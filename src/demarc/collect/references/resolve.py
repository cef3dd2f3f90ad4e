"""Joins what custom resources hold with what their schemas say and with the Secrets that are there.

It takes objects as they are read, in whatever order, and answers once all of them were: which Secrets each refers to,
by which field, and how that is known.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from demarc.collect.documents.kinds import held_as
from demarc.collect.fingerprint import PREFIX, FingerprintKey, is_fingerprint
from demarc.collect.references import words
from demarc.collect.references.candidates import Candidate, candidates
from demarc.collect.references.schema import Claim, Definition, Fields
from demarc.model.evidence import Gap, GapReason
from demarc.model.kubernetes import KubeObject, ReferenceBasis, Secret, SecretReference

_DEFINITION: Final = "CustomResourceDefinition.apiextensions.k8s.io"
_BUILT_IN: Final = frozenset(
    f"{group}.k8s.io"
    for group in (
        *("admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization"),
        *("certificates", "coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver"),
        *("networking", "node", "rbac.authorization", "resource", "scheduling", "storage", "storagemigration"),
        *("metrics", "custom.metrics", "external.metrics", "wgpolicy"),
    )
) | {"aquasecurity.github.io", "openreports.io", "wgpolicyk8s.io", "metrics.k8s.io"}
"""Groups whose kinds are Kubernetes' own, and those of reports, which name nothing that they use."""
_NAMELESS: Final = frozenset(
    {
        *("CiliumEndpoint.cilium.io", "CiliumIdentity.cilium.io", "CiliumNode.cilium.io", "ClusterPolicy.kyverno.io"),
        *("ExternalSecret.external-secrets.io", "ClusterExternalSecret.external-secrets.io"),
        *("SealedSecret.bitnami.com", "PolicyException.kyverno.io"),
    }
)
"""Kinds of which there is one for each pod or node, or that make the Secrets that they name and use none."""
_MADE: Final = {"Certificate.cert-manager.io": frozenset({"spec.secretName", "status.nextPrivateKeySecretName"})}
"""Fields that name what the object makes."""
_SHORTEST: Final = 6
_MOST: Final = 100
_HELD: Final = 134_217_728
"""Bytes of custom resources that are held at most."""


class _Held(NamedTuple):
    """A custom resource with its JSON."""

    item: KubeObject
    data: bytes


class References:
    """What custom resources refer to."""

    def __init__(self, key: FingerprintKey) -> None:
        self._key = key
        self._held: dict[tuple[str, str], _Held] = {}
        self._definitions: dict[str, Definition] = {}
        self._size = 0
        self._left: dict[str, None] = {}

    def take(self, found: KubeObject, data: bytes | memoryview) -> None:
        """Take an object that was kept, of any kind, with its JSON, which is held until the answer is given."""
        group = found.api_version.rpartition("/")[0]
        kind = held_as(found.api_version, found.kind)
        if kind == _DEFINITION:
            definition = Definition(data)
            self._definitions[definition.kind] = definition
        elif "." in group and group not in _BUILT_IN and kind not in _NAMELESS:
            self._size += len(data)
            if self._size > _HELD:
                self._left[kind] = None
                return
            self._held[kind, found.key] = _Held(found, bytes(data))

    def resolved(self, secrets: Iterable[KubeObject]) -> dict[str, dict[str, tuple[SecretReference, ...]]]:
        """References by ``Kind.group`` and key of the object that has them, each by where it stands."""
        there = _Secrets(secrets, self._key)
        answer: dict[str, dict[str, tuple[SecretReference, ...]]] = {}
        for (kind, key), held in sorted(self._held.items()):
            definition = self._definitions.get(kind)
            fields = definition.fields(_version(held.item)) if definition is not None else None
            if fields is None and not _hints(held.data):
                continue
            found = {
                (one.namespace, one.name, one.path): one
                for candidate in candidates(held.data, fields, there.names(held.data) if fields is not None else ())
                if (one := _reference(held.item, candidate, fields, there)) is not None
            }
            if found:
                ordered = sorted(found.values(), key=lambda one: (one.namespace, one.name, one.path))
                answer.setdefault(kind, {})[key] = tuple(ordered[:_MOST])
        return answer

    def gaps(self) -> Iterator[Gap]:
        """Kinds of which not every object was looked at."""
        for kind in self._left:
            yield Gap(
                what=f"Secrets named by {kind}",
                reason=GapReason.REFUSED,
                detail="there are more custom resources than are looked through for names of Secrets",
                todo="give custom resources in fewer inputs, or a snapshot of each namespace",
            )

    def schemaless(self) -> tuple[str, ...]:
        """Kinds of which no schema was seen, sorted."""
        versions = {(kind, _version(held.item)) for (kind, _), held in self._held.items()}
        known = self._definitions
        return tuple(
            sorted({kind for kind, version in versions if kind not in known or known[kind].fields(version) is None})
        )


def _version(item: KubeObject) -> str:
    return item.api_version.rpartition("/")[2]


def _hints(data: bytes) -> bool:
    """Whether an object has a field that may be called like a Secret."""
    return b"ecret" in data or b"ertificateRef" in data


class _Secrets:
    """Secrets that are there, by namespace and name, and by the fingerprint of a name where one is asked for."""

    def __init__(self, secrets: Iterable[KubeObject], key: FingerprintKey) -> None:
        self._key = key
        self._spaces: dict[str, list[str]] = {}
        self._owners: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
        for item in secrets:
            metadata = item.metadata
            self._spaces.setdefault(metadata.name, []).append(metadata.namespace)
            if metadata.owner_references and isinstance(item, Secret):
                makers = frozenset((owner.kind, owner.name) for owner in metadata.owner_references)
                self._owners[metadata.namespace, metadata.name] = makers

    def names(self, data: bytes) -> Container[str]:
        """Names of Secrets, as an object may hold them: with their fingerprints where it holds any."""
        return self._both if PREFIX.encode() in data else self._spaces

    @cached_property
    def _both(self) -> frozenset[str]:
        return frozenset((*self._spaces, *self._prints))

    @cached_property
    def _prints(self) -> dict[str, str]:
        """The fingerprint of a name -> the name."""
        return {self._key.of(name.encode()): name for name in self._spaces}

    def name(self, value: str) -> str:
        """The name that a text is, or that a fingerprint is of; empty where no Secret has the name of a fingerprint."""
        return self._prints.get(value, "") if is_fingerprint(value) else value

    def place(self, namespace: str, name: str) -> str | None:
        """The namespace in which a Secret is; of what lies in no namespace the only one that has it. None: nowhere."""
        spaces = self._spaces.get(name, ())
        if not namespace:
            return spaces[0] if len(spaces) == 1 else None
        return namespace if namespace in spaces else None

    def is_made_by(self, item: KubeObject, namespace: str, name: str) -> bool:
        """Whether an object is the one that makes a Secret."""
        return (item.kind, item.metadata.name) in self._owners.get((namespace, name), ())


def _reference(item: KubeObject, one: Candidate, fields: Fields | None, there: _Secrets) -> SecretReference | None:
    name = there.name(one.value)
    if not name:
        return None
    own = one.namespace or item.metadata.namespace
    place = there.place(own, name)
    basis = _basis(item, one, name, fields, is_there=place is not None)
    if basis is None or there.is_made_by(item, place or own, name):
        return None
    path = ".".join(one.path).replace(".*", "[*]")
    if path in _MADE.get(held_as(item.api_version, item.kind), ()):
        return None
    return SecretReference(namespace=own if place is None else place, name=name, path=path, basis=basis)


def _basis(
    item: KubeObject, one: Candidate, name: str, fields: Fields | None, *, is_there: bool
) -> ReferenceBasis | None:
    """How it is known that a text names a Secret; None where it is not."""
    is_other = one.kind not in ("", "Secret")
    claim, is_open = fields.at(one.path) if fields is not None else (None, True)
    if claim is not None:
        if claim is Claim.NAMES or (claim is Claim.BY_KIND and not is_other):
            return ReferenceBasis.SCHEMA
        if claim is Claim.MAY and is_there and not words.makes(one.path):
            return ReferenceBasis.SCHEMA
    if is_other:
        return None
    by_field = words.names_by_field(one.path) or (words.may_by_field(one.path) and is_there)
    if by_field and (is_open or one.path[0] != "spec"):
        return ReferenceBasis.FIELD
    # Without a schema a field of any other name is not looked at: there are too many that are called like a Secret.
    told = fields is not None and is_there and _is_telling(item, name) and words.says_nothing(one.path)
    return ReferenceBasis.VALUE if told and one.path[0] == "spec" else None


def _is_telling(item: KubeObject, name: str) -> bool:
    """Whether a name is one that no other thing has by chance: of several words, and not the object's own."""
    own = (item.metadata.name, item.metadata.namespace)
    return len(name) >= _SHORTEST and ("-" in name or "." in name) and name not in own
