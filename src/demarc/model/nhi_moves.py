"""How the inventory of non-human identities moved between snapshots, as values."""

from __future__ import annotations

from msgspec import Struct

from demarc.model.nhi import NhiKind, NhiState


class NhiRef(Struct, frozen=True, kw_only=True):
    """An entry, as far as a list of what moved needs it."""

    id: str
    kind: NhiKind
    state: NhiState
    owner: str
    """Empty for nobody."""
    says: str
    """The reason of its state."""


class NhiShift(Struct, frozen=True, kw_only=True):
    """An entry of which something is another one than before."""

    id: str
    kind: NhiKind
    was: str
    """State, or owner."""
    now: str
    says: str
    """The reason of the state that it has now; empty for an owner."""


class NhiDiff(Struct, frozen=True, kw_only=True):
    """What moved from one snapshot to another."""

    format: str
    """``demarc.nhi-diff/1``."""
    version: str
    cluster: str
    before: str
    """ISO 8601."""
    after: str
    new: tuple[NhiRef, ...]
    gone: tuple[NhiRef, ...]
    rotated: tuple[NhiRef, ...]
    """Credentials whose value was seen to change, by fingerprint."""
    worse: tuple[NhiShift, ...]
    """By state."""
    better: tuple[NhiShift, ...]
    owners: tuple[NhiShift, ...]
    """Those that another one answers for."""
    unchanged: int
    unseen: tuple[str, ...]
    """What cannot be told, with what to give: it is neither new nor gone."""


class NhiOld(Struct, frozen=True, kw_only=True):
    """A credential that has lived long."""

    id: str
    since: str
    grade: str
    days: int


class NhiPoint(Struct, frozen=True, kw_only=True):
    """The inventory of one snapshot, in numbers."""

    at: str
    cluster: str
    origin: str
    """As the snapshot was named."""
    identities: int
    credentials: int
    humans: int
    ratio: float | None
    """Identities for each person; None where no person is known."""
    by_kind: dict[str, int]
    by_state: dict[str, int]
    new: int | None
    """Since the snapshot before; None for the first one of a cluster."""
    gone: int | None
    rotated: int | None
    """None also where fingerprints do not compare."""
    longest: tuple[NhiOld, ...]
    unseen: tuple[str, ...]


class NhiTrend(Struct, frozen=True, kw_only=True):
    """How the inventory of one or several clusters developed."""

    format: str
    """``demarc.nhi-trend/1``."""
    version: str
    points: tuple[NhiPoint, ...]
    """By cluster, then by time."""
