"""Both planes on small clusters of EKS, GKE and AKS: who holds which power by which grant, and what was not seen."""

import pytest

from demarc.access import Authorizer
from demarc.model.duties import Plane
from demarc.model.planes import HolderKind, Power
from demarc.testing import a_config_map, a_deployment, a_pod, a_secret, a_service_account, an_object
from tests.access.given import a_cluster_role, a_rule, account, bound, group, user
from tests.access.outside import (
    AKS_ID,
    ISSUER,
    a_gke,
    a_record,
    a_role,
    a_snapshot,
    a_workflow,
    an_aks,
    an_arn,
    an_eks,
    an_entry,
    planes_of,
    policies_of,
    trust,
)


def rows(found, holder, plane=Plane.CLUSTER):
    return [row for row in found.rows if row.holder == holder and row.plane is plane]


def one(found, holder, plane=Plane.CLUSTER):
    (row,) = rows(found, holder, plane)
    return row


ADMIN = a_cluster_role("cluster-admin", a_rule(["*"], ["*"], groups=["*"]))
VIEW = a_cluster_role("view", a_rule(["get", "list", "watch"], ["pods", "services"]))


class TestRbac:
    def test_a_binding_is_a_row_with_what_it_is_good_for(self):
        found = planes_of(ADMIN, bound("ops", "cluster-admin", group("ops"), user("jane")))
        for holder, kind in (("Group ops", HolderKind.GROUP), ("User jane", HolderKind.PERSON)):
            row = one(found, holder)
            assert (row.kind, row.powers, row.over) == (kind, (Power.CLUSTER_ADMIN,), ())
            assert row.grant == "ClusterRoleBinding ops of ClusterRole cluster-admin"
            assert row.duty == "identity.rbac"
            assert row.evidence

    def test_a_role_binding_reaches_its_namespace_alone(self):
        row = one(planes_of(ADMIN, bound("ops", "cluster-admin", user("jane"), namespace="shop")), "User jane")
        assert (row.over, str(row.scope)) == (("shop",), "namespace:shop")

    def test_a_role_that_is_not_there_gives_nothing_and_says_so(self):
        row = one(planes_of(bound("ops", "gone", user("jane"))), "User jane")
        assert row.powers == (Power.NONE,)
        assert "does not exist" in row.remarks[0]

    @pytest.mark.parametrize(
        ("subject", "kind"),
        [
            (user("system:anonymous"), HolderKind.ANONYMOUS),
            (group("system:unauthenticated"), HolderKind.ANONYMOUS),
            (group("system:authenticated"), HolderKind.EVERYBODY),
            (group("system:masters"), HolderKind.SHARED_ACCOUNT),
            (group("system:nodes"), HolderKind.NODE),
            (user("system:kube-scheduler"), HolderKind.PROVIDER_IDENTITY),
        ],
    )
    def test_names_of_the_system_are_told_apart(self, subject, kind):
        found = planes_of(VIEW, bound("x", "view", subject))
        assert one(found, f"{subject['kind']} {subject['name']}").kind is kind

    def test_service_accounts_are_of_the_other_plane(self):
        runs = a_deployment("api", "shop", service_account="api")
        given = (VIEW, bound("x", "view", account("api", "shop")), a_service_account("api", "shop"), runs)
        found = planes_of(*given)
        assert rows(found, "ServiceAccount shop/api") == []
        row = one(found, "ServiceAccount shop/api", Plane.WORKLOAD)
        assert [member.name for member in row.members] == ["shop/Deployment/api"]
        silent = a_deployment("api", "shop", service_account="api", pod_spec={"automountServiceAccountToken": False})
        row = one(planes_of(*given[:3], silent), "ServiceAccount shop/api", Plane.WORKLOAD)
        assert row.members == ()
        assert "mount no token" in row.remarks[0]

    def test_people_who_have_left_are_marked(self):
        gone = {"email": "jane@example.com", "status": "terminated", "left_on": "2025-03-01"}
        given = (VIEW, bound("x", "view", user("jane@example.com")))
        row = one(planes_of(*given, answers=([gone],)), "User jane@example.com")
        assert "left on 2025-03-01" in row.remarks[0]
        later = {**gone, "status": "active", "left_on": "2027-03-01"}
        assert one(planes_of(*given, answers=([later],)), "User jane@example.com").remarks == ()

    def test_unseen_bindings_are_said(self):
        found = planes_of()
        assert not any("rolebindings" in said for said in found.unseen)
        assert any("directory" in said for said in found.unseen)


