"""Findings in manifests have the line of the field that shows them."""

from __future__ import annotations

from demarc.accountability.assess import assess
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.inventory.build import build
from demarc.model.posture import Finding
from demarc.model.register import Register
from demarc.posture import Ground, posture
from demarc.posture.checks import CHECKS
from demarc.posture.lines import line_of
from tests.posture.given import AT, check_named

MANIFEST = b"""# rendered
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: shop
spec:
  template:
    spec:
      hostPID: true
      containers:
        - name: app
          image: registry.example/app:1
        - name: side
          image: registry.example/side:1
          securityContext:
            privileged: true
"""


def findings(manifest: bytes, *names: str) -> list[Finding]:
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    builder.add_document(manifest, origin="deploy/api.yaml")
    snapshot = builder.build(now=AT)
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    assessment = assess(snapshot, inventory, Register(), AT, "given")
    among = tuple(check_named(name) for name in names) or CHECKS
    return list(posture(Ground(snapshot, inventory, Register(), assessment, AT), among).findings)


def test_the_line_is_that_of_the_field():
    found = {one.check: one for one in findings(MANIFEST, "DM-POD-001", "DM-POD-002")}
    assert (found["DM-POD-001"].file, found["DM-POD-001"].line) == ("deploy/api.yaml", 23)
    assert found["DM-POD-002"].line == 16


def test_a_fingerprint_does_not_move_with_the_lines():
    before = {one.id for one in findings(MANIFEST, "DM-POD-001", "DM-POD-002")}
    after = {one.id for one in findings(b"# more\n\n" + MANIFEST, "DM-POD-001", "DM-POD-002")}
    assert before == after


def test_a_path_that_is_not_there_has_the_line_above_it():
    lines = {"": 1, "spec": 4, "spec.template": 5, "spec.containers[0]": 7}
    assert line_of(lines, "spec.template.spec.securityContext.runAsNonRoot") == 5
    assert line_of(lines, "spec.containers[0].image") == 7
    assert line_of(lines, "spec.containers[3].image") == 4
    assert line_of(lines, "status") == 1


def test_json_and_dumps_have_no_lines():
    as_json = b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostPID":true,"containers":[]}}'
    assert [one.line for one in findings(as_json, "DM-POD-002")] == [None]
    dumped = MANIFEST.replace(b"  namespace: shop\n", b"  namespace: shop\n  uid: 7f9c\n")
    assert {one.line for one in findings(dumped, "DM-POD-001")} == {None}
