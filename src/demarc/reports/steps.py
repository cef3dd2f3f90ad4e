"""How a step of a path is told: its things in a sentence, and the evidence worth the room. For every format."""

from __future__ import annotations

from collections.abc import Sequence

from demarc.model.evidence import Evidence
from demarc.model.graph import Ref, Thing

_MOST_EVIDENCE = 2


def ref_text(ref: Ref) -> str:
    """A thing in a sentence: an identity says itself what it is."""
    return ref.name if ref.kind in {Thing.IDENTITY, Thing.OUTSIDE} else str(ref)


def strongest(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence that is hardest to forge."""
    return sorted(evidence, key=lambda one: -one.grade)[:_MOST_EVIDENCE]