MAP = a_config_map(
    "aws-auth",
    "kube-system",
    data={
        "mapRoles": f"- rolearn: {an_arn('old')}\n  username: old\n  groups:\n  - system:masters\n"
        f"- rolearn: {an_arn('ops')}\n  username: ops\n  groups: [system:masters]\n",
        "mapUsers": f"- userarn: {an_arn('jane', 'user')}\n  username: jane\n  groups: [devs]\n",
    },
)


class TestEks:
    def test_entries_policies_and_aws_auth(self):
        found = planes_of(
            VIEW,
            bound("devs", "view", group("devs")),
            MAP,
            answers=(
                an_eks(),
                an_entry(an_arn("ops"), "devs", user="ops"),
                policies_of(an_arn("ops"), "AmazonEKSAdminViewPolicy"),
                an_entry(an_arn("edit"), user="edit"),
                policies_of(an_arn("edit"), "AmazonEKSEditPolicy", namespaces=("shop",)),
                an_entry(an_arn("idle"), user="idle"),
                policies_of(an_arn("idle")),
            ),
        )
        assert one(found, an_arn("old")).powers == (Power.CLUSTER_ADMIN,)
        (ops,) = (row for row in rows(found, an_arn("ops")) if row.grant.startswith("access policy"))
        assert (ops.powers, ops.over) == ((Power.SECRETS_READ, Power.READ_ONLY), ())
        edit = one(found, an_arn("edit"))
        assert (edit.over, Power.WORKLOAD_WRITE in edit.powers) == (("shop",), True)
        assert one(found, an_arn("idle")).powers == (Power.NONE,)
        members = {member.name for member in one(found, "Group devs").members}
        assert members == {an_arn("ops"), an_arn("jane", "user")}

    def test_a_line_of_aws_auth_beside_an_entry_has_no_effect(self):
        found = planes_of(MAP, answers=(an_eks(), an_entry(an_arn("ops"), user="ops"), policies_of(an_arn("ops"))))
        lines = [row for row in rows(found, an_arn("ops")) if row.grant.startswith("aws-auth")]
        assert [row.powers for row in lines] == [(Power.NONE,)]
        assert "no effect" in lines[0].remarks[0]

    def test_the_mode_says_which_list_counts(self):
        entry = an_entry(an_arn("new"), user="new")
        by_api = planes_of(MAP, answers=(an_eks("API"), entry))
        assert rows(by_api, an_arn("old")) == []
        by_map = planes_of(MAP, answers=(an_eks("CONFIG_MAP"), entry))
        assert rows(by_map, an_arn("new")) == []
        assert one(by_map, "the principal that made the cluster").powers == (Power.CLUSTER_ADMIN,)

    def test_a_policy_that_nobody_knows_is_unknown(self):
        arn = an_arn("x")
        found = planes_of(answers=(an_eks("API"), an_entry(arn), policies_of(arn, "AmazonEKSNextYearPolicy")))
        assert "AmazonEKSNextYearPolicy" in one(found, arn).unknown

    def test_roles_of_pipelines_people_and_nodes_are_told_apart(self):
        answers = (
            an_eks("API"),
            an_entry(an_arn("ci")),
            a_role("ci", trust("token.actions.githubusercontent.com", "repo:acme/*", "StringLike")),
            an_entry(an_arn("jane", "user")),
            an_entry(an_arn("node"), "system:nodes", kind="EC2_LINUX"),
        )
        found = planes_of(answers=answers)
        kinds = {row.holder: row.kind for row in found.rows}
        assert kinds[an_arn("ci")] is HolderKind.PIPELINE
        assert kinds[an_arn("jane", "user")] is HolderKind.PERSON
        assert kinds[an_arn("node")] is HolderKind.NODE

    def test_what_was_not_given_is_said(self):
        unseen = planes_of(answers=(an_eks(),)).unseen
        assert any("list-access-entries" in said for said in unseen)
        unseen = planes_of(answers=(an_eks(), an_entry(an_arn("ops")))).unseen
        assert any("list-associated-access-policies" in said for said in unseen)

    def test_broken_yaml_in_aws_auth_is_said_and_ends_nothing(self):
        broken = a_config_map("aws-auth", "kube-system", data={"mapRoles": "- {", "mapUsers": MAP["data"]["mapUsers"]})
        found = planes_of(broken, answers=(an_eks(),))
        assert any("mapRoles" in said for said in found.unseen)
        assert rows(found, an_arn("jane", "user"))

    def test_roles_of_pods_with_both_sides(self):
        api = a_service_account("api", "shop", annotations={"eks.amazonaws.com/role-arn": an_arn("api")})
        fits = a_role("api", trust(ISSUER, "system:serviceaccount:shop:api"))
        row = one(planes_of(api, answers=(an_eks(), fits)), "ServiceAccount shop/api", Plane.WORKLOAD)
        assert (row.powers, row.unknown, row.over) == ((Power.CLOUD_ROLE,), "", (an_arn("api"),))
        row = one(planes_of(api, answers=(an_eks(),)), "ServiceAccount shop/api", Plane.WORKLOAD)
        assert "get-role" in row.unknown
        moved = a_role("api", trust(ISSUER, "system:serviceaccount:shop:old"))
        found = planes_of(api, answers=(an_eks(), moved))
        assert one(found, "ServiceAccount shop/api", Plane.WORKLOAD).powers == (Power.NONE,)
        assert "whoever creates it" in one(found, "ServiceAccount shop/old", Plane.WORKLOAD).remarks[0]


