"""The catalogue of well-known components: what a workload is and who makes it.

It never says who installed anything, and knows nothing of a cluster: it answers from an image name, a workload's name,
or the name that a provider's add-on API uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Final

import msgspec
import yaml
from msgspec import Struct

_LONGEST_IMAGE: Final = 1024
"""An image reference has at most 255 characters of name and a tag or digest; anything longer is not one."""

KINDS: Final = frozenset(
    {
        "cni", "coredns", "kube_proxy", "csi_driver", "ingress_controller", "service_mesh", "logging_agent",
        "autoscaler", "workload_identity", "delivery_controller", "policy_engine", "secret_operator",
        "runtime_sensor", "component",
    }
)  # fmt: skip
"""Parts that a component can be, in the words of ``Component.kind``."""


class Image(Struct, frozen=True, kw_only=True):
    """An image reference, taken apart."""

    registry: str
    """Host and port; empty where the reference names none (Docker Hub)."""
    path: tuple[str, ...]
    """Parts of the repository after the registry."""
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        """Registry and path, as written."""
        return "/".join((self.registry, *self.path) if self.registry else self.path)


class KnownComponent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry. What the fields mean is said at the head of ``components.yaml``."""

    name: str
    title: str
    kind: str = "component"
    supplier: str
    images: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    addons: dict[str, tuple[str, ...]] = {}
    operators: tuple[str, ...] = ()


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sidecars: tuple[str, ...]
    components: tuple[KnownComponent, ...]


def fits(name: str, pattern: str) -> bool:
    """Tell whether a name fits a pattern in which ``*`` stands for anything; linear in the length of the name."""
    if "*" not in pattern:
        return name == pattern
    first, *middle, last = pattern.split("*")
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


class _Pattern(Struct, frozen=True, kw_only=True):
    parts: tuple[str, ...]
    entry: KnownComponent | None
    """None for a sidecar."""

    def matches(self, path: tuple[str, ...]) -> bool:
        if len(self.parts) > len(path):
            return False
        tail = path[-len(self.parts) :]
        return all(fits(part, pattern) for part, pattern in zip(tail, self.parts, strict=True))

    @property
    def weight(self) -> tuple[int, bool, int]:
        """The more it says, the earlier it is tried: more parts, no wildcard, longer."""
        return (len(self.parts), not any("*" in part for part in self.parts), sum(map(len, self.parts)))


@lru_cache(maxsize=16384)
def parse_image(reference: str) -> Image:
    """Take an image reference apart: ``host:5000/a/b:tag@sha256:...``. Never raises; nonsense gives an empty path."""
    if len(reference) > _LONGEST_IMAGE:
        return Image(registry="", path=(), tag="", digest="")
    name, _, digest = reference.strip().partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    parts = [part for part in f"{head}{slash}{last}".split("/") if part]
    registry = ""
    if len(parts) > 1 and ("." in parts[0] or ":" in parts[0] or parts[0] == "localhost"):
        registry = parts.pop(0)
    return Image(registry=registry, path=tuple(parts), tag=tag, digest=digest)


