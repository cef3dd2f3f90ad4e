"""What both planes are worked out from, gathered once; and the one way in which a row is made."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from demarc.access.authorizer import Authorizer
from demarc.access.bindings import Bound
from demarc.access.planes.people import Directory
from demarc.access.planes.powers import ordered, powers_of
from demarc.access.planes.usage import Uses
from demarc.inventory.records import Descriptions, descriptions
from demarc.model.duties import Plane, Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Inventory, Scope
from demarc.model.kubernetes import Secret, ServiceAccount
from demarc.model.planes import HolderKind, Member, PlaneRow, Power, Use
from demarc.model.snapshot import Snapshot

_READS = frozenset({Power.READ_ONLY, Power.SECRETS_READ})


class Ground(Struct, frozen=True, kw_only=True):
    """What is looked at."""

    snapshot: Snapshot
    inventory: Inventory
    authorizer: Authorizer
    described: Descriptions
    directory: Directory
    uses: Uses | None
    accounts: dict[str, ServiceAccount]
    """By ``namespace/name``."""
    secrets: dict[str, Secret]
    kinds: dict[str, tuple[str, ...]]
    """Kinds of identities by the name of their scope (``User/jane``), as the inventory tells them."""
    powers: dict[int, tuple[Power, ...]]
    """Powers of the rules behind each binding, by its order."""

    @property
    def cluster(self) -> Scope:
        """The cluster as a scope."""
        return Scope(kind=Unit.CLUSTER, name=self.inventory.cluster.name)

    def scope_of(self, bound: Bound) -> Scope:
        """Where a binding bites."""
        return Scope(kind=Unit.NAMESPACE, name=bound.namespace) if bound.namespace else self.cluster

    def evidence_of(self, bound: Bound) -> Evidence:
        """The binding as evidence."""
        role = bound.binding.role_ref
        return Evidence(
            says=f"{bound.key} binds {role.kind} {role.name}", grade=Grade.WRITTEN, source=bound.binding.source
        )


def ground(
    snapshot: Snapshot, inventory: Inventory, authorizer: Authorizer, *, at: datetime | None, uses: Uses | None
) -> Ground:
    """Gather. Costs one pass over bindings, service accounts and Secrets."""
    known: dict[int, tuple[Power, ...]] = {}
    powers = {
        bound.order: known.setdefault(id(bound.rules), powers_of(bound.rules.rules))
        for bound in authorizer.bindings.all
    }
    return Ground(
        snapshot=snapshot,
        inventory=inventory,
        authorizer=authorizer,
        described=descriptions(snapshot, (inventory.cluster.name, snapshot.context or "")),
        directory=Directory(inventory.directory, at),
        uses=uses,
        accounts={item.key: item for item in snapshot.all("ServiceAccount", ServiceAccount)},
        secrets={item.key: item for item in snapshot.all("Secret", Secret)},
        kinds={place.scope.name: place.kinds for place in inventory.places if place.scope.kind is Unit.IDENTITY},
        powers=powers,
    )


def row(
    on: Ground,
    plane: Plane,
    *,
    holder: str,
    kind: HolderKind,
    powers: tuple[Power, ...],
    grant: str,
    duty: str,
    scope: Scope,
    evidence: tuple[Evidence, ...],
    over: tuple[str, ...] = (),
    members: tuple[Member, ...] = (),
    remarks: tuple[str, ...] = (),
    unknown: str = "",
    used: dict[Power, str] | None = None,
) -> PlaneRow:
    """Make a row. ``used`` is what the trail shows of it (power -> time); None where no trail can show it."""
    powers = ordered(powers)
    uses = {} if used is None or on.uses is None else {power: _use(on.uses, power, used) for power in powers}
    uses.pop(Power.NONE, None)
    return PlaneRow(
        id=f"{plane.value}/{holder}/{grant}",
        plane=plane,
        holder=holder,
        kind=kind,
        powers=powers,
        over=over,
        grant=grant,
        members=tuple(sorted(set(members))),
        duty=duty,
        scope=scope,
        evidence=evidence,
        grade=min((item.grade for item in evidence), default=Grade.NAMED),
        remarks=(*remarks, *_only_for(powers, used if uses else None)),
        unknown=unknown,
        uses=uses,
        last_used=max(used.values(), default="") if used and uses else "",
    )


def _use(uses: Uses, power: Power, used: dict[Power, str]) -> Use:
    if power in used or (power is Power.CLUSTER_ADMIN and used):
        return Use.USED
    if not uses.shows_grants or (power in _READS and not uses.shows_reads):
        return Use.UNKNOWN
    return Use.UNUSED


def _only_for(powers: tuple[Power, ...], used: dict[Power, str] | None) -> tuple[str, ...]:
    """An administrator who only ever needed less is worth a word."""
    if not used or powers[0] is not Power.CLUSTER_ADMIN:
        return ()
    return (f"used only for: {', '.join(power.value for power in ordered(used))}",)
