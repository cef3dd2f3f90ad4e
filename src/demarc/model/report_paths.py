"""What a report says of the ways an intruder would take: reach, a few telling paths, choke points, who answers.

Small by construction, whatever the size of the cluster. Rows of the matrix are named by their id, never repeated.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.graph import Choice, ChokePoints, Path, Reaches
from demarc.model.inventory import Scope


class ImpactClass(StrEnum):
    """What an intruder is after, the worst first."""

    CLUSTER_ADMIN = "cluster-admin"
    NODE = "node"
    CLOUD_ROLE = "cloud-role"
    CROWN_JEWELS = "crown-jewels"


class Stopper(Struct, frozen=True, kw_only=True):
    """Who answers for a duty that would have stopped a step."""

    duty: str
    scope: Scope
    """Where the step would have been stopped."""
    part: str
    row: str
    """Id of the matrix row that answers there; empty where the matrix has none, there or anywhere around it."""
    differing: int = 0
    """Other rows that fit as well and name another party, owner or status."""


class ToldPath(Struct, frozen=True, kw_only=True):
    """A path that stands for its sort of impact."""

    impact_class: ImpactClass
    entry: Choice
    impact: Choice
    path: Path
    """The shortest from this entry to this impact; a certain one where there is one."""


class IntruderPaths(Struct, frozen=True, kw_only=True):
    """The ways of an intruder, as a report carries them beside the assessment."""

    reaches: Reaches
    """Which entries reach which impacts, in how many steps."""
    told: tuple[ToldPath, ...]
    """At most two for each class of impact, from the entry that is furthest outside first."""
    choke: tuple[ChokePoints, ...]
    """The smallest sets of grants, and of duties, that cut every path from any entry to an impact."""
    stoppers: tuple[Stopper, ...]
    """For every duty, scope and part that a step of a told path or a choke point names."""
