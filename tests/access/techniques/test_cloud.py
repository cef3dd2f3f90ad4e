"""Techniques between a cluster and its cloud: each with a case in which it must appear, must not, and is unknown."""

import pytest

from demarc.testing import a_config_map, a_pod, a_service_account, an_object
from tests.access.given import a_cluster_role, a_rule, bound, user
from tests.access.outside import (
    AKS_ID,
    ISSUER,
    a_gke,
    a_role,
    a_snapshot,
    allowing,
    an_aks,
    an_arn,
    an_eks,
    an_entry,
    an_inventory,
    by_service,
    hops,
    policies_of,
    trust,
)

ARN = an_arn("api")
SUB = "system:serviceaccount:shop:api"
NODE = "ip-10-0-0-1"


def annotated(key, value, name="api"):
    return a_service_account(name, "shop", annotations={key: value})


ACCOUNT = annotated("eks.amazonaws.com/role-arn", ARN)


def ends(found):
    return [(str(hop.source), str(hop.target)) for hop in found]


class TestIrsa:
    def test_both_sides_name_each_other(self):
        found = hops("IRSA", ACCOUNT, answers=(an_eks(), a_role("api", trust(ISSUER, SUB))))
        assert ends(found) == [("identity ServiceAccount shop/api", f"cloud-role {ARN}")]
        assert not found[0].unknown
        assert found[0].duty == "identity.cloud-roles"

    @pytest.mark.parametrize(
        "statement",
        [
            trust(ISSUER, "system:serviceaccount:shop:other"),
            trust("oidc.eks.eu-north-1.amazonaws.com/id/BBBB", SUB),
            trust(ISSUER, SUB, StringLike={f"{ISSUER}:aud": "other.example"}),
            trust(ISSUER, "system:serviceaccount:shop:a*"),
            by_service("ec2.amazonaws.com"),
        ],
        ids=["other account", "other cluster", "other audience", "star without StringLike", "a service"],
    )
    def test_a_trust_policy_that_does_not_fit_is_no_way(self, statement):
        assert hops("IRSA", ACCOUNT, answers=(an_eks(), a_role("api", statement))) == []

    def test_wildcards_fit_where_the_operator_takes_them(self):
        statement = trust(ISSUER, "system:serviceaccount:shop:a*", "StringLike")
        found = hops("IRSA", ACCOUNT, answers=(an_eks(), a_role("api", statement)))
        assert ("identity ServiceAccount shop/api", f"cloud-role {ARN}") in ends(found)

    @pytest.mark.parametrize(
        "answers",
        [
            (an_eks(),),
            (an_eks(identity={}), a_role("api", trust(ISSUER, SUB))),
            (an_eks(), a_role("api", trust(ISSUER, SUB, Bool={"aws:SecureTransport": "true"}))),
            (an_eks(), a_role("api", trust(ISSUER, SUB), {**trust(ISSUER, SUB), "Effect": "Deny"})),
        ],
        ids=["role not given", "issuer not given", "other condition", "denial"],
    )
    def test_a_side_that_cannot_be_seen_is_unknown(self, answers):
        (found,) = hops("IRSA", ACCOUNT, answers=answers)
        assert found.unknown

    def test_an_account_that_is_not_there_is_nobody(self):
        found = hops("IRSA", a_service_account("x", "shop"), answers=(an_eks(), a_role("api", trust(ISSUER, SUB))))
        assert found == []

    def test_a_role_that_a_complete_list_does_not_hold_does_not_exist(self):
        others = {"Roles": [{**a_role("other")["Role"], "Arn": an_arn("other")}], "IsTruncated": False}
        assert hops("IRSA", ACCOUNT, answers=(an_eks(), others)) == []


def an_association(role=ARN, name="api"):
    body = {
        "associationId": "a-1",
        "clusterName": "shop",
        "namespace": "shop",
        "serviceAccount": name,
        "associationArn": "arn:aws:eks:eu-north-1:111122223333:podidentityassociation/shop/a-1",
    }
    return {"association": body | ({"roleArn": role} if role else {})}


