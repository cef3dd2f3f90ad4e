"""Techniques of build, delivery and registries: each with a case in which it must appear, must not, and is unknown."""

import pytest

from demarc.access.delivery import Delivery
from demarc.access.techniques.registry import image
from demarc.testing import a_deployment, a_pod, a_secret, a_service_account, an_object
from tests.access.given import a_cluster_role, a_rule, bound, user
from tests.access.outside import (
    a_record,
    a_role,
    a_snapshot,
    a_workflow,
    allowing,
    an_arn,
    an_eks,
    hops,
    trust,
)

GITHUB = "token.actions.githubusercontent.com"
REPO = "github.com/acme/shop"
PIPELINE = f"pipeline {REPO}/.github/workflows/deploy.yaml"
COMMIT = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"


def ends(found):
    return [(str(hop.source), str(hop.target)) for hop in found]


def protected(count=1, admins=True, repository="acme/shop"):
    reviews = {"required_pull_request_reviews": {"required_approving_review_count": count}} if count else {}
    return a_record("github.branchProtection", "main", repository, enforce_admins={"enabled": admins}, **reviews)


class TestRepoWrite:
    def test_a_branch_that_nobody_has_to_approve(self):
        found = hops("REPO_WRITE", answers=(an_eks(),), records=(a_workflow(), protected(count=0)))
        assert ends(found) == [(f"repository {REPO}", PIPELINE)]
        assert not found[0].unknown
        assert str(found[0].scope) == f"pipeline:{REPO}"

    def test_an_approval_that_binds_everybody_is_no_way(self):
        assert hops("REPO_WRITE", records=(a_workflow(), protected())) == []

    @pytest.mark.parametrize("records", [(), (protected(admins=False),)], ids=["not given", "administrators exempt"])
    def test_what_cannot_be_seen_is_unknown(self, records):
        (found,) = hops("REPO_WRITE", records=(a_workflow(), *records))
        assert found.unknown

    def test_deploy_keys_that_may_write_and_who_merged(self):
        keys = [
            a_record("github.deployKey", name, "acme/shop", read_only=name == "reader") for name in ("bot", "reader")
        ]
        pulls = [
            a_record("github.pullRequest", number, "acme/shop", merged_by={"login": "jane"} if number == "1" else None)
            for number in ("1", "2")
        ]
        found = ends(hops("REPO_WRITE", records=(*keys, *pulls)))
        assert found == [
            (f"credential deploy key bot of {REPO}", f"repository {REPO}"),
            ("person jane", f"repository {REPO}"),
        ]


class TestSteps:
    @pytest.mark.parametrize("uses", ["other/tool@v3", "other/tool@main", f"other/tool@{COMMIT[:7]}", "docker://x/y:1"])
    def test_a_step_by_tag_is_whoever_moves_the_tag(self, uses):
        job = {"steps": [{"uses": uses}]}
        (found,) = hops("THIRD_PARTY_STEP", records=(a_workflow(jobs={"x": job}),))
        assert ends([found]) == [(f"outside third-party step {uses}", PIPELINE)]
        assert found.duty == "supply.pipeline-trust"

    @pytest.mark.parametrize(
        "uses", [f"other/tool@{COMMIT}", "./.github/actions/own", "acme/actions@v1", "docker://x/y@sha256:abc"]
    )
    def test_a_step_by_digest_or_of_ones_own_is_not(self, uses):
        assert hops("THIRD_PARTY_STEP", records=(a_workflow(jobs={"x": {"steps": [{"uses": uses}]}}),)) == []

    def test_includes_of_gitlab(self):
        body = {
            "path": ".gitlab-ci.yml",
            "document": {"include": [{"project": "x/y", "ref": "main"}, {"local": "a.yml"}]},
        }
        found = hops(
            "THIRD_PARTY_STEP", records=(a_record("repository.gitlabCi", ".gitlab-ci.yml", "acme/shop", **body),)
        )
        assert [str(hop.source) for hop in found] == ["outside third-party step x/y@main"]


