"""A cluster as it would be if more were applied to it: objects of another snapshot laid over its own."""

from __future__ import annotations

from msgspec.structs import replace

from demarc.model.evidence import GapReason
from demarc.model.snapshot import Snapshot

_BROKEN = frozenset({GapReason.MALFORMED, GapReason.TRUNCATED, GapReason.TOO_LARGE, GapReason.UNKNOWN_SHAPE})


def applied(snapshot: Snapshot, added: Snapshot) -> Snapshot:
    """The objects and records of ``added`` laid over ``snapshot``: one of the same kind, namespace, name replaces it.

    What of ``added`` could not be read stays a gap; what it merely does not hold is none.
    """
    objects = dict(snapshot.objects)
    for kind, items in added.objects.items():
        merged = {(item.metadata.namespace, item.metadata.name): item for item in (*objects.get(kind, ()), *items)}
        objects[kind] = tuple(merged[name] for name in sorted(merged))
    return replace(
        snapshot,
        objects=objects,
        records=(*snapshot.records, *added.records),
        gaps=(*snapshot.gaps, *(gap for gap in added.gaps if gap.reason in _BROKEN)),
    )
