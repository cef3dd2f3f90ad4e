"""The two planes of access: who reaches the cluster, and what its pods reach. Rows of holder and grant, with evidence.

Who answers for a grant is joined above, in ``demarc.accountability.planes``.
"""

from __future__ import annotations

from datetime import datetime

from demarc.access.authorizer import Authorizer
from demarc.access.planes.cluster import cluster_rows, logins_of
from demarc.access.planes.ground import ground
from demarc.access.planes.powers import rank
from demarc.access.planes.usage import Uses, read_uses, stored_uses
from demarc.access.planes.workload import workload_rows
from demarc.access.seen import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from demarc.model.inventory import Inventory
from demarc.model.planes import PlaneRow, Planes
from demarc.model.snapshot import Snapshot

__all__ = ["Uses", "planes", "read_uses", "stored_uses"]


def planes(
    snapshot: Snapshot,
    inventory: Inventory,
    authorizer: Authorizer,
    *,
    at: datetime | None = None,
    uses: Uses | None = None,
) -> Planes:
    """Work out both planes.

    ``at`` is the moment as of which people have left or not; ``uses`` what an audit trail shows (``read_uses``),
    without which no power is said to be unused.
    """
    on = ground(snapshot, inventory, authorizer, at=at or snapshot.taken_at, uses=uses)
    logins = logins_of(on)
    found: dict[str, PlaneRow] = {}
    for row in (*cluster_rows(on, logins), *workload_rows(on)):
        found.setdefault(row.id, row)
    lacks = (authorizer.seen.lacks(kind) for kind in (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS, CLUSTER_ROLES, ROLES))
    unseen = dict.fromkeys(
        (*(why for why in lacks if why), *logins.unseen, *(() if on.directory.given else (_NO_DIRECTORY,)))
    )
    return Planes(
        rows=tuple(sorted(found.values(), key=_order)),
        unseen=tuple(unseen),
        window=uses.window if uses else None,
    )


_NO_DIRECTORY = "no directory of people was given: who has left, and who is in a group, is unknown"


def _order(row: PlaneRow) -> tuple[str, int, str, str, str]:
    return row.plane.value, rank(row.powers), row.kind.value, row.holder, row.grant
