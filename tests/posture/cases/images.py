"""Cases of checks of images."""

from __future__ import annotations

import base64
import json
from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.model.register import Register, Settings
from demarc.model.snapshot import Record
from demarc.testing import a_deployment, a_pod, a_service_account, an_object
from tests.posture.cases.admission import _behind, _hook
from tests.posture.cases.network import GKE_NODE, PUBLIC, _app, _gke
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_PODS = (("pods", GapReason.FORBIDDEN),)
APP = ("Deployment shop/app",)
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
BUILT = "registry.example/shop/app"
HOUSE = Register(settings=Settings(registries=("registry.example", "ghcr.io/acme/*")))


def _image(reference: str) -> Object:
    return a_deployment(image=reference)


def _pulled(digest: str) -> tuple[Object, ...]:
    """An app whose pod says what it pulled."""
    *rest, pod = _app(image=f"{BUILT}:1")
    status = {"phase": "Running", "containerStatuses": [{"name": "app", "imageID": f"{BUILT}@{digest}"}]}
    return (*rest, {**pod, "status": status})


def _attestation(digest: str, name: str = BUILT) -> Object:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    return {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []}


def _policy(version: str, kind: str, spec: Object) -> Object:
    return an_object(version, kind, "signed", spec=spec)


def _verifies(action: str) -> Object:
    rule = {"name": "r", "verifyImages": [{"imageReferences": ["*"], "failureAction": action}]}
    return _policy("kyverno.io/v1", "ClusterPolicy", {"rules": [rule]})


def _ecr(**more: Any) -> Object:
    repository = {
        "repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/shop",
        "registryId": "111122223333",
        "repositoryName": "shop",
        "repositoryUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        **more,
    }
    return {"repositories": [repository]}


def _gar(**more: Any) -> Object:
    name = "projects/shop-prod/locations/europe-west3/repositories/shop"
    return {"name": name, "format": "DOCKER", "dockerConfig": {"immutableTags": True}, **more}


ENHANCED = {
    "registryId": "111122223333",
    "scanningConfiguration": {"scanType": "ENHANCED", "rules": [{"scanFrequency": "SCAN_ON_PUSH"}]},
}
DEFENDER_OFF = {
    "value": [
        {
            "id": "/subscriptions/9f3d/providers/Microsoft.Security/pricings/Containers",
            "name": "Containers",
            "pricingTier": "Free",
        }
    ]
}


def _reported(day: str = "2026-11-20", *, severity: str = "CRITICAL", container: str = "app") -> Object:
    labels = {
        "trivy-operator.resource.kind": "Deployment",
        "trivy-operator.resource.name": "app",
        "trivy-operator.container.name": container,
    }
    holes = [{"vulnerabilityID": "CVE-2026-1", "severity": severity, "resource": "zlib", "fixedVersion": "1.4"}]
    report = {
        "updateTimestamp": f"{day}T00:00:00Z",
        "vulnerabilities": holes,
        "artifact": {"repository": "shop/app", "tag": "1"},
    }
    return an_object(
        "aquasecurity.github.io/v1alpha1", "VulnerabilityReport", "r", namespace="shop", labels=labels, report=report
    )


def _grype(*, exploited: bool = False) -> Object:
    hole: Object = {"id": "CVE-2026-2", "severity": "Critical", "fix": {"versions": []}}
    if exploited:
        hole["knownExploited"] = [{"cve": "CVE-2026-2"}]
    return {
        "descriptor": {"name": "grype"},
        "source": {"target": {"userInput": f"{BUILT}:1"}},
        "matches": [{"vulnerability": hole, "artifact": {"name": "openssl", "version": "3.0"}}],
    }


def _role(*actions: str, name: str = "shop") -> Object:
    trust = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example/id/A"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {"oidc.example/id/A:sub": "system:serviceaccount:shop:pusher"}},
            }
        ]
    }
    policy = {
        "PolicyName": "p",
        "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]},
    }
    role = {
        "RoleName": name,
        "Arn": f"arn:aws:iam::111122223333:role/{name}",
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": [policy],
        "AttachedManagedPolicies": [],
    }
    return {"RoleDetailList": [role]}