class TestGke:
    def test_iam_and_shared_credentials(self):
        policy = {
            "bindings": [
                {"role": "roles/container.developer", "members": ["user:jane@example.com", "group:devs@example.com"]},
                {
                    "role": "roles/container.viewer",
                    "members": ["user:x@example.com"],
                    "condition": {"title": "till May"},
                },
                {"role": "roles/storage.admin", "members": ["user:y@example.com"]},
                {"role": "projects/p/roles/own", "members": ["user:z@example.com"]},
                {"role": "roles/container.clusterViewer", "members": ["deleted:user:w@example.com?uid=1"]},
            ]
        }
        cluster = a_gke(masterAuth={"clientCertificate": "LS0t"}, legacyAbac={"enabled": True})
        found = planes_of(VIEW, bound("d", "view", group("devs@example.com")), answers=(cluster, policy))
        assert Power.SECRETS_READ in one(found, "jane@example.com").powers
        assert "till May" in one(found, "x@example.com").unknown
        assert rows(found, "y@example.com") == []
        assert "custom role" in one(found, "z@example.com").unknown
        assert "deleted" in one(found, "w@example.com").remarks[0]
        assert one(found, "legacy ABAC").powers == (Power.CLUSTER_ADMIN,)
        assert rows(found, "client certificate of the cluster")
        assert [member.name for member in one(found, "Group devs@example.com").members] == ["devs@example.com"]

    def test_what_is_off_is_not_there(self):
        found = planes_of(answers=(a_gke(),))
        assert rows(found, "legacy ABAC") == []
        assert any("get-iam-policy" in said for said in found.unseen)


def an_assignment(role, scope=AKS_ID, principal="1-2", sort="Group", **more):
    identifier = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{role}"
    body = {"id": identifier, "name": "r", "roleDefinitionName": role, "roleDefinitionId": "/x/unknown"}
    return body | {"principalId": principal, "principalType": sort, "scope": scope} | more


LOCAL = "local administrator (az aks get-credentials --admin)"


class TestAks:
    def test_administrators_roles_and_local_accounts(self):
        group_of = {"id": "9-9", "displayName": "platform", "securityEnabled": True, "mailEnabled": False}
        cluster = an_aks(aadProfile={"managed": True, "enableAzureRbac": True, "adminGroupObjectIDs": ["9-9"]})
        answers = (
            cluster,
            [group_of],
            an_assignment("Azure Kubernetes Service RBAC Writer", scope=f"{AKS_ID}/namespaces/shop"),
            an_assignment("Contributor", scope="/subscriptions/s", principal="3-4", sort="ServicePrincipal"),
            an_assignment("Contributor", scope="/subscriptions/other", principal="5-6"),
        )
        found = planes_of(answers=answers)
        assert one(found, "platform (9-9)").powers == (Power.CLUSTER_ADMIN,)
        writer = one(found, "1-2")
        assert (writer.over, Power.SECRETS_READ in writer.powers) == (("shop",), True)
        assert one(found, "3-4").powers == (Power.CLUSTER_ADMIN, Power.CLOUD_ADMIN)
        assert rows(found, "5-6") == []
        assert one(found, LOCAL).powers == (Power.CLUSTER_ADMIN,)

    def test_local_accounts_that_are_off_are_not_there_and_lend_nobody_power(self):
        answers = (an_aks(disableLocalAccounts=True), an_assignment("Azure Kubernetes Service Cluster Admin Role"))
        found = planes_of(answers=answers)
        assert rows(found, LOCAL) == []
        assert one(found, "1-2").powers == (Power.NONE,)

    def test_data_roles_count_only_under_azure_rbac(self):
        answers = (
            an_aks(aadProfile={"managed": True, "enableAzureRbac": False}, disableLocalAccounts=True),
            an_assignment("Azure Kubernetes Service RBAC Cluster Admin"),
        )
        assert one(planes_of(answers=answers), "1-2").powers == (Power.NONE,)

    def test_what_was_not_given_is_said(self):
        assert any("az role assignment list" in said for said in planes_of(answers=(an_aks(),)).unseen)


