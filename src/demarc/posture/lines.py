"""Finds the line of a finding in the manifest it was read from. It knows paths of fields and nothing of checks."""

from __future__ import annotations

from demarc.model.kubernetes import KubeObject
from demarc.model.posture import Found
from demarc.model.snapshot import Snapshot

_Key = tuple[str, str, str, str]


class Lines:
    """Objects whose lines are known, by source, kind, namespace and name."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._known: dict[_Key, KubeObject] = {}
        for kind, items in snapshot.objects.items():
            for item in items:
                if item.lines:
                    meta = item.metadata
                    name = meta.name or meta.generate_name
                    self._known[item.source, kind.partition(".")[0], meta.namespace or "default", name] = item

    def of(self, found: Found) -> int | None:
        """Line of the first field that shows the violation, or of what is nearest above it; None where not known."""
        if not self._known:
            return None
        at = found.object
        item = self._known.get((found.source, at.kind, at.namespace or "default", at.name))
        if item is None or not item.lines:
            return None
        return line_of(item.lines, found.fields[0].path if found.fields else "")


def line_of(lines: dict[str, int], path: str) -> int | None:
    """Line of a path, or of the longest part of it that is there; the object's first line for none."""
    while path:
        if path in lines:
            return lines[path]
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return lines.get("")
