"""The provider boundary: who performs a duty, per provider, deployment model and part, with the source of each row."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct


class Party(StrEnum):
    """Who must act for a duty to be fulfilled."""

    PROVIDER = "provider"
    CUSTOMER = "customer"
    SHARED = "shared"
    THIRD_PARTY = "third_party"
    AMBIGUOUS = "ambiguous"
    """The provider's own pages conflict, or are silent and both readings are tenable."""


class Basis(StrEnum):
    """How far the source behind a row reaches."""

    SPECIFIC = "specific"
    GENERAL_CLAUSE = "general_clause"
    RESIDUAL = "residual"
    """Nothing published claims it for the provider and it lies on the customer's own ground."""
    INFERENCE = "inference"
    CONTRACT = "contract"
    """The customer's own agreement, from the register: it overrides every published page."""
    CONFIRMED = "confirmed"
    """One of the readings of what pages leave open, which a named person confirmed by a document, until a day."""


class Confidence(StrEnum):
    """How directly the source speaks."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class SourceDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page that a boundary row was read from."""

    id: str
    url: str
    date: str | None
    """Date visible on the page or of the commit, as precise as the page gives it; None where none is visible."""
    kind: str


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named fact of the cluster or its cloud description."""

    object: str
    """Record kind, such as ``eks.cluster``, ``gke.nodePool`` or ``k8s.node``."""
    path: str
    op: str
    """eq, ne, in, exists, absent or contains."""
    value: Any = None


class BoundaryReading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tenable reading of a row that the published pages leave open."""

    party: Party
    says: str
    source: str | None = None
    """Id of the SourceDocument that says so; None for a reading that rests on silence."""


class Override(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fact that moves the row to another party. Overrides are ordered: the first that matches wins."""

    when: Condition
    party: Party
    note: str
    readings: tuple[BoundaryReading, ...] = ()
    settle: str = ""
    ask: str = ""


class Settlement(Struct, frozen=True, kw_only=True):
    """Which reading of an ambiguous row somebody confirmed, in force at the moment of the answer."""

    row: str
    """Id of the boundary row."""
    party: Party
    by: str
    """Id of the person."""
    document: str
    clause: str
    until: str
    """Day by which it must be looked at again; the row is ambiguous from then on."""
    entry: int
    """Its place in the ledger."""


class BoundaryRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer of the boundary table; it holds for every model that it lists."""

    provider: str
    models: tuple[str, ...]
    component: str
    duty: str
    party: Party
    basis: Basis
    confidence: Confidence
    source: str | None
    """Id of a SourceDocument; None only for basis inference."""
    note: str
    other_sources: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    readings: tuple[BoundaryReading, ...] = ()
    """For party ambiguous: at least two readings, each with who says so."""
    settle: str = ""
    """For party ambiguous: the setting to look at or the clause to find, as an instruction."""
    ask: str = ""
    """For party ambiguous: the question to the provider, ready to send; empty where a look settles it."""

    @property
    def id(self) -> str:
        """Stable name of the row: ``eks/fargate,auto_mode/cni/addon.rollout``."""
        return f"{self.provider}/{','.join(self.models)}/{self.component}/{self.duty}"
