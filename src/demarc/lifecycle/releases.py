"""The releases that Helm keeps, and where in them values stand: copies that a rotation does not reach.

Whoever may read the Secrets of a namespace may read its releases. It knows snapshots, and neither plans nor states.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from demarc.model.kubernetes import ConfigMap, KubeObject, Literal, Secret
from demarc.model.snapshot import Snapshot

_HELM: Final = "helm.sh/release.v1"
_OWNERS: Final = ("helm", "tiller")
_NAMED: Final = re.compile(r"(?:sh\.helm\.release\.v1\.)?(?P<name>.+)\.v(?P<revision>\d{1,9})")
PLACE: Final = "Helm release"


class Revision(NamedTuple):
    """A revision of a release, with the credentials in it."""

    namespace: str
    release: str
    number: int
    current: bool
    """Whether it is the one that is deployed."""
    store: str
    """``Secret`` or ``ConfigMap``."""
    found: tuple[Literal, ...]


def is_release(item: KubeObject) -> bool:
    """Whether an object is a release, where Helm keeps them in ConfigMaps."""
    return item.kind == "ConfigMap" and item.labels.get("owner", item.labels.get("OWNER", "")).lower() in _OWNERS


class Releases:
    """All releases of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.revisions = tuple(_revisions(snapshot))

    @cached_property
    def places(self) -> dict[str, list[str]]:
        """Fingerprint of a value -> releases with the revisions that hold it, in words."""
        found: dict[str, dict[tuple[str, str, str], list[Revision]]] = {}
        for one in self.revisions:
            for literal in one.found:
                held = found.setdefault(literal.fingerprint, {}).setdefault((one.namespace, one.release, one.store), [])
                if not held or held[-1] is not one:
                    held.append(one)
        return {value: [_place(held) for held in of.values()] for value, of in found.items()}


def _revisions(snapshot: Snapshot) -> Iterator[Revision]:
    stored: list[tuple[Secret | ConfigMap, tuple[Literal, ...]]] = [
        (one, one.released) for one in snapshot.all("Secret", Secret) if one.type == _HELM
    ]
    stored += [(one, one.literals) for one in snapshot.all("ConfigMap", ConfigMap) if is_release(one)]
    for item, found in stored:
        named = _NAMED.fullmatch(item.metadata.name)
        labels = {name.lower(): value for name, value in item.labels.items()}
        number = labels.get("version", named["revision"] if named else "0")
        yield Revision(
            namespace=item.metadata.namespace,
            release=labels.get("name", named["name"] if named else item.metadata.name),
            number=int(number) if number.isdecimal() else 0,
            current=labels.get("status", "deployed").lower() == "deployed",
            store=item.kind,
            found=found,
        )


def _place(held: list[Revision]) -> str:
    one = held[0]
    store = ", kept in ConfigMaps" if one.store == "ConfigMap" else ""
    return f"{PLACE} {one.namespace}/{one.release}, {numbers(held)}{store}"


def numbers(held: Iterable[Revision]) -> str:
    """Revisions in words: ``revision 3``, ``revisions 1-4, 6 (deployed)``."""
    current = {one.number: " (deployed)" for one in held if one.current}
    parts: list[list[int]] = []
    for number in sorted({one.number for one in held}):
        if parts and number == parts[-1][-1] + 1 and parts[-1][-1] not in current and number not in current:
            parts[-1].append(number)
        else:
            parts.append([number])
    said = [f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}{current.get(part[0], '')}" for part in parts]
    return f"revision{'s' if len(said) > 1 or '-' in said[0] else ''} {', '.join(said)}"


def is_beside(place: str, namespace: str) -> bool:
    """Whether a place is a release that whoever reads the Secrets of the namespace reads too."""
    return place.startswith(f"{PLACE} {namespace}/") and not place.endswith("kept in ConfigMaps")