class ComponentCatalogue:
    """The entries with the indexes that make looking up cheap. Immutable after construction."""

    def __init__(self, entries: Iterable[KnownComponent], sidecars: Iterable[str] = ()) -> None:
        self.entries: Final[tuple[KnownComponent, ...]] = tuple(entries)
        self._by_name: Final = {entry.name: entry for entry in self.entries}
        self._addons: Final = {
            (provider, addon.lower()): entry
            for entry in reversed(self.entries)
            for provider, addons in entry.addons.items()
            for addon in addons
        }
        patterns = [
            *(_Pattern(parts=tuple(text.split("/")), entry=entry) for entry in self.entries for text in entry.images),
            *(_Pattern(parts=tuple(text.split("/")), entry=None) for text in sidecars),
        ]
        patterns.sort(key=lambda pattern: pattern.weight, reverse=True)
        literal: dict[str, list[_Pattern]] = {}
        for pattern in patterns:
            literal.setdefault(pattern.parts[-1] if "*" not in pattern.parts[-1] else "", []).append(pattern)
        wild = literal.pop("", [])
        self._any_last: Final = [pattern for pattern in wild if pattern.parts[-1] == "*"]
        self._wild: Final = [pattern for pattern in wild if pattern.parts[-1] != "*"]
        # Most images fit none of these: one look tells, instead of one for each.
        lasts = dict.fromkeys(pattern.parts[-1] for pattern in self._wild)
        self._perhaps_wild: Final = re.compile(
            "|".join(re.escape(last).replace(r"\*", ".*") for last in lasts), re.DOTALL
        )
        self._literal: Final = literal
        self._hints: Final = _hints(self.entries)
        self._found: Final[dict[tuple[str, ...], KnownComponent | bool]] = {}

    def get(self, name: str) -> KnownComponent | None:
        """The entry of that name."""
        return self._by_name.get(name)

    def by_image(self, image: Image) -> KnownComponent | None:
        """The entry that an image belongs to; None for an unknown image and for a sidecar."""
        found = self._look_up(image.path)
        return found if isinstance(found, KnownComponent) else None

    def is_sidecar(self, image: Image) -> bool:
        """Tell whether an image only ever accompanies others."""
        return self._look_up(image.path) is True

    def by_hint(self, name: str, labels: Iterable[str]) -> tuple[KnownComponent, ...]:
        """Entries that a workload's name or its ``name``-like label values point to. A hint proves nothing."""
        exact, wild = self._hints
        found = [*exact.get(f"workload {name}", ())]
        for value in labels:
            found.extend(exact.get(f"label {value}", ()))
        found.extend(entry for pattern, entry in wild if fits(name, pattern))
        return tuple({entry.name: entry for entry in found}.values())

    def by_addon(self, provider: str, addon: str) -> KnownComponent | None:
        """The entry that a provider's add-on API calls by this name (in any casing)."""
        return self._addons.get((provider, addon.lower()))

    def _look_up(self, path: tuple[str, ...]) -> KnownComponent | bool:
        """The entry, True for a sidecar, False for nothing known."""
        if not path:
            return False
        found = self._found.get(path)
        if found is None:
            candidates = [*self._literal.get(path[-1], ()), *self._any_last]
            if self._wild and self._perhaps_wild.fullmatch(path[-1]):
                candidates += self._wild
            best = max(
                (pattern for pattern in candidates if pattern.matches(path)),
                key=lambda pattern: pattern.weight,
                default=None,
            )
            found = False if best is None else (best.entry or True)
            self._found[path] = found
        return found


_Hints = tuple[dict[str, tuple[KnownComponent, ...]], tuple[tuple[str, KnownComponent], ...]]


def _hints(entries: tuple[KnownComponent, ...]) -> _Hints:
    """Exact hints by ``workload NAME`` and ``label VALUE``, and the patterns."""
    exact: dict[str, tuple[KnownComponent, ...]] = {}
    wild: list[tuple[str, KnownComponent]] = []
    for entry in entries:
        for value in entry.labels:
            exact[f"label {value}"] = (*exact.get(f"label {value}", ()), entry)
        for name in entry.workloads:
            if "*" in name:
                wild.append((name, entry))
            else:
                exact[f"workload {name}"] = (*exact.get(f"workload {name}", ()), entry)
    return exact, tuple(wild)


@cache
def components() -> ComponentCatalogue:
    """Read the catalogue that is shipped. Raises msgspec.ValidationError when the file does not fit its form."""
    text = resources.files("demarc.catalog").joinpath("components.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    file = msgspec.convert(yaml.load(text, Loader=loader), _File)  # noqa: S506 - a safe loader, over our own file
    return ComponentCatalogue(file.components, file.sidecars)