TOKEN = a_secret(
    "deployer-token",
    "ci",
    type="kubernetes.io/service-account-token",
    annotations={"kubernetes.io/service-account.name": "deployer"},
    created="2026-01-01T00:00:00Z",
)
DEPLOYER = a_service_account("deployer", "ci")


def ci_secret(name, updated="2026-02-01T00:00:00Z"):
    return a_record("github.secret", name, updated_at=updated)


class TestStaticKeys:
    flow = a_workflow(jobs={"x": {"env": {"T": "${{ secrets.KUBE_TOKEN }}"}}})

    def test_a_pipeline_holds_a_token_of_the_cluster(self):
        found = hops("CI_STATIC_KEY", DEPLOYER, TOKEN, records=(self.flow, ci_secret("KUBE_TOKEN")))
        held = f"credential pipeline secret KUBE_TOKEN of {REPO}"
        assert ends(found) == [(PIPELINE, held), (held, "identity ServiceAccount ci/deployer")]
        assert not found[0].unknown
        assert found[1].unknown

    def test_other_names_and_tokens_that_cannot_be_it_are_not(self):
        assert hops("CI_STATIC_KEY", DEPLOYER, TOKEN, records=(self.flow, ci_secret("SLACK_WEBHOOK"))) == []
        early = ci_secret("KUBE_TOKEN", "2025-06-01T00:00:00Z")
        assert len(hops("CI_STATIC_KEY", DEPLOYER, TOKEN, records=(self.flow, early))) == 1
        ended = {
            **TOKEN,
            "metadata": {**TOKEN["metadata"], "labels": {"kubernetes.io/legacy-token-invalid-since": "2026-01-02"}},
        }
        assert len(hops("CI_STATIC_KEY", DEPLOYER, ended, records=(self.flow, ci_secret("KUBE_TOKEN")))) == 1

    def test_a_static_key_of_the_cloud_is_somebodys(self):
        key = a_record("aws.iamAccessKey", "AKIAEXAMPLE", "ci-bot", Status="Active")
        found = hops("CI_STATIC_KEY", records=(ci_secret("AWS_SECRET_ACCESS_KEY"), key))
        assert [str(hop.target) for hop in found] == ["cloud-role IAM user ci-bot"]
        assert found[0].unknown

    def test_a_secret_that_two_repositories_use_is_of_no_single_one(self):
        other = a_workflow("acme/other", jobs={"x": {"env": {"T": "${{ secrets.KUBE_TOKEN }}"}}})
        snapshot = a_snapshot(records=(self.flow, other, ci_secret("KUBE_TOKEN")))
        (secret,) = Delivery(snapshot).secrets
        assert secret.repository == ""
        assert len(Delivery(snapshot).using(secret)) == 2


FEDERATED = a_workflow(permissions={"id-token": "write"}, jobs={})
ROLE = an_arn("ci")