AGENT = an_object("apps/v1", "DaemonSet", "eks-pod-identity-agent", namespace="kube-system", spec={})
PODS = a_role("api", by_service("pods.eks.amazonaws.com"))


class TestPodIdentity:
    def test_association_agent_and_trust(self):
        found = hops(
            "POD_IDENTITY", a_service_account("api", "shop"), AGENT, answers=(an_eks(), an_association(), PODS)
        )
        assert ends(found) == [("identity ServiceAccount shop/api", f"cloud-role {ARN}")]
        assert not found[0].unknown

    def test_no_account_no_agent_or_no_trust_is_no_way(self):
        account, other = a_service_account("api", "shop"), a_service_account("other", "shop")
        daemon = an_object("apps/v1", "DaemonSet", "other", namespace="kube-system", spec={})
        assert hops("POD_IDENTITY", other, AGENT, answers=(an_eks(), an_association(), PODS)) == []
        assert hops("POD_IDENTITY", account, daemon, answers=(an_eks(), an_association(), PODS)) == []
        foreign = a_role("api", by_service("ec2.amazonaws.com"))
        assert hops("POD_IDENTITY", account, AGENT, answers=(an_eks(), an_association(), foreign)) == []

    def test_what_was_not_given_is_unknown(self):
        account = a_service_account("api", "shop")
        for answers in ((an_eks(), an_association()), (an_eks(), an_association(role=""), PODS)):
            (found,) = hops("POD_IDENTITY", account, AGENT, answers=answers)
            assert found.unknown
        (found,) = hops("POD_IDENTITY", account, answers=(an_eks(), an_association(), PODS))
        assert "agent" in found.unknown


GSA = "api@p.iam.gserviceaccount.com"


def a_policy(role, *members, **more):
    return {"bindings": [{"role": role, "members": list(members)} | more], "etag": "x", "version": 1}


class TestGke:
    account = annotated("iam.gke.io/gcp-service-account", GSA)
    member = "serviceAccount:p.svc.id.goog[shop/api]"

    def test_annotation_and_policy(self):
        found = hops("GKE_WI", self.account, answers=(a_gke(), a_policy("roles/iam.workloadIdentityUser", self.member)))
        assert ends(found) == [("identity ServiceAccount shop/api", f"cloud-role {GSA}")]
        assert not found[0].unknown

    def test_a_direct_principal_needs_no_annotation(self):
        subject = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog"
        policy = a_policy("roles/storage.admin", f"{subject}/subject/ns/shop/sa/api")
        found = hops("GKE_WI", a_service_account("api", "shop"), answers=(a_gke(), policy))
        assert ends(found) == [("identity ServiceAccount shop/api", "cloud-role roles/storage.admin given directly")]
        other = a_policy("roles/storage.admin", f"{subject.replace('p.svc', 'q.svc')}/subject/ns/shop/sa/api")
        assert hops("GKE_WI", a_service_account("api", "shop"), answers=(a_gke(), other)) == []

    def test_a_whole_namespace_means_every_account_in_it(self):
        pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p.svc.id.goog"
        policy = a_policy("roles/viewer", f"{pool}/namespace/shop")
        accounts = (a_service_account("a", "shop"), a_service_account("b", "shop"), a_service_account("c", "other"))
        found = hops("GKE_WI", *accounts, answers=(a_gke(), policy))
        assert [str(hop.source) for hop in found] == [f"identity ServiceAccount shop/{name}" for name in "ab"]

    def test_off_is_no_way_and_a_missing_policy_or_condition_unknown(self):
        off = a_gke(workloadIdentityConfig={})
        assert hops("GKE_WI", self.account, answers=(off,)) == []
        (found,) = hops("GKE_WI", self.account, answers=(a_gke(),))
        assert "get-iam-policy" in found.unknown
        limited = a_policy("roles/iam.workloadIdentityUser", self.member, condition={"title": "office hours"})
        (found,) = hops("GKE_WI", self.account, answers=(a_gke(), limited))
        assert "office hours" in found.unknown


