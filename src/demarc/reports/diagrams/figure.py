"""What is drawn, before it is written in any language: few boxes, few arrows. Labels are plain text made safe."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from demarc.model.graph import Hop, Path, Radius, RadiusGroup, Ref
from demarc.reports.text import count, safe_text

_LONGEST = 80
_MOST_GROUPS = 24
_NOUNS = {
    "identity": ("identity", "identities"),
    "repository": ("repository", "repositories"),
    "registry": ("registry", "registries"),
    "person": ("person", "people"),
}


class Box(Struct, frozen=True, kw_only=True):
    """One thing, or a group of them."""

    id: str
    label: tuple[str, ...]
    """Lines."""
    role: str = ""
    """``entry``, ``impact`` or empty."""


class Arrow(Struct, frozen=True, kw_only=True):
    """One step, or several folded into one."""

    source: str
    target: str
    label: tuple[str, ...]
    unknown: bool = False
    side: bool = False
    """It leads to something that a later step needs as well."""


class Figure(Struct, frozen=True, kw_only=True):
    """A whole drawing."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def path_figure(paths: Iterable[Path]) -> Figure:
    """One or a few paths from the same entry to the same impact."""
    shown = tuple(paths)
    numbers: dict[Ref, int] = {}
    arrows: dict[Arrow, None] = {}
    for path in shown:
        spine = set(path.hops)
        numbers.setdefault(path.entry, len(numbers))
        for hop in path.all_hops:
            for arrow in _arrows(hop, numbers, side=hop not in spine):
                arrows[arrow] = None
        numbers.setdefault(path.impact, len(numbers))
    ends = {path.entry: "entry" for path in shown} | {path.impact: "impact" for path in shown}
    title = f"{shown[0].entry} to {shown[0].impact}" if shown else "no path"
    return Figure(
        title=safe_text(title),
        boxes=tuple(
            Box(id=f"n{number}", label=_ref_label(ref), role=ends.get(ref, "")) for ref, number in numbers.items()
        ),
        arrows=tuple(arrows),
    )


def _arrows(hop: Hop, numbers: dict[Ref, int], *, side: bool) -> list[Arrow]:
    ends = [f"n{numbers.setdefault(ref, len(numbers))}" for ref in (hop.source, hop.target, *hop.needs)]
    label = (hop.technique, f"{hop.duty} in {safe_text(str(hop.scope), _LONGEST)}")
    unknown = bool(hop.unknown)
    step = Arrow(source=ends[0], target=ends[1], label=label, unknown=unknown, side=side)
    return [
        step,
        *(Arrow(source=end, target=ends[1], label=("needed too",), unknown=unknown, side=True) for end in ends[2:]),
    ]


def radius_figure(radius: Radius) -> Figure:
    """A radius: what was asked for in the middle, impacts by name, everything else folded by kind and namespace."""
    boxes = [Box(id="n0", label=(safe_text(radius.of.title, _LONGEST),), role="entry")]
    arrows = []
    for index, path in enumerate(radius.impacts[:_MOST_GROUPS]):
        boxes.append(Box(id=f"i{index}", label=_ref_label(path.impact), role="impact"))
        label = (count(len(path.hops), "step"),)
        arrows.append(Arrow(source="n0", target=f"i{index}", label=label, unknown=not path.certain))
    for index, group in enumerate(radius.groups[:_MOST_GROUPS]):
        boxes.append(Box(id=f"g{index}", label=_group_label(group)))
        label = (f"from {count(group.nearest, 'step')}",)
        arrows.append(Arrow(source="n0", target=f"g{index}", label=label, unknown=not group.certain))
    left = max(0, len(radius.impacts) - _MOST_GROUPS) + max(0, len(radius.groups) - _MOST_GROUPS)
    if left:
        boxes.append(Box(id="more", label=(f"and {left:,} more",)))
        arrows.append(Arrow(source="n0", target="more", label=()))
    return Figure(title=safe_text(f"radius of {radius.of.title}"), boxes=tuple(boxes), arrows=tuple(arrows))


def things(number: int, kind: str) -> str:
    """``3 identities``."""
    noun, nouns = _NOUNS.get(kind, (kind.replace("-", " "), ""))
    return count(number, noun, nouns)


def _group_label(group: RadiusGroup) -> tuple[str, ...]:
    where = f" in {safe_text(group.namespace, _LONGEST)}" if group.namespace else ""
    first = things(group.certain + group.possible, group.kind.value) + where
    return (first, f"{group.possible:,} of them unknown") if group.possible else (first,)


def _ref_label(ref: Ref) -> tuple[str, ...]:
    name = safe_text(ref.name, _LONGEST)
    return (name,) if ref.kind.value == ref.name else (ref.kind.value.replace("-", " "), name)
