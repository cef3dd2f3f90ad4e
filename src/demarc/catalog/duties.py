"""The duties and the parts of a cluster on which they bite: the backbone of every matrix."""

from __future__ import annotations

from functools import cache

import msgspec

from demarc.catalog.files import read
from demarc.model.duties import Duty, Pair


@cache
def duties() -> dict[str, Duty]:
    """All duties by id, in the order of the catalogue (from the provider's floor up to governance)."""
    return {duty.id: duty for duty in msgspec.convert(read("duties.yaml")["duties"], tuple[Duty, ...])}


@cache
def pairs() -> tuple[Pair, ...]:
    """All (duty, part) pairs, in the order of the catalogue."""
    return msgspec.convert(read("duties.yaml")["pairs"], tuple[Pair, ...])


@cache
def parts() -> frozenset[str]:
    """Names of the parts of a cluster."""
    return frozenset(pair.component for pair in pairs())