def a_federated(subject=SUB, issuer="https://issuer.example/aks/", audience="api://AzureADTokenExchange"):
    identity = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-api"
    return {
        "id": f"{identity}/federatedIdentityCredentials/f",
        "name": "f",
        "issuer": issuer,
        "subject": subject,
        "audiences": [audience],
    }


class TestEntra:
    account = annotated("azure.workload.identity/client-id", "0000-1")

    def test_annotation_and_federated_credential(self):
        found = hops("AKS_WI", self.account, answers=(an_aks(), a_federated()))
        assert ends(found) == [("identity ServiceAccount shop/api", "cloud-role 0000-1")]
        assert not found[0].unknown

    def test_another_cluster_or_audience_is_no_way(self):
        for credential in (a_federated(issuer="https://issuer.example/other/"), a_federated(audience="other")):
            assert hops("AKS_WI", self.account, answers=(an_aks(), credential)) == []

    def test_without_its_credentials_it_is_unknown(self):
        (found,) = hops("AKS_WI", self.account, answers=(an_aks(),))
        assert "federated-credential" in found.unknown


def a_node_group(**options):
    group = {
        "nodegroupName": "general",
        "clusterName": "shop",
        "nodeRole": an_arn("node"),
        "launchTemplate": {"id": "lt-1", "version": "3"},
        "amiType": "AL2023_x86_64_STANDARD",
    }
    template = {
        "LaunchTemplateVersions": [
            {
                "LaunchTemplateId": "lt-1",
                "VersionNumber": 3,
                "LaunchTemplateData": {"MetadataOptions": options} if options else {},
            }
        ]
    }
    return ({"nodegroup": group}, template)


MACHINE = an_object(
    "v1",
    "Node",
    NODE,
    labels={"eks.amazonaws.com/nodegroup": "general"},
    spec={"providerID": "aws:///eu-north-1a/i-0abc"},
    status={"nodeInfo": {"kubeletVersion": "v1.33.1-eks-1"}},
)
POD = a_pod("web", "shop", node=NODE, labels={"app": "web"})
BLOCKED = an_object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    "no-metadata",
    namespace="shop",
    spec={
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}]}],
    },
)


