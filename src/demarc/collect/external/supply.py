"""What registries, scanners and builders say of images: settings of registries, reports of scanners, attestations.

Reports are cut down to what is critical: a scan of one image lists thousands of findings. Which of it matters for a
workload is for readers above.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from demarc.collect.external.shape import Body, Shape, delivered, described, dig, field, has, objects, record, text
from demarc.model.snapshot import Record, SourceKind

_REPOSITORY = re.compile(r"^projects/([^/]+)/locations/([^/]+)/repositories/([^/]+)$")
_REGISTRY = re.compile(r"/providers/Microsoft\.ContainerRegistry/registries/[^/]+$", re.IGNORECASE)
_PRICING = re.compile(r"/providers/Microsoft\.Security/pricings/[^/]+$", re.IGNORECASE)
_STATEMENT = re.compile(r"^https://in-toto\.io/Statement/v")
_PAYLOAD = "application/vnd.in-toto+json"
MOST_CRITICAL = 200
"""Critical findings that are kept of one report."""


def _statement(body: Body) -> Body | None:
    """The in-toto statement of an attestation: as it is, or in its envelope."""
    if _STATEMENT.match(text(body, "_type")):
        return body
    envelope = (
        body
        if body.get("payloadType") == _PAYLOAD
        else dig(body, "dsseEnvelope") or dig(body, "bundle", "dsseEnvelope")
    )
    if not isinstance(envelope, dict) or text(envelope, "payloadType") != _PAYLOAD:
        return None
    try:
        found = json.loads(base64.b64decode(text(envelope, "payload"), validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return found if isinstance(found, dict) and _STATEMENT.match(text(found, "_type")) else None


def _subjects(statement: Body) -> list[Body]:
    found = [
        {"name": text(one, "name"), "sha256": text(one, "digest", "sha256")}
        for one in objects(statement.get("subject"))
    ]
    return [one for one in found if one["sha256"]]


def _attestation(body: Body) -> Body:
    statement = _statement(body) or {}
    builder = text(statement, "predicate", "runDetails", "builder", "id") or text(
        statement, "predicate", "builder", "id"
    )
    return {"predicateType": text(statement, "predicateType"), "builder": builder, "subjects": _subjects(statement)}


def _name(tidied: Body) -> str:
    subjects = objects(tidied.get("subjects"))
    return f"{text(subjects[0], 'name')}@sha256:{text(subjects[0], 'sha256')}" if subjects else ""


def _trivy(report: Body) -> list[Record]:
    found = [
        {
            "id": text(one, "VulnerabilityID"),
            "package": text(one, "PkgName"),
            "installed": text(one, "InstalledVersion"),
            "fixed": text(one, "FixedVersion"),
            "exploited": False,
        }
        for result in objects(report.get("Results"))
        for one in objects(result.get("Vulnerabilities"))
        if text(one, "Severity") == "CRITICAL"
    ]
    digests = dig(report, "Metadata", "RepoDigests")
    digest = next((one for one in digests if isinstance(one, str)), "") if isinstance(digests, list) else ""
    return [_scan(text(report, "ArtifactName"), digest, "trivy", text(report, "CreatedAt"), found)]


def _grype(report: Body) -> list[Record]:
    found = []
    for match in objects(report.get("matches")):
        one = match.get("vulnerability")
        if text(one, "severity") == "Critical":
            versions = dig(one, "fix", "versions")
            fixed = next((item for item in versions if isinstance(item, str)), "") if isinstance(versions, list) else ""
            package = match.get("artifact")
            found.append(
                {
                    "id": text(one, "id"),
                    "package": text(package, "name"),
                    "installed": text(package, "version"),
                    "fixed": fixed,
                    "exploited": bool(dig(one, "knownExploited")),
                }
            )
    digests = dig(report, "source", "target", "repoDigests")
    digest = next((one for one in digests if isinstance(one, str)), "") if isinstance(digests, list) else ""
    return [
        _scan(
            text(report, "source", "target", "userInput"),
            digest,
            "grype",
            text(report, "descriptor", "timestamp"),
            found,
        )
    ]


def _scan(image: str, digest: str, scanner: str, at: str, critical: list[dict[str, Any]]) -> Record:
    body = {
        "image": image,
        "digest": digest.partition("@")[2],
        "scanner": scanner,
        "at": at,
        "critical": critical[:MOST_CRITICAL],
        "left": max(0, len(critical) - MOST_CRITICAL),
    }
    return record("scan.image", body, name=image)


SHAPES: tuple[Shape, ...] = (
    described(
        "aws ecr get-registry-scanning-configuration",
        "aws.ecrScanning",
        looks=lambda b: has(b, "registryId") and isinstance(b.get("scanningConfiguration"), dict),
        named=field("registryId"),
    ),
    described(
        "gcloud artifacts repositories describe, list",
        "gcp.artifactRepository",
        looks=lambda b: bool(_REPOSITORY.match(text(b, "name"))) and "format" in b,
        named=field("name"),
        many=("repositories",),
    ),
    described(
        "az acr show, list",
        "azure.containerRegistry",
        looks=lambda b: bool(_REGISTRY.search(text(b, "id"))) and "loginServer" in b,
        named=field("loginServer"),
        many=("value",),
    ),
    described(
        "az security pricing show, list",
        "azure.defenderPricing",
        looks=lambda b: bool(_PRICING.search(text(b, "id"))) and "pricingTier" in b,
        named=field("name"),
        many=("value",),
    ),
    delivered(
        "in-toto attestation (cosign download attestation, gh api repos/OWNER/REPO/attestations/DIGEST)",
        "supply.attestation",
        looks=lambda b: bool((found := _statement(b)) and _subjects(found)),
        named=_name,
        many=("attestations",),
        tidy=_attestation,
    ),
    Shape(
        name="trivy image --format json",
        source=SourceKind.DELIVERY,
        kinds=("scan.image",),
        matches=lambda b: (
            has(b, "SchemaVersion", "ArtifactName", "Results") and text(b, "ArtifactType") == "container_image"
        ),
        records=_trivy,
    ),
    Shape(
        name="grype --output json",
        source=SourceKind.DELIVERY,
        kinds=("scan.image",),
        matches=lambda b: isinstance(b.get("matches"), list) and text(b, "descriptor", "name") == "grype",
        records=_grype,
    ),
)
