"""Orders for whoever owns it: the exact command for each way of a cloud, quoted, with the way back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from demarc.lifecycle.orders import order_for, orders_for
from demarc.model.duties import Plane, Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.nhi import NhiKind
from demarc.model.planes import HolderKind, PlaneRow, Power
from demarc.model.snapshot import Record
from tests.reviews.test_risk import an_nhi

ARN = "arn:aws-us-gov:iam::111122223333:role/ci"


def on(**body: Any) -> Any:
    record = Record(kind="x.cluster", name="prod", body=body, source="s")
    described = SimpleNamespace(cluster=record if body else None)
    return SimpleNamespace(inventory=SimpleNamespace(cluster=SimpleNamespace(name="prod")), described=described)


def a_row(grant: str, holder: str = ARN, over: tuple[str, ...] = (), unknown: str = "") -> PlaneRow:
    return PlaneRow(
        id="r",
        plane=Plane.CLUSTER,
        holder=holder,
        kind=HolderKind.CLOUD_PRINCIPAL,
        powers=(Power.CLUSTER_ADMIN,),
        over=over,
        grant=grant,
        duty="cluster.authentication",
        scope=Scope(kind=Unit.CLUSTER, name="prod"),
        evidence=(Evidence(says="s", grade=Grade.ANSWERED),),
        grade=Grade.ANSWERED,
        unknown=unknown,
    )


AT = f"--cluster-name prod --principal-arn {ARN}"
GKE = {"selfLink": "https://container.googleapis.com/v1/projects/acme-prod/locations/eu/clusters/prod"}
AKS = {"resourceGroup": "rg", "aadProfile": {"adminGroupObjectIDs": ["1-1", "2-2"]}}


@pytest.mark.parametrize(
    ("row", "body", "do", "back"),
    [
        (
            a_row(f"access policy AmazonEKSEditPolicy of the access entry {ARN}", over=("a", "b")),
            {},
            (
                f"aws eks disassociate-access-policy {AT} "
                "--policy-arn arn:aws-us-gov:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
            ),
            "--access-scope type=namespace,namespaces=a,b",
        ),
        (
            a_row(f"access entry for {ARN} with group ops"),
            {},
            f"aws eks delete-access-entry {AT}",
            "create-access-entry",
        ),
        (
            a_row(f"aws-auth mapRoles for {ARN} with group system:masters"),
            {},
            f"eksctl delete iamidentitymapping --cluster prod --arn {ARN}",
            "kubectl replace -f aws-auth.before.yaml",
        ),
        (
            a_row("IAM role roles/container.admin to user:it's@acme.example"),
            GKE,
            (
                "gcloud projects remove-iam-policy-binding acme-prod --member='user:it'\"'\"'s@acme.example' "
                "--role=roles/container.admin"
            ),
            "add-iam-policy-binding acme-prod",
        ),
        (a_row("legacy ABAC"), GKE, "gcloud container clusters update prod --no-enable-legacy-authorization", ""),
        (
            a_row("aadProfile.adminGroupObjectIDs: 2-2"),
            AKS,
            "az aks update -g rg -n prod --aad-admin-group-object-ids 1-1",
            "--aad-admin-group-object-ids 1-1,2-2",
        ),
        (
            a_row("Azure role Owner at /subscriptions/1/x y", holder="ops (9-9)"),
            AKS,
            "az role assignment delete --assignee 9-9 --role Owner",
            "",
        ),
        (a_row("local accounts"), AKS, "az aks rotate-certs -g rg -n prod", "--enable-local-accounts"),
        (
            a_row(f"Pod Identity: ci/deployer and {ARN}", holder="ServiceAccount ci/deployer", over=(ARN,)),
            {},
            "aws eks delete-pod-identity-association --cluster-name prod",
            f"--service-account deployer --role-arn {ARN}",
        ),
        (
            a_row(f"IRSA: ci/deployer and {ARN}", holder="ServiceAccount ci/deployer", over=(ARN,)),
            {},
            "take system:serviceaccount:ci:deployer out of a copy of it",
            "update-assume-role-policy --role-name ci --policy-document file://trust.json",
        ),
        (
            a_row("Workload Identity Federation: ci/d and x@y", holder="ServiceAccount ci/d", over=("x@y",)),
            GKE,
            "--member='serviceAccount:acme-prod.svc.id.goog[ci/d]'",
            "add-iam-policy-binding",
        ),
        (a_row("a client certificate, seen in the audit trail", holder="User bob"), {}, "every binding that names", ""),
        (a_row("no limit on egress", holder="pods of namespace shop"), {}, "add a NetworkPolicy", ""),
        (a_row("something new"), {}, "end it where it is given: something new", ""),
    ],
)
def test_each_way_has_its_command(row, body, do, back):
    order = order_for(row, on(**body))
    assert do in str(order)
    assert back in order.back


def test_a_name_that_a_shell_would_run_is_quoted():
    order = order_for(a_row("access entry for arn:aws:iam::1:role/$(reboot)"), on())
    assert "--principal-arn 'arn:aws:iam::1:role/$(reboot)'" in order.do


def test_a_condition_is_taken_away_with_its_role():
    row = a_row("IAM role roles/owner to user:a@b", unknown="it holds only under a condition")
    assert order_for(row, on(**GKE)).do.endswith(" --all")


@pytest.mark.parametrize(
    ("item", "do"),
    [
        (
            an_nhi(id="shop/Secret/db", kind=NhiKind.PASSWORD, issuer="by hand", name="db"),
            "end it at whoever issued it",
        ),
        (
            an_nhi(id="shop/Secret/db", kind=NhiKind.PASSWORD, source_of_truth="Vault", name="db"),
            "then remove it at Vault",
        ),
        (
            an_nhi(id="shop/ServiceAccount/app", kind=NhiKind.SERVICE_ACCOUNT, name="app"),
            "kubectl delete serviceaccount app -n shop",
        ),
        (an_nhi(id="Node/n", kind=NhiKind.NODE, name="n"), "drain the node"),
        (an_nhi(id="x", kind=NhiKind.KUBECONFIG), "end it where it was made"),
    ],
)
def test_an_identity_that_no_plan_ends_becomes_an_order(item, do):
    ((_, order),) = orders_for(item, on())
    assert do in str(order)
