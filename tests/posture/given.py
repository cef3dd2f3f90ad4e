"""Small clusters for checks, read as from a real dump, and what a check says of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from demarc.accountability.assess import assess
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.inventory.build import build
from demarc.model.evidence import Gap, GapReason
from demarc.model.posture import Examined, Outcome
from demarc.model.register import Register
from demarc.model.snapshot import Record, SourceKind
from demarc.model.trail import TrailFacts
from demarc.posture import Ground, examine
from demarc.posture.checks import CHECKS
from demarc.posture.interface import Check
from demarc.testing import a_namespace, a_node

Object = dict[str, Any]
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
EKS = {"eks.amazonaws.com/nodegroup": "general"}

BASE: tuple[Object, ...] = (
    a_namespace("shop"),
    a_namespace("kube-system"),
    a_node(
        "n1", provider_id="aws:///eu-west-1a/i-0a1b2c3d4e5f60718", kubelet_version="v1.33.5-eks-3025e55", labels=EKS
    ),
)
"""An EKS cluster with one managed node."""


class Case(NamedTuple):
    """A cluster, and what one check says of it."""

    check: str
    outcome: Outcome
    objects: tuple[Object, ...] = ()
    on: tuple[str, ...] = ()
    """Objects with a finding, as ``Deployment shop/app``, all of them; for violated."""
    says: str = ""
    """Part of what the check says: of a finding, of what was not seen, of what it holds by."""
    gaps: tuple[tuple[str, GapReason], ...] = ()
    documents: tuple[Object, ...] = ()
    """Exports of the cloud, directory or delivery, as their tools print them."""
    records: tuple[Record, ...] = ()
    """What comes from a checkout, such as a workflow."""
    register: Register = Register()
    trail: TrailFacts | None = None
    base: tuple[Object, ...] = BASE
    at: datetime = AT
    about: str = ""
    """What makes the case worth having, where the rest does not show it."""


def a_ground(
    *objects: Object,
    gaps: tuple[tuple[str, GapReason], ...] = (),
    documents: tuple[Object, ...] = (),
    records: tuple[Record, ...] = (),
    register: Register | None = None,
    trail: TrailFacts | None = None,
    base: tuple[Object, ...] = BASE,
    at: datetime = AT,
) -> Ground:
    """What checks look at, for a cluster of ``base`` and ``objects`` (which replace those of ``base``)."""
    named = {_name(item) for item in objects}
    items = [*(item for item in base if _name(item) not in named), *objects]
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    dump = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}
    builder.add_document(json.dumps(dump).encode(), origin="cluster.json", kind=SourceKind.DUMP)
    for number, document in enumerate(documents):
        builder.add_document(json.dumps(document).encode(), origin=f"export-{number}.json", kind=SourceKind.CLOUD)
    for what, reason in gaps:
        builder.add_gap(Gap(what=what, reason=reason))
    snapshot = builder.build(now=AT)
    snapshot = replace(snapshot, records=(*snapshot.records, *records))
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    given = register or Register()
    return Ground(snapshot, inventory, given, assess(snapshot, inventory, given, at, "given"), at, trail=trail)


def ground_of(case: Case) -> Ground:
    """The cluster of a case."""
    return a_ground(
        *case.objects,
        gaps=case.gaps,
        documents=case.documents,
        records=case.records,
        register=case.register,
        trail=case.trail,
        base=case.base,
        at=case.at,
    )


def check_named(name: str) -> Check:
    """The check of an id."""
    return next(check for check in CHECKS if check.id == name)


def examined(case: Case) -> Examined:
    """What the check of a case gives."""
    return examine(ground_of(case), (check_named(case.check),))[0]


def hold(case: Case) -> None:
    """Hold a case: the outcome, the objects with a finding, and the words."""
    answer = examined(case)
    told = [*(one.says for one in answer.found), *(f"{one.what}: {one.why}" for one in answer.unseen)]
    told += [answer.holds, answer.not_applicable]
    assert answer.outcome is case.outcome, told
    if case.outcome is Outcome.VIOLATED:
        assert case.on, "a violated case names its objects"
        assert sorted({str(one.object) for one in answer.found}) == sorted(case.on)
        assert all(one.fields or one.says for one in answer.found)
    assert any(case.says in one for one in told), told


def _name(item: Object) -> tuple[str, str, str]:
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]
