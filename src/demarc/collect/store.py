"""The objects read so far: each counted once, whatever number of inputs holds it, and whatever order they come in.

It compares copies of an object; where they came from and how they were read is not its matter.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from demarc.collect.documents.kinds import held_as
from demarc.model.evidence import Gap, GapReason
from demarc.model.kubernetes import KubeObject, Secret

_Name = tuple[str, str]


class ObjectStore:
    """Objects by ``Kind.group``, namespace and name."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[_Name, KubeObject]] = {}
        self._unnamed = 0
        self._conflicts: dict[tuple[str, _Name], set[str]] = {}

    def add(self, found: KubeObject) -> None:
        """Keep an object, or the better of two copies of it.

        The newer resourceVersion wins; at the same version the copy that tells more (field managers, fingerprints);
        then the first. Two different manifests of one object are noted as a conflict.
        """
        metadata = found.metadata
        key = held_as(found.api_version, found.kind)
        name = (metadata.namespace, metadata.name)
        if not metadata.name:
            self._unnamed += 1
            name = (metadata.namespace, f"{metadata.generate_name}\0{self._unnamed:09}")
        held = self._objects.setdefault(key, {})
        known = held.setdefault(name, found)
        if known is found:
            return
        if _rank(found) > _rank(known):
            held[name] = found
        if _is_manifest(found) and _is_manifest(known) and _differ(found, known):
            self._conflicts.setdefault((key, name), {known.source}).add(found.source)

    def holds(self, found: KubeObject) -> bool:
        """Whether this very copy of an object is the one that is kept."""
        held = self._objects.get(held_as(found.api_version, found.kind), {})
        return held.get((found.metadata.namespace, found.metadata.name)) is found

    def of_kind(self, key: str) -> Iterable[KubeObject]:
        """Objects of a kind, in the order they were read."""
        return self._objects.get(key, {}).values()

    def frozen(self) -> dict[str, tuple[KubeObject, ...]]:
        """All objects, kinds by name, each kind sorted by namespace and name."""
        return {key: tuple(held[name] for name in sorted(held)) for key, held in sorted(self._objects.items()) if held}

    def conflicts(self, origins: dict[str, str]) -> list[Gap]:
        """A gap for every object of which manifests say different things; ``origins`` names the sources by id."""
        gaps = []
        for (key, (namespace, name)), sources in sorted(self._conflicts.items()):
            held = self._objects[key][namespace, name]
            others = sorted({origins.get(source, source) for source in sources} - {origins.get(held.source, "")})
            where = f"in {', '.join(others[:3])}" if others else "in the same file"
            gaps.append(
                Gap(
                    what=f"{held.kind} {held.key}",
                    reason=GapReason.MALFORMED,
                    detail=f"is written differently a second time {where}; the first one read was used",
                    source=held.source,
                    todo="give only the manifests that are deployed together",
                )
            )
        return gaps


def _rank(item: KubeObject) -> tuple[int, int, int]:
    version = item.metadata.resource_version
    fingerprints = sum(map(bool, item.keys.values())) if isinstance(item, Secret) else 0
    number = int(version) if version.isdecimal() and len(version) < 20 else -1
    return number, fingerprints, len(item.metadata.managed_fields or ())


def _is_manifest(item: KubeObject) -> bool:
    return not item.metadata.uid and not item.metadata.resource_version


def _differ(one: KubeObject, other: KubeObject) -> bool:
    return structs.replace(one, source="") != structs.replace(other, source="")
