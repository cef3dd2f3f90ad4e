"""Checks of access on the recorded cluster: all that is planted is found, and nothing that every cluster has."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from demarc.accountability.assess import assess
from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.inventory.build import build
from demarc.model.register import Register
from demarc.model.snapshot import SourceKind
from demarc.posture import Ground, examine
from tests.posture.given import check_named
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = [needs_northwind, pytest.mark.recorded]
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def found():
    """Objects with a finding, and all that is said of them, by check."""
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    builder.add_document((NORTHWIND / "cluster.json").read_bytes(), origin="cluster.json", kind=SourceKind.DUMP)
    snapshot = builder.build(now=AT)
    inventory = build(snapshot, components=components(), models=models(), owner_labels=(), contact_annotations=())
    ground = Ground(snapshot, inventory, Register(), assess(snapshot, inventory, Register(), AT, "given"), AT)

    def of(check: str):
        return examine(ground, (check_named(check),))[0].found

    return of


@pytest.fixture(scope="module")
def planted():
    return json.loads((NORTHWIND / "inventory.json").read_text())


DEFAULTS = ("cluster-admin", "system:", "eks:")


def _name(item, namespace=""):
    if item["kind"] == "ServiceAccount":
        return f"ServiceAccount {item['namespace']}/{item['name']}"
    return f"{item['kind']} {item['name']}"


def test_cluster_admins(found, planted):
    expected = {
        _name(subject)
        for item in planted["clusterAdminBindings"]
        if item["binding"] != "cluster-admin"
        for subject in item["subjects"]
    }
    told = {str(one.object) for one in found("DM-RBAC-001")}
    assert expected <= told
    # Roles that allow as much under another name, which the list of bindings of cluster-admin leaves out.
    assert told - expected == {"Group platform-admins", "ServiceAccount argocd/argocd-application-controller"}


def test_public_and_broad_bindings(found, planted):
    expected = {
        f"{item['kind']} {item['ns']}/{item['binding']}" if item["ns"] else f"{item['kind']} {item['binding']}"
        for item in planted["publicOrBroadBindings"]
        if not item["binding"].startswith(DEFAULTS)
    }
    told = {str(one.object) for check in ("DM-RBAC-019", "DM-RBAC-020") for one in found(check)}
    assert told == expected


def test_bindings_to_what_is_not_there(found, planted):
    accounts = {
        text.partition(" -> ")[0]
        for text in planted["bindingsToMissingServiceAccounts"]
        if not text.partition(" ")[2].startswith(DEFAULTS)
    }
    assert {str(one.object) for one in found("DM-RBAC-023")} == accounts
    roles = {f"RoleBinding {text.partition(' -> ')[0]}" for text in planted["bindingsToMissingRoles"]}
    assert {str(one.object) for one in found("DM-RBAC-022")} == roles


@pytest.mark.parametrize("number", range(1, 34))
def test_nothing_that_every_cluster_has(found, number):
    told = {str(one.object) for one in found(f"DM-RBAC-{number:03}")}
    assert not {name for name in told if name.split()[1].startswith(("system:controller", "system:kube-", "eks:"))}
    assert not {name for name in told if "kube-system/" in name} & {
        f"ServiceAccount kube-system/{name}"
        for name in ("coredns", "kube-proxy", "job-controller", "generic-garbage-collector", "namespace-controller")
    }


def test_default_accounts_in_use(found, planted):
    expected = {f"ServiceAccount {name.replace(':', '/')}" for name in planted["workloadsOnDefaultServiceAccount"]}
    told = {str(one.object): one.says for one in found("DM-SA-001")}
    # The list of what is planted leaves bare pods out.
    assert told.keys() - expected == {"ServiceAccount default/default"}
    assert expected <= told.keys()


def test_shared_accounts(found, planted):
    expected = {f"ServiceAccount {name.replace(':', '/')}" for name in planted["serviceAccountsSharedByWorkloads"]}
    assert {str(one.object) for one in found("DM-SA-005")} == expected


def test_lasting_tokens(found, planted):
    invalid = "kubernetes.io/legacy-token-invalid-since"
    marked = {item["secret"] for item in planted["legacyTokenSecrets"] if invalid in item["labels"]}
    others = {item["secret"] for item in planted["legacyTokenSecrets"]} - marked
    assert {str(one.object) for one in found("DM-SA-003")} == {f"Secret {name}" for name in others}
    unused = {str(one.object) for one in found("DM-SA-004")}
    assert {f"Secret {name}" for name in marked} <= unused
    # Made before uses were kept, or long ago, and never used.
    assert unused - {f"Secret {name}" for name in marked} == {
        f"Secret {item['secret']}"
        for item in planted["legacyTokenSecrets"]
        if not item["labels"] and item["created"] < "2025-01-15"
    }


def test_accounts_with_rights_that_nothing_uses(found, planted):
    bound = {f"ServiceAccount {name.replace(':', '/')}" for name in planted["serviceAccountsBoundButNoPods"]}
    told = {str(one.object) for one in found("DM-SA-006")}
    with_token = {str(one.says).split("token of ")[1].split(" that")[0] for one in found("DM-SA-003")}
    assert told == bound - with_token


def test_a_machine_joins_by_a_token_that_lasts(found):
    assert {str(one.object) for one in found("DM-SA-012")} == {"Secret kube-system/bootstrap-token-labkub"}
