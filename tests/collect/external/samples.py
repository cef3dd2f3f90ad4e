"""One invented answer for every shape, as the tool prints it, with the Records that it must give.

A row: name of the shape, the answer, and (kind, name, parent) of each Record in order; listings are left out here.
"""

from __future__ import annotations

import base64
import json
from typing import Any

ACCOUNT = "arn:aws:eks:eu-central-1:111122223333"
SUB = "/subscriptions/9f3d1c1e-0000-4000-8000-000000000001/resourceGroups/rg-shop"
AKS = f"{SUB}/providers/Microsoft.ContainerService/managedClusters/shop"
IDENTITY = f"{SUB}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pay"
GKE = "https://container.googleapis.com/v1/projects/shop-prod/locations/europe-west3/clusters/shop"
GH = "https://api.github.com/repos/acme/checkout"
GHW = "https://github.com/acme/checkout"
GL = "https://gitlab.example.com/acme/platform/checkout"

PROVENANCE = base64.b64encode(
    json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "ghcr.io/acme/shop", "digest": {"sha256": "aa"}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {"runDetails": {"builder": {"id": "https://github.com/actions/runner"}}},
        }
    ).encode()
).decode()
EKS_CLUSTER = {
    "name": "shop",
    "arn": f"{ACCOUNT}:cluster/shop",
    "createdAt": "2025-03-02T09:12:44.000000+01:00",
    "version": "1.34",
    "roleArn": "arn:aws:iam::111122223333:role/eks",
    "logging": {"clusterLogging": [{"types": ["audit"], "enabled": True}, {"types": ["api"], "enabled": False}]},
    "identity": {"oidc": {"issuer": "https://oidc.eks.eu-central-1.amazonaws.com/id/ABC"}},
    "certificateAuthority": {"data": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURQ=="},
    "accessConfig": {"authenticationMode": "API"},
}
NODEGROUP = {
    "nodegroupName": "general",
    "nodegroupArn": f"{ACCOUNT}:nodegroup/shop/general/1",
    "clusterName": "shop",
    "amiType": "CUSTOM",
    "launchTemplate": {"name": "lt", "version": "3", "id": "lt-0a1b"},
}
ADDON = {"addonName": "coredns", "addonArn": f"{ACCOUNT}:addon/shop/coredns/1", "clusterName": "shop", "owner": "aws"}
ENTRY = {
    "clusterName": "shop",
    "principalArn": "arn:aws:iam::111122223333:role/admins",
    "accessEntryArn": f"{ACCOUNT}:access-entry/shop/role/1",
    "kubernetesGroups": [],
    "type": "STANDARD",
}
POLICIES = {
    "clusterName": "shop",
    "principalArn": "arn:aws:iam::111122223333:role/admins",
    "associatedAccessPolicies": [
        {
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            "accessScope": {"type": "cluster"},
        }
    ],
}
FARGATE = {
    "fargateProfileName": "batch",
    "fargateProfileArn": f"{ACCOUNT}:fargateprofile/shop/batch/1",
    "clusterName": "shop",
}
ASSOCIATION_SUMMARY = {
    "clusterName": "shop",
    "namespace": "payments",
    "serviceAccount": "api",
    "associationArn": f"{ACCOUNT}:podidentityassociation/shop/a-1",
    "associationId": "a-1",
}
ASSOCIATION = {**ASSOCIATION_SUMMARY, "roleArn": "arn:aws:iam::111122223333:role/pay"}
CAPABILITY_SUMMARY = {"capabilityName": "cd", "arn": f"{ACCOUNT}:capability/shop/argocd/cd/1", "type": "ARGOCD"}
CAPABILITY = {**CAPABILITY_SUMMARY, "clusterName": "shop", "roleArn": "arn:aws:iam::111122223333:role/cd"}
ROLE = {
    "Path": "/",
    "RoleName": "pay",
    "RoleId": "AROAEXAMPLE",
    "Arn": "arn:aws:iam::111122223333:role/pay",
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
}
USER = {"Path": "/", "UserName": "ci", "UserId": "AIDAEXAMPLE", "Arn": "arn:aws:iam::111122223333:user/ci"}

AGENT_POOL = {
    "id": f"{AKS}/agentPools/system",
    "name": "system",
    "type": "Microsoft.ContainerService/managedClusters/agentPools",
    "typePropertiesType": "VirtualMachineScaleSets",
    "osSku": "Ubuntu",
    "mode": "System",
}
AKS_CLI = {
    "id": AKS,
    "name": "shop",
    "type": "Microsoft.ContainerService/ManagedClusters",
    "location": "westeurope",
    "tags": {"osSku": "as the user wrote it"},
    "sku": {"name": "Base", "tier": "Standard"},
    "enableRbac": True,
    "autoUpgradeProfile": {"nodeOsUpgradeChannel": "NodeImage", "upgradeChannel": None},
    "aadProfile": {"enableAzureRbac": True, "adminGroupObjectIDs": ["g-1"], "tenantId": "t-1"},
    "agentPoolProfiles": [{"name": "system", "osSku": "Ubuntu", "mode": "System", "type": "VirtualMachineScaleSets"}],
}
AKS_ARM = {
    "id": AKS,
    "name": "shop",
    "type": "microsoft.containerservice/managedclusters",
    "location": "westeurope",
    "tags": {"osSku": "as the user wrote it"},
    "sku": {"name": "Base", "tier": "Standard"},
    "properties": {
        "enableRBAC": True,
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage", "upgradeChannel": None},
        "aadProfile": {"enableAzureRBAC": True, "adminGroupObjectIDs": ["g-1"], "tenantID": "t-1"},
        "agentPoolProfiles": [
            {"name": "system", "osSKU": "Ubuntu", "mode": "System", "type": "VirtualMachineScaleSets"}
        ],
    },
}
EXTENSION = {
    "id": f"{AKS}/providers/Microsoft.KubernetesConfiguration/extensions/flux",
    "name": "flux",
    "type": "Microsoft.KubernetesConfiguration/extensions",
    "extensionType": "microsoft.flux",
    "configurationProtectedSettings": {"apiPhrase": "n0t-for-anyone"},
}
SETTING = {
    "id": f"{AKS}/providers/microsoft.insights/diagnosticSettings/audit",
    "name": "audit",
    "logs": [{"category": "kube-audit", "enabled": True}],
}

KUBELET = {
    "kubeletconfig": {
        "streamingConnectionIdleTimeout": "4h0m0s",
        "authentication": {"anonymous": {"enabled": False}},
        "authorization": {"mode": "Webhook"},
        "providerID": "aws:///eu-west-1a/i-0a1b2c3d",
    }
}
OCM_CLUSTER = {
    "kind": "Cluster",
    "id": "2abc",
    "href": "/api/clusters_mgmt/v1/clusters/2abc",
    "name": "shop",
    "product": {"kind": "ProductLink", "id": "rosa"},
    "hypershift": {"enabled": True},
    "aws": {"ec2_metadata_http_tokens": "required"},
}

PULL = {
    "url": f"{GH}/pulls/7",
    "html_url": f"{GHW}/pull/7",
    "number": 7,
    "state": "closed",
    "user": {"login": "ada"},
    "merged_at": "2026-05-01T10:00:00Z",
    "head": {"ref": "fix", "sha": "aaa"},
    "base": {"ref": "main", "sha": "bbb", "repo": {"full_name": "acme/checkout"}},
}
MEMBER = {"login": "ada", "id": 1, "node_id": "x", "type": "User", "site_admin": False}

ROWS: list[tuple[str, Any, list[tuple[str, str, str]]]] = [
    ("aws eks describe-cluster", {"cluster": EKS_CLUSTER}, [("eks.cluster", "shop", "")]),
    ("aws eks list-clusters", {"clusters": ["shop", "old"]}, []),
    ("aws eks describe-nodegroup", {"nodegroup": NODEGROUP}, [("eks.nodegroup", "general", "shop")]),
    ("aws eks list-nodegroups", {"nodegroups": ["general"]}, []),
    ("aws eks describe-addon", {"addon": ADDON}, [("eks.addon", "coredns", "shop")]),
    ("aws eks list-addons", {"addons": ["coredns", "vpc-cni"]}, []),
    (
        "aws eks describe-access-entry",
        {"accessEntry": ENTRY},
        [("eks.accessEntry", "arn:aws:iam::111122223333:role/admins", "shop")],
    ),
    ("aws eks list-access-entries", {"accessEntries": ["arn:aws:iam::111122223333:role/admins"]}, []),
    (
        "aws eks list-associated-access-policies",
        POLICIES,
        [("eks.associatedAccessPolicies", "arn:aws:iam::111122223333:role/admins", "shop")],
    ),
    ("aws eks describe-fargate-profile", {"fargateProfile": FARGATE}, [("eks.fargateProfile", "batch", "shop")]),
    ("aws eks list-fargate-profiles", {"fargateProfileNames": []}, []),
    (
        "aws eks describe-pod-identity-association, list-pod-identity-associations",
        {"association": ASSOCIATION},
        [("eks.podIdentityAssociation", "a-1", "shop")],
    ),
    (
        "aws eks describe-capability, list-capabilities",
        {"capabilities": [CAPABILITY_SUMMARY]},
        [("eks.capability", "cd", "shop")],
    ),
    (
        "aws eks describe-identity-provider-config",
        {
            "identityProviderConfig": {
                "oidc": {
                    "identityProviderConfigName": "okta",
                    "identityProviderConfigArn": f"{ACCOUNT}:identityproviderconfig/shop/oidc/okta/1",
                    "clusterName": "shop",
                }
            }
        },
        [("eks.identityProviderConfig", "okta", "shop")],
    ),
    (
        "aws eks describe-certificate-authority",
        {"certificateAuthority": {"id": "ca-1", "createdBy": "EKS", "signingStatus": "ACTIVE"}},
        [("eks.certificateAuthority", "ca-1", "")],
    ),
    (
        "aws ec2 describe-launch-template-versions",
        {
            "LaunchTemplateVersions": [
                {
                    "LaunchTemplateId": "lt-0a1b",
                    "VersionNumber": 3,
                    "LaunchTemplateData": {
                        "UserData": "IyEvYmluL2Jhc2gKZXhwb3J0IFRPS0VOPXg=",
                        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
                    },
                }
            ]
        },
        [("ec2.launchTemplateVersion", "lt-0a1b:3", "lt-0a1b")],
    ),
    (
        "aws iam get-account-authorization-details",
        {
            "UserDetailList": [USER],
            "GroupDetailList": [],
            "RoleDetailList": [ROLE],
            "Policies": [],
            "IsTruncated": False,
        },
        [("aws.iamRole", "pay", ""), ("aws.iamUser", "ci", "")],
    ),
    ("aws iam get-role, list-roles", {"Roles": [ROLE]}, [("aws.iamRole", "pay", "")]),
    (
        "aws iam get-role-policy",
        {"RoleName": "pay", "PolicyName": "inline", "PolicyDocument": "%7B%22Statement%22%3A%5B%5D%7D"},
        [("aws.iamRolePolicy", "inline", "pay")],
    ),
    ("aws iam get-user, list-users", {"Users": [USER]}, [("aws.iamUser", "ci", "")]),
    (
        "aws iam list-access-keys",
        {"AccessKeyMetadata": [{"UserName": "ci", "AccessKeyId": "AKIAEXAMPLE", "Status": "Active"}]},
        [("aws.iamAccessKey", "AKIAEXAMPLE", "ci")],
    ),
    (
        "aws iam get-open-id-connect-provider",
        {"Url": "oidc.eks.eu-central-1.amazonaws.com/id/ABC", "ClientIDList": ["sts.amazonaws.com"]},
        [("aws.iamOidcProvider", "oidc.eks.eu-central-1.amazonaws.com/id/ABC", "")],
    ),
    (
        "aws iam list-open-id-connect-providers",
        {"OpenIDConnectProviderList": [{"Arn": "arn:aws:iam::111122223333:oidc-provider/x"}]},
        [],
    ),
    (
        "aws sts get-caller-identity",
        {"UserId": "AIDAX", "Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/ada"},
        [("aws.callerIdentity", "arn:aws:iam::111122223333:user/ada", "111122223333")],
    ),
    (
        "aws ecr describe-repositories",
        {
            "repositories": [
                {
                    "repositoryArn": "arn:aws:ecr:eu-central-1:111122223333:repository/shop",
                    "registryId": "111122223333",
                    "repositoryName": "shop",
                    "repositoryUri": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop",
                }
            ]
        },
        [("aws.ecrRepository", "shop", "111122223333")],
    ),
    (
        "aws logs describe-log-groups",
        {
            "logGroups": [
                {
                    "logGroupName": "/aws/eks/shop/cluster",
                    "arn": "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/eks/shop/cluster:*",
                    "retentionInDays": 30,
                }
            ]
        },
        [("aws.logGroup", "/aws/eks/shop/cluster", "")],
    ),
    (
        "aws identitystore list-users",
        {"Users": [{"IdentityStoreId": "d-1", "UserId": "u-1", "UserName": "ada", "UserStatus": "ENABLED"}]},
        [("directory.user", "ada", "d-1")],
    ),
    (
        "aws identitystore list-groups",
        {"Groups": [{"IdentityStoreId": "d-1", "GroupId": "g-1", "DisplayName": "platform"}]},
        [("directory.group", "platform", "d-1")],
    ),
    (
        "aws identitystore list-group-memberships",
        {
            "GroupMemberships": [
                {"IdentityStoreId": "d-1", "MembershipId": "m", "GroupId": "g-1", "MemberId": {"UserId": "u-1"}}
            ]
        },
        [("directory.membership", "u-1", "g-1")],
    ),
    (
        "gcloud container clusters describe, list",
        {
            "name": "shop",
            "selfLink": GKE,
            "location": "europe-west3",
            "currentMasterVersion": "1.33.4-gke.100",
            "masterAuth": {"clusterCaCertificate": "LS0t", "clientKey": "LS0tLS1CRUdJTg=="},
            "nodePools": [
                {
                    "name": "pool-1",
                    "management": {"autoUpgrade": True},
                    "config": {"metadata": {"disable-legacy-endpoints": "true", "startup": "echo k3y-in-script"}},
                }
            ],
        },
        [("gke.cluster", "shop", ""), ("gke.nodePool", "pool-1", "shop")],
    ),
    (
        "gcloud container node-pools describe, list",
        [{"name": "pool-1", "selfLink": f"{GKE}/nodePools/pool-1", "management": {"autoUpgrade": True}}],
        [("gke.nodePool", "pool-1", "shop")],
    ),
    (
        "gcloud projects get-iam-policy, gcloud iam service-accounts get-iam-policy",
        {
            "bindings": [{"members": ["user:ada@example.com"], "role": "roles/container.admin"}],
            "etag": "BwY",
            "version": 1,
        },
        [("gcp.iamPolicy", "", "")],
    ),
    (
        "gcloud iam service-accounts describe, list",
        [
            {
                "email": "pay@shop-prod.iam.gserviceaccount.com",
                "name": "projects/shop-prod/serviceAccounts/pay@shop-prod.iam.gserviceaccount.com",
                "projectId": "shop-prod",
                "uniqueId": "1",
            }
        ],
        [("gcp.serviceAccount", "pay@shop-prod.iam.gserviceaccount.com", "shop-prod")],
    ),
    (
        "gcloud iam service-accounts keys list",
        [
            {
                "name": "projects/shop-prod/serviceAccounts/pay@shop-prod.iam.gserviceaccount.com/keys/0a1b",
                "keyType": "USER_MANAGED",
                "validAfterTime": "2024-01-01T00:00:00Z",
            }
        ],
        [("gcp.serviceAccountKey", "0a1b", "pay@shop-prod.iam.gserviceaccount.com")],
    ),
    (
        "gcloud iam workload-identity-pools describe, list",
        [{"name": "projects/42/locations/global/workloadIdentityPools/ci", "state": "ACTIVE"}],
        [("gcp.workloadIdentityPool", "ci", "")],
    ),
    (
        "gcloud iam workload-identity-pools providers describe, list",
        [
            {
                "name": "projects/42/locations/global/workloadIdentityPools/ci/providers/github",
                "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
                "attributeCondition": "assertion.repository_owner=='acme'",
            }
        ],
        [("gcp.workloadIdentityPoolProvider", "github", "ci")],
    ),
    (
        "gcloud projects describe, list",
        {"projectId": "shop-prod", "projectNumber": "42", "lifecycleState": "ACTIVE", "name": "Shop"},
        [("gcp.project", "shop-prod", "")],
    ),
    ("az aks show, list", AKS_CLI, [("aks.cluster", "shop", ""), ("aks.agentPool", "system", "shop")]),
    ("az aks nodepool show, list", [AGENT_POOL], [("aks.agentPool", "system", "shop")]),
    ("az k8s-extension show, list", [EXTENSION], [("aks.extension", "flux", "shop")]),
    ("az monitor diagnostic-settings show, list", {"value": [SETTING]}, [("azure.diagnosticSetting", "audit", "shop")]),
    (
        "az role assignment list",
        [
            {
                "id": f"{AKS}/providers/Microsoft.Authorization/roleAssignments/ra-1",
                "name": "ra-1",
                "type": "Microsoft.Authorization/roleAssignments",
                "principalId": "g-1",
                "roleDefinitionId": "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/rd",
                "roleDefinitionName": "Azure Kubernetes Service RBAC Cluster Admin",
                "scope": AKS,
            }
        ],
        [("azure.roleAssignment", "ra-1", AKS)],
    ),
    (
        "az role definition list",
        [{"roleName": "Reader", "permissions": [], "assignableScopes": ["/"], "name": "rd"}],
        [("azure.roleDefinition", "Reader", "")],
    ),
    (
        "az identity show, list",
        [
            {
                "id": IDENTITY,
                "name": "pay",
                "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
                "clientId": "c-1",
            }
        ],
        [("azure.managedIdentity", "pay", "")],
    ),
    (
        "az identity federated-credential list, az ad app federated-credential list",
        [
            {
                "id": f"{IDENTITY}/federatedIdentityCredentials/k8s",
                "name": "k8s",
                "issuer": "https://westeurope.oic.prod-aks.azure.com/t/i/",
                "subject": "system:serviceaccount:payments:api",
                "audiences": ["api://AzureADTokenExchange"],
            }
        ],
        [("azure.federatedCredential", "k8s", "pay")],
    ),
    (
        "az aro show, list",
        {
            "id": f"{SUB}/providers/Microsoft.RedHatOpenShift/openShiftClusters/shop",
            "name": "shop",
            "type": "Microsoft.RedHatOpenShift/OpenShiftClusters",
            "clusterProfile": {"version": "4.18.1", "pullSecret": '{"auths":{}}'},
        },
        [("aro.cluster", "shop", "")],
    ),
    ("rosa describe cluster, list clusters", OCM_CLUSTER, [("rosa.cluster", "shop", "")]),
    (
        "ocm describe cluster (another product than ROSA)",
        {**OCM_CLUSTER, "product": {"id": "osd"}},
        [("ocm.cluster", "shop", "")],
    ),
    (
        "kubectl get --raw /api/v1/nodes/NODE/proxy/configz",
        KUBELET,
        [("k8s.kubeletConfig", "i-0a1b2c3d", "")],
    ),
    (
        "rosa list machinepools (classic)",
        [{"kind": "MachinePool", "id": "workers", "href": "/api/clusters_mgmt/v1/clusters/2abc/machine_pools/workers"}],
        [("rosa.machinePool", "workers", "2abc")],
    ),
    (
        "rosa list machinepools, nodepools (hosted control plane)",
        [{"kind": "NodePool", "id": "workers", "replicas": 2, "aws_node_pool": {"instance_type": "m5.xlarge"}}],
        [("rosa.nodePool", "workers", "")],
    ),
    ("gh api repos/OWNER/REPO/pulls", [PULL], [("github.pullRequest", "7", "acme/checkout")]),
    (
        "gh api repos/OWNER/REPO/pulls/NUMBER/reviews",
        [
            {
                "id": 80,
                "user": {"login": "bob"},
                "state": "APPROVED",
                "html_url": f"{GHW}/pull/7#pullrequestreview-80",
                "pull_request_url": f"{GH}/pulls/7",
                "submitted_at": "2026-05-01T09:00:00Z",
            }
        ],
        [("github.review", "80", "acme/checkout#7")],
    ),
    (
        "gh pr list --json, gh pr view --json",
        [
            {
                "number": 12,
                "author": {"login": "ada", "is_bot": False},
                "state": "MERGED",
                "mergedAt": "2026-03-02T10:00:00Z",
                "mergeCommit": {"oid": "b" * 40},
                "headRefOid": "a" * 40,
                "url": "https://github.com/acme/checkout/pull/12",
                "reviews": [{"id": "PRR_1", "author": {"login": "bea"}, "state": "APPROVED"}],
                "files": [{"path": "deploy/app.yaml", "additions": 1}],
            }
        ],
        [
            ("github.pullRequest", "12", "acme/checkout"),
            ("github.review", "PRR_1", "acme/checkout#12"),
            ("github.pullRequestFile", "deploy/app.yaml", "acme/checkout"),
        ],
    ),
    (
        "gh api repos/OWNER/REPO/pulls/NUMBER/files",
        [
            {
                "filename": "apps/shop/role.yaml",
                "status": "modified",
                "changes": 2,
                "patch": "+token: hunter2",
                "contents_url": f"{GH}/contents/apps/shop/role.yaml?ref=0bbaf49547be826bde0f318979a108722ba78620",
            }
        ],
        [("github.pullRequestFile", "apps/shop/role.yaml", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO/branches/BRANCH/protection",
        {
            "url": f"{GH}/branches/release/1.x/protection",
            "required_pull_request_reviews": {"required_approving_review_count": 1},
        },
        [("github.branchProtection", "release/1.x", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO/branches",
        [{"name": "main", "commit": {"sha": "a", "url": f"{GH}/commits/a"}, "protected": True}],
        [("github.branch", "main", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO/rulesets, orgs/ORG/rulesets",
        [{"id": 3, "name": "prod", "source_type": "Repository", "source": "acme/checkout", "enforcement": "active"}],
        [("github.ruleset", "prod", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO/rules/branches/BRANCH",
        [
            {
                "type": "pull_request",
                "ruleset_source_type": "Repository",
                "ruleset_source": "acme/checkout",
                "ruleset_id": 3,
            }
        ],
        [("github.branchRule", "pull_request", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO/collaborators",
        [{**MEMBER, "permissions": {"admin": True}, "role_name": "admin"}],
        [("github.collaborator", "ada", "")],
    ),
    (
        "gh api repos/OWNER/REPO/actions/runs",
        {
            "total_count": 1,
            "workflow_runs": [
                {
                    "id": 9,
                    "workflow_id": 4,
                    "run_number": 2,
                    "head_sha": "a",
                    "event": "push",
                    "url": f"{GH}/actions/runs/9",
                }
            ],
        },
        [("github.workflowRun", "9", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO/actions/workflows",
        {
            "total_count": 1,
            "workflows": [
                {"id": 4, "path": ".github/workflows/ci.yml", "state": "active", "url": f"{GH}/actions/workflows/4"}
            ],
        },
        [("github.workflow", ".github/workflows/ci.yml", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO/actions/secrets, orgs/ORG/actions/secrets, .../environments/NAME/secrets",
        {
            "total_count": 1,
            "secrets": [
                {"name": "DEPLOY_KEY", "created_at": "2023-01-01T00:00:00Z", "updated_at": "2023-01-01T00:00:00Z"}
            ],
        },
        [("github.secret", "DEPLOY_KEY", "")],
    ),
    (
        "gh api repos/OWNER/REPO/actions/variables, orgs/ORG/actions/variables",
        {
            "total_count": 1,
            "variables": [{"name": "REGION", "value": "kept-by-nobody", "created_at": "2023", "updated_at": "2023"}],
        },
        [("github.variable", "REGION", "")],
    ),
    (
        "gh api repos/OWNER/REPO/keys",
        [{"id": 5, "key": "ssh-ed25519 AAAAC3Nz", "url": f"{GH}/keys/5", "title": "argocd", "read_only": True}],
        [("github.deployKey", "argocd", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO/environments",
        {"total_count": 1, "environments": [{"id": 6, "name": "production", "url": f"{GH}/environments/production"}]},
        [("github.environment", "production", "acme/checkout")],
    ),
    (
        "gh api repos/OWNER/REPO, orgs/ORG/repos",
        {"id": 1, "full_name": "acme/checkout", "owner": {"login": "acme"}, "default_branch": "main", "private": True},
        [("github.repository", "acme/checkout", "acme")],
    ),
    (
        "gh api repos/OWNER/REPO/commits",
        [{"sha": "abc", "url": f"{GH}/commits/abc", "commit": {"author": {"name": "Ada"}}, "parents": []}],
        [("github.commit", "abc", "acme/checkout")],
    ),
    (
        "glab api projects/ID/merge_requests",
        [
            {
                "id": 900,
                "iid": 12,
                "project_id": 3,
                "state": "merged",
                "source_branch": "fix",
                "target_branch": "main",
                "author": {"username": "ada"},
                "web_url": f"{GL}/-/merge_requests/12",
            }
        ],
        [("gitlab.mergeRequest", "12", "acme/platform/checkout")],
    ),
    (
        "glab api projects/ID/merge_requests/IID/approvals",
        {
            "id": 900,
            "iid": 12,
            "project_id": 3,
            "approvals_required": 1,
            "approved_by": [{"user": {"username": "bob"}}],
        },
        [("gitlab.approvals", "12", "3")],
    ),
    (
        "glab api projects/ID/approval_rules",
        [{"id": 1, "name": "security", "approvals_required": 1, "eligible_approvers": []}],
        [("gitlab.approvalRule", "security", "")],
    ),
    (
        "glab api projects/ID/protected_branches",
        [{"id": 1, "name": "main", "push_access_levels": [], "merge_access_levels": [], "allow_force_push": False}],
        [("gitlab.protectedBranch", "main", "")],
    ),
    (
        "glab api projects/ID/members/all, groups/ID/members/all",
        [{"id": 1, "username": "ada", "name": "Ada", "state": "active", "access_level": 40, "expires_at": None}],
        [("gitlab.member", "ada", ""), ("directory.user", "ada", "")],
    ),
    (
        "glab api users",
        [{"id": 1, "username": "ada", "name": "Ada", "state": "blocked", "web_url": "https://gitlab.example.com/ada"}],
        [("directory.user", "ada", "")],
    ),
    (
        "glab api projects/ID/pipelines",
        [{"id": 77, "sha": "a", "ref": "main", "status": "success", "web_url": f"{GL}/-/pipelines/77"}],
        [("gitlab.pipeline", "77", "acme/platform/checkout")],
    ),
    (
        "glab api projects/ID/variables, groups/ID/variables",
        [
            {
                "variable_type": "env_var",
                "key": "KUBE_PASS",
                "value": "pr1nted-by-gitlab",
                "protected": False,
                "masked": True,
            }
        ],
        [("gitlab.variable", "KUBE_PASS", "")],
    ),
    (
        "glab api projects/ID/deploy_tokens",
        [{"id": 1, "name": "pull", "username": "gitlab+deploy-token-1", "scopes": ["read_registry"], "revoked": False}],
        [("gitlab.deployToken", "pull", "")],
    ),
    (
        "glab api projects/ID/access_tokens, groups/ID/access_tokens",
        [{"id": 2, "name": "bot", "user_id": 5, "active": True, "scopes": ["api"], "revoked": False}],
        [("gitlab.accessToken", "bot", "")],
    ),
    (
        "glab api projects/ID/deploy_keys",
        [{"id": 1, "title": "flux", "key": "ssh-ed25519 AAAAC3Nz", "can_push": False}],
        [("gitlab.deployKey", "flux", "")],
    ),
    (
        "glab api projects/ID, groups/ID/projects",
        {
            "id": 3,
            "path_with_namespace": "acme/platform/checkout",
            "web_url": GL,
            "namespace": {"full_path": "acme/platform"},
            "runners_token": "GR1348941abcdefghijk",
        },
        [("gitlab.project", "acme/platform/checkout", "acme/platform")],
    ),
    (
        "az ad user show, list",
        [{"id": "u-1", "userPrincipalName": "ada@example.com", "displayName": "Ada", "accountEnabled": False}],
        [("directory.user", "ada@example.com", "")],
    ),
    (
        "az ad group show, list",
        [{"id": "g-1", "displayName": "platform", "securityEnabled": True, "mailEnabled": False}],
        [("directory.group", "platform", "")],
    ),
    (
        "az ad sp show, list",
        [{"id": "s-1", "appId": "a-1", "displayName": "argocd", "servicePrincipalType": "Application"}],
        [("azure.servicePrincipal", "argocd", "")],
    ),
    (
        "az ad app show, list",
        [
            {
                "id": "p-1",
                "appId": "a-1",
                "displayName": "argocd",
                "signInAudience": "AzureADMyOrg",
                "passwordCredentials": [{"keyId": "k", "hint": "s3c", "endDateTime": "2027-01-01T00:00:00Z"}],
            }
        ],
        [("azure.application", "argocd", "")],
    ),
    (
        "az ad group member list --query {group:NAME,members:@}",
        {"group": "platform", "members": [{"id": "u-1", "userPrincipalName": "ada@example.com"}]},
        [("directory.membership", "ada@example.com", "platform")],
    ),
    (
        "gam print users (JSON), Google Admin SDK users.list",
        {"kind": "admin#directory#users", "users": [{"primaryEmail": "ada@example.com", "suspended": True}]},
        [("directory.user", "ada@example.com", "")],
    ),
    (
        "Google Admin SDK groups.list",
        {
            "kind": "admin#directory#groups",
            "groups": [{"kind": "admin#directory#group", "email": "platform@example.com"}],
        },
        [("directory.group", "platform@example.com", "")],
    ),
    (
        "Okta users",
        [{"id": "00u", "status": "DEPROVISIONED", "profile": {"login": "ada@example.com", "email": "ada@example.com"}}],
        [("directory.user", "ada@example.com", "")],
    ),
    (
        "Okta groups",
        [{"id": "00g", "objectClass": ["okta:user_group"], "type": "OKTA_GROUP", "profile": {"name": "platform"}}],
        [("directory.group", "platform", "")],
    ),
    (
        "SCIM 2.0 ListResponse of Users or Groups",
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 2,
            "Resources": [
                {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "active": True},
                {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                    "displayName": "platform",
                    "members": [{"value": "u-1", "display": "Ada"}],
                },
            ],
        },
        [
            ("directory.user", "ada", ""),
            ("directory.group", "platform", ""),
            ("directory.membership", "u-1", "platform"),
        ],
    ),
    ("gh api orgs/ORG/members", [MEMBER], [("directory.user", "ada", "")]),
    (
        "gh api orgs/ORG/teams",
        [
            {
                "id": 1,
                "slug": "platform",
                "privacy": "closed",
                "members_url": "https://api.github.com/organizations/2/team/1/members{/member}",
                "repositories_url": "https://api.github.com/organizations/2/team/1/repos",
                "html_url": "https://github.com/orgs/acme/teams/platform",
            }
        ],
        [("directory.group", "platform", "acme")],
    ),
    (
        "Backstage catalog-info.yaml",
        {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {"name": "checkout"},
            "spec": {"owner": "team-a", "system": "shop"},
        },
        [("backstage.entity", "checkout", "")],
    ),
    (
        "list of people (CSV or JSON: email with active, status or left)",
        [{"Name": "Ada", "Email": "ada@example.com", "Left": "2026-01-31"}],
        [("directory.user", "ada@example.com", "")],
    ),
    (
        "aws ecr get-registry-scanning-configuration",
        {"registryId": "111122223333", "scanningConfiguration": {"scanType": "ENHANCED", "rules": []}},
        [("aws.ecrScanning", "111122223333", "")],
    ),
    (
        "gcloud artifacts repositories describe, list",
        [
            {
                "name": "projects/shop-prod/locations/europe-west3/repositories/shop",
                "format": "DOCKER",
                "dockerConfig": {"immutableTags": True},
                "vulnerabilityScanningConfig": {"enablementState": "SCANNING_ACTIVE"},
            }
        ],
        [("gcp.artifactRepository", "projects/shop-prod/locations/europe-west3/repositories/shop", "")],
    ),
    (
        "az acr show, list",
        {
            "id": f"{SUB}/providers/Microsoft.ContainerRegistry/registries/shop",
            "loginServer": "shop.azurecr.io",
            "adminUserEnabled": False,
        },
        [("azure.containerRegistry", "shop.azurecr.io", "")],
    ),
    (
        "az security pricing show, list",
        {
            "value": [
                {
                    "id": "/subscriptions/9f3d1c1e/providers/Microsoft.Security/pricings/Containers",
                    "name": "Containers",
                    "pricingTier": "Standard",
                }
            ]
        },
        [("azure.defenderPricing", "Containers", "")],
    ),
    (
        "in-toto attestation (cosign download attestation, gh api repos/OWNER/REPO/attestations/DIGEST)",
        {
            "attestations": [
                {"bundle": {"dsseEnvelope": {"payloadType": "application/vnd.in-toto+json", "payload": PROVENANCE}}}
            ]
        },
        [("supply.attestation", "ghcr.io/acme/shop@sha256:aa", "")],
    ),
    (
        "trivy image --format json",
        {
            "SchemaVersion": 2,
            "ArtifactName": "ghcr.io/acme/shop:1",
            "ArtifactType": "container_image",
            "Metadata": {"RepoDigests": ["ghcr.io/acme/shop@sha256:aa"]},
            "Results": [
                {"Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1", "Severity": "CRITICAL", "PkgName": "zlib"}]}
            ],
        },
        [("scan.image", "ghcr.io/acme/shop:1", "")],
    ),
    (
        "grype --output json",
        {
            "descriptor": {"name": "grype", "timestamp": "2026-11-01T00:00:00Z"},
            "source": {"target": {"userInput": "ghcr.io/acme/shop:1"}},
            "matches": [{"vulnerability": {"id": "CVE-2026-1", "severity": "Critical"}, "artifact": {"name": "zlib"}}],
        },
        [("scan.image", "ghcr.io/acme/shop:1", "")],
    ),
]