class TestMetadata:
    def test_root_of_a_node_has_its_role(self):
        found = hops("NODE_CLOUD_ROLE", MACHINE, answers=(an_eks(), *a_node_group()))
        assert ends(found) == [(f"node {NODE}", f"cloud-role {an_arn('node')}")]
        (found,) = hops("NODE_CLOUD_ROLE", MACHINE, answers=(an_eks(),))
        assert found.unknown

    def test_fargate_has_no_node_of_its_own(self):
        machine = an_object(
            "v1",
            "Node",
            "fargate-ip-10-0-0-2",
            labels={"eks.amazonaws.com/compute-type": "fargate"},
            spec={"providerID": "aws:///eu-north-1a/abc/fargate-ip-10-0-0-2"},
            status={"nodeInfo": {"kubeletVersion": "v1.33.1-eks-1"}},
        )
        pod = a_pod("web", "shop", node="fargate-ip-10-0-0-2")
        assert hops("NODE_CLOUD_ROLE", machine, answers=(an_eks(),)) == []
        assert hops("IMDS_FROM_POD", machine, pod, answers=(an_eks(),)) == []

    @pytest.mark.parametrize(
        "options",
        [
            {"HttpTokens": "optional", "HttpPutResponseHopLimit": 1},
            {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        ],
        ids=["version 1", "two hops"],
    )
    def test_pods_get_it_where_the_options_let_them(self, options):
        found = hops("IMDS_FROM_POD", MACHINE, POD, answers=(an_eks(), *a_node_group(**options)))
        assert ends(found) == [("workload shop/Pod/web", f"cloud-role {an_arn('node')}")]
        assert not found[0].unknown

    def test_one_hop_with_tokens_keeps_pods_out_but_not_those_on_the_host(self):
        closed = a_node_group(HttpTokens="required", HttpPutResponseHopLimit=1)
        host = a_pod("agent", "kube-system", node=NODE, pod_spec={"hostNetwork": True})
        found = hops("IMDS_FROM_POD", MACHINE, POD, host, answers=(an_eks(), *closed))
        assert [str(hop.source) for hop in found] == ["workload kube-system/Pod/agent"]

    def test_a_network_policy_keeps_pods_out(self):
        open_pool = a_node_group(HttpTokens="optional")
        assert hops("IMDS_FROM_POD", MACHINE, POD, BLOCKED, answers=(an_eks(), *open_pool)) == []

    def test_unstated_options_are_unknown(self):
        (found,) = hops("IMDS_FROM_POD", MACHINE, POD, answers=(an_eks(), *a_node_group()))
        assert "published defaults differ" in found.unknown

    @pytest.mark.parametrize(("mode", "expected"), [("GKE_METADATA", 0), ("GCE_METADATA", 1), ("", 1)])
    def test_gke_by_the_mode_of_the_pool(self, mode, expected):
        config = {"serviceAccount": GSA} | ({"workloadMetadataConfig": {"mode": mode}} if mode else {})
        cluster = a_gke(nodePools=[{"name": "main", "config": config}])
        machine = an_object(
            "v1",
            "Node",
            NODE,
            labels={"cloud.google.com/gke-nodepool": "main"},
            spec={"providerID": "gce://p/europe-north1-a/gke-main-1"},
            status={"nodeInfo": {"kubeletVersion": "v1.33.4-gke.1"}},
        )
        assert len(hops("IMDS_FROM_POD", machine, POD, answers=(cluster,))) == expected


CONFIG_WRITER = (
    a_cluster_role("config-writer", a_rule(["update"], ["configmaps"])),
    bound("config-writer", "config-writer", user("jane"), namespace="kube-system"),
)
AWS_AUTH = a_config_map(
    "aws-auth",
    "kube-system",
    data={"mapRoles": f"- rolearn: {an_arn('ci')}\n  username: ci\n  groups: [system:masters, builders]\n"},
)


class TestLogins:
    def test_editing_aws_auth_makes_an_administrator(self):
        found = hops("EDIT_CLOUD_MAP", *CONFIG_WRITER, AWS_AUTH, answers=(an_eks(),))
        assert ends(found) == [("grant RoleBinding kube-system/config-writer", "cluster-admin")]
        assert not found[0].unknown

    def test_a_cluster_that_does_not_read_it_or_another_name_is_no_way(self):
        assert hops("EDIT_CLOUD_MAP", *CONFIG_WRITER, AWS_AUTH, answers=(an_eks("API"),)) == []
        assert hops("EDIT_CLOUD_MAP", *CONFIG_WRITER, answers=(an_eks(),)) == []
        named = a_cluster_role("config-writer", a_rule(["update"], ["configmaps"], names=["other"]))
        assert hops("EDIT_CLOUD_MAP", named, CONFIG_WRITER[1], AWS_AUTH, answers=(an_eks(),)) == []

    def test_an_unstated_mode_is_unknown(self):
        (found,) = hops("EDIT_CLOUD_MAP", *CONFIG_WRITER, AWS_AUTH, answers=(an_eks(accessConfig=None),))
        assert "describe-cluster" in found.unknown

    def test_access_entries_and_aws_auth_lead_into_the_cluster(self):
        answers = (
            an_eks(),
            an_entry(an_arn("ops"), "admins", user="ops"),
            policies_of(an_arn("ops"), "AmazonEKSClusterAdminPolicy"),
            policies_of(an_arn("edit"), "AmazonEKSEditPolicy", namespaces=("shop",)),
            an_entry(an_arn("edit"), user="edit"),
        )
        found = ends(hops("CLOUD_TO_CLUSTER", AWS_AUTH, answers=answers))
        ops, edit, ci = (f"cloud-role {an_arn(name)}" for name in ("ops", "edit", "ci"))
        assert {(ops, "identity User ops"), (ops, "identity Group admins"), (ops, "cluster-admin")} <= set(found)
        assert {(ci, "cluster-admin"), (ci, "identity Group builders")} <= set(found)
        assert (edit, "secret shop/*") in found
        assert (edit, "cluster-admin") not in found

    def test_aws_auth_counts_for_nothing_under_api_and_entries_for_nothing_under_config_map(self):
        entry = an_entry(an_arn("ops"), "admins", user="ops")
        only_entries = ends(hops("CLOUD_TO_CLUSTER", AWS_AUTH, answers=(an_eks("API"), entry)))
        assert {source for source, _ in only_entries} == {f"cloud-role {an_arn('ops')}"}
        only_map = ends(hops("CLOUD_TO_CLUSTER", AWS_AUTH, answers=(an_eks("CONFIG_MAP"), entry)))
        assert f"cloud-role {an_arn('ops')}" not in {source for source, _ in only_map}

    def test_an_entry_that_was_only_listed_is_unknown(self):
        listed = {"accessEntries": [an_arn("ops")]}
        policy = policies_of(an_arn("ops"), "AmazonEKSClusterAdminPolicy")
        (found,) = hops("CLOUD_TO_CLUSTER", answers=(an_eks("API"), listed, policy))
        assert found.unknown

    def test_gke_and_aks_by_their_roles(self):
        policy = a_policy("roles/container.admin", "user:jane@example.com")
        assert ("person jane@example.com", "cluster-admin") in ends(hops("CLOUD_TO_CLUSTER", answers=(a_gke(), policy)))
        quiet = a_policy("roles/storage.admin", "user:jane@example.com")
        assert hops("CLOUD_TO_CLUSTER", answers=(a_gke(), quiet)) == []
        assignment = an_assignment("Azure Kubernetes Service RBAC Cluster Admin")
        assert ("person jane@example.com (1-2)", "cluster-admin") in ends(
            hops("CLOUD_TO_CLUSTER", answers=(an_aks(disableLocalAccounts=True), assignment))
        )

    def test_the_old_pod_identity_of_aks(self):
        definition = an_object(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "azurepodidentityexceptions.aadpodidentity.k8s.io",
            spec={"group": "aadpodidentity.k8s.io", "names": {"kind": "AzurePodIdentityException"}},
        )
        role = a_cluster_role(
            "x",
            a_rule(["create"], ["azurepodidentityexceptions"], groups=["aadpodidentity.k8s.io"]),
            a_rule(["create"], ["pods"]),
        )
        given = (role, bound("x", "x", user("jane")))
        (found,) = hops("AKS_PODID_EXCEPTION", definition, *given, answers=(an_aks(),))
        assert found.unknown
        assert hops("AKS_PODID_EXCEPTION", *given, answers=(an_aks(),)) == []
        assert hops("AKS_PODID_EXCEPTION", definition, *given, answers=(an_eks(),)) == []

    def test_the_provider_acts_under_users_of_its_own(self):
        role = a_cluster_role("x", a_rule(["get"], ["pods"]))
        (found,) = hops("PROVIDER_IDENTITY", role, bound("x", "x", user("eks:addon-manager")), answers=(an_eks(),))
        assert found.unknown
        assert hops("PROVIDER_IDENTITY", role, bound("x", "x", user("jane")), answers=(an_eks(),)) == []


def an_assignment(role, scope=AKS_ID, name="jane@example.com", sort="User", **more):
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/r",
        "name": "r",
        "roleDefinitionName": role,
        "roleDefinitionId": "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/unknown",
        "principalId": "1-2",
        "principalName": name,
        "principalType": sort,
        "scope": scope,
    } | more


