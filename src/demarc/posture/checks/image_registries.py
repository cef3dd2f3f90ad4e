"""Checks of registries: signatures that are asked for, images that are scanned, tags that move, and who may push."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from demarc.access.cloud.answers import Verdict, no, unknown, yes
from demarc.access.cloud.aws import may
from demarc.access.delivery import Delivery
from demarc.access.techniques.outside import Outside
from demarc.inventory.records import dig, words
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import (
    EnginePolicy,
    VulnerabilityReport,
)
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.model.snapshot import Record
from demarc.model.time import iso
from demarc.posture.checks.workloads import seen
from demarc.posture.gates import VALIDATING, Gates, enforces
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_VERIFIERS: Final = re.compile(
    r"policy-controller|sigstore|connaisseur|portieris|ratify|binauthz|imagepolicywebhook", re.IGNORECASE
)
_REPORTS: Final = "VulnerabilityReport.aquasecurity.github.io"
_FRESH: Final = timedelta(days=30)
"""A scan that is older than this says little about today."""


def _cluster(ground: Ground, says: str, fields: tuple[FieldSeen, ...], fix: Fix) -> Found:
    return Found(
        object=ObjectRef(kind="Cluster", name=ground.cluster.name),
        scope=ground.cluster,
        says=says,
        fields=fields,
        fix=fix,
        evidence=(Evidence(says=says, grade=Grade.WRITTEN),),
    )


def _signatures(ground: Ground, report: Report) -> None:
    gates = Gates(ground)
    report.looked()
    asking = [item for item in gates.engine_policies if _verifies(item)]
    strict = [item for item in asking if enforces(item)]
    hooks = [hook for hook in gates.hooks if _VERIFIERS.search(f"{hook.item.metadata.name} {hook.webhook.name}")]
    described = Outside(ground.view).described.cluster
    mode = words(described.body, "binaryAuthorization.evaluationMode") if described is not None else ""
    if strict:
        report.holds(f"{strict[0].kind} {strict[0].key} asks for signatures, and refuses without")
    elif mode and mode not in {"DISABLED", "EVALUATION_MODE_UNSPECIFIED"}:
        report.holds(f"Binary Authorization is on ({mode})")
    elif hooks and not asking:
        report.unseen(
            hooks[0].webhook.name, "it may ask for signatures: what it decides is not seen", "read its configuration"
        )
    else:
        _unsigned(ground, report, gates, asking, is_described=described is not None)


def _verifies(item: EnginePolicy) -> bool:
    """Whether a policy is about signatures."""
    if item.kind in {"ClusterImagePolicy", "ImageValidatingPolicy"}:
        return True
    if any(rule.verify_images for rule in item.spec.rules or ()):
        return True
    return bool(_VERIFIERS.search(item.kind))


def _unsigned(ground: Ground, report: Report, gates: Gates, asking: list[EnginePolicy], *, is_described: bool) -> None:
    lacks = ground.lacks(VALIDATING)
    report.unseen("validatingwebhookconfigurations", lacks, "add validatingwebhookconfigurations to the dump")
    if ground.provider == "gke" and not is_described:
        why = "whether Binary Authorization is on was not seen"
        report.unseen("gke.cluster", why, "gcloud container clusters describe")
    engine = next((one for one in ground.inventory.components if one.kind == "policy_engine"), None)
    if engine is not None and not gates.engine_policies:
        report.unseen(
            engine.title, "its policies were not in what was given", "add the policies of the engine to the dump"
        )
        return
    if lacks or (ground.provider == "gke" and not is_described):
        return
    but = f": {asking[0].kind} {asking[0].key} only reports" if asking else ""
    says = f"no signature or provenance of an image is asked for on admission{but}"
    fix = Fix(
        says="Sign in the pipeline, and verify on admission with Kyverno, the Sigstore policy controller or the "
        "provider's own (Binary Authorization, image integrity); begin by reporting."
    )
    report.violated(_cluster(ground, says, (seen("policy that verifies images", "reports" if asking else None),), fix))


def _record_found(record: Record, ground: Ground, says: str, fields: tuple[FieldSeen, ...], fix: Fix) -> Found:
    return Found(
        object=ObjectRef(kind=f"Record/{record.kind}", name=record.name),
        scope=ground.cluster,
        says=says,
        fields=fields,
        fix=fix,
        evidence=(Evidence(says=f"{record.kind} {record.name}: {says}", grade=Grade.ANSWERED, source=record.source),),
        source=record.source,
    )


def _scanned_elsewhere(ground: Ground) -> str:
    """What scans images whatever the registry does, in words."""
    reports = ground.snapshot.all(_REPORTS, VulnerabilityReport)
    times = [item.report.update_timestamp or item.metadata.creation_timestamp or "" for item in reports]
    newest = max(times, default="")
    # Times of the API sort as text.
    if newest > iso(ground.at - _FRESH):
        return f"{len(reports)} reports of the Trivy operator, the newest of {newest[:10]}"
    scanning = [one.name for one in Delivery(ground.snapshot).pipelines if one.scans]
    return f"{scanning[0]} scans" if scanning else ""


def _scanning(ground: Ground, report: Report) -> None:
    if elsewhere := _scanned_elsewhere(ground):
        report.looked()
        report.holds(elsewhere)
        return
    whole = {one.name for one in ground.snapshot.of("aws.ecrScanning") if _scans_all(one)}
    for record in ground.snapshot.of("aws.ecrRepository"):
        report.looked()
        if dig(record.body, "imageScanningConfiguration.scanOnPush") is not True and record.parent not in whole:
            says = f"images that are pushed to {words(record.body, 'repositoryUri') or record.name} are not scanned"
            command = (
                f"aws ecr put-image-scanning-configuration --repository-name {record.name} "
                "--image-scanning-configuration scanOnPush=true"
            )
            fix = Fix(says="Scan on push, or let the registry scan all of its repositories.", command=command)
            field = seen("imageScanningConfiguration.scanOnPush", False)
            report.violated(_record_found(record, ground, says, (field,), fix))
    for record in ground.snapshot.of("gcp.artifactRepository"):
        state = words(record.body, "vulnerabilityScanningConfig.enablementState")
        report.looked()
        if state and state != "SCANNING_ACTIVE":
            says = f"images in {record.name} are not scanned ({state})"
            fix = Fix(says="Switch Artifact Analysis on: gcloud services enable containerscanning.googleapis.com.")
            report.violated(_record_found(record, ground, says, (seen("enablementState", state),), fix))
    for record in ground.snapshot.of("azure.defenderPricing"):
        if record.name == "Containers":
            report.looked()
            if words(record.body, "pricingTier") != "Standard":
                fix = Fix(
                    says="Switch Defender for Containers on.",
                    command="az security pricing create -n Containers --tier standard",
                )
                says = "images in the registries of the subscription are not scanned: Defender for Containers is off"
                report.violated(_record_found(record, ground, says, (seen("pricingTier", "Free"),), fix))
    known = ("aws.ecrRepository", "gcp.artifactRepository", "azure.defenderPricing")
    if not any(ground.snapshot.of(kind) for kind in known):
        why = "neither settings of a registry, nor reports of a scanner, nor a pipeline that scans were given"
        report.unseen(
            "scanning",
            why,
            "give aws ecr describe-repositories, gcloud artifacts repositories list or az security pricing list",
        )


def _scans_all(record: Record) -> bool:
    rules = dig(record.body, "scanningConfiguration.rules")
    return (
        words(record.body, "scanningConfiguration.scanType") == "ENHANCED" and isinstance(rules, list) and bool(rules)
    )


def _mutable(ground: Ground, report: Report) -> None:
    for record in ground.snapshot.of("aws.ecrRepository"):
        report.looked()
        mode = words(record.body, "imageTagMutability")
        if mode.startswith("MUTABLE"):
            uri = words(record.body, "repositoryUri") or record.name
            command = (
                f"aws ecr put-image-tag-mutability --repository-name {record.name} --image-tag-mutability IMMUTABLE"
            )
            fix = Fix(says="Let no tag move.", command=command)
            says = f"tags of {uri} can be moved to another image"
            report.violated(_record_found(record, ground, says, (seen("imageTagMutability", mode),), fix))
    for record in ground.snapshot.of("gcp.artifactRepository"):
        if words(record.body, "format") != "DOCKER":
            continue
        report.looked()
        if dig(record.body, "dockerConfig.immutableTags") is not True:
            name = record.name.rpartition("/")[2]
            fix = Fix(says="Let no tag move.", command=f"gcloud artifacts repositories update {name} --immutable-tags")
            says = f"tags in {record.name} can be moved to another image"
            report.violated(_record_found(record, ground, says, (seen("dockerConfig.immutableTags", None),), fix))
    if not ground.snapshot.of("aws.ecrRepository") and not ground.snapshot.of("gcp.artifactRepository"):
        why = "no description of a repository of images was given"
        report.unseen("registry", why, "give aws ecr describe-repositories or gcloud artifacts repositories list")


_GCP_WRITERS: Final = (
    *("roles/artifactregistry.writer", "roles/artifactregistry.repoAdmin", "roles/artifactregistry.admin"),
    *("roles/owner", "roles/editor", "roles/storage.admin", "roles/artifactregistry.createOnPushWriter"),
)
_AZURE_WRITERS: Final = frozenset({"AcrPush", "Contributor", "Owner", "Container Registry Repository Writer"})


def _pushers(ground: Ground, report: Report) -> None:
    around = Outside(ground.view)
    for role in around.node_roles:
        if role.role:
            report.looked()
            what = (f"nodes of pool {role.pool.name}", role.role)
            verdict = _may_push(ground, around, role.role)
            _pusher(ground, report, verdict, what, scope=Scope(kind=Unit.POOL, name=role.pool.name))
    for link in around.mappings:
        if link.verdict.holds and "*" not in link.account:
            report.looked()
            namespace, _, name = link.account.partition("/")
            scope = ground.identity(f"{namespace}/ServiceAccount/{name}")
            verdict = _may_push(ground, around, link.role)
            _pusher(ground, report, verdict, (f"ServiceAccount {link.account}", link.role), scope=scope)
    if not any(role.role for role in around.node_roles) and not around.mappings:
        report.unseen(
            "cloud roles", "no role of a node or workload was given", "give the cloud's description of pools and roles"
        )


def _pusher(ground: Ground, report: Report, verdict: Verdict, what: tuple[str, str], *, scope: Scope) -> None:
    name, role = what
    if verdict.unknown:
        report.unseen(role, verdict.unknown)
        return
    if not verdict.holds:
        return
    namespace, _, rest = scope.name.partition("/")
    account = (namespace, rest.rpartition("/")[2])
    component = ground.component_accounts.get(account, "") if scope.kind is Unit.IDENTITY else ""
    builds = component and ground.components[component].kind == "delivery_controller"
    says = f"{name} may push images as {role}: {verdict.says}"
    report.violated(
        Found(
            object=ObjectRef(kind="CloudRole", name=role),
            scope=scope,
            says=says + (", and it is there to build" if builds else ""),
            fields=(seen("push", verdict.says),),
            fix=Fix(
                says="Let it pull alone (AmazonEC2ContainerRegistryPullOnly, roles/artifactregistry.reader, AcrPull); "
                "only pipelines push."
            ),
            severity=Severity.LOW if builds else None,
            mark=str(scope),
            evidence=(Evidence(says=says, grade=Grade.ANSWERED),),
        )
    )


def _may_push(ground: Ground, around: Outside, role: str) -> Verdict:
    if ":role/" in role:
        held = around.permissions.get(role)
        if held is None:
            return unknown(f"policies of {role} were not given: aws iam get-account-authorization-details")
        return may(held, role, "ecr:PutImage", "ecr:InitiateLayerUpload")
    if ground.provider == "gke":
        policies = ground.snapshot.of("gcp.iamPolicy")
        for record in policies:
            for one in record.body.get("bindings") or ():
                members = dig(one, "members")
                there = isinstance(members, list) and f"serviceAccount:{role}" in members
                if there and words(one, "role") in _GCP_WRITERS:
                    return yes(f"it has {words(one, 'role')}")
        return (
            no("no role that pushes")
            if policies
            else unknown("no IAM policy was given: gcloud projects get-iam-policy")
        )
    assignments = ground.snapshot.of("azure.roleAssignment")
    for record in assignments:
        if words(record.body, "roleDefinitionName") in _AZURE_WRITERS and _is_principal(record.body, role):
            return yes(f"it has {words(record.body, 'roleDefinitionName')} on {words(record.body, 'scope')}")
    return (
        no("no role that pushes")
        if assignments
        else unknown("no role assignments were given: az role assignment list --all")
    )


def _is_principal(body: dict[str, Any], role: str) -> bool:
    return role != "" and role.lower() in {words(body, "principalId").lower(), words(body, "principalName").lower()}


SIGNATURES = Check("DM-IMG-003", _signatures)
SCANNING = Check("DM-IMG-005", _scanning)
REGISTRIES = (
    Check("DM-IMG-007", _pushers),
    Check("DM-IMG-008", _mutable),
)
