"""The rules for rotators: who had a credential replaced, and what only tells that it was."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from demarc.evidence.rotators import Rotators, held_secrets
from demarc.model.assessment import Holder
from demarc.model.cloud_calls import CallKind, Cloud, CloudCall, CloudShape, CloudTrail, Outcome
from demarc.model.duties import Unit
from demarc.model.inventory import Place, Scope
from demarc.model.kubernetes import IssuedCertificate, Secret, WorkloadObject
from demarc.model.ledger import Act, Entry, stamp
from demarc.model.roles import Verdict
from demarc.model.snapshot import Record
from tests.accountability.given import AT, a_namespace, an_assignment, an_identity
from tests.evidence.given import SHOP, a_change, a_snapshot, a_trail, ground, one, people, report

DUTY, SCOPE = "secret.rotation", "identity:shop/ServiceAccount/web"
SO, OTHERWISE, MISSING = Verdict.SAYS_SO, Verdict.SAYS_OTHERWISE, Verdict.MISSING
TIME = "2026-11-10T00:00:00Z"


def a_secret(name="db", **more):
    body = {"kind": "Secret", "metadata": {"name": name, "namespace": "shop", **more.pop("metadata", {})}, **more}
    return msgspec.convert(body, Secret)


def a_deployment(secret="db", account="web"):
    reference = {"name": "DB", "valueFrom": {"secretKeyRef": {"name": secret, "key": "password"}}}
    spec = {"serviceAccountName": account, "containers": [{"name": "web", "env": [reference]}]}
    body = {
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": spec}},
    }
    return msgspec.convert(body, WorkloadObject)


def objects(*secrets):
    return {"Secret": secrets or (a_secret(),), "Deployment.apps": (a_deployment(),)}


def an_entry(credential="shop/db", days=3, actor="zoe", **body):
    return Entry(
        seq=4,
        recorded_at=stamp(AT - timedelta(days=days)),
        writer="ops",
        actor=actor,
        act=Act.STATES,
        supersedes=None,
        kind="rotation",
        subject=f"secret.rotation @ {credential}",
        valid_from=None,
        valid_to=None,
        body={"what": "rotated", **body},
        prev="0" * 64,
    )


def found(given=None, duty=DUTY, scope=SCOPE, **more):
    register = people(assignments=(an_assignment("platform", rotator="bob"),))
    places = (a_namespace("shop"), an_identity("shop", "web"))
    return one(report(register, places=places, objects=given or objects(), **more), duty, "rotator", scope)


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        (an_entry(approved_by=["bob"]), SO),
        (an_entry(actor="bob"), SO),
        (an_entry(approved_by=["carla"]), OTHERWISE),
        (an_entry(), MISSING),
        (an_entry("shop/other", approved_by=["bob"]), MISSING),
        (an_entry(approved_by=["bob"], what="approved"), MISSING),
        (an_entry(days=400, approved_by=["bob"]), MISSING),
    ],
)
def test_rotations_of_the_ledger(entry, verdict):
    assert found(rotations=(entry,)).verdict is verdict


@pytest.mark.parametrize(
    ("change", "verdict", "seen"),
    [
        (a_change("bob-gh"), SO, True),
        (a_change("carla-gh"), OTHERWISE, True),
        (a_change("stranger"), MISSING, True),
        (a_change("system:serviceaccount:eso:controller"), MISSING, True),
        (a_change("bob-gh", verb="delete"), MISSING, False),
        (a_change("bob-gh", name="other"), MISSING, False),
    ],
)
def test_writes_of_a_secret_in_the_trail(change, verdict, seen):
    item = found(trail=a_trail(changes=(change,)))
    assert item.verdict is verdict
    assert bool(item.witnesses) is seen


@pytest.mark.parametrize(
    ("user", "as_user", "verdict"),
    [("bob-gh", "carla-gh", SO), ("system:serviceaccount:proxy:proxy", "carla-gh", OTHERWISE)],
)
def test_whoever_impersonates_acted_and_a_proxy_passes_people_on(user, as_user, verdict):
    assert found(trail=a_trail(changes=(a_change(user, as_user=as_user),))).verdict is verdict


def test_a_field_manager_tells_when_the_value_was_written_and_not_by_whom():
    meta = {
        "managedFields": [
            {"manager": "kubectl-create", "time": TIME},
            {"manager": "kube-apiserver", "time": "2026-11-20T00:00:00Z"},
        ]
    }
    item = found(objects(a_secret(metadata=meta, keyChanges={"password": TIME})))
    assert item.verdict is MISSING
    assert [witness.at for witness in item.witnesses] == [TIME]
    assert "kubectl-create: by whom is not shown" in item.why


def test_nothing_given_says_what_to_give():
    item = found()
    assert (item.verdict, item.witnesses) == (MISSING, ())
    assert "--events" in item.todo


def test_duties_that_rotate_nothing_have_no_rotator_to_show():
    given = report(people(assignments=(an_assignment("platform", rotator="bob"),)))
    duties = {item.duty for item in given.roles if item.role.value == "rotator"}
    assert duties <= {"secret.rotation", "secret.certificates", "supply.pipeline-credentials"}


def test_which_secrets_belong_to_an_identity():
    token = a_secret("web-token", metadata={"annotations": {"kubernetes.io/service-account.name": "web"}})
    certificate = msgspec.convert(
        {"kind": "Certificate", "metadata": {"name": "shop", "namespace": "shop"}, "spec": {"secretName": "tls"}},
        IssuedCertificate,
    )
    given = {**objects(a_secret(), token), "Certificate.cert-manager.io": (certificate,)}
    held = held_secrets(a_snapshot(objects=given))
    assert set(held["shop/ServiceAccount/web"]) == {("shop", "db"), ("shop", "web-token")}
    assert held["shop/Certificate/shop"] == (("shop", "tls"),)
    assert held["shop/Secret/db"] == (("shop", "db"),)


def test_issuers_tell_when_and_not_who():
    key = Record(
        kind="aws.iamAccessKey",
        name="AKIAEXAMPLE",
        body={"UserName": "ci", "CreateDate": "2025-03-01T00:00:00Z"},
        source="s1",
    )
    scope = Scope(kind=Unit.IDENTITY, name="User/arn:aws:iam::1:user/ci")
    register = people(assignments=(an_assignment("platform", rotator="bob"),))
    place = Place(scope=scope, kinds=("human",))
    rotators = Rotators(ground(register, key, places=(place,)))
    row = next(row for row in ground(register, places=(a_namespace("shop"),)).assessment.matrix if row.duty == DUTY)
    item = rotators.rotator(replace(row, scope=scope, rotator=Holder(id="bob", name="Bob")))
    assert item is not None
    assert (item.verdict, item.witnesses[0].at) == (MISSING, "2025-03-01T00:00:00Z")
    assert "access key of ci was made: by whom is not shown" in item.why


def test_secrets_of_a_pipeline_tell_when_and_not_who():
    workflow = Record(
        kind="repository.workflow",
        name="deploy.yaml",
        parent="acme/shop",
        body={"path": "deploy.yaml", "document": {"jobs": {"a": {"env": {"X": "${{ secrets.KUBE_TOKEN }}"}}}}},
        source="s1",
    )
    secret = Record(kind="github.secret", name="KUBE_TOKEN", body={"updated_at": "2024-03-20T00:00:00Z"}, source="s1")
    register = people(assignments=(an_assignment("platform", rotator="bob"),))
    place = Place(scope=Scope(kind=Unit.PIPELINE, name=SHOP), kinds=("pipeline",))
    given = report(register, workflow, secret, places=(place,))
    item = one(given, "supply.pipeline-credentials", "rotator", f"pipeline:{SHOP}")
    assert (item.verdict, item.witnesses[0].grade.name, item.witnesses[0].at[:4]) == (MISSING, "ANSWERED", "2024")


# ---- the cloud's own trail ----


def a_call(name="CreateAccessKey", who="bob-gh", **more):
    kind = CallKind.KEY_MADE if name.startswith("Create") else CallKind.OTHER
    given = {
        "at_us": int((AT - timedelta(days=3)).timestamp()) * 1_000_000,
        "cloud": Cloud.AWS,
        "shape": CloudShape.CLOUDTRAIL,
        "service": "iam.amazonaws.com",
        "kind": kind,
        "principal": f"arn:aws:iam::111122223333:user/{who}",
        "object": "ci",
        "account": "111122223333",
        "id": "call-1",
    }
    return CloudCall(name=name, **{**given, **more})


def of_keys(*calls, name="User/arn:aws:iam::111122223333:user/ci"):
    scope = Scope(kind=Unit.IDENTITY, name=name)
    register = people(assignments=(an_assignment("platform", rotator="bob"),))
    made = ground(register, places=(Place(scope=scope, kinds=("human",)),), cloud=CloudTrail(calls=calls))
    row = next(row for row in ground(register, places=(a_namespace("shop"),)).assessment.matrix if row.duty == DUTY)
    item = Rotators(made).rotator(replace(row, scope=scope, rotator=Holder(id="bob", name="Bob")))
    assert item is not None
    return item


@pytest.mark.parametrize(
    ("call", "verdict", "says"),
    [
        (a_call(), SO, "Bob made a key of ci"),
        (a_call("DeleteAccessKey"), SO, "Bob deleted an access key of ci"),
        (a_call("UpdateAccessKey", "carla-gh"), OTHERWISE, "Carla changed the state of an access key of ci: not Bob"),
        (a_call("CreateServiceSpecificCredential", "carla-gh"), OTHERWISE, "Carla made a key of ci"),
        (a_call(who="stranger"), MISSING, "to nobody"),
        (a_call(principal="arn:aws:sts::111122223333:assumed-role/Admin/bob-gh"), SO, "Bob made a key"),
        (a_call(outcome=Outcome.REFUSED), MISSING, "no rotation of a credential"),
        (a_call(object="other"), MISSING, "no rotation of a credential"),
        (a_call(account="444455556666"), MISSING, "no rotation of a credential"),
        (a_call("ListAccessKeys"), MISSING, "no rotation of a credential"),
        (a_call(at_us=1), MISSING, "no rotation of a credential"),
    ],
)
def test_makers_of_keys_are_those_of_the_clouds_trail(call, verdict, says):
    item = of_keys(call)
    assert (item.verdict, says in item.why) == (verdict, True)


def test_keys_of_others_clouds_and_of_oneself():
    own = a_call(object="", principal="arn:aws:iam::111122223333:user/ci")
    assert "arn:aws:iam::111122223333:user/ci to nobody" in of_keys(own).why
    address = "ci@shop.iam.gserviceaccount.com"
    google = a_call(
        "google.iam.admin.v1.CreateServiceAccountKey",
        cloud=Cloud.GOOGLE,
        kind=CallKind.KEY_MADE,
        principal="bob-gh",
        object=f"projects/shop/serviceAccounts/{address}",
        account="shop",
    )
    assert of_keys(google, name=f"User/{address}").verdict is SO
    assert any("--cloud-trail" in told for told in report(people()).unseen)
