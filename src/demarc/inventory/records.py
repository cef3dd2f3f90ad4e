"""Descriptions from outside the Kubernetes API: which cluster's they are, and how to read a field of them.

Field names are compared without regard to case: the same field comes in two spellings from some tools.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from demarc.model.snapshot import Record, Snapshot

CLUSTERS: Final = {
    f"{provider}.cluster": provider
    for provider in ("eks", "gke", "aks", "rosa", "aro", "oke", "ibm", "doks", "lke", "ovh", "scaleway", "ack")
}
"""Record kinds that describe a whole cluster, and whose service it is."""


class Descriptions(Struct, frozen=True, kw_only=True):
    """The records that are about the cluster at hand."""

    clusters: tuple[Record, ...]
    """Descriptions of the cluster: one, or none, or several where nothing tells which is meant."""
    records: tuple[Record, ...]
    """All other records, without those of other clusters."""
    others: tuple[str, ...]
    """Names of clusters that are described as well and are not this one."""

    @property
    def cluster(self) -> Record | None:
        """The description of the cluster, where exactly one is meant."""
        return self.clusters[0] if len(self.clusters) == 1 else None

    def of(self, kind: str) -> tuple[Record, ...]:
        """Records of a kind."""
        return tuple(record for record in self.records if record.kind == kind)

    def listing(self, kind: str) -> Record | None:
        """The complete list of what there is of a kind; None where none was given or it goes on in another page."""
        for record in self.of(f"{kind}List"):
            if not record.body.get("more") and not record.body.get("unread"):
                return record
        return None

    def given(self, kind: str) -> bool:
        """Tell whether anything of a kind was described or listed, be it that there is none."""
        return any(record.kind in (kind, f"{kind}List") for record in self.records)


def descriptions(snapshot: Snapshot, hints: tuple[str, ...]) -> Descriptions:
    """Choose what is about this cluster. ``hints`` are names and contexts that the cluster goes by."""
    described = tuple(record for record in snapshot.records if record.kind in CLUSTERS)
    chosen = described
    if len(described) > 1:
        lowered = tuple(hint.lower() for hint in hints if hint)
        matching = tuple(record for record in described if record.name and _is_named(record.name.lower(), lowered))
        chosen = matching or described
    names = {name for record in chosen for name in _names(record)}
    others = {name for record in described if record not in chosen for name in _names(record)} - names
    kept = tuple(record for record in snapshot.records if record.kind not in CLUSTERS and (record.parent not in others))
    apart = tuple(sorted(record.name for record in described if record not in chosen))
    return Descriptions(clusters=chosen, records=kept, others=apart)


def _is_named(name: str, hints: tuple[str, ...]) -> bool:
    """``prod`` is named by ``prod``, ``arn:...:cluster/prod`` and ``gke_project_zone_prod``, not by ``nonprod``."""
    return any(hint == name or hint.endswith((f"/{name}", f"_{name}", f"@{name}")) for hint in hints)


def _names(record: Record) -> tuple[str, ...]:
    identifier = record.body.get("id")
    return tuple(name for name in (record.name, identifier) if isinstance(name, str) and name)


def dig(body: Any, path: str) -> Any:
    """Follow a dotted path, case-insensitively and with or without ARM's ``properties`` level; None where it ends."""
    found = _walk(body, path.split("."))
    if found is None and isinstance(body, dict):
        found = _walk(_member(body, "properties"), path.split("."))
    return found


def _walk(value: Any, parts: list[str]) -> Any:
    for part in parts:
        value = _member(value, part)
        if value is None:
            return None
    return value


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        return None
    if name in value:
        return value[name]
    wanted = name.lower()
    return next((item for key, item in value.items() if isinstance(key, str) and key.lower() == wanted), None)


def words(body: Any, path: str) -> str:
    """Read a text at a dotted path; empty for anything else."""
    found = dig(body, path)
    return found if isinstance(found, str) else ""


def texts(value: Any) -> tuple[str, ...]:
    """A text, or the texts of a list."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def true(body: Any, path: str) -> bool:
    """Tell whether the field is exactly true."""
    return dig(body, path) is True
