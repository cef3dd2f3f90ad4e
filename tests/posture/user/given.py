"""Checks of users for the tests, as they would write them."""

from __future__ import annotations

import json
from typing import Any

import yaml

from demarc.accountability.assess import assess
from demarc.catalog.boundaries import models
from demarc.catalog.checks import checks
from demarc.catalog.components import components
from demarc.catalog.duties import duties
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.inventory.build import build
from demarc.model.evidence import Gap, GapReason
from demarc.model.posture import Examined
from demarc.model.register import Register
from demarc.model.snapshot import SourceKind
from demarc.posture import Ground, examine
from demarc.posture.user.check import checks_of, kept_for
from demarc.posture.user.policy import Loaded, Policy, load
from tests.posture.given import AT, BASE, Object

SAID = {"demarc.dev/duty": "governance.ownership", "demarc.dev/severity": "medium"}
RULES = [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}]


def a_policy(
    *expressions: str,
    name: str = "cost-centre.example.com",
    annotations: dict[str, str] | None = None,
    rules: list[Object] | None = None,
    **spec: Any,
) -> Object:
    said = SAID if annotations is None else annotations
    constraints = {"resourceRules": RULES if rules is None else rules, **spec.pop("constraints", {})}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name, "annotations": said},
        "spec": {
            "matchConstraints": constraints,
            "validations": [{"expression": text} for text in expressions],
            **spec,
        },
    }


def read(*documents: Object | str) -> Loaded:
    texts = [one if isinstance(one, str) else yaml.safe_dump(one, sort_keys=False) for one in documents]
    return load([("checks/own.yaml", "---\n".join(texts).encode())], duties=duties().keys(), taken=checks().keys())


def policy(*expressions: str, **more: Any) -> Policy:
    found = read(a_policy(*expressions, **more))
    assert found.problems == ()
    return found.policies[0]


def examined(
    given: Policy, *objects: Object, gaps: tuple[tuple[str, GapReason], ...] = (), base: tuple[Object, ...] = BASE
) -> Examined:
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32), keep=kept_for([given]))
    given_names = {(item["kind"], item["metadata"]["name"]) for item in objects}
    kept = [item for item in base if (item["kind"], item["metadata"]["name"]) not in given_names]
    dump = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": [*kept, *objects]}
    builder.add_document(json.dumps(dump).encode(), origin="cluster.json", kind=SourceKind.DUMP)
    for what, reason in gaps:
        builder.add_gap(Gap(what=what, reason=reason))
    snapshot = builder.build(now=AT)
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    assessment = assess(snapshot, inventory, Register(), AT, "given")
    return examine(Ground(snapshot, inventory, Register(), assessment, AT), checks_of([given]))[0]
