"""Options that several commands share, each explained once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

INPUT = Group("What to look at", sort_key=1)
ANSWER = Group("What to answer", sort_key=2)
OUTPUT = Group("What comes out", sort_key=3)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Look:
    """What to look at: inputs by name, else the live cluster of the current context."""

    snapshot: Annotated[tuple[str, ...], Parameter(group=INPUT, negative=(), show_default=False)] = field(default=())
    """A dump, folder, archive, collected snapshot or export; can be given several times. The same as INPUT."""
    kubeconfig: Annotated[str | None, Parameter(group=INPUT)] = None
    """Kubeconfig file of the live cluster. Default: as kubectl finds it."""
    context: Annotated[str | None, Parameter(group=INPUT)] = None
    """Context of the kubeconfig. With inputs: look at this live cluster as well."""
    cloud: Annotated[bool, Parameter(group=INPUT, negative=(), show_default=False)] = False
    """Fetch the provider's description of the cluster by calling your own aws, gcloud, az or rosa, read-only."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Ask:
    """Whose record to ask, and for when."""

    register: Annotated[Path | None, Parameter(group=ANSWER)] = None
    """Folder of the register. Default: $DEMARC_REGISTER."""
    at: Annotated[str | None, Parameter(group=ANSWER)] = None
    """The moment to answer for: a date, a time, or now. Default: when the snapshot was taken."""
    ledger: Annotated[str | None, Parameter(group=ANSWER)] = None
    """Ledger to take the register from: a file, or postgresql://USER@HOST/DATABASE. Default: $DEMARC_LEDGER. With a
    register as well: to take the reviews from that were done with it."""
    as_known_at: Annotated[str | None, Parameter(group=ANSWER)] = None
    """With a ledger: answer with what had been recorded by then, a date or a time."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Own:
    """Checks of one's own."""

    checks: Annotated[tuple[Path, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """File or folder of your own checks; can be given several times. Default: the folder checks in the register."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Trail:
    """What happened, for checks that ask it."""

    events: Annotated[tuple[Path, ...], Parameter(group=INPUT, negative=(), show_default=False)] = field(default=())
    """Audit trail of the API server: the folder of demarc events import, or files; can be given several times."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Sources:
    """Who else keeps records of approvals, reviews and rotations."""

    tickets: Annotated[tuple[Path, ...], Parameter(group=INPUT, negative=(), show_default=False)] = field(default=())
    """Change tickets, CSV or JSON; can be given several times."""
    repository: Annotated[tuple[Path, ...], Parameter(group=INPUT, negative=(), show_default=False)] = field(default=())
    """A git clone, bare or not, whose history tells who approves; can be given several times."""
    cloud_trail: Annotated[tuple[str, ...], Parameter(group=INPUT, negative=(), show_default=False)] = field(default=())
    """The cloud's own trail, for who makes and ends lasting keys; can be given several times."""
    within: Annotated[str, Parameter(group=ANSWER)] = "1y"
    """How far back evidence of approvers, reviewers and rotators counts, such as 90d or 1y."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a pipeline does with findings."""

    new_since: Annotated[Path | None, Parameter(group=OUTPUT)] = None
    """Baseline: a file of assess or findings with --format json. Findings that it has are known, the others new."""
    write: Annotated[tuple[str, ...], Parameter(name="--write", group=OUTPUT, negative=(), show_default=False)] = field(
        default=()
    )
    """Write a file beside the answer, as FORMAT=FILE: sarif=demarc.sarif; can be given several times."""
    fail_on: Annotated[str | None, Parameter(group=OUTPUT)] = None
    """Exit with 1 when more is open than this: high, critical=3, gaps, unowned,lapsed. Of findings, with --new-since,
    new ones only."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class NarrowFindings:
    """Which findings to show. Patterns with * and ? are allowed; each can be given several times."""

    check: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """Id of a check or pattern: DM-RBAC-*"""
    family: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """Family of checks: rbac, service-accounts, secrets, pods, network-exposure, ..."""
    severity: Annotated[Literal["critical", "high", "medium", "low", "info"] | None, Parameter(group=ANSWER)] = None
    """This severity and worse."""
    duty: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """Duty id or pattern: identity.*"""
    scope: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """Scope: namespace:payments, a name alone, or a namespace for all that lies in it."""
    owner: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """Name or id of who answers; nobody for what nobody holds."""
    whose: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """yours, provider, third-party, shared, ambiguous or unknown."""
    new: Annotated[bool, Parameter(group=ANSWER, negative=(), show_default=False)] = False
    """Only what the baseline does not have."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Narrow:
    """Which rows of the matrix to show. Patterns with * and ? are allowed; each can be given several times."""

    duty: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """Duty id or pattern: identity.*"""
    scope: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """Scope: namespace:payments, a name alone, or a namespace for all that lies in it."""
    party: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """provider, customer, shared, third_party, ambiguous or uncovered."""
    status: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """assigned, unowned, lapsed, conflict, overdue, ambiguous, uncovered, provider or unknown."""
    owner: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """Id or name of the owner."""
    layer: Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)] = field(default=())
    """platform, cluster, node, addon, identity, secret, admission, workload, network, supply, ..."""


def words(given: tuple[str, ...]) -> tuple[str, ...]:
    """Take ``a,b`` for two values. Not for scopes and owners: their names may hold anything."""
    return tuple(word for value in given for word in value.split(",") if word)
