"""Puts the inventory together: every source in a visible tuple, exceptions over the states, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from msgspec.structs import replace

import demarc
from demarc.catalog.checks import checks
from demarc.model.duties import Unit
from demarc.model.nhi import Nhi, NhiReport, NhiState
from demarc.model.snapshot import Snapshot
from demarc.model.time import iso
from demarc.nhi.beside import in_the_trail, literals, of_pipelines
from demarc.nhi.gates import of_webhooks
from demarc.nhi.ground import NhiGround
from demarc.nhi.identities import accounts, agents, cloud_roles, nodes
from demarc.nhi.pod_tokens import of_pods
from demarc.nhi.policy import Policy
from demarc.nhi.releases import releases
from demarc.nhi.secrets import in_secrets
from demarc.posture.exceptions import Exceptions
from demarc.posture.ground import Ground

FORMAT = "demarc.nhi/1"
SOURCES: tuple[Callable[[NhiGround], Iterator[Nhi]], ...] = (
    accounts,
    of_pods,
    in_secrets,
    nodes,
    cloud_roles,
    agents,
    of_webhooks,
    of_pipelines,
    literals,
    releases,
    in_the_trail,
)
"""Where identities and credentials are found, in this order."""
NOBODY = "nobody"
_KINDS_SHOWN = 3
_LISTS = ("secrets", "serviceaccounts", "configmaps", "nodes", "pods", "deployments.apps")


def nhi_report(
    ground: Ground, policy: Policy, *, earlier: Snapshot | None = None, policy_origin: str = "default"
) -> NhiReport:
    """Every non-human identity and credential, as of the ground's moment. ``earlier`` proves what was rotated since."""
    on = NhiGround(ground, policy, earlier)
    exceptions = Exceptions(ground.register, ground.inventory, ground.at, ground.people)
    facts = checks()["DM-SA-013"]
    found: dict[str, Nhi] = {}
    for source in SOURCES:
        for item in source(on):
            covered = [one for one in exceptions.of(facts, item.answers.duty, item.scope) if one.counts]
            excused = covered[0].id if covered else ""
            found.setdefault(item.id, _excepted(item, excused) if excused else item)
    items = tuple(sorted(found.values(), key=lambda one: (one.kind, one.namespace, one.name, one.id)))
    owners = Counter(one.answers.owner or NOBODY for one in items)
    return NhiReport(
        format=FORMAT,
        version=f"demarc {demarc.__version__}",
        at=iso(ground.at),
        cluster=ground.inventory.cluster.name,
        items=items,
        humans=_humans(ground),
        by_kind={kind.value: number for kind, number in sorted(Counter(one.kind for one in items).items())},
        by_state=_in_order(Counter(one.state for one in items)),
        by_owner=dict(sorted(owners.items(), key=lambda entry: (-entry[1], entry[0]))),
        unseen=tuple(_unseen(ground)),
        policy=policy_origin,
    )


def _excepted(item: Nhi, exception: str) -> Nhi:
    fine = (NhiState.HEALTHY, NhiState.UNKNOWN)
    return replace(
        item,
        states=tuple(one if one.state in fine else replace(one, exception=exception) for one in item.states),
    )


def _humans(ground: Ground) -> int:
    """People that bindings name, or that the directory has."""
    bound = sum(place.scope.kind is Unit.IDENTITY and "user" in place.kinds for place in ground.inventory.places)
    listed = sum(entry.person and entry.active is not False for entry in ground.inventory.directory)
    return max(bound, listed)


def _in_order(counts: Counter[NhiState]) -> dict[str, int]:
    return {state.value: counts[state] for state in NhiState if counts[state]}


def _unseen(ground: Ground) -> Iterator[str]:
    for name in _LISTS:
        if why := ground.view.left_out(name):
            yield f"{why}: give a dump that has them, or allow listing {name}, see demarc rbac-needed"
    if ground.snapshot.schemaless:
        kinds = ", ".join(ground.snapshot.schemaless[:_KINDS_SHOWN])
        left = len(ground.snapshot.schemaless) - _KINDS_SHOWN
        more = f" and {left} more kinds" if left > 0 else ""
        yield (
            f"no schema was given of {kinds}{more}: Secrets that their objects "
            "use are known by names of fields alone; add kubectl get crd -o json"
        )
    if ground.trail is None:
        yield "no audit trail was given: last uses, client certificates and tokens bound to no pod; add --events"
    if ground.provider in ("eks", "gke", "aks", "rosa") and not ground.snapshot.records:
        yield "no description of the cloud was given: roles that trust names here; add --cloud, or its exports"
    unread = [one.key for one in ground.view.secrets.values() if one.unread]
    if unread:
        shown = ", ".join(unread[:_KINDS_SHOWN])
        more = f" and {len(unread) - _KINDS_SHOWN} more" if len(unread) > _KINDS_SHOWN else ""
        yield f"what releases of Helm hold that cannot be unpacked, or are too big: {shown}{more}"
    bare = sum(1 for one in ground.view.secrets.values() if not one.type and not one.keys)
    if bare:
        yield f"only metadata of {bare} Secrets was seen: what they hold is not known"