class TestOidc:
    def role(self, sub, operator="StringLike", **more):
        return a_role("ci", trust(GITHUB, sub, operator, **more))

    def test_a_wildcard_lets_in_the_pipeline_and_whoever_pushes(self):
        found = hops("CI_OIDC", answers=(an_eks(), self.role("repo:acme/*")), records=(FEDERATED,))
        assert ends(found) == [(PIPELINE, f"cloud-role {ROLE}"), (f"repository {REPO}", f"cloud-role {ROLE}")]

    def test_one_branch_lets_in_the_pipeline_alone(self):
        answers = (an_eks(), self.role("repo:acme/shop:ref:refs/heads/main", "StringEquals"))
        assert ends(hops("CI_OIDC", answers=answers, records=(FEDERATED,))) == [(PIPELINE, f"cloud-role {ROLE}")]

    @pytest.mark.parametrize("sub", ["repo:other/*", "repo:acme/shop2:*", "repo:acmeX/*"])
    def test_other_repositories_are_not_let_in(self, sub):
        assert hops("CI_OIDC", answers=(an_eks(), self.role(sub)), records=(FEDERATED,)) == []

    def test_a_pipeline_that_may_not_ask_for_a_token_has_none(self):
        answers = (an_eks(), self.role("repo:acme/shop:ref:refs/heads/main", "StringEquals"))
        assert hops("CI_OIDC", answers=answers, records=(a_workflow(),)) == []

    def test_conditions_that_were_not_evaluated_are_unknown(self):
        role = self.role("repo:acme/*", StringEquals={f"{GITHUB}:job_workflow_ref": "x"})
        assert all(hop.unknown for hop in hops("CI_OIDC", answers=(an_eks(), role), records=(FEDERATED,)))

    def test_a_federated_credential_of_azure(self):
        body = {"issuer": f"https://{GITHUB}", "subject": "repo:acme/shop:environment:prod", "audiences": ["x"]}
        record = a_record("azure.federatedCredential", "f", "deployer", **body)
        (found,) = hops("CI_OIDC", records=(FEDERATED, record))
        assert ends([found]) == [(PIPELINE, "cloud-role deployer")]
        assert found.unknown


class TestRunner:
    def test_a_runner_pod_takes_pipelines_of_its_own_machines(self):
        pod = a_pod("runner", "ci", image="ghcr.io/actions/actions-runner:2.330")
        flow = a_workflow(jobs={"x": {"runs-on": "self-hosted"}})
        (found,) = hops("RUNNER_IN_CLUSTER", pod, records=(flow,))
        assert ends([found]) == [(PIPELINE, "workload ci/Pod/runner")]
        assert found.unknown

    def test_other_pods_take_none(self):
        flow = a_workflow(jobs={"x": {"runs-on": "self-hosted"}})
        assert hops("RUNNER_IN_CLUSTER", a_pod("web", "ci"), records=(flow,)) == []

    def test_without_definitions_it_is_some_pipeline(self):
        (found,) = hops("RUNNER_IN_CLUSTER", a_pod("runner", "ci", image="gitlab/gitlab-runner:v18"))
        assert str(found.source) == "pipeline pipelines of ci/Pod/runner"
        assert found.unknown


ECR = "111122223333.dkr.ecr.eu-north-1.amazonaws.com/api"


def a_repository(mutability):
    body = {"repositoryName": "api", "repositoryUri": ECR, "imageTagMutability": mutability}
    return a_record("aws.ecrRepository", "api", "111122223333", **body)


