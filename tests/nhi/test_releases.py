"""Copies of credentials in the releases that Helm keeps, in Secrets and in ConfigMaps; what only old ones hold."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from demarc.collect import releases as door
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.redact import redact_page
from demarc.lifecycle.consumers import credentials
from demarc.model.kubernetes import Secret
from demarc.model.nhi import NhiKind, NhiState
from demarc.testing import a_config_map, a_list, a_secret
from tests.nhi.given import a_snapshot, bare, item, report, states
from tests.posture.given import AT, Object

NOW, OLD = "correct-horse-battery-9", "stale-horse-battery-8"
KEY = FingerprintKey(b"k" * 32)


def packed(manifest: str, config: Any = None) -> str:
    body = json.dumps({"name": "app", "config": config or {}, "manifest": manifest, "chart": {"values": {}}})
    return base64.b64encode(gzip.compress(body.encode(), mtime=0)).decode()


def rendered(value: str) -> str:
    data = base64.b64encode(value.encode()).decode()
    return (
        "---\n# Source: app/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: database\n"
        f"data:\n  username: YWRtaW4=\n  password: {data}\n---\nkind: Deployment\n"
    )


def release(number: int, text: str, *, status: str = "superseded", namespace: str = "shop") -> Object:
    labels = {"owner": "helm", "name": "app", "status": status, "version": str(number)}
    name = f"sh.helm.release.v1.app.v{number}"
    return a_secret(name, namespace, values={"release": text}, type="helm.sh/release.v1", labels=labels)


def database(value: str = NOW) -> Object:
    return bare("database", values={"password": value})


def test_a_copy_beside_the_secret_is_told_with_release_and_revisions():
    revisions = [release(number, packed(rendered(NOW))) for number in (1, 2, 3)]
    found = report(database(), *revisions, release(5, packed(rendered(NOW)), status="deployed"))
    copy = item(found, "shop/Secret/database")
    assert copy.misplaced == ("Helm release shop/app, revisions 1-3, 5 (deployed)",)
    assert NhiState.MISPLACED not in {one.state for one in copy.states}, "who reads Secrets here reads it anyway"
    assert not [one for one in found.items if "/HelmRelease/" in one.id]


def test_values_of_the_chart_and_of_environments_count_and_others_do_not():
    manifest = f"kind: Deployment\nspec:\n  env:\n  - name: DB_PASSWORD\n    value: {OLD}\n"
    found = report(
        bare("a", values={"password": NOW}),
        bare("b", values={"password": OLD}),
        bare("c", values={"note": "production"}),
        release(1, packed(manifest, {"auth": {"adminPassword": NOW}, "environment": "production"}), status="deployed"),
    )
    assert item(found, "shop/Secret/a").misplaced == item(found, "shop/Secret/b").misplaced
    assert item(found, "shop/Secret/a").misplaced == ("Helm release shop/app, revision 1 (deployed)",)
    assert item(found, "shop/Secret/c").misplaced == ()


def test_where_others_read_it_the_copy_is_misplaced():
    far = report(database(), release(1, packed(rendered(NOW)), status="deployed", namespace="flux-system"))
    assert NhiState.MISPLACED in states(far, "shop/Secret/database")
    labels = {"owner": "helm", "name": "app", "status": "deployed", "version": "1"}
    stored = a_config_map("app.v1", data={"release": packed(rendered(NOW))}, labels=labels)
    found = report(database(), stored)
    assert NhiState.MISPLACED in states(found, "shop/Secret/database")
    assert NhiState.MISPLACED in states(found, "shop/HelmRelease/app/ConfigMap")
    assert not [one for one in found.items if one.id == "shop/ConfigMap/app.v1"], "told once"


def test_old_revisions_keep_what_was_replaced_and_that_is_told():
    found = report(database(), release(1, packed(rendered(OLD))), release(2, packed(rendered(NOW)), status="deployed"))
    kept = item(found, "shop/HelmRelease/app")
    assert kept.kind is NhiKind.LITERAL
    assert kept.misplaced == (
        "revision 1 of the release, with a value that no Secret holds any more: revoked, or never kept in one",
    )
    assert item(found, "shop/Secret/database").misplaced == ("Helm release shop/app, revision 2 (deployed)",)
    blind = report(release(1, packed(rendered(OLD))))
    assert not [one for one in blind.items if "/HelmRelease/" in one.id], "without a Secret to compare nothing is known"


def test_a_plan_says_what_a_rotation_does_not_reach():
    (secret, *_) = credentials(a_snapshot(database(), release(1, packed(rendered(NOW)))))
    assert secret.releases == ("Helm release shop/app, revision 1",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("bm8gcmVsZWFzZQ==", door.DAMAGED),
        (packed("x")[:40], door.DAMAGED),
        (base64.b64encode(gzip.compress(b"[]")).decode(), door.DAMAGED),
        (base64.b64encode(gzip.compress(b'{"manifest": 5}')).decode(), door.DAMAGED),
        (base64.b64encode(gzip.compress(b" " * 17_000_000)).decode(), door.TOO_BIG),
    ],
)
def test_what_cannot_be_unpacked_is_a_gap_and_no_crash(text, why):
    found = report(database(), release(1, text))
    assert any("releases of Helm hold" in says and "v1" in says for says in found.unseen)
    snapshot = a_snapshot(database(), release(1, text))
    (gap,) = snapshot.gaps
    assert gap.detail.startswith(why)


def test_of_a_release_no_value_goes_on_and_a_stored_snapshot_tells_the_same():
    manifest = rendered(NOW) + f"---\nkind: Secret\nmetadata: [broken\nstringData:\n  password: {OLD}\n"
    objects = [database(), release(1, packed(manifest, {"auth": {"password": OLD}})), release(2, "broken")]
    page = json.dumps(a_list(objects)).encode()
    told = []
    for data in (page, redact_page(page, KEY)):
        builder = SnapshotBuilder(KEY)
        builder.add_document(data, origin="c.json")
        snapshot = builder.build(now=AT)
        told.append((snapshot.all("Secret", Secret), [gap.what for gap in snapshot.gaps]))
        for value in (NOW, OLD, base64.b64encode(NOW.encode()).decode()):
            assert value not in repr(snapshot)
            assert value.encode() not in redact_page(page, KEY)
    strip = [[(one.metadata.name, one.released, one.unread) for one in objects] for objects, _ in told]
    assert strip[0] == strip[1]
    assert told[0][1] == told[1][1]
