"""Backstage catalogue entities (``catalog-info.yaml``): apiVersion and kind, and yet no Kubernetes objects."""

from __future__ import annotations

from demarc.collect.external.shape import Body, Shape, described, field, text
from demarc.model.snapshot import SourceKind

API = "backstage.io/"
"""How the apiVersion of an entity begins."""


def is_entity(body: Body) -> bool:
    """Tell a catalogue entity from a Kubernetes object: by the group of its apiVersion."""
    return (
        text(body, "apiVersion").startswith(API) and bool(text(body, "kind")) and bool(text(body, "metadata", "name"))
    )


SHAPES: tuple[Shape, ...] = (
    described(
        "Backstage catalog-info.yaml",
        "backstage.entity",
        source=SourceKind.DELIVERY,
        looks=is_entity,
        named=field("metadata", "name"),
    ),
)