class TestRegistry:
    def test_a_tag_that_can_be_moved(self):
        (found,) = hops("REGISTRY_PUSH", a_pod("api", image=f"{ECR}:1"), records=(a_repository("MUTABLE"),))
        assert ends([found]) == [(f"registry {ECR}", "workload shop/Pod/api")]
        assert not found.unknown

    def test_tags_that_cannot_be_moved_and_digests_are_no_way(self):
        assert hops("REGISTRY_PUSH", a_pod("api", image=f"{ECR}:1"), records=(a_repository("IMMUTABLE"),)) == []
        digest = f"{ECR}:1@sha256:{'a' * 64}"
        assert hops("REGISTRY_PUSH", a_pod("api", image=digest), records=(a_repository("MUTABLE"),)) == []

    def test_an_unseen_registry_and_a_signature_gate_are_unknown(self):
        (found,) = hops("REGISTRY_PUSH", a_pod("api", image="ghcr.io/acme/api:1"))
        assert found.unknown
        gate = an_object("policy.sigstore.dev/v1", "ClusterImagePolicy", "signed")
        (found,) = hops("REGISTRY_PUSH", gate, a_pod("api", image=f"{ECR}:1"), records=(a_repository("MUTABLE"),))
        assert "ClusterImagePolicy" in found.unknown

    def test_roles_and_pipelines_that_push(self):
        role = a_role("ci", details=[allowing("ecr:PutImage")])
        flow = a_workflow(jobs={"x": {"steps": [{"run": f"docker push {ECR}:1"}]}})
        records = (a_repository("MUTABLE"), flow)
        found = hops("REGISTRY_PUSH", a_pod("api", image=f"{ECR}:1"), answers=(an_eks(), role), records=records)
        certain = ends(hop for hop in found if not hop.unknown)
        assert (f"cloud-role {ROLE}", f"registry {ECR.partition('/')[0]}") in certain
        assert (PIPELINE, f"registry {ECR}") in certain

    @pytest.mark.parametrize(
        ("reference", "path", "tag"),
        [
            ("nginx", "docker.io/library/nginx", "latest"),
            ("acme/api:1", "docker.io/acme/api", "1"),
            ("localhost:5000/api", "localhost:5000/api", "latest"),
            ("quay.io/a/b/c:v2", "quay.io/a/b/c", "v2"),
        ],
    )
    def test_references_are_read_as_a_node_reads_them(self, reference, path, tag):
        assert image(reference)[:2] == (path, tag)

    def test_a_pull_secret_may_push(self):
        login = a_secret("login", type="kubernetes.io/dockerconfigjson", values={".dockerconfigjson": "{}"})
        pod = a_pod("api", image="ghcr.io/acme/api:1", pod_spec={"imagePullSecrets": [{"name": "login"}]})
        (found,) = hops("PULL_SECRET_PUSH", login, pod)
        assert ends([found]) == [("secret shop/login", "registry ghcr.io/acme/api")]
        assert found.unknown
        assert hops("PULL_SECRET_PUSH", login, a_pod("api", image="ghcr.io/acme/api:1")) == []

    def test_a_signing_key_where_signatures_are_asked_for(self):
        key = a_secret("cosign", values={"cosign.key": "x", "cosign.pub": "y"})
        gate = an_object("policy.sigstore.dev/v1", "ClusterImagePolicy", "signed")
        (found,) = hops("SIGNING_KEY", key, gate)
        assert found.unknown
        assert hops("SIGNING_KEY", key) == []
        assert hops("SIGNING_KEY", a_secret("other", values={"cosign.pub": "y"}), gate) == []


ARGO = an_object(
    "apps/v1",
    "StatefulSet",
    "argocd-application-controller",
    namespace="argocd",
    spec={"template": {"spec": {"serviceAccountName": "argo", "containers": [{"name": "x", "image": "x:1"}]}}},
)


def an_application(
    url="https://github.com/acme/config.git", server="https://kubernetes.default.svc", project="default"
):
    spec = {
        "source": {"repoURL": url, "targetRevision": "main"},
        "destination": {"server": server, "namespace": "shop"},
        "project": project,
    }
    return an_object("argoproj.io/v1alpha1", "Application", "shop", namespace="argocd", spec=spec)