TOKEN = a_secret(
    "deployer-token",
    "ci",
    type="kubernetes.io/service-account-token",
    annotations={"kubernetes.io/service-account.name": "deployer"},
)


class TestFromOutside:
    given = (ADMIN, a_service_account("deployer", "ci"), bound("x", "cluster-admin", account("deployer", "ci")))

    def test_a_lasting_token_has_what_its_account_has(self):
        row = one(planes_of(*self.given, TOKEN), "token of ServiceAccount ci/deployer")
        assert row.powers == (Power.CLUSTER_ADMIN,)
        assert "made by hand" in " ".join(row.remarks)

    def test_an_invalid_one_has_nothing_until_the_label_goes(self):
        labels = {"kubernetes.io/legacy-token-invalid-since": "2026-01-02"}
        token = {**TOKEN, "metadata": {**TOKEN["metadata"], "labels": labels}}
        row = one(planes_of(*self.given, token), "token of ServiceAccount ci/deployer")
        assert row.powers == (Power.NONE,)
        assert "taking the label off" in " ".join(row.remarks)

    def test_a_pipeline_secret_may_be_any_of_them_and_says_so(self):
        flow = a_workflow(jobs={"x": {"env": {"T": "${{ secrets.KUBE_TOKEN }}"}}})
        secret = a_record("github.secret", "KUBE_TOKEN", updated_at="2026-06-01T00:00:00Z")
        row = one(planes_of(*self.given, TOKEN, records=(flow, secret)), "pipeline github.com/acme/shop")
        assert row.kind is HolderKind.PIPELINE
        assert "ci/deployer-token" in row.unknown


class TestPods:
    def test_what_pods_hold_by_their_template(self):
        container = {
            "name": "x",
            "image": "x:1",
            "securityContext": {"privileged": True},
            "envFrom": [{"secretRef": {"name": "db"}}],
            "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}],
        }
        spec = {"hostPID": True, "volumes": [{"name": "v", "secret": {"secretName": "tls"}}]}
        found = planes_of(a_deployment("api", "shop", containers=[container], pod_spec=spec, replicas=0))
        held = {row.duty: row for row in rows(found, "shop/Deployment/api", Plane.WORKLOAD)}
        assert held["secret.access"].over == ("Secret shop/db", "Secret shop/tls", "ConfigMap shop/settings")
        assert held["workload.pod-security"].powers == (Power.NODE_LEVEL,)
        assert "hostPID, privileged" in held["workload.pod-security"].grant

    def test_egress_that_nothing_limits(self):
        policy = an_object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "deny",
            namespace="shop",
            spec={"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Egress"]},
        )
        pods = (a_pod("a", "shop", labels={"app": "a"}), a_pod("b", "shop", labels={"app": "b"}))
        row = one(planes_of(*pods, policy), "pods of namespace shop", Plane.WORKLOAD)
        assert [member.name for member in row.members] == ["shop/Pod/b"]
        assert rows(planes_of(pods[0], policy), "pods of namespace shop", Plane.WORKLOAD) == []
        cilium = an_object("cilium.io/v2", "CiliumNetworkPolicy", "x", namespace="shop")
        assert one(planes_of(*pods, cilium), "pods of namespace shop", Plane.WORKLOAD).unknown


def test_hostile_names_and_shapes_end_nothing():
    name = "\x1b[31m=cmd|'/c'!A1\u202e<script>" + "x" * 5000
    role = a_cluster_role(name, a_rule(["*"], ["*"], groups=["*"]))
    entry = an_entry(name, name, user=name, kind=name)
    odd = {"principalArn": "x", "clusterName": "shop", "associatedAccessPolicies": [7, {"policyArn": 7}, None]}
    found = planes_of(role, bound(name, name, user(name), group(name)), answers=(an_eks(), entry, odd))
    assert len({row.id for row in found.rows}) == len(found.rows)
    assert rows(found, f"User {name}")


def test_the_same_cluster_gives_the_same_rows():
    given = (ADMIN, VIEW, MAP, bound("b", "view", user("b")), bound("a", "cluster-admin", user("a")))
    assert planes_of(*given, answers=(an_eks(),)) == planes_of(*reversed(given), answers=(an_eks(),))
    assert Authorizer(a_snapshot(*given)).bindings.all