CLUSTER = {
    "cluster": {
        "name": "prod",
        "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
        "version": "1.33",
        "identity": {"oidc": {"issuer": "https://oidc.example/id/A"}},
    }
}
PUSHER = a_service_account("pusher", annotations={"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/shop"})
PUSHES = ("ecr:PutImage", "ecr:InitiateLayerUpload")
WRITERS = {
    "bindings": [
        {"role": "roles/artifactregistry.writer", "members": ["serviceAccount:nodes@acme.iam.gserviceaccount.com"]}
    ],
    "etag": "x",
}
READERS = {
    "bindings": [
        {"role": "roles/artifactregistry.reader", "members": ["serviceAccount:nodes@acme.iam.gserviceaccount.com"]}
    ],
    "etag": "x",
}


def _application(revision: str, **more: Any) -> Object:
    source = {"repoURL": "https://github.com/acme/config", "targetRevision": revision, **more}
    return an_object("argoproj.io/v1alpha1", "Application", "shop", namespace="argocd", spec={"source": source})


def _flux(kind: str = "GitRepository", **spec: Any) -> Object:
    return an_object(
        "source.toolkit.fluxcd.io/v1",
        kind,
        "shop",
        namespace="flux",
        spec={"url": "https://github.com/acme/config", **spec},
    )


def _release(version: str) -> Object:
    spec = {"chart": {"spec": {"chart": "redis", "version": version}}}
    return an_object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "redis", namespace="shop", spec=spec)


ARGO = a_deployment("argocd-server", "argocd", image="quay.io/argoproj/argocd:v3.1.8")
BRANCH = {
    "url": "https://api.github.com/repos/acme/config/branches/main/protection",
    "required_pull_request_reviews": {"required_approving_review_count": 1},
    "enforce_admins": {"enabled": True},
}


def _workflow(*uses: str, secret: str = "", **document: Any) -> Record:
    steps: list[Object] = [{"uses": name} for name in uses]
    if secret:
        steps.append({"run": "deploy", "env": {"KEY": "${{ secrets." + secret + " }}"}})
    body = {"path": ".github/workflows/deploy.yaml", "document": {"jobs": {"deploy": {"steps": steps}}, **document}}
    return Record(
        kind="repository.workflow", name=".github/workflows/deploy.yaml", parent="acme/shop", body=body, source="s1"
    )


WORKFLOW = ("Workflow github.com/acme/shop/.github/workflows/deploy.yaml",)
PINNED = "acme/deploy@" + "a" * 40