class TestGitops:
    def test_a_repository_leads_to_what_is_applied_from_it(self):
        found = hops("GITOPS_SOURCE", ARGO, an_application())
        application = "delivery-controller argocd/Application/shop"
        assert ends(found) == [
            ("repository github.com/acme/config", application),
            (application, "namespace shop"),
            (application, "identity ServiceAccount argocd/argo"),
        ]
        assert [bool(hop.unknown) for hop in found] == [False, False, True]

    def test_another_cluster_or_no_repository_is_no_way_into_this_one(self):
        found = hops("GITOPS_SOURCE", ARGO, an_application(server="https://other.example"))
        assert len(found) == 1
        assert hops("GITOPS_SOURCE", ARGO, an_application(url="", server="https://other.example")) == []

    def test_a_project_that_was_not_read_is_unknown(self):
        found = hops("GITOPS_SOURCE", an_application(project="limited"))
        assert "AppProject limited" in found[1].unknown

    def test_flux_follows_a_repository(self):
        source = an_object(
            "source.toolkit.fluxcd.io/v1",
            "GitRepository",
            "config",
            namespace="flux-system",
            spec={"url": "ssh://git@github.com/acme/config"},
        )
        controller = a_deployment("kustomize-controller", "flux-system", service_account="kustomize-controller")
        found = hops("GITOPS_SOURCE", source, controller)
        assert [str(hop.target) for hop in found] == [
            "delivery-controller flux-system/GitRepository/config",
            "identity ServiceAccount flux-system/kustomize-controller",
        ]
        assert found[1].unknown

    def test_who_writes_applications_acts_as_the_controller(self):
        role = a_cluster_role("x", a_rule(["create"], ["applications"], groups=["argoproj.io"]))
        here = bound("x", "x", user("jane"), namespace="argocd")
        (found,) = hops("GITOPS_DEPUTY", ARGO, role, here)
        assert ends([found]) == [("grant RoleBinding argocd/x", "identity ServiceAccount argocd/argo")]
        assert "AppProjects" in found.unknown
        assert hops("GITOPS_DEPUTY", ARGO, role, bound("x", "x", user("jane"), namespace="shop")) == []
        assert hops("GITOPS_DEPUTY", role, here) == []

    def test_who_writes_kustomizations_acts_as_flux(self):
        role = a_cluster_role("x", a_rule(["create"], ["kustomizations"], groups=["kustomize.toolkit.fluxcd.io"]))
        controller = a_deployment("kustomize-controller", "flux-system", service_account="kc")
        given = (role, bound("x", "x", user("jane"), namespace="shop"))
        (found,) = hops("GITOPS_DEPUTY", controller, *given)
        assert not found.unknown
        bounded = a_deployment(
            "kustomize-controller",
            "flux-system",
            containers=[{"name": "x", "image": "x:1", "args": ["--default-service-account=none"]}],
        )
        (found,) = hops("GITOPS_DEPUTY", bounded, *given)
        assert found.unknown

    def test_logins_of_argo_to_other_clusters(self):
        labelled = a_secret("prod", "argocd", labels={"argocd.argoproj.io/secret-type": "cluster"})
        (found,) = hops("GITOPS_CLUSTER_SECRET", labelled)
        assert str(found.source) == "secret argocd/prod"
        other = a_secret("repo", "argocd", labels={"argocd.argoproj.io/secret-type": "repository"})
        assert hops("GITOPS_CLUSTER_SECRET", other) == []

    def test_a_release_of_helm_holds_what_it_rendered(self):
        release = a_secret("sh.helm.release.v1.shop.v3", type="helm.sh/release.v1", values={"release": "x"})
        notes = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"}
        (found,) = hops("HELM_STATE", release, a_secret("db", annotations=notes))
        assert ends([found]) == [("secret shop/sh.helm.release.v1.shop.v3", "secret shop/db")]
        assert hops("HELM_STATE", release, a_secret("db")) == []
        fake = a_secret("sh.helm.release.v1.shop.v3", values={"release": "x"})
        assert hops("HELM_STATE", fake, a_secret("db", annotations=notes)) == []


@pytest.mark.parametrize(
    "document",
    [
        None,
        7,
        "x",
        [],
        {"jobs": 7},
        {"jobs": {"x": {"steps": [7, {"uses": 7}]}}},
        {"jobs": {"x": {"runs-on": {"labels": 7}}}},
    ],
)
def test_damaged_pipelines_end_nothing(document):
    record = a_record("repository.workflow", "x", "acme/shop", path="x", document=document)
    for technique in (
        "REPO_WRITE",
        "THIRD_PARTY_STEP",
        "CI_STATIC_KEY",
        "CI_OIDC",
        "REGISTRY_PUSH",
        "RUNNER_IN_CLUSTER",
    ):
        hops(technique, a_pod("api"), records=(record, ci_secret("KUBE_TOKEN")))


def test_a_deep_document_is_read_within_bounds():
    deep: object = "secrets.KUBE_TOKEN"
    for _ in range(5000):
        deep = [deep]
    (pipeline,) = Delivery(a_snapshot(records=(a_workflow(jobs={"x": {"env": deep}}),))).pipelines
    assert pipeline.secrets == ()