RIGHTS = {
    "CLOUD_GRANTS_CLUSTER": ("eks:CreateAccessEntry", "eks:AssociateAccessPolicy"),
    "CLOUD_TO_NODE": ("ssm:StartSession",),
    "CLOUD_TO_SECRET": ("secretsmanager:GetSecretValue",),
    "DISK_SNAPSHOT": ("ec2:CreateSnapshot", "ec2:ModifySnapshotAttribute"),
}
DISK = an_object("v1", "PersistentVolume", "pv", spec={"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}})


class TestRightsOfRoles:
    @pytest.mark.parametrize("technique", RIGHTS)
    def test_policies_that_allow_it(self, technique):
        role = a_role("api", trust(ISSUER, SUB), details=[allowing(*RIGHTS[technique])])
        found = hops(technique, ACCOUNT, MACHINE, DISK, answers=(an_eks(), role))
        assert [str(hop.source) for hop in found if not hop.unknown] == [f"cloud-role {ARN}"]

    @pytest.mark.parametrize("technique", RIGHTS)
    def test_policies_that_do_not(self, technique):
        role = a_role(
            "api", trust(ISSUER, SUB), details=[allowing("s3:GetObject"), allowing(RIGHTS[technique][0][:-1])]
        )
        assert hops(technique, ACCOUNT, MACHINE, DISK, answers=(an_eks(), role)) == []

    @pytest.mark.parametrize("technique", RIGHTS)
    def test_policies_that_were_not_given_or_deny_in_some_cases(self, technique):
        (found,) = hops(technique, ACCOUNT, MACHINE, DISK, answers=(an_eks(), a_role("api", trust(ISSUER, SUB))))
        assert "not all policies" in found.unknown
        denial = {**allowing("*", resource="arn:aws:x"), "Effect": "Deny"}
        role = a_role("api", trust(ISSUER, SUB), details=[allowing("*"), denial])
        (found,) = hops(technique, ACCOUNT, MACHINE, DISK, answers=(an_eks(), role))
        assert "deny" in found.unknown

    def test_items_by_name_where_the_policy_names_them(self):
        arn = "arn:aws:secretsmanager:eu-north-1:111122223333:secret:db"
        role = a_role("api", details=[allowing("secretsmanager:GetSecretValue", resource=arn)])
        (found,) = hops("CLOUD_TO_SECRET", ACCOUNT, answers=(an_eks(), role))
        assert str(found.target) == f"secret {arn}"

    def test_without_disks_there_is_nothing_to_copy(self):
        role = a_role("api", details=[allowing("*")])
        assert hops("DISK_SNAPSHOT", ACCOUNT, answers=(an_eks(), role)) == []

    def test_roles_of_google_and_azure(self):
        policy = a_policy("roles/editor", f"serviceAccount:{GSA}")
        assert ends(hops("CLOUD_GRANTS_CLUSTER", answers=(a_gke(), policy))) == [(f"cloud-role {GSA}", "cluster-admin")]
        found = hops("CLOUD_GRANTS_CLUSTER", answers=(an_aks(), an_assignment("Contributor", scope="/subscriptions/s")))
        assert ends(found) == [("person jane@example.com (1-2)", "cluster-admin")]
        elsewhere = an_assignment("Contributor", scope="/subscriptions/s/resourceGroups/other")
        assert hops("CLOUD_GRANTS_CLUSTER", answers=(an_aks(), elsewhere)) == []


def test_damaged_records_end_nothing():
    broken_ones: tuple[object, ...] = (None, [], 7, {"Statement": 7}, {"Statement": [None, {"Principal": []}]})
    for statement in broken_ones:
        role = {"Role": {"RoleName": "api", "Arn": ARN, "AssumeRolePolicyDocument": statement}}
        snapshot = a_snapshot(ACCOUNT, answers=(an_eks(accessConfig=7, identity=[]), role))
        assert an_inventory(snapshot)
        for technique in ("IRSA", "POD_IDENTITY", "CLOUD_TO_CLUSTER", "CLOUD_GRANTS_CLUSTER", "IMDS_FROM_POD"):
            hops(technique, ACCOUNT, AWS_AUTH, answers=(an_eks(accessConfig=7, identity=[]), role))
    broken = a_config_map(
        "aws-auth", "kube-system", data={"mapRoles": "&a [*a, {", "mapUsers": "- 7\n- userarn: [1]\n"}
    )
    hops("CLOUD_TO_CLUSTER", broken, answers=(an_eks(),))