CASES = (
    Case("DM-IMG-001", VIOLATED, (_image("nginx"),), on=APP, says="whatever is newest"),
    Case(
        "DM-IMG-001",
        VIOLATED,
        (_image("registry.example:5000/app:1.2"),),
        on=APP,
        says="by a tag",
        about="a port is no tag",
    ),
    Case("DM-IMG-001", VIOLATED, _pulled(DIGEST), on=APP, about="its pod says the digest"),
    Case("DM-IMG-001", HOLDS, (_image(f"nginx:1.29@{DIGEST}"),)),
    Case("DM-IMG-001", UNKNOWN, (_image(f"nginx@{DIGEST}"),), gaps=NO_PODS),
    Case("DM-IMG-002", VIOLATED, (_image("nginx:1.29"),), register=HOUSE, on=APP),
    Case(
        "DM-IMG-002",
        VIOLATED,
        (_image("registry.example.evil.net/app:1"),),
        register=HOUSE,
        on=APP,
        about="a name that begins alike",
    ),
    Case("DM-IMG-002", HOLDS, (_image("registry.example/a/b:1"), a_pod("x", image="ghcr.io/acme/x:1")), register=HOUSE),
    Case("DM-IMG-002", UNKNOWN, (_image("nginx"),), says="is not decided"),
    Case("DM-IMG-003", VIOLATED, (_hook(),), on=("Cluster cluster",)),
    Case("DM-IMG-003", VIOLATED, (_hook(), _verifies("Audit")), on=("Cluster cluster",), says="only reports"),
    Case("DM-IMG-003", HOLDS, (_verifies("Enforce"),)),
    Case("DM-IMG-003", HOLDS, (_policy("policy.sigstore.dev/v1beta1", "ClusterImagePolicy", {}),)),
    Case(
        "DM-IMG-003",
        HOLDS,
        (GKE_NODE,),
        documents=(_gke("GKE_METADATA", binaryAuthorization={"evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE"}),),
    ),
    Case("DM-IMG-003", UNKNOWN, (_hook(name="connaisseur"), *_behind("connaisseur")), says="it may ask"),
    Case("DM-IMG-003", UNKNOWN, (GKE_NODE, _hook()), says="Binary Authorization"),
    Case("DM-IMG-004", VIOLATED, _pulled(OTHER), documents=(_attestation(DIGEST),), on=APP),
    Case("DM-IMG-004", HOLDS, _pulled(DIGEST), documents=(_attestation(DIGEST),)),
    Case("DM-IMG-004", HOLDS, (_image(f"{BUILT}:1@{DIGEST}"),), documents=(_attestation(DIGEST),)),
    Case(
        "DM-IMG-004",
        HOLDS,
        _pulled(OTHER),
        documents=(_attestation(DIGEST, "ghcr.io/acme/else"),),
        about="of another repository",
    ),
    Case("DM-IMG-004", UNKNOWN, _pulled(OTHER), says="no attestation"),
    Case(
        "DM-IMG-004", UNKNOWN, (_image(f"{BUILT}:1"),), documents=(_attestation(DIGEST),), says="which digest it runs"
    ),
    Case(
        "DM-IMG-005",
        VIOLATED,
        documents=(_ecr(imageScanningConfiguration={"scanOnPush": False}),),
        on=("Record/aws.ecrRepository shop",),
    ),
    Case(
        "DM-IMG-005",
        VIOLATED,
        documents=(_gar(vulnerabilityScanningConfig={"enablementState": "SCANNING_DISABLED"}),),
        on=("Record/gcp.artifactRepository projects/shop-prod/locations/europe-west3/repositories/shop",),
    ),
    Case("DM-IMG-005", VIOLATED, documents=(DEFENDER_OFF,), on=("Record/azure.defenderPricing Containers",)),
    Case(
        "DM-IMG-005",
        HOLDS,
        documents=(_ecr(imageScanningConfiguration={"scanOnPush": False}), ENHANCED),
        about="the registry scans all",
    ),
    Case("DM-IMG-005", HOLDS, (_reported(),), says="1 reports of the Trivy operator"),
    Case("DM-IMG-005", UNKNOWN, (_reported("2026-01-01"),), about="an old report says little"),
    Case(
        "DM-IMG-006",
        VIOLATED,
        (*_app(), PUBLIC, _reported()),
        on=APP,
        says="CVE-2026-1 in zlib), and the internet reaches it by Service shop/web",
    ),
    Case(
        "DM-IMG-006",
        VIOLATED,
        (*_app(hostPID=True), *_app("db")),
        documents=(_grype(exploited=True),),
        on=APP,
        says="it shares namespaces of its node",
    ),
    Case("DM-IMG-006", HOLDS, (*_app(), _reported()), about="neither reached nor privileged"),
    Case("DM-IMG-006", HOLDS, (*_app(), PUBLIC, _reported(severity="HIGH"))),
    Case("DM-IMG-006", UNKNOWN, (*_app(), PUBLIC), says="no report of a scanner was given"),
    Case(
        "DM-IMG-006",
        UNKNOWN,
        (*_app(image="registry.example/else:2"), PUBLIC),
        documents=(_grype(),),
        says="is about their images",
    ),
    Case(
        "DM-IMG-007",
        VIOLATED,
        (PUSHER,),
        documents=(CLUSTER, _role(*PUSHES)),
        on=("CloudRole arn:aws:iam::111122223333:role/shop",),
    ),
    Case(
        "DM-IMG-007",
        VIOLATED,
        (GKE_NODE,),
        documents=(_gke("GKE_METADATA"), WRITERS),
        on=("CloudRole nodes@acme.iam.gserviceaccount.com",),
    ),
    Case("DM-IMG-007", HOLDS, (PUSHER,), documents=(CLUSTER, _role("ecr:BatchGetImage"))),
    Case("DM-IMG-007", HOLDS, (GKE_NODE,), documents=(_gke("GKE_METADATA"), READERS)),
    Case("DM-IMG-007", UNKNOWN, (GKE_NODE,), documents=(_gke("GKE_METADATA"),), says="no IAM policy was given"),
    Case("DM-IMG-007", UNKNOWN, says="no role of a node or workload"),
    Case(
        "DM-IMG-008", VIOLATED, documents=(_ecr(imageTagMutability="MUTABLE"),), on=("Record/aws.ecrRepository shop",)
    ),
    Case(
        "DM-IMG-008",
        VIOLATED,
        documents=(_gar(dockerConfig={}),),
        on=("Record/gcp.artifactRepository projects/shop-prod/locations/europe-west3/repositories/shop",),
    ),
    Case("DM-IMG-008", HOLDS, documents=(_ecr(),)),
    Case("DM-IMG-008", HOLDS, documents=(_ecr(imageTagMutability="IMMUTABLE_WITH_EXCLUSION"), _gar())),
    Case("DM-IMG-008", UNKNOWN),
    Case("DM-IMG-009", VIOLATED, (_application("HEAD"),), on=("Application argocd/shop",), says="follows HEAD"),
    Case(
        "DM-IMG-009",
        VIOLATED,
        (_application("1.*", chart="redis"),),
        on=("Application argocd/shop",),
        says="any version 1.* of chart redis",
    ),
    Case(
        "DM-IMG-009",
        VIOLATED,
        (_application("main"),),
        documents=(BRANCH,),
        on=("Application argocd/shop",),
        says="is protected",
    ),
    Case("DM-IMG-009", VIOLATED, (_flux(ref={"branch": "main"}),), on=("GitRepository flux/shop",)),
    Case("DM-IMG-009", VIOLATED, (_flux("OCIRepository", ref={"tag": "latest"}),), on=("OCIRepository flux/shop",)),
    Case("DM-IMG-009", VIOLATED, (_release(">=1.0.0"),), on=("HelmRelease shop/redis",)),
    Case("DM-IMG-009", HOLDS, (_application("v1.4.2"), _release("19.0.1"), _flux(ref={"commit": "a" * 40}))),
    Case(
        "DM-IMG-009",
        HOLDS,
        (_application("1.4.2", chart="redis"), _flux(ref={"branch": "main"}, verify={"mode": "HEAD"})),
    ),
    Case("DM-IMG-009", UNKNOWN, (ARGO,), says="no applications.argoproj.io"),
    Case(
        "DM-IMG-010",
        VIOLATED,
        records=(_workflow("acme/deploy@v1", secret="KUBECONFIG"),),
        on=WORKFLOW,
        says="acme/deploy@v1",
    ),
    Case(
        "DM-IMG-010",
        VIOLATED,
        records=(_workflow(PINNED, secret="AWS_SECRET_ACCESS_KEY"),),
        on=WORKFLOW,
        says="static key",
    ),
    Case(
        "DM-IMG-010",
        VIOLATED,
        records=(_workflow(PINNED, secret="KUBECONFIG", permissions="write-all"),),
        on=WORKFLOW,
        says="every right",
    ),
    Case("DM-IMG-010", HOLDS, records=(_workflow(PINNED, secret="KUBECONFIG"),)),
    Case("DM-IMG-010", HOLDS, records=(_workflow("acme/lint@v1"),), says="none of 1 pipelines deploys"),
    Case("DM-IMG-010", UNKNOWN, says="no definition of a pipeline"),
    Case("DM-IMG-005", HOLDS, records=(_workflow("aquasecurity/trivy-action@v1"),), says="deploy.yaml scans"),
)
