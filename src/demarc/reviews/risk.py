"""How much hangs on an item, and what it is one of many of: so that hundreds can be looked at in their order."""

from __future__ import annotations

from typing import Final

from demarc.model.assessment import GAPS, Status
from demarc.model.nhi import Nhi, NhiKind, NhiState
from demarc.model.planes import STRONG, HolderKind, PlaneRow, Power
from demarc.model.reviews import Item, Risk

_PLATFORMS: Final = frozenset({HolderKind.NODE, HolderKind.PROVIDER_IDENTITY, HolderKind.PROVIDER_STAFF})
_ANYBODY: Final = frozenset({HolderKind.ANONYMOUS, HolderKind.EVERYBODY})
_HARMLESS: Final = frozenset({Power.NONE, Power.READ_ONLY, Power.NETWORK})
_BAD: Final = frozenset({NhiState.OVERDUE, NhiState.MISPLACED, NhiState.OFFBOARDED_OWNER, NhiState.OVER_POWERED})
_FINE: Final = frozenset({NhiState.HEALTHY, NhiState.UNKNOWN})
_WORDS: Final = {
    HolderKind.PERSON: "people",
    HolderKind.GROUP: "groups",
    HolderKind.PIPELINE: "pipelines",
    HolderKind.CLOUD_PRINCIPAL: "principals of the cloud",
    HolderKind.SHARED_ACCOUNT: "accounts that are nobody's own",
    HolderKind.PROVIDER_STAFF: "staff of the provider",
    HolderKind.PROVIDER_IDENTITY: "the provider and the control plane",
    HolderKind.NODE: "nodes",
    HolderKind.ANONYMOUS: "whoever does not log in",
    HolderKind.EVERYBODY: "whoever logs in",
    HolderKind.SERVICE_ACCOUNT: "service accounts",
    HolderKind.WORKLOAD: "workloads",
    HolderKind.PODS: "pods",
}

_KINDS: Final = {
    NhiKind.TLS: "TLS certificates",
    NhiKind.OPAQUE: "opaque Secrets",
    NhiKind.DELIVERY: "credentials of GitOps controllers",
    NhiKind.PIPELINE: "secrets of pipelines",
    NhiKind.REGISTRY: "credentials of registries",
    NhiKind.LITERAL: "credentials in plain sight",
}


def of_grant(row: PlaneRow) -> tuple[Risk, str]:
    """Risk and group of a grant."""
    strongest = row.powers[0]
    where = "in namespaces or of single things" if row.over else "in the whole cluster"
    what = "connections that nothing limits" if strongest is Power.NETWORK else f"{strongest.value} {where}"
    group = f"{_WORDS[row.kind]}: {what}"
    if row.kind in _PLATFORMS:
        return Risk.PLATFORM, f"{_WORDS[row.kind]}: what they have for themselves"
    # Whoever has left, and whoever comes by without a name, is looked at first whatever the power.
    if any("left" in one or "not active any more" in one for one in row.remarks):
        return Risk.HIGH, f"{_WORDS[row.kind]}: of somebody who has left"
    if row.kind in _ANYBODY:
        return (Risk.LOW if strongest in _HARMLESS else Risk.HIGH), group
    strong = bool(STRONG.intersection(row.powers))
    if strong and not row.over:
        return Risk.HIGH, group
    return (Risk.LOW if strongest in _HARMLESS else Risk.MEDIUM), group


def of_identity(item: Nhi) -> tuple[Risk, str]:
    """Risk and group of an identity or credential."""
    state = item.state
    group = f"{_plural(item.kind)}: {state.value}"
    if item.is_platforms:
        return Risk.PLATFORM, f"{_plural(item.kind)}: what the platform has for itself"
    strong = bool(STRONG.intersection(item.powers))
    if state in _BAD or (strong and state not in _FINE):
        return Risk.HIGH, group
    if state not in _FINE or strong:
        return Risk.MEDIUM, group
    return Risk.LOW, group


def of_status(status: Status) -> Risk:
    """Risk of a row of the matrix: nobody stands behind it, or nobody looked at it in time."""
    if status in (Status.UNOWNED, Status.LAPSED, Status.CONFLICT):
        return Risk.HIGH
    return Risk.MEDIUM if status in GAPS or status is Status.AMBIGUOUS else Risk.LOW


def in_order(item: Item) -> tuple[int, str, int]:
    """The order in which items are put before people: by risk, then what is alike together."""
    return list(Risk).index(item.risk), item.group, item.number


def _plural(kind: NhiKind) -> str:
    words = kind.value.replace("-", " ")
    return _KINDS.get(kind) or (
        f"{words[:-1]}ies" if words.endswith("y") and not words.endswith("key") else f"{words}s"
    )
